// A test bench for the publisher's Logic: virtual time, an outbox in memory that writes at once or when told, and a
// record of what was published. Single-threaded.
#pragma once

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensor-publisher/logic/logic.hpp"

namespace sensors::publisher {

inline LogicOptions bench_options() {
  LogicOptions options;
  options.node = "kitchen";
  options.drivers.push_back({"test", Millis{0}, Millis{5'000}, {}});
  options.outbox.commit_age = Millis{0};
  return options;
}

class PublisherBench {
 public:
  explicit PublisherBench(LogicOptions options = bench_options(), OutboxContents contents = {{{"run1", 0}}, 0, 0, ""},
                          bool clock_synced = true, bool disk_answers_at_once = true)
      : logic(std::move(options), contents), auto_disk(disk_answers_at_once), known_store(contents.known_store) {
    now.clock_synced = clock_synced;
    step(Tick{});
  }

  void step(Event event) {
    for (Effect& effect : logic.step(std::move(event), now)) apply(effect);
    if (std::string broken = logic.broken_invariant(); !broken.empty())
      throw std::logic_error("an invariant does not hold: " + broken);
    if (!exit_code.has_value() && logic.wake_at().value_or(Instant::max()) <= now.monotonic)
      throw std::logic_error("what the Logic waits for has come already: it would not rest");
    // What a driver waits for does not come any more.
    for (const std::size_t driver : std::exchange(finished, {})) step(DriverRead{driver, {}});
    if (is_serving) return;  // the step() that serves goes on; a call for each answer would need a deep stack
    is_serving = true;
    while (auto_disk && (write.has_value() || read.has_value() || scan.has_value() || open.has_value())) serve_disk();
    is_serving = false;
  }

  /// Moves time on, with a Tick wherever the Logic asks for one.
  void pass(Millis time) {
    const Instant end = now.monotonic + time;
    for (int guard = 0; guard < 10'000; ++guard) {
      const std::optional<Instant> at = logic.wake_at();
      if (!at.has_value() || *at > end) break;
      set_time(std::max(*at, now.monotonic + Millis{1}));
      step(Tick{});
    }
    set_time(std::max(end, now.monotonic));
  }

  /// The driver reports `count` numbers; the next one is always one higher, so that order can be checked.
  void take(int count) {
    DriverReport report;
    for (int i = 0; i < count; ++i) report.samples.push_back({"s", next_value++, "Cel", now.wall});
    step(DriverRead{0, std::move(report)});
  }

  /// The disk's answer to one thing that was asked of it; `result` is that of a write or an opening.
  void serve_disk(Result<void> result = {}) {
    if (write.has_value()) {
      OutboxWrite done = std::move(*write);
      write.reset();
      if (result) write_rows(done);
      step(OutboxWritten{std::move(result), std::move(done), used_bytes(), true});
    } else if (open.has_value()) {
      const OutboxOpen wanted = std::move(*open);
      open.reset();
      if (result) {
        step(OutboxOpened{opened(wanted)});
      } else {
        step(OutboxOpened{tl::unexpected(result.error())});
      }
    } else if (read.has_value()) {
      const OutboxRead wanted = *read;
      read.reset();
      step(OutboxReadDone{wanted.first, entries(wanted.first, wanted.max_entries)});
    } else if (scan.has_value()) {
      const OutboxScan wanted = *scan;
      scan.reset();
      step(OutboxScanned{wanted.first, entries(wanted.first, wanted.max_entries)});
    }
  }

  void acknowledge_all() {
    while (!unacknowledged.empty()) {
      const std::uint64_t id = unacknowledged.front();
      unacknowledged.pop_front();
      step(MqttPublished{id, {}});
    }
  }

  void watermark(const std::string& store, const std::string& stream, std::uint64_t through, bool resend = false) {
    MqttMessage message;
    message.topic = "sensors/kitchen/committed/sensor-publisher";
    message.payload = encode_committed({store, stream, through, resend});
    step(std::move(message));
  }

  /// Readings and batches published since the last call, decoded, with their topics.
  std::vector<std::pair<std::string, Batch>> sent() {
    std::vector<std::pair<std::string, Batch>> batches;
    for (const MqttPublish& message : std::exchange(published, {})) {
      if (message.topic.find("/reading/") != std::string::npos) {
        batches.emplace_back(message.topic, decoder.reading(message.payload).value());
      } else if (message.topic.find("/backlog/") != std::string::npos) {
        batches.emplace_back(message.topic, decoder.batch(message.payload).value().batch);
      }
    }
    return batches;
  }

  bool logged(const std::string& text) const {
    return std::any_of(log.begin(), log.end(),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }

  void set_time(Instant monotonic) {
    now.wall += std::chrono::duration_cast<Millis>(monotonic - now.monotonic);
    now.monotonic = monotonic;
  }

  Now now{Instant{} + std::chrono::hours{1}, WallTime{Millis{1'768'493'375'000}}};
  Logic logic;
  bool auto_disk;
  bool is_serving = false;
  std::list<OutboxEntry> rows;  // thinning takes from and puts into its middle
  std::string known_store;
  std::string calibrations;
  std::map<std::string, KnownSensor> known_sensors;  // on the disk
  std::size_t sensor_rows = 0;                       // of them, written so far
  std::optional<OutboxWrite> write;
  std::optional<OutboxRead> read;
  std::optional<OutboxScan> scan;
  std::optional<OutboxOpen> open;
  OutboxContents on_disk;              // what an opening finds, this run's stream apart
  std::int64_t bytes_per_reading = 0;  // 0: the size of the outbox is not known
  Position thinned = 0;
  std::vector<MqttPublish> published;
  std::deque<std::uint64_t> unacknowledged;
  std::vector<std::string> log;
  std::vector<std::size_t> started;  // drivers
  std::vector<std::size_t> rooms;    // for each of `started`
  std::vector<std::size_t> finished;
  bool auto_finish = true;  // drivers end at once when they are to
  std::optional<int> exit_code;
  int reconnects = 0;  // asked for
  std::vector<std::string> subscribed;
  double next_value = 1;
  ReadingDecoder decoder;

 private:
  void apply(Effect& effect) {
    if (auto* line = std::get_if<LogLine>(&effect)) log.push_back(line->text);
    if (auto* exit = std::get_if<Exit>(&effect)) exit_code = exit->code;
    if (auto* start = std::get_if<StartRead>(&effect)) {
      started.push_back(start->driver);
      rooms.push_back(start->room);
    }
    if (auto* finish = std::get_if<FinishDriver>(&effect); finish != nullptr && auto_finish)
      finished.push_back(finish->driver);
    if (std::holds_alternative<MqttReconnect>(effect)) ++reconnects;
    if (auto* more = std::get_if<MqttSubscribe>(&effect)) subscribed.push_back(more->filter);
    if (auto* w = std::get_if<OutboxWrite>(&effect)) write = std::move(*w);
    if (auto* r = std::get_if<OutboxRead>(&effect)) read = *r;
    if (auto* r = std::get_if<OutboxScan>(&effect)) scan = *r;
    if (auto* o = std::get_if<OutboxOpen>(&effect)) open = std::move(*o);
    if (auto* message = std::get_if<MqttPublish>(&effect)) {
      if (message->id != 0) unacknowledged.push_back(message->id);
      published.push_back(std::move(*message));
    }
  }

  std::int64_t used_bytes() const { return bytes_per_reading * static_cast<std::int64_t>(rows.size()); }

  /// As the Outbox reads: what was thinned out comes as gap records.
  std::vector<OutboxEntry> entries(Position first, std::size_t max_entries) const {
    std::vector<OutboxEntry> found;
    Position next = first;
    for (const OutboxEntry& row : rows) {
      if (row.last < first || found.size() >= max_entries) continue;
      if (row.first > next && row.first - 1 <= thinned)
        found.push_back({next, row.first - 1, DroppedEntries{"thinned", now.wall}});
      found.push_back(row);
      next = row.last + 1;
    }
    return found;
  }

  OutboxContents opened(const OutboxOpen& wanted) {
    if (wanted.is_settled) return wanted.known;
    OutboxContents contents = on_disk;
    OutboxStream ours = wanted.known.streams.back();
    ours.base = contents.last - ours.skipped;
    contents.streams.push_back(ours);
    return contents;
  }

  void write_rows(const OutboxWrite& done) {
    if (done.thin.has_value()) {
      std::erase_if(
          rows, [&](const OutboxEntry& row) { return row.first >= done.thin->first && row.last <= done.thin->last; });
      const auto behind =
          std::find_if(rows.begin(), rows.end(), [&](const OutboxEntry& row) { return row.first > done.thin->last; });
      rows.insert(behind, done.thin->keep.begin(), done.thin->keep.end());
      thinned = std::max(thinned, done.thin->last);
    }
    rows.erase(rows.begin(), std::find_if(rows.begin(), rows.end(),
                                          [&](const OutboxEntry& row) { return row.last > done.delete_through; }));
    if (done.drop.has_value()) {
      std::erase_if(
          rows, [&](const OutboxEntry& row) { return row.first >= done.drop->first && row.last <= done.drop->last; });
      rows.insert(rows.begin(), *done.drop);
    }
    rows.insert(rows.end(), done.append.begin(), done.append.end());
    if (!done.known_store.empty()) known_store = done.known_store;
    if (done.calibrations.has_value()) calibrations = *done.calibrations;
    for (const KnownSensor& sensor : done.sensors.forgotten) known_sensors.erase(sensor.sensor);
    for (const KnownSensor& sensor : done.sensors.kept) {
      known_sensors[sensor.sensor] = sensor;
      ++sensor_rows;
    }
  }
};

/// The status of the store, which runs as the process `instance`.
inline void store_says(PublisherBench& bench, const std::string& store, const std::string& instance) {
  MqttMessage message;
  message.topic = "sensors/kitchen/status/sensor-persistence";
  message.payload = encode_status({"sensor-persistence", ServiceState::up, "", bench.now.wall, "0",
                                   R"("store":")" + store + R"(","instance":")" + instance + '"'});
  bench.step(std::move(message));
}

}  // namespace sensors::publisher
