// boot.hold: 0 no rows wait, 1 rows wait, 2 they have waited long enough, and no others will.
#include "services/sensor-persistence/store/store_clocks.hpp"

#include <algorithm>

#include "common/adapters/sqlite/preparing.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {
namespace {

struct UnsyncedRow {
  std::int64_t id;
  WallTime time;
  Millis uptime;
};

/// Bound to the parameters 1 .. 3.
Statement& bound_to(Statement& statement, const BootKey& boot) {
  return statement.bind(1, std::string_view(boot.node))
      .bind(2, std::string_view(boot.publisher))
      .bind(3, std::string_view(boot.boot));
}

/// The first row of `statement`, in `read`, and whether there is one.
template <class Read>
Result<bool> read_one(Statement& statement, Read read) {
  Result<bool> row = has_row(statement);
  if (row.has_value() && *row) read(statement);
  statement.reset();
  return row;
}

}  // namespace

// CROSS JOIN keeps SQLite to the order that visits few rows: the boots that wait, their streams, their unsynced rows.
Result<StoreClocks> StoreClocks::prepare(Database& database) {
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .waiting = p("SELECT node, publisher, name, time_ms IS NOT NULL FROM boot WHERE hold = 1"),
      .hold = p("INSERT INTO boot(node, publisher, name, hold) VALUES(?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET hold = "
                "max(hold, 1)"),
      .id = p("SELECT id FROM boot WHERE node = ?1 AND publisher = ?2 AND name = ?3"),
      .assign = p("UPDATE stream SET boot = ?2 WHERE name = ?1 AND boot IS NULL"),
      .learn = p("INSERT INTO boot(node, publisher, name, time_ms) VALUES(?1, ?2, ?3, ?4)"
                 " ON CONFLICT DO UPDATE SET time_ms = excluded.time_ms"),
      .trim = p("DELETE FROM boot WHERE id <= (SELECT max(id) FROM boot) - ?1"),
      .release = p(
          "UPDATE boot SET hold = 2 WHERE node = ?1 AND publisher = ?2 AND name = ?3 AND hold = 1 AND time_ms IS NULL"),
      .find =
          p("SELECT id, time_ms FROM boot WHERE node = ?1 AND publisher = ?2 AND name = ?3 AND time_ms IS NOT NULL"),
      .given = p("SELECT coalesce(max(max(cursor, batch_last)), 0) FROM destination"),
      .unsynced = p("SELECT r.id, r.time_ms, r.uptime_ms FROM stream s CROSS JOIN reading r ON r.stream = s.id"
                    " WHERE s.boot = ?1 AND r.uptime_ms IS NOT NULL AND r.id > ?2 LIMIT ?3"),
      .stamp = p("UPDATE reading SET time_ms = ?2, uptime_ms = NULL WHERE id = ?1"),
      .done = p("UPDATE boot SET hold = 0 WHERE id = ?1 AND hold = 1"),
      .first_held =
          p("SELECT coalesce(min(r.id), 0) FROM boot b CROSS JOIN stream s ON s.boot = b.id"
            " CROSS JOIN reading r ON r.stream = s.id WHERE b.hold = 1 AND r.uptime_ms IS NOT NULL AND r.id > ?1"),
  });
  TRY(sql);
  return StoreClocks(database, std::move(*sql));
}

Result<std::vector<BootState>> StoreClocks::waiting() {
  std::vector<BootState> boots;
  Statement& statement = sql_.waiting;
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) {
    boots.push_back({{statement.text(0), statement.text(1), statement.text(2)}, statement.integer(3) != 0});
  }
  statement.reset();
  TRY(row);
  return boots;
}

Result<std::optional<WallTime>> StoreClocks::began(const BootKey& boot) {
  std::optional<WallTime> began;
  TRY_ASSIGN(std::ignore, read_one(bound_to(sql_.find, boot), [&](Statement& row) { began = row.wall_time(1); }));
  return began;
}

Result<void> StoreClocks::hold(const StreamRows& rows) {
  const BootKey boot{rows.node, rows.publisher, rows.boot};
  TRY(bound_to(sql_.hold, boot).run());
  std::int64_t id = 0;
  TRY_ASSIGN(std::ignore, read_one(bound_to(sql_.id, boot), [&](Statement& row) { id = row.integer(0); }));
  return sql_.assign.bind(1, std::string_view(rows.stream)).bind(2, id).run();
}

Result<void> StoreClocks::learn(const BootLearned& learned) {
  TRY(bound_to(sql_.learn, learned.boot).bind(4, learned.time).run());
  return sql_.trim.bind(1, max_boots).run();
}

Result<bool> StoreClocks::release(const BootKey& boot) {
  TRY(bound_to(sql_.release, boot).run());
  return database_->changes() > 0;
}

Result<RestampReport> StoreClocks::restamp(const RestampStep& step) {
  RestampReport report;
  std::int64_t boot = 0;
  std::int64_t given = 0;
  WallTime began{};
  TRY_ASSIGN(std::ignore, read_one(bound_to(sql_.find, step.boot), [&](Statement& row) {
               boot = row.integer(0);
               began = row.wall_time(1);
             }));
  TRY_ASSIGN(std::ignore, read_one(sql_.given, [&](Statement& row) { given = row.integer(0); }));

  std::vector<UnsyncedRow> rows;
  Statement& unsynced = sql_.unsynced;
  unsynced.bind(1, boot).bind(2, given).bind(3, std::uint64_t{step.max_rows});
  Result<bool> row = has_row(unsynced);
  for (; row.has_value() && *row; row = has_row(unsynced)) {
    rows.push_back({unsynced.integer(0), unsynced.wall_time(1), Millis(unsynced.integer(2))});
  }
  unsynced.reset();
  TRY(row);

  for (const UnsyncedRow& known : rows) {
    const WallTime time = time_at_uptime(began, known.uptime);
    report.largest_shift = std::max(report.largest_shift, std::chrono::abs(time - known.time));
    TRY(sql_.stamp.bind(1, known.id).bind(2, time).run());
  }
  report.restamped = rows.size();
  report.is_done = rows.size() < step.max_rows;
  if (report.is_done) TRY(sql_.done.bind(1, boot).run());
  return report;
}

Result<std::uint64_t> StoreClocks::first_held(std::uint64_t after_id) {
  std::uint64_t first = 0;
  Statement& statement = sql_.first_held;
  statement.bind(1, after_id);
  TRY_ASSIGN(std::ignore, read_one(statement, [&](Statement& row) { first = row.unsigned_integer(0); }));
  return first;
}

}  // namespace sensors::persistence
