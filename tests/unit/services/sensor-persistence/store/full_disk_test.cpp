// The store on a small disk of its own that it fills: a real one, so that SQLite, the reserve and the kernel agree.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensor-persistence/store/schema.hpp"
#include "services/sensor-persistence/store/store.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

/// A tmpfs on a folder while it lives.
class SmallTmpfs {
 public:
  explicit SmallTmpfs(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    if (mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=10m") != 0) lacks_ = std::strerror(errno);
  }
  ~SmallTmpfs() {
    if (lacks_.empty()) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallTmpfs(const SmallTmpfs&) = delete;
  SmallTmpfs& operator=(const SmallTmpfs&) = delete;

  bool grow() const { return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0; }

  /// Why it could not be mounted; empty when it was.
  const std::string& lacks() const { return lacks_; }

 private:
  std::string path_;
  std::string lacks_;
};

class StoreOnFullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (!disk.lacks().empty()) GTEST_SKIP() << "needs root, to mount a small tmpfs: " << disk.lacks();
    store = std::make_unique<Store>(how, [this](Event event) {
      const std::lock_guard lock(mutex);
      events.push_back(std::move(event));
      arrived.notify_one();
    });
    step(MqttConnected{});
  }

  static LogicOptions options() {
    LogicOptions options = plain_options();
    options.destinations = {"api"};
    options.health.retry_first = 10ms;
    options.health.retry_longest = 100ms;
    return options;
  }

  static Now now() { return {Instant{} + std::chrono::steady_clock::now().time_since_epoch(), test_time}; }

  void step(Event event) {
    for (Effect& effect : logic.step(std::move(event), now())) std::visit([this](auto& known) { keep(known); }, effect);
  }

  void keep(MqttPublish& message) {
    if (message.topic.find("/committed/") != std::string::npos) {
      through = std::max(through, decode_committed(message.payload).value().through);
    } else if (message.topic.find("/rpc-reply/") != std::string::npos) {
      answer = message.payload;
    } else if (message.topic.find("/status/") != std::string::npos) {
      state = decode_status_state(message.payload).value();
    }
  }
  void keep(LogLine& line) { told += line.text + '\n'; }
  void keep(ServiceStatus&) {}
  void keep(Exit&) { FAIL() << "the service gave up: " << told; }
  template <class StoreEffect>
  void keep(StoreEffect& effect) {
    store->apply(std::move(effect));
  }

  /// Lets events come and time pass until `done`, a minute at most.
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      std::unique_lock lock(mutex);
      arrived.wait_for(lock, 5ms, [this] { return !events.empty(); });
      Event event = Tick{};
      if (!events.empty()) {
        event = std::move(events.front());
        events.pop_front();
      }
      lock.unlock();
      step(std::move(event));
    }
    return done();
  }

  /// The next readings after the last acknowledged one, as a publisher sends them again and again.
  void send() {
    Batch batch;
    batch.stream = "aaaa";
    for (std::uint64_t i = 1; i <= 200; ++i) batch.readings.push_back(row(through + i, std::string(200, 'x')));
    step(LogicBench::message("sensors/kitchen/backlog/sensor-publisher", encode_batch(batch)));
  }

  bool is_told(const std::string& text) const { return told.find(text) != std::string::npos; }

  std::int64_t rows() {
    Result<Database> database = Database::open(how.path, store_migrations(), {});
    Statement statement = database->prepare("SELECT count(*) FROM reading").value();
    statement.step().value();
    return statement.integer(0);
  }

  TestFolder folder;
  SmallTmpfs disk{folder.file("disk")};
  StoreOptions how{folder.file("disk/store.db"), {"api"}, 2'048, 100};
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Event> events;
  Logic logic{options()};
  std::uint64_t through = 0;
  std::string answer;
  std::string told;
  ServiceState state = ServiceState::down;
  std::unique_ptr<Store> store;  // ends first: its workers push events
};

TEST_F(StoreOnFullDisk, acknowledges_nothing_still_hands_out_and_goes_on_by_itself_when_there_is_room) {
  ASSERT_TRUE(run_until([this] { return state == ServiceState::up; })) << told;
  for (int i = 0; i < 2'000 && !is_told("given up"); ++i) {
    const std::uint64_t before = through;
    send();
    ASSERT_TRUE(run_until([&] { return through > before || is_told("given up"); })) << told;
  }
  ASSERT_TRUE(is_told("the reserve beside the store was given up")) << told;
  EXPECT_EQ(state, ServiceState::degraded);
  const std::uint64_t acknowledged = through;
  EXPECT_GT(acknowledged, 1'000U);

  send();
  MqttMessage asked =
      LogicBench::message("sensors/node/rpc/upload", R"({"destination":"api","max_readings":10,"max_bytes":10000})");
  asked.response_topic = "sensors/node/rpc-reply/bridge";
  asked.correlation = "c1";
  step(std::move(asked));
  ASSERT_TRUE(run_until([this] { return !answer.empty(); }));
  EXPECT_EQ(decode_upload_batch_header(answer).value().first, 1U) << "the reserve's room is for this";
  EXPECT_EQ(through, acknowledged);

  ASSERT_TRUE(disk.grow());
  ASSERT_TRUE(run_until([this] { return state == ServiceState::up; })) << told;
  send();
  ASSERT_TRUE(run_until([&] { return through == acknowledged + 200; })) << told;
  store.reset();
  EXPECT_EQ(rows(), static_cast<std::int64_t>(acknowledged) + 200);
  EXPECT_TRUE(std::filesystem::exists(how.path + ".reserve"));
}

}  // namespace
}  // namespace sensors::persistence
