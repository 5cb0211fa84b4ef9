// Each row carries a checksum, so a row that reads back is right. The tables are taken in the order of what depends on
// them: streams and meta (each stream is there twice), sensors, gaps, readings; last the gap records for what is
// missing.
#include "services/sensor-publisher/outbox/outbox_salvage.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <vector>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/salvage.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensor-publisher/outbox/outbox.hpp"
#include "services/sensor-publisher/outbox/outbox_rows.hpp"
#include "services/sensor-publisher/outbox/schema.hpp"

namespace sensors::publisher {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t any_rowid = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t rows_in_a_transaction = 20'000;

struct Sensor {
  std::string name;
  std::string unit;

  bool operator==(const Sensor&) const = default;
};

class OutboxSalvage {
 public:
  OutboxSalvage(Database damaged, Database fresh, OutboxRows rows, Millis limit)
      : damaged_(std::move(damaged)),
        fresh_(std::move(fresh)),
        rows_(std::move(rows)),
        give_up_at_(Clock::now() + limit) {}

  Result<OutboxRepair> run(const OutboxContents& known, bool is_settled, WallTime now) {
    // A crash throws the new file away: until it is complete a journal would only cost time, and space on a disk that
    // may have little.
    TRY(fresh_.execute("PRAGMA journal_mode=OFF"));
    TRY(fresh_.begin());
    read_meta();
    TRY(take_streams(known, is_settled));
    TRY(take_ended());
    TRY(take_known_sensors());
    TRY(take_sensors());
    TRY(take_gaps());
    TRY(take_readings());
    TRY(record_losses(known, is_settled, now));
    TRY(fresh_.commit());
    TRY(fresh_.execute("PRAGMA journal_mode=WAL"));
    TRY(fresh_.sync_log());
    return repair_;
  }

 private:
  Millis time_left() const {
    return std::max(Millis{1}, std::chrono::duration_cast<Millis>(give_up_at_ - Clock::now()));
  }

  /// Rows of `table`, the rowid first.
  Result<std::vector<RowRange>> visit(const std::string& table, std::string_view columns,
                                      const std::function<Result<void>(const Statement&)>& take) {
    TRY_ASSIGN(SalvagedRows rows,
               visit_readable_rows(damaged_, table, std::string(columns), {1, any_rowid}, time_left(), take));
    repair_.out_of_time = repair_.out_of_time || rows.out_of_time;
    return std::move(rows.unreadable);
  }

  /// Has no rowid to walk by, and is a page or two: read up to the first damage.
  void read_meta() {
    Result<Statement> statement = damaged_.prepare("SELECT key, value, checksum FROM meta");
    while (statement) {
      const Result<Statement::Step> step = statement->step();
      if (!step || *step != Statement::Step::row) return;
      if (std::optional<std::pair<std::string, std::string>> entry = meta_in(*statement, 0); entry.has_value())
        meta_.insert(std::move(*entry));
    }
  }

  Result<void> take_streams(const OutboxContents& known, bool is_settled) {
    std::map<std::int64_t, OutboxStream> streams;
    const Result<std::vector<RowRange>> visited = visit("stream", stream_columns, [&](const Statement& row) {
      if (std::optional<OutboxStream> stream = stream_in(row, 1, row.integer(0)); stream.has_value())
        streams[row.integer(0)] = std::move(*stream);
      return Result<void>{};
    });
    TRY(visited);
    for (const auto& [key, value] : meta_) {
      if (!key.starts_with("stream.")) continue;
      const auto number = static_cast<std::int64_t>(to_position(std::string_view(key).substr(7)));
      std::optional<OutboxStream> stream = stream_of_text(value);
      if (number > 0 && stream.has_value()) streams.emplace(number, std::move(*stream));
    }
    // What this run knows is as good as what was read.
    std::int64_t number = streams.empty() ? 1 : streams.rbegin()->first + 1;
    for (const OutboxStream& stream : is_settled ? known.streams : std::vector<OutboxStream>{}) {
      const bool is_read =
          std::any_of(streams.begin(), streams.end(), [&](const auto& read) { return read.second.id == stream.id; });
      if (!is_read) streams.emplace(number++, stream);
    }
    if (!streams.empty()) first_number_ = streams.begin()->first;
    for (auto& [key, stream] : streams) {
      if (const auto node = meta_.find(meta_key_of_node(key)); node != meta_.end()) stream.node = node->second;
      TRY(rows_.add_stream(stream, key));
      first_start_ = std::min(first_start_, stream.start());
      last_ = std::max(last_, stream.start());
    }
    for (const char* const key : {"store", "confirmed", "thinned", "calibrations"}) {
      if (!meta_.contains(key)) continue;
      TRY(rows_.set_meta(key, meta_[key]));
    }
    return {};
  }

