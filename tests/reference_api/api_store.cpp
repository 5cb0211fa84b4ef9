#include "tests/reference_api/api_store.hpp"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace sensors {

namespace {

using Json = nlohmann::json;

const std::vector<std::string_view> migrations{R"(
  CREATE TABLE readings (stream TEXT NOT NULL, seq INTEGER NOT NULL, node TEXT, sensor TEXT, value TEXT,
    received_us INTEGER NOT NULL, PRIMARY KEY (stream, seq)) WITHOUT ROWID;
  CREATE TABLE gaps (stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (stream, first, last)) WITHOUT ROWID;
  CREATE TABLE again (stream TEXT NOT NULL, seq INTEGER NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (stream, seq)) WITHOUT ROWID;
  CREATE TABLE requests (key TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)"};

// Each number that a gap record covers once, however records overlap. After a restore the store may name as a gap what
// is here already, so records and readings overlap too.
#define OWN_GAPS                                                                                                  \
  "reach AS (SELECT stream, first, last, max(last) OVER (PARTITION BY stream ORDER BY first ROWS BETWEEN "        \
  "UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM gaps), own AS (SELECT stream, max(first, coalesce(before " \
  "+ 1, first)) AS first, last FROM reach) "

constexpr const char* gap_numbers_sql =
    "WITH " OWN_GAPS "SELECT coalesce(sum(last - first + 1), 0) FROM own WHERE first <= last";

constexpr const char* missing_numbers_sql =
    "WITH ends AS (SELECT stream, max(seq) AS newest FROM readings GROUP BY stream), " OWN_GAPS
    "SELECT coalesce(sum(newest), 0) - (SELECT count(*) FROM readings) - (SELECT coalesce(sum(min(last, newest) - "
    "first "
    "+ 1 - (SELECT count(*) FROM readings AS r WHERE r.stream = own.stream AND r.seq BETWEEN own.first AND "
    "min(own.last, newest))), 0) FROM own JOIN ends USING (stream) WHERE first <= min(last, newest)) FROM ends";

/// Throws Json::exception for a row that is not a reading.
Result<bool> insert_reading(Database& database, Statement& insert, const Json& row, std::int64_t received_us) {
  const std::string stream = row.at("stream");
  const std::string node = row.at("node");
  const std::string sensor = row.at("sensor");
  const std::string value = row.at("value").dump();
  insert.bind(1, stream)
      .bind(2, row.at("seq").get<std::int64_t>())
      .bind(3, node)
      .bind(4, sensor)
      .bind(5, value)
      .bind(6, received_us);
  TRY(insert.run());
  return database.changes() > 0;
}

/// Of a reading that it has already.
Result<void> count_again(Statement& count, const Json& row) {
  const std::string stream = row.at("stream");
  count.bind(1, stream).bind(2, row.at("seq").get<std::int64_t>());
  return count.run();
}

Result<void> insert_gap(Statement& insert, const Json& row) {
  const std::string stream = row.at("stream");
  insert.bind(1, stream).bind(2, row.at("first").get<std::int64_t>()).bind(3, row.at("last").get<std::int64_t>());
  return insert.run();
}

}  // namespace

Result<ApiStore> ApiStore::open(const std::string& path) {
  TRY_ASSIGN(Database database, Database::open(path, migrations, {}));
  return ApiStore(std::move(database));
}

Result<std::string> ApiStore::take(const std::string& key, std::string_view body, std::int64_t received_us) {
  TRY_ASSIGN(std::string known, known_answer(key));
  if (!known.empty()) {
    TRY(count("repeated_requests", 1));
    return known;
  }
  TRY(database_.begin());
  Result<std::string> answer = store(key, body, received_us);
  if (!answer.has_value()) {
    database_.rollback();
    return answer;
  }
  TRY(database_.commit());
  return answer;
}

Result<std::string> ApiStore::known_answer(const std::string& key) {
  TRY_ASSIGN(Statement select, database_.prepare("SELECT answer FROM requests WHERE key = ?1"));
  TRY_ASSIGN(const Statement::Step step, select.bind(1, key).step());
  return step == Statement::Step::row ? select.text(0) : std::string{};
}

Result<std::string> ApiStore::store(const std::string& key, std::string_view body, std::int64_t received_us) {
  Result<Statement> reading = database_.prepare("INSERT OR IGNORE INTO readings VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  Result<Statement> gap = database_.prepare("INSERT OR IGNORE INTO gaps VALUES (?1, ?2, ?3)");
  Result<Statement> again = database_.prepare(
      "INSERT INTO again VALUES (?1, ?2, 1) ON CONFLICT (stream, seq) DO UPDATE SET times = times + 1");
  Result<Statement> request = database_.prepare("INSERT INTO requests VALUES (?1, ?2)");
  if (!reading.has_value() || !gap.has_value() || !again.has_value() || !request.has_value())
    return fail(ErrorCode::io, "prepare failed");
  std::int64_t received = 0;
  std::int64_t duplicates = 0;
  try {
    const Json document = Json::parse(body);
    for (const Json& row : document.at("readings")) {
      TRY_ASSIGN(const bool is_new, insert_reading(database_, *reading, row, received_us));
      ++received;
      if (is_new) continue;
      ++duplicates;
      TRY(count_again(*again, row));
    }
    for (const Json& row : document.value("gaps", Json::array())) {
      TRY(insert_gap(*gap, row));
    }
  } catch (const Json::exception& error) {
    return fail(ErrorCode::malformed, error.what());
  }
  const std::string answer = Json{{"accepted", received}, {"duplicates", duplicates}}.dump();
  request->bind(1, key).bind(2, answer);
  for (const Result<void>& done : {request->run(), count("received", received), count("duplicates", duplicates)}) {
    TRY(done);
  }
  return answer;
}

Result<void> ApiStore::count(std::string_view counter, std::int64_t more) {
  TRY_ASSIGN(Statement add, database_.prepare("INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (name)"
                                              " DO UPDATE SET value = value + excluded.value"));
  return add.bind(1, counter).bind(2, more).run();
}

Result<std::uint64_t> ApiStore::number(const char* sql) {
  TRY_ASSIGN(Statement select, database_.prepare(sql));
  TRY_ASSIGN(std::ignore, select.step());
  return static_cast<std::uint64_t>(select.integer(0));
}

Result<ApiStats> ApiStore::stats() {
  ApiStats stats;
  const std::vector<std::pair<const char*, std::uint64_t*>> queries{
      {"SELECT coalesce(sum(value), 0) FROM counters WHERE name = 'received'", &stats.received},
      {"SELECT count(*) FROM readings", &stats.unique},
      {"SELECT coalesce(sum(value), 0) FROM counters WHERE name = 'duplicates'", &stats.duplicates},
      {gap_numbers_sql, &stats.gap_numbers},
      {missing_numbers_sql, &stats.gaps},
      {"SELECT count(*) FROM requests", &stats.requests},
      {"SELECT coalesce(sum(value), 0) FROM counters WHERE name = 'repeated_requests'", &stats.repeated_requests}};
  for (const auto& [sql, target] : queries) {
    TRY_ASSIGN(*target, number(sql));
  }
  return stats;
}

}  // namespace sensors
