// In the damaged store all may be wrong, so what is taken from it is only what hangs together:
//
//   taken                                     | if it cannot be read
//   streams, with watermark                   | their rows go too; their publishers see a new store, and fill it up
//   sensors                                   | their rows go too
//   cursors not beyond the last id            | everything is uploaded again; the API knows it by (stream, seq)
//   which destinations are withdrawn          | they are waited for until their bridge has said it again
//   rows with the ids that they had           | lost: a gap record, unless nothing waits for them
//   the last id                               | the highest that was seen
//
// The new store has another id, so ids and ranges need not be right to be unique, publishers send what they still have,
// and a batch that is on its way is not confirmed but handed out again.
#include "services/sensor-persistence/store/store_salvage.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/preparing.hpp"
#include "common/adapters/sqlite/salvage.hpp"
#include "common/core/reading.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensor-persistence/store/salvaged_tables.hpp"
#include "services/sensor-persistence/store/schema.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"
#include "services/sensor-persistence/store/store_writer.hpp"

namespace sensors::persistence {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t far_beyond = 10'000'000;
constexpr Millis step_limit{600'000};

/// Calls `visit` for each row of `sql`.
Result<void> each_row(Database& database, const std::string& sql, const std::function<void(const Statement&)>& visit) {
  database.limit_time(step_limit);
  TRY_ASSIGN(Statement statement, database.prepare(sql));
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) visit(statement);
  TRY(row);
  return {};
}

class StoreSalvage {
 public:
  StoreSalvage(const SalvageOptions& options, Database damaged, Database fresh,
               const std::function<bool()>& on_progress)
      : options_(options),
        damaged_(std::move(damaged)),
        fresh_(std::move(fresh)),
        tables_(damaged_, fresh_, options.time_limit, on_progress) {}

  Result<SalvageReport> run(const Salvage& how, WallTime now) {
    read_heads();
    TRY(copy_rows(how));
    TRY(read_streams());
    TRY(find_lost());
    TRY(write_heads(now));
    return report_;
  }

 private:
  struct Stream {
    std::uint64_t through = 0;
    std::vector<NumberRange> lost;
  };

  struct Destination {
    std::uint64_t cursor = 0;
    bool is_withdrawn = false;
  };

  /// The last id and the cursors. Not reading them is no error.
  void read_heads() {
    static_cast<void>(each_row(damaged_, "SELECT last_id FROM store", [&](const Statement& row) {
      if (row.type(0) == Statement::integer_type && row.integer(0) >= 0) last_id_ = row.unsigned_integer(0);
    }));
    // A file of version 0.1.0 has no destination that is withdrawn.
    if (!read_destinations("withdrawn").has_value() && !read_destinations("0").has_value()) destinations_.clear();
    uploaded_ = last_id_.value_or(0);
    for (const std::string& name : options_.destinations) {
      const auto found = destinations_.find(name);
      if (found != destinations_.end() && found->second.is_withdrawn) continue;
      uploaded_ = std::min(uploaded_, found == destinations_.end() ? 0 : found->second.cursor);
      is_waited_for_ = true;
    }
  }

  Result<void> read_destinations(const std::string& withdrawn) {
    destinations_.clear();
    return each_row(damaged_, "SELECT name, cursor, " + withdrawn + " FROM destination", [&](const Statement& row) {
      const bool is_right = row.type(1) == Statement::integer_type && row.integer(1) >= 0 && last_id_.has_value() &&
                            row.unsigned_integer(1) <= *last_id_;
      const bool is_withdrawn = row.type(2) == Statement::integer_type && row.integer(2) == 1;
      if (is_right && is_name(row.text(0))) destinations_[row.text(0)] = {row.unsigned_integer(1), is_withdrawn};
    });
  }