  Result<void> take_ended() {
    const Result<std::vector<RowRange>> visited = visit("ended", ended_columns, [&](const Statement& row) {
      const std::optional<EndedStream> stream = ended_in(row, 1, row.integer(0));
      return stream.has_value() ? rows_.add_ended(*stream, row.integer(0)) : Result<void>{};
    });
    TRY(visited);
    return {};
  }

  Result<void> take_known_sensors() {
    const Result<std::vector<RowRange>> visited =
        visit("known_sensor", known_sensor_columns, [&](const Statement& row) {
          const std::optional<KnownSensor> sensor = known_sensor_in(row, 1);
          return sensor.has_value() ? rows_.keep_sensor(*sensor) : Result<void>{};
        });
    TRY(visited);
    return {};
  }

  /// By id from the table, and from its index, which has the names once more. Where they differ the checksums of the
  /// readings tell which is right.
  Result<void> take_sensors() {
    const auto take = [&](std::int64_t id, const Statement& row) {
      Sensor sensor{row.text(1), row.text(2)};
      std::vector<Sensor>& known = sensors_[id];
      if (std::find(known.begin(), known.end(), sensor) == known.end()) known.push_back(std::move(sensor));
    };
    const Result<std::vector<RowRange>> visited = visit("sensor", "name, unit", [&](const Statement& row) {
      take(row.integer(0), row);
      return Result<void>{};
    });
    TRY(visited);
    Result<Statement> index = damaged_.prepare("SELECT id, name, unit FROM sensor ORDER BY name, unit");
    while (index) {
      const Result<Statement::Step> step = index->step();
      if (!step || *step != Statement::Step::row) break;
      take(index->integer(0), *index);
    }
    return {};
  }

  Result<void> take_gaps() {
    const Result<std::vector<RowRange>> visited = visit("gap", gap_columns, [&](const Statement& row) {
      const std::optional<OutboxEntry> gap = gap_in(row, 1);
      if (!gap.has_value()) return Result<void>{};
      gaps_.push_back(*gap);
      last_ = std::max(last_, gap->last);
      return rows_.add(*gap);
    });
    TRY(visited);
    return {};
  }

  Result<void> take_readings() {
    Result<std::vector<RowRange>> visited =
        visit("reading", "sensor, " + std::string(reading_columns), [&](const Statement& row) -> Result<void> {
          const Position position = row.unsigned_integer(0);
          std::optional<Reading> reading;
          if (const auto known = sensors_.find(row.integer(1)); known != sensors_.end()) {
            for (const Sensor& sensor : known->second) {
              if (!reading.has_value()) reading = reading_in(row, 2, position, sensor.name, sensor.unit);
            }
          }
          if (!reading.has_value()) {
            missing_.push_back({row.integer(0), row.integer(0)});
            return {};
          }
          last_ = std::max(last_, position);
          first_reading_ = std::min(first_reading_, position);
          ++repair_.salvaged;
          TRY(rows_.add({position, position, std::move(*reading)}));
          if (repair_.salvaged % rows_in_a_transaction != 0) return {};
          TRY(fresh_.commit());
          return fresh_.begin();
        });
    TRY(visited);
    missing_.insert(missing_.end(), visited->begin(), visited->end());
    return {};
  }

