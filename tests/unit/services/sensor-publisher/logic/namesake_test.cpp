// Two machines that are called alike, and two stores: what a publisher notices of them, and says.
#include <gtest/gtest.h>

#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

class PublisherNamesake : public testing::Test {
 protected:
  PublisherNamesake() { bench.step(MqttConnected{}); }

  static LogicOptions options() {
    LogicOptions options = bench_options();
    options.instance = "ours";
    options.drivers.clear();
    return options;
  }

  void hear(const std::string& instance, ServiceState state = ServiceState::up) {
    MqttMessage message;
    message.topic = "sensors/kitchen/status/sensor-publisher";
    message.payload =
        encode_status({service_name, state, "", bench.now.wall, "1", R"("instance":")" + instance + "\""});
    bench.step(std::move(message));
  }

  /// The statuses published since the last call.
  std::vector<ServiceReport> statuses() {
    std::vector<ServiceReport> reports;
    for (const MqttPublish& message : std::exchange(bench.published, {})) {
      if (message.topic == "sensors/kitchen/status/sensor-publisher")
        reports.push_back(decode_status(message.payload).value());
    }
    return reports;
  }

  PublisherBench bench{options()};
};

TEST_F(PublisherNamesake, is_told_in_log_event_and_status_until_it_is_silent) {
  EXPECT_EQ(statuses().back().instance, "ours");
  hear("theirs");
  bench.pass(10s);
  hear("theirs");
  EXPECT_TRUE(bench.logged("another sensor-publisher on this broker is called kitchen too"));
  const bool has_event = std::any_of(bench.published.begin(), bench.published.end(), [](const MqttPublish& message) {
    return message.topic.find("/event/") != std::string::npos &&
           message.payload.find(R"("type":"namesake")") != std::string::npos;
  });
  EXPECT_TRUE(has_event);
  ServiceReport report = statuses().back();
  EXPECT_EQ(report.state, ServiceState::degraded);
  EXPECT_NE(report.reason.find("another `node`"), std::string::npos) << report.reason;
  bench.pass(61s);
  EXPECT_EQ(statuses().back().state, ServiceState::up);
  EXPECT_TRUE(bench.logged("no other sensor-publisher is heard any more"));
}

TEST_F(PublisherNamesake, that_died_and_whose_will_comes_late_is_answered_with_our_status_at_once) {
  statuses();
  hear("theirs", ServiceState::down);
  const std::vector<ServiceReport> said = statuses();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said.front().state, ServiceState::up);
}

TEST_F(PublisherNamesake, in_the_store_is_told_when_the_watermarks_of_two_stores_alternate) {
  bench.watermark("first", "run1", 0);
  bench.pass(10s);
  bench.watermark("second", "run1", 0);
  EXPECT_FALSE(bench.logged("two stores")) << "a store that was replaced";
  for (int i = 0; i < 3; ++i) {
    bench.pass(5s);
    bench.watermark("first", "run1", 0);
    bench.pass(5s);
    bench.watermark("second", "run1", 0);
  }
  EXPECT_TRUE(bench.logged("two stores on this broker take the readings, first and second"));
  bench.pass(10s);
  EXPECT_EQ(statuses().back().state, ServiceState::degraded);
  bench.pass(61s);
  EXPECT_TRUE(bench.logged("one store takes the readings again"));
  EXPECT_EQ(statuses().back().state, ServiceState::up);
}

TEST_F(PublisherNamesake, in_the_store_is_not_a_store_that_is_restored_once) {
  bench.watermark("first", "run1", 0);
  bench.pass(10s);
  bench.watermark("second", "run1", 0);
  bench.pass(10s);
  bench.watermark("first", "run1", 0);
  bench.pass(60s);
  EXPECT_FALSE(bench.logged("two stores"));
}

}  // namespace
}  // namespace sensors::publisher
