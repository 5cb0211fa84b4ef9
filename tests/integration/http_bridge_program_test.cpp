// The program itself between a real Mosquitto, a model store on MQTT and the reference API.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <numeric>
#include <sstream>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "tests/reference_api/reference_api.hpp"
#include "tests/rig/broker.hpp"
#include "tests/rig/mqtt_probe.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"
#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

constexpr Millis patience{30'000};
const std::string status_topic = "sensors/kitchen/status/sensor-http-bridge";

/// ModelStore with a connection; answers what the bridge asks.
class StoreOnMqtt {
 public:
  StoreOnMqtt(MqttClientOptions options, std::uint64_t rows) {
    store_.rows = rows;
    options.subscriptions = {"sensors/kitchen/rpc/+"};
    MqttCallbacks callbacks;
    callbacks.on_connected = [](MqttConnected) {};
    callbacks.on_disconnected = [](const MqttDisconnected&) {};
    callbacks.on_published = [](const std::vector<MqttPublished>&) {};
    callbacks.on_message = [this](const MqttMessage& message) { take(message); };
    const std::lock_guard lock(mutex_);
    client_ = std::make_unique<MqttClient>(std::move(options), std::move(callbacks));
  }

  std::uint64_t cursor() const {
    const std::lock_guard lock(mutex_);
    return store_.cursor;
  }

  /// Whether it answers `uploaded`.
  void confirm(bool confirms) {
    const std::lock_guard lock(mutex_);
    confirms_ = confirms;
    unconfirmed_ = 0;
  }

  /// How often it was asked in vain since.
  std::uint64_t unconfirmed() const {
    const std::lock_guard lock(mutex_);
    return unconfirmed_;
  }

 private:
  void take(const MqttMessage& message) {
    const std::lock_guard lock(mutex_);
    if (!confirms_ && message.topic.ends_with("/uploaded")) {
      ++unconfirmed_;
      return;
    }
    MqttPublish answer;
    answer.topic = message.response_topic;
    answer.correlation = message.correlation;
    MqttPublish request;
    request.topic = message.topic;
    request.payload = message.payload;
    answer.payload = store_.answer(request);
    client_->publish(std::move(answer));
  }

  mutable std::mutex mutex_;
  ModelStore store_;
  bool confirms_ = true;
  std::uint64_t unconfirmed_ = 0;
  std::unique_ptr<MqttClient> client_;  // last: its callbacks use the members above
};

class BridgeProgram : public testing::Test {
 protected:
  void SetUp() override {
    auto api = ReferenceApi::start({.token = "secret", .database = folder_.file("api.db")});
    ASSERT_TRUE(api.has_value()) << api.error().message;
    api_ = std::move(*api);
    broker_.start();
    bridge_ = bridge_to("url = \"" + api_->url() + "\"\nbulk_timeout = \"1s\"\ntoken_file = \"" +
                        folder_.write("token", "secret\n") + "\"\n");
  }

  /// With the keys `destination`, and so that nothing waits for long.
  std::unique_ptr<rig::Process> bridge_to(const std::string& destination) {
    const std::string config = "node = \"kitchen\"\nstate_directory = \"" + folder_.path() +
                               "\"\n[mqtt]\nport = " + std::to_string(broker_.port()) + "\npassword_file = \"" +
                               broker_.password_file("sensor-http-bridge") +
                               "\"\n[destination]\ninterval = \"100ms\"\n" + destination +
                               "[breaker]\nopen_times = [\"300ms\"]\n[store]\nanswer_timeout = \"300ms\"\n";
    return std::make_unique<rig::Process>(rig::Process::Options{
        "bridge",
        {rig::program_path("sensor-http-bridge"), "--config", folder_.write("bridge.toml", config)},
        {},
        folder_.file("bridge.log"),
        ""});
  }

  void until(const std::string& what, const std::function<bool()>& condition) {
    rig::wait_until(what, patience, folder_, condition);
  }

  rig::TempDir folder_{"bridge-program"};
  rig::Broker broker_{folder_};
  std::unique_ptr<ReferenceApi> api_;
  std::unique_ptr<rig::Process> bridge_;
};

TEST_F(BridgeProgram, delivers_every_reading_once_across_kill_and_an_api_that_cuts_after_storing) {
  auto store = std::make_unique<StoreOnMqtt>(broker_.client("sensor-persistence", "store"), 1'050);
  api_->set_fault({"hang_after_store", 1});
  bridge_->start();
  until("the first POST", [&] { return api_->arrivals() > 0; });
  bridge_->kill();
  api_->set_fault({"reset_after_store", 2});
  bridge_->start();
  until("everything is delivered", [&] { return store->cursor() == 1'050; });
  EXPECT_EQ(api_->stats().unique, 1'050U);
  EXPECT_EQ(api_->stats().duplicates, 0U);
  EXPECT_EQ(api_->stats().gaps, 0U);
  store.reset();  // one MQTT client a process
  MqttClientOptions watching = broker_.client("sensorctl", "watcher");
  watching.subscriptions = {status_topic};
  const rig::MqttProbe probe(watching, patience);
  const auto says = [&](const std::string& part) {
    return probe.wait_for_last(status_topic, patience,
                               [&](const MqttMessage& m) { return m.payload.find(part) != std::string::npos; });
  };
  EXPECT_TRUE(says("\"delivered\":").has_value());
  EXPECT_EQ(bridge_->stop(Millis{5'000}), 0);
  EXPECT_TRUE(says("\"stopped\"").has_value());
}

// The mark of what is written is in the file alone: each kill comes when the rows are on the disk and the store does
// not know yet.
TEST_F(BridgeProgram, has_each_reading_once_in_a_file_across_kills_behind_the_write) {
  StoreOnMqtt store(broker_.client("sensor-persistence", "store"), 250);
  bridge_ = bridge_to("url = \"file://" + folder_.file("readings.jsonl") + "\"\n");
  const auto rows = [&] {
    std::vector<std::uint64_t> seqs;
    std::istringstream lines(
        std::filesystem::exists(folder_.file("readings.jsonl")) ? rig::read_file(folder_.file("readings.jsonl")) : "");
    for (std::string line; std::getline(lines, line);) {
      const std::size_t at = line.find("\"seq\":");
      seqs.push_back(at == std::string::npos ? 0 : std::stoull(line.substr(at + 6)));
    }
    return seqs;
  };
  store.confirm(false);
  for (std::uint64_t kills = 1; kills <= 3; ++kills) {
    bridge_->start();
    until("the batch is in the file", [&] { return store.unconfirmed() > 0; });
    bridge_->kill();
    EXPECT_EQ(store.cursor(), 0U);
    EXPECT_EQ(rows().size(), 100U);
    store.confirm(false);
  }
  store.confirm(true);
  bridge_->start();
  until("the store knows of all", [&] { return store.cursor() == 250; });
  std::vector<std::uint64_t> all(250);
  std::iota(all.begin(), all.end(), 1U);
  EXPECT_EQ(rows(), all);
  EXPECT_EQ(bridge_->stop(Millis{5'000}), 0);
}

TEST_F(BridgeProgram, recovers_by_itself_when_the_api_does) {
  StoreOnMqtt store(broker_.client("sensor-persistence", "store"), 250);
  api_->set_fault({"503"});
  bridge_->start();
  const auto logged = [&](const std::string& line) {
    return rig::read_file(folder_.file("bridge.log")).find(line) != std::string::npos;
  };
  until("the breaker opens", [&] { return logged("Circuit breaker OPEN - API failures exceeded threshold (3)"); });
  api_->set_fault({});
  until("everything is delivered", [&] { return store.cursor() == 250; });
  EXPECT_EQ(api_->stats().unique, 250U);
  EXPECT_TRUE(logged("Circuit breaker CLOSED - recovered after"));
}

TEST_F(BridgeProgram, ends_in_time_while_the_api_hangs_and_the_broker_is_stopped) {
  StoreOnMqtt store(broker_.client("sensor-persistence", "store"), 250);
  api_->set_fault({"hang"});
  bridge_->start();
  until("the first POST", [&] { return api_->arrivals() > 0; });
  broker_.process().signal(SIGSTOP);
  const std::optional<int> code = bridge_->stop(Millis{6'000});
  broker_.process().signal(SIGCONT);
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace sensors::bridge
