// Queries on the two schemas.
#include "tests/rig/databases.hpp"

#include <cstdlib>
#include <exception>

namespace sensors::rig {
namespace {

std::uint64_t unsigned_of(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

std::uint64_t unsigned_number(const SqliteFile& file, const std::string& sql) {
  return static_cast<std::uint64_t>(file.number(sql));
}

std::vector<NumberRange> ranges(const SqliteFile& file, const std::string& sql) {
  std::vector<NumberRange> ranges;
  for (const auto& row : file.rows(sql)) ranges.push_back({unsigned_of(row.at(0)), unsigned_of(row.at(1))});
  return ranges;
}

/// Made by its owner, with its tables. While that one opens it nobody else can read it: SQLite then calls it read-only.
bool has_tables(const SqliteFile& file) {
  try {
    return file.exists() && file.number("SELECT count(*) FROM sqlite_master WHERE name = 'reading'") == 1;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

bool OutboxReader::exists() const { return has_tables(file_); }

bool StoreReader::exists() const { return has_tables(file_); }

std::uint64_t OutboxReader::taken() const {
  return unsigned_number(
      file_,
      "SELECT max(coalesce((SELECT max(position) FROM reading), 0), coalesce((SELECT max(last) FROM gap), 0), "
      "coalesce((SELECT max(base) FROM stream), 0), "
      "coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'confirmed'), 0))");
}

std::uint64_t OutboxReader::waiting() const {
  return unsigned_number(file_, "SELECT (SELECT count(*) FROM reading) + (SELECT count(*) FROM gap)");
}

std::uint64_t OutboxReader::dropped() const {
  return unsigned_number(file_, "SELECT coalesce(sum(last - first + 1), 0) FROM gap");
}

std::vector<OutboxReader::Stream> OutboxReader::streams() const {
  std::vector<Stream> streams;
  for (const auto& row : file_.rows("SELECT id, base, skipped FROM stream ORDER BY number")) {
    streams.push_back({row.at(0), unsigned_of(row.at(1)), unsigned_of(row.at(2))});
  }
  return streams;
}

std::vector<StoreReader::Newest> StoreReader::newest() const {
  std::vector<Newest> newest;
  for (const auto& row :
       file_.rows("SELECT node, name, unit, time_ms, typeof(value), value FROM sensor JOIN reading ON reading.id = "
                  "(SELECT r.id FROM reading AS r WHERE r.sensor = sensor.id ORDER BY r.time_ms DESC LIMIT 1) ORDER BY "
                  "node, name")) {
    const std::string& type = row.at(4);
    const std::string& text = row.at(5);
    const Value value = type == "real"      ? Value(std::strtod(text.c_str(), nullptr))
                        : type == "integer" ? Value(text == "1")
                                            : Value(text);
    newest.push_back({row.at(0), row.at(1), row.at(2), static_cast<std::int64_t>(unsigned_of(row.at(3))), value});
  }
  return newest;
}

std::uint64_t StoreReader::readings() const { return unsigned_number(file_, "SELECT count(*) FROM reading"); }

std::uint64_t StoreReader::gaps() const { return unsigned_number(file_, "SELECT count(*) FROM gap"); }

std::uint64_t StoreReader::uploaded_through(const std::string& destination) const {
  return unsigned_number(file_, "SELECT cursor FROM destination WHERE name = '" + destination + "'");
}

std::uint64_t StoreReader::last_id() const { return unsigned_number(file_, "SELECT last_id FROM store"); }

std::vector<StoreReader::Stream> StoreReader::streams() const {
  std::vector<Stream> streams;
  for (const auto& row : file_.rows("SELECT name, node, through, count(seq), count(DISTINCT seq), min(seq), max(seq) "
                                    "FROM stream LEFT JOIN reading ON reading.stream = stream.id GROUP BY stream.id")) {
    streams.push_back({row.at(0), row.at(1), unsigned_of(row.at(2)), unsigned_of(row.at(3)), unsigned_of(row.at(4)),
                       unsigned_of(row.at(5)), unsigned_of(row.at(6))});
  }
  return streams;
}

std::vector<StoreReader::Row> StoreReader::rows(const std::string& stream) const {
  std::vector<Row> rows;
  for (const auto& row : file_.rows("SELECT seq, sensor.name, sensor.unit, time_ms, value FROM reading JOIN sensor ON "
                                    "sensor.id = reading.sensor WHERE stream = (SELECT id FROM stream WHERE name = '" +
                                    stream + "') ORDER BY seq")) {
    rows.push_back({unsigned_of(row.at(0)), row.at(1), row.at(2), std::strtoll(row.at(3).c_str(), nullptr, 10),
                    std::strtod(row.at(4).c_str(), nullptr)});
  }
  return rows;
}

std::vector<NumberRange> StoreReader::gaps(const std::string& stream) const {
  return ranges(file_, "SELECT first, last FROM gap WHERE stream = (SELECT id FROM stream WHERE name = '" + stream +
                           "') ORDER BY first");
}

std::vector<NumberRange> StoreReader::dead_letters(const std::string& stream) const {
  return ranges(file_,
                "SELECT seq, coalesce(gap_last, seq) FROM dead_letter WHERE stream = '" + stream + "' ORDER BY seq");
}

}  // namespace sensors::rig