  /// Gap records for the positions that were there for certain: between the confirmed and the last that is known.
  Result<void> record_losses(const OutboxContents& known, bool is_settled, WallTime now) {
    Position confirmed = meta_.contains("confirmed") ? to_position(meta_["confirmed"]) : 0;
    if (is_settled) {
      confirmed = std::max(confirmed, known.confirmed);
      last_ = std::max(last_, known.last);
    }
    if (first_reading_ <= first_start_ && repair_.salvaged > 0) {
      // Both copies of their stream are lost: these readings get a new one.
      repair_.streams_are_unknown = true;
      first_start_ = first_reading_ - 1;
      TRY(rows_.add_stream({random_id(), first_start_}, first_number_ - 1));
    }
    Position next = std::max(confirmed, first_start_) + 1;
    if (next == 0) return {};  // there is no stream at all, and nothing that could be missing from one
    std::sort(missing_.begin(), missing_.end(), [](const RowRange& a, const RowRange& b) { return a.first < b.first; });
    for (const RowRange& range : missing_) {
      Position first = std::max(static_cast<Position>(range.first), next);
      Position last = static_cast<Position>(range.last);
      if (last > last_) {
        repair_.end_is_unknown = repair_.end_is_unknown || !is_settled;
        last = last_;
      }
      while (first <= last) {
        const OutboxEntry* gap = gap_at_or_behind(first);
        if (gap != nullptr && gap->first <= first) {
          first = gap->last + 1;
          continue;
        }
        const Position end = gap == nullptr ? last : std::min(last, gap->first - 1);
        TRY(rows_.add({first, end, DroppedEntries{"outbox_damaged", now}}));
        repair_.lost += end - first + 1;
        first = end + 1;
      }
      next = std::max(next, last + 1);
    }
    return {};
  }

  /// The first gap record that covers `position` or begins behind it.
  const OutboxEntry* gap_at_or_behind(Position position) {
    if (!gaps_are_sorted_) {
      std::sort(gaps_.begin(), gaps_.end(),
                [](const OutboxEntry& a, const OutboxEntry& b) { return a.first < b.first; });
      gaps_are_sorted_ = true;
    }
    const auto found =
        std::partition_point(gaps_.begin(), gaps_.end(), [&](const OutboxEntry& gap) { return gap.last < position; });
    return found == gaps_.end() ? nullptr : &*found;
  }

  Database damaged_;
  Database fresh_;
  OutboxRows rows_;
  Clock::time_point give_up_at_;
  std::map<std::string, std::string> meta_;
  std::map<std::int64_t, std::vector<Sensor>> sensors_;  // what may be the sensor of an id
  std::vector<OutboxEntry> gaps_;
  bool gaps_are_sorted_ = false;
  std::vector<RowRange> missing_;  // of readings
  Position first_start_ = std::numeric_limits<Position>::max();
  std::int64_t first_number_ = 1;  // of the streams
  Position first_reading_ = std::numeric_limits<Position>::max();
  Position last_ = 0;  // the highest position that is known
  OutboxRepair repair_;
};

/// Fills the replacement of `path`.
Result<OutboxRepair> fill_replacement(const std::string& path, const OutboxContents& known, bool is_settled,
                                      const OutboxSalvageOptions& options, WallTime now) {
  Database::Options fresh_options;
  fresh_options.application_id = outbox_application_id;
  fresh_options.time_limit = options.time_limit * 2;
  fresh_options.checks_names = false;
  TRY_ASSIGN(Database fresh, Database::open(replacement_of(path), outbox_migrations(), fresh_options));
  TRY_ASSIGN(OutboxRows rows, OutboxRows::prepare(fresh));
  TRY_ASSIGN(Database damaged, Database::open_damaged(path, options.time_limit));
  return OutboxSalvage(std::move(damaged), std::move(fresh), std::move(rows), options.time_limit)
      .run(known, is_settled, now);
}

}  // namespace

Result<OutboxRepair> salvage_outbox(const std::string& path, const OutboxContents& known, bool is_settled,
                                    const std::string& damage, const OutboxSalvageOptions& options, WallTime now) {
  TRY_ASSIGN(std::ignore, finish_replacement(path, now));
  Result<OutboxRepair> repair = fill_replacement(path, known, is_settled, options, now);
  if (!repair) {
    static_cast<void>(finish_replacement(path, now));  // deletes it: the damaged file is still there
    return repair;
  }
  TRY_ASSIGN(MovedAside moved, replace_damaged(path, now, options.keep_damaged));
  repair->damage = damage;
  repair->moved_to = std::move(moved.path);
  repair->deleted = std::move(moved.deleted);
  return repair;
}

}  // namespace sensors::publisher