  Result<void> copy_rows(const Salvage& how) {
    const auto is_stream = [](const TableShape& shape, const Statement& row) {
      return is_name(row.text(shape.index_of("name"))) && is_name(row.text(shape.index_of("node"))) &&
             is_name(row.text(shape.index_of("publisher"))) && row.integer(shape.index_of("through")) >= 0 &&
             row.unsigned_integer(shape.index_of("through")) <= max_seq;
    };
    const auto is_sensor = [](const TableShape& shape, const Statement& row) {
      return is_name(row.text(shape.index_of("name"))) && is_name(row.text(shape.index_of("node"))) &&
             is_unit(row.text(shape.index_of("unit")));
    };
    TRY_ASSIGN(std::ignore, tables_.copy("stream", {1, most}, is_stream));
    TRY_ASSIGN(std::ignore, tables_.copy("sensor", {1, most}, is_sensor));
    const std::uint64_t heads = tables_.rows();
    TRY(read_known());
    const std::uint64_t first = uploaded_ > how.history_rows ? uploaded_ - how.history_rows + 1 : 1;
    report_.old_rows_left = first - 1;
    // The last id may be an old one, but not by more than a log's worth of rows.
    const std::uint64_t last = last_id_.has_value() ? *last_id_ + far_beyond : max_seq;
    const RowRange range{static_cast<std::int64_t>(first), static_cast<std::int64_t>(last)};
    const auto is_reading = [this](const TableShape& shape, const Statement& row) {
      return streams_.contains(row.integer(shape.index_of("stream"))) &&
             sensors_.contains(row.integer(shape.index_of("sensor"))) && row.integer(shape.index_of("seq")) >= 1 &&
             !row.is_null(shape.index_of("value"));
    };
    const auto is_gap = [this](const TableShape& shape, const Statement& row) {
      return streams_.contains(row.integer(shape.index_of("stream"))) && row.integer(shape.index_of("first")) >= 1 &&
             is_name(row.text(shape.index_of("reason")));
    };
    TRY_ASSIGN(std::ignore, tables_.copy("reading", range, is_reading));
    TRY_ASSIGN(std::ignore, tables_.copy("gap", range, is_gap));
    report_.rows = tables_.rows() - heads;
    return copy_other_tables();
  }

  Result<void> copy_other_tables() {
    std::vector<std::string> names;
    TRY(each_row(fresh_,
                 "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND "
                 "name NOT IN ('store', 'stream', 'sensor', 'reading', 'gap', 'destination')",
                 [&](const Statement& row) { names.push_back(row.text(0)); }));
    for (const std::string& name : names) {
      TRY_ASSIGN(std::ignore, tables_.copy(name, {1, most}, [](const TableShape&, const Statement&) { return true; }));
    }
    return {};
  }

  Result<void> read_known() {
    TRY(each_row(fresh_, "SELECT id, through FROM stream",
                 [&](const Statement& row) { streams_[row.integer(0)].through = row.unsigned_integer(1); }));
    return each_row(fresh_, "SELECT id FROM sensor", [&](const Statement& row) { sensors_.insert(row.integer(0)); });
  }

  Result<void> read_streams() {
    std::uint64_t first_id = 0;
    Result<void> done = each_row(fresh_, all_ids, [&](const Statement& row) {
      if (first_id == 0) first_id = row.unsigned_integer(0);
      highest_id_ = row.unsigned_integer(0);
    });
    // With nobody to upload to, retention has deleted the oldest rows only.
    if (!is_waited_for_ && first_id > 0) uploaded_ = std::min(uploaded_, first_id - 1);
    return done;
  }

  /// Rows that cannot be right are deleted, which makes more ids missing: again, until all are.
  Result<void> find_lost() {
    while (true) {
      MissingIds missing(uploaded_);
      TRY(each_row(fresh_, all_ids, [&](const Statement& row) { missing.present(row.unsigned_integer(0)); }));
      missing.end(end_id() - 1);
      std::vector<std::int64_t> wrong;
      TRY(find_lost(missing, wrong));
      if (wrong.empty()) return {};
      report_.rows -= std::min<std::uint64_t>(report_.rows, wrong.size());
      TRY(delete_rows(wrong));
    }
  }

  Result<void> find_lost(const MissingIds& missing, std::vector<std::int64_t>& wrong) {
    std::map<std::int64_t, LostNumbers> found;
    for (const auto& [id, stream] : streams_) found.emplace(id, LostNumbers(missing, stream.through));
    Result<void> done = each_row(fresh_,
                                 "SELECT stream, seq AS first, seq, id FROM reading UNION ALL "
                                 "SELECT stream, first, last, id FROM gap ORDER BY 1, 2",
                                 [&](const Statement& row) {
                                   const NumberRange numbers{row.unsigned_integer(1), row.unsigned_integer(2)};
                                   const bool is_right =
                                       found.at(row.integer(0)).present(numbers, row.unsigned_integer(3));
                                   if (!is_right) wrong.push_back(row.integer(3));
                                 });
    TRY(done);
    if (!wrong.empty()) return {};
    for (auto& [id, numbers] : found) {
      LostNumbers::Finding finding = numbers.end(end_id());
      streams_[id].through = finding.through;
      streams_[id].lost = std::move(finding.lost);
    }
    return {};
  }

  /// Behind every id that was given to a row. When the last one cannot be read, any number of rows may have followed.
  std::uint64_t end_id() const {
    return last_id_.has_value() ? std::max(*last_id_, highest_id_) + 1 : static_cast<std::uint64_t>(most);
  }

