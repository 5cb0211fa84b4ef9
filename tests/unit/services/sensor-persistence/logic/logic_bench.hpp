// LogicBench runs the persistence Logic on virtual time: messages in, and what came out sorted by kind. Commits wait
// until the test lets them succeed (in a real store, when it has one) or fail.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/codec/control_json.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"
#include "services/sensor-persistence/logic/logic.hpp"
#include "services/sensor-persistence/store/store_writer.hpp"
#include "tests/support/described.hpp"

namespace sensors::persistence {

using namespace std::chrono_literals;

inline const WallTime test_time{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

inline SequencedReading row(std::uint64_t seq, Value value = 21.5, WallTime time = test_time) {
  return SequencedReading{seq, Reading{"bme280.temperature", std::move(value), "Cel", time}};
}

inline Batch run_of(const std::string& stream, std::uint64_t first, std::uint64_t last) {
  Batch batch;
  batch.stream = stream;
  for (std::uint64_t seq = first; seq <= last; ++seq) batch.readings.push_back(row(seq, static_cast<double>(seq)));
  return batch;
}

/// A folder of its own, removed at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "persistence-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class LogicBench {
 public:
  explicit LogicBench(LogicOptions options = {}, StoreContents contents = {}) : LogicBench(std::move(options), false) {
    give(StoreOpened{with_id(std::move(contents)), {}});
  }

  /// With a store that is not open yet.
  static LogicBench unopened(LogicOptions options = {}) { return LogicBench(std::move(options), false); }

  /// With a real store that must outlive the bench.
  LogicBench(LogicOptions options, StoreWriter& store) : LogicBench(std::move(options), false) {
    store_ = &store;
    give(StoreOpened{store.contents(10'000), {}});
  }

  void give(Event event) {
    for (Effect& effect : logic_.step(std::move(event), now)) {
      std::visit([&](auto& known) { keep(std::move(known)); }, effect);
    }
    EXPECT_EQ(logic_.broken_invariant(), "");
    while (answers_loads && !loads.empty()) {
      const std::string stream = loads.front().stream;
      loads.erase(loads.begin());
      give(StreamLoaded{stream, store_ != nullptr ? store_->load_stream(stream)
                                                  : Result<StreamState>(StreamState{stream, "", "", 0, 0})});
    }
  }

  void pass(Millis time) {
    now.monotonic += time;
    now.wall += time;
    give(Tick{});
  }

  void live(const SequencedReading& reading, const std::string& stream = "aaaa", const std::string& node = "kitchen") {
    give(message("sensors/" + node + "/reading/" + reading.reading.sensor, encode_reading(reading, stream)));
  }

  void backlog(const Batch& batch, const std::string& node = "kitchen") {
    give(message("sensors/" + node + "/backlog/sensor-publisher", encode_batch(batch)));
  }

  void request(const std::string& verb, const std::string& payload,
               const std::string& reply = "sensors/node/rpc-reply/bridge") {
    MqttMessage asked = message("sensors/node/rpc/" + verb, payload);
    asked.response_topic = reply;
    asked.correlation = "c1";
    give(std::move(asked));
  }

  static MqttMessage message(const std::string& topic, const std::string& payload) {
    MqttMessage made;
    made.topic = topic;
    made.payload = payload;
    return made;
  }

  bool is_committing() const { return !commits.empty(); }

  /// The outstanding commit succeeds.
  CommitReport commit() {
    const CommitTransaction transaction = take_commit();
    Result<CommitReport> report =
        store_ != nullptr ? store_->commit(transaction) : Result<CommitReport>(model(transaction));
    give(StoreCommitted{report, reserve_after(transaction)});
    return report.value_or(CommitReport{});
  }

  void fail_commit(ErrorCode code = ErrorCode::disk_full) {
    const std::optional<bool> held = reserve_after(take_commit());
    give(StoreCommitted{fail(code, "store.db: disk full"), held});
  }

  /// Lets time pass and everything commit, until nothing is outstanding.
  void settle() {
    pass(20ms);
    while (is_committing()) commit();
  }

  CommitTransaction take_commit() {
    EXPECT_EQ(commits.size(), 1U) << "one commit is outstanding at a time";
    CommitTransaction transaction = std::move(commits.front());
    commits.clear();
    return transaction;
  }

  /// Watermarks published since the last call.
  std::vector<Committed> take_watermarks() {
    std::vector<Committed> watermarks;
    std::erase_if(published, [&](const MqttPublish& message) {
      if (message.topic.find("/committed/") == std::string::npos) return false;
      EXPECT_TRUE(message.retain);
      EXPECT_EQ(message.qos, 1);
      watermarks.push_back(decode_committed(message.payload).value());
      return true;
    });
    return watermarks;
  }

  /// The answer to the last request; empty when there is none.
  std::string take_answer() {
    std::string answer;
    std::erase_if(published, [&](const MqttPublish& message) {
      if (message.topic.find("/rpc-reply/") == std::string::npos) return false;
      EXPECT_EQ(message.correlation, "c1");
      answer = message.payload;
      return true;
    });
    return answer;
  }

  /// The last payload published on our own `kind` topic.
  std::string last_own(const std::string& kind) const {
    std::string payload;
    for (const MqttPublish& message : published) {
      if (message.topic == "sensors/node/" + kind + "/sensor-persistence") payload = message.payload;
    }
    return payload;
  }

  /// What a status shows now as `key`.
  std::uint64_t shown(const std::string& key) const {
    StatusWriter status;
    logic_.describe(now, status);
    return number_in(status.object(), key);
  }

  bool logged(const std::string& text) const {
    for (const LogLine& line : lines) {
      if (line.text.find(text) != std::string::npos) return true;
    }
    return false;
  }

  const Logic& logic() const { return logic_; }

  Now now{Instant{} + 1h, test_time + 1h};
  bool answers_loads = true;
  bool disk_has_room = true;  // for the reserve
  bool reserve_held = false;
  std::vector<MqttPublish> published;
  std::vector<OpenStore> opens;
  std::vector<CommitTransaction> commits;
  std::vector<LoadStream> loads;
  std::vector<RunQuery> queries;
  std::vector<ListDeadLetters> lists;
  std::vector<LogLine> lines;
  std::vector<ServiceStatus> statuses;
  std::optional<int> exit_code;

 private:
  LogicBench(LogicOptions options, bool) : logic_(std::move(options)) {
    give(Tick{});
    give(MqttConnected{});
  }

  static StoreContents with_id(StoreContents contents) {
    contents.store = "store1";
    return contents;
  }

  std::optional<bool> reserve_after(const CommitTransaction& transaction) {
    if (transaction.reserve == DiskReserve::Action::none) return std::nullopt;
    reserve_held = transaction.reserve == DiskReserve::Action::restore && disk_has_room;
    return reserve_held;
  }

  CommitReport model(const CommitTransaction& transaction) {
    for (const StreamRows& rows : transaction.streams) last_id_ += rows.readings.size() + rows.gaps.size();
    CommitReport report;
    report.last_id = last_id_;
    if (transaction.retention.has_value()) report.retention = RetentionReport{0, 0, true, true};
    return report;
  }

  void keep(MqttPublish effect) { published.push_back(std::move(effect)); }
  void keep(OpenStore effect) { opens.push_back(std::move(effect)); }
  void keep(CommitTransaction effect) { commits.push_back(std::move(effect)); }
  void keep(LoadStream effect) { loads.push_back(std::move(effect)); }
  void keep(MeasureStore) {}
  void keep(RunQuery effect) { queries.push_back(std::move(effect)); }
  void keep(ListDeadLetters effect) { lists.push_back(std::move(effect)); }
  void keep(LogLine effect) { lines.push_back(std::move(effect)); }
  void keep(ServiceStatus effect) { statuses.push_back(std::move(effect)); }
  void keep(Exit effect) { exit_code = effect.code; }

  StoreWriter* store_ = nullptr;
  std::uint64_t last_id_ = 0;
  Logic logic_;
};

/// Options without retention, so that only what a test does makes commits.
inline LogicOptions plain_options() {
  LogicOptions options;
  options.retention.max_age = Millis{0};
  options.retention.max_bytes = 0;
  return options;
}

}  // namespace sensors::persistence