  Result<void> delete_rows(const std::vector<std::int64_t>& ids) {
    Preparing p(fresh_);
    using Deletions = std::array<Statement, 2>;  // a row is in one of the tables
    Result<Deletions> deletions =
        p.all(Deletions{p("DELETE FROM reading WHERE id = ?1"), p("DELETE FROM gap WHERE id = ?1")});
    TRY(deletions);
    TRY(fresh_.begin());
    for (const std::int64_t id : ids) {
      for (Statement& deletion : *deletions) {
        TRY(deletion.bind(1, id).run());
      }
    }
    return fresh_.commit();
  }

  /// Gap records, watermarks, cursors, and a new name; all of it on the disk.
  Result<void> write_heads(WallTime now) {
    std::uint64_t id = std::max(last_id_.value_or(0), highest_id_);
    TRY(fresh_.execute("PRAGMA synchronous=FULL"));
    TRY(fresh_.begin());
    TRY(write_streams(now, id));
    TRY(write_destinations());
    TRY_ASSIGN(Statement store, fresh_.prepare("INSERT INTO store(only, id, last_id) VALUES(1, ?1, ?2)"));
    const std::string name = random_id();
    TRY(store.bind(1, std::string_view(name)).bind(2, id).run());
    TRY(fresh_.commit());
    return fresh_.sync_log();
  }

  Result<void> write_streams(WallTime now, std::uint64_t& id) {
    struct Sql {
      Statement move_stream;
      Statement add_gap;
    };
    Preparing p(fresh_);
    Result<Sql> sql = p.all(Sql{
        .move_stream = p("UPDATE stream SET through = ?2 WHERE id = ?1"),
        .add_gap = p("INSERT INTO gap(id, stream, first, last, reason, time_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
    });
    TRY(sql);
    for (const auto& [stream, found] : streams_) {
      TRY(sql->move_stream.bind(1, stream).bind(2, found.through).run());
      for (const NumberRange& lost : found.lost) {
        Statement& gap = sql->add_gap;
        gap.bind(1, ++id).bind(2, stream).bind(3, lost.first).bind(4, lost.last);
        TRY(gap.bind(5, std::string_view("store_damaged")).bind(6, now).run());
        report_.lost_numbers += lost.last - lost.first + 1;
      }
    }
    return {};
  }

  Result<void> write_destinations() {
    TRY_ASSIGN(Statement sql, fresh_.prepare("INSERT INTO destination(name, cursor, batch_first, batch_last, withdrawn)"
                                             " VALUES(?1, ?2, 0, 0, ?3)"));
    for (const auto& [name, destination] : destinations_) {
      sql.bind(1, std::string_view(name)).bind(2, destination.cursor);
      TRY(sql.bind(3, std::int64_t{destination.is_withdrawn ? 1 : 0}).run());
    }
    return {};
  }

  static constexpr const char* all_ids =
      "SELECT id FROM reading UNION ALL SELECT id FROM gap UNION ALL "
      "SELECT queue_id FROM dead_letter WHERE queue_id IS NOT NULL ORDER BY 1";

  const SalvageOptions& options_;
  Database damaged_;
  Database fresh_;
  SalvagedTables tables_;
  SalvageReport report_;
  std::optional<std::uint64_t> last_id_;
  std::map<std::string, Destination> destinations_;
  bool is_waited_for_ = false;    // there is a destination that is not withdrawn
  std::uint64_t uploaded_ = 0;    // every one of these has what is up to this
  std::uint64_t highest_id_ = 0;  // of a row that was read
  std::map<std::int64_t, Stream> streams_;
  std::set<std::int64_t> sensors_;
};

void remove_database(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
}

/// An empty store to fill. Not synced before it is complete: a crash begins again.
Result<Database> open_fresh(const std::string& path) {
  remove_database(path);
  Database::Options how;
  how.application_id = store_application_id;
  how.time_limit = step_limit;
  how.checks_names = false;
  how.cache_kib = 16'384;
  TRY_ASSIGN(Database fresh, Database::open(path, store_migrations(), how));
  TRY(fresh.execute("PRAGMA synchronous=OFF"));
  return fresh;
}

}  // namespace

Result<SalvageReport> salvage_store(const SalvageOptions& options, const Salvage& how, WallTime now,
                                    const std::function<bool()>& on_progress) {
  if (!on_progress()) return fail(ErrorCode::timeout, "the salvage was ended");
  const std::string replacement = replacement_of(options.path);
  TRY_ASSIGN(Database fresh, open_fresh(replacement));
  TRY_ASSIGN(Database damaged, Database::open_damaged(options.path, step_limit));
  Result<SalvageReport> report = StoreSalvage(options, std::move(damaged), std::move(fresh), on_progress).run(how, now);
  if (!report.has_value()) {
    remove_database(replacement);
    return report;
  }
  TRY_ASSIGN(MovedAside moved, replace_damaged(options.path, now, options.keep_damaged));
  report->damaged_file = moved.path;
  return report;
}

}  // namespace sensors::persistence
