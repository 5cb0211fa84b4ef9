// The publisher's breaker, pace and events, through its Logic. rapidcheck prints the seed of a failure.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "common/codec/control_json.hpp"
#include "common/codec/time_text.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

OutboxContents known_store() { return {{{"run1", 0}}, 0, 0, "store1"}; }

class PublisherBreaker : public testing::Test {
 protected:
  /// Payloads of the events of `type` published since the last call.
  std::vector<Json> events(const std::string& type) {
    std::vector<Json> found;
    for (const MqttPublish& message : std::exchange(bench.published, {})) {
      if (message.topic != "sensors/kitchen/event/sensor-publisher") continue;
      Json event = Json::parse(message.payload);
      if (event.at("type") == type) found.push_back(std::move(event));
    }
    return found;
  }

  Json status() {
    Json newest;
    for (const MqttPublish& message : bench.published) {
      if (message.topic == "sensors/kitchen/status/sensor-publisher") newest = Json::parse(message.payload);
    }
    return newest;
  }

  void fails_to_connect(int times, ErrorCode code = ErrorCode::refused) {
    for (int i = 0; i < times; ++i) bench.step(MqttDisconnected{"broker x:1883: connection refused", code});
  }

  PublisherBench bench{bench_options(), known_store()};
};

TEST_F(PublisherBreaker, three_failed_connects_open_it_with_their_reason) {
  fails_to_connect(3);
  EXPECT_TRUE(bench.logged("Circuit breaker OPEN - broker failures exceeded threshold (3): broker x:1883: connection"));
}

TEST_F(PublisherBreaker, each_failure_has_a_reason_of_its_own) {
  bench.step(MqttConnected{});
  for (int i = 0; i < 3; ++i) bench.take(1);
  bench.pass(10'001ms);
  EXPECT_TRUE(bench.logged("Circuit breaker OPEN - broker failures exceeded threshold (3): no PUBACK in 10000 ms"));
  PublisherBench refusing{bench_options(), known_store()};
  refusing.step(MqttConnected{});
  for (std::size_t i = 0; i < 3; ++i) {
    refusing.take(1);
    refusing.step(MqttPublished{refusing.unacknowledged.at(i), fail(ErrorCode::overloaded, "the queue is full")});
  }
  EXPECT_TRUE(refusing.logged("Circuit breaker OPEN - broker failures exceeded threshold (3): the queue is full"));
}

TEST_F(PublisherBreaker, sends_nothing_while_an_operator_isolates_it_and_keeps_everything) {
  const std::string topic = "sensors/kitchen/control/sensor-publisher";
  bench.step(MqttConnected{});
  bench.step(MqttMessage{topic, encode_breaker_order(BreakerOrder::isolate), "", "", true});
  bench.step(MqttMessage{topic, "isolate", "", "", false});
  EXPECT_FALSE(status().at("breaker").contains("isolated")) << "neither retained nor malformed orders count";
  bench.step(MqttMessage{topic, encode_breaker_order(BreakerOrder::isolate), "", "", false});
  EXPECT_EQ(status().at("breaker").at("isolated"), true);
  EXPECT_EQ(status().at("reason"), "breaker not closed: isolated by operator");
  bench.take(3);
  bench.step(MqttDisconnected{"gone"});
  bench.step(MqttConnected{});
  bench.pass(10h);
  EXPECT_TRUE(bench.unacknowledged.empty());
  bench.step(MqttMessage{topic, encode_breaker_order(BreakerOrder::close), "", "", false});
  EXPECT_FALSE(bench.unacknowledged.empty());
  EXPECT_EQ(status().at("breaker").at("state"), "closed");
}

TEST_F(PublisherBreaker, transitions_while_the_broker_is_away_are_told_when_it_is_back) {
  bench.step(MqttConnected{});
  bench.step(MqttDisconnected{"gone"});
  events("breaker");
  const WallTime opened = bench.now.wall;
  fails_to_connect(3);
  bench.pass(20s);
  EXPECT_TRUE(events("breaker").empty());
  bench.step(MqttConnected{});
  const std::vector<Json> told = events("breaker");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].at("from"), "closed");
  EXPECT_EQ(told[0].at("to"), "open");
  EXPECT_EQ(told[0].at("reason"), "broker failures exceeded threshold (3): broker x:1883: connection refused");
  EXPECT_EQ(told[0].at("time"), time_text(opened));
  EXPECT_EQ(told[1].at("to"), "half_open");
}

TEST_F(PublisherBreaker, tells_how_the_connection_failed_by_kind) {
  fails_to_connect(2);
  fails_to_connect(3, ErrorCode::tls);
  bench.step(MqttConnected{});
  const Json counters = status().at("counters");
  EXPECT_EQ(counters.at("failed_connects"), Json::parse(R"({"refused":2,"tls":3})"));
  const std::vector<Json> told = events("broker");
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].at("failure"), "refused");
  EXPECT_EQ(told[1].at("failure"), "tls");
  EXPECT_EQ(told[2].at("connected"), true);
}

TEST_F(PublisherBreaker, state_reason_and_next_attempt_are_in_the_status_topic) {
  bench.step(MqttConnected{});
  for (int i = 0; i < 3; ++i) bench.take(1);
  bench.pass(10'001ms);
  const Json breaker = status().at("breaker");
  EXPECT_EQ(breaker.at("state"), "open");
  EXPECT_NE(breaker.at("reason").get<std::string>().find("no PUBACK"), std::string::npos);
  EXPECT_TRUE(breaker.contains("since") && breaker.contains("next_attempt"));
}

TEST_F(PublisherBreaker, a_change_of_pace_is_an_event_with_its_reason_and_in_the_status) {
  bench.step(MqttConnected{});
  MqttMessage down;
  down.topic = "sensors/kitchen/status/sensor-http-bridge";
  down.payload = R"({"state":"down"})";
  bench.step(down);
  bench.pass(10'001ms);
  EXPECT_EQ(status().at("pace_ms"), 30'000);
  EXPECT_EQ(status().at("pressure"), "sensor-http-bridge of kitchen is down");
  const std::vector<Json> told = events("pace");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].at("from_ms"), 10'000);
  EXPECT_EQ(told[0].at("to_ms"), 30'000);
  EXPECT_NE(told[0].at("text").get<std::string>().find("sensor-http-bridge of kitchen is down"), std::string::npos);
}

// A broker that keeps the link alive and acknowledges nothing fills the window of 20 messages, and with it the
// place of the probe: the breaker stayed half-open for ever.
TEST_F(PublisherBreaker, leaves_a_link_that_acknowledges_nothing_and_probes_over_a_new_one) {
  bench.step(MqttConnected{});
  for (int i = 0; i < 30; ++i) bench.take(1);
  bench.pass(10'001ms);
  ASSERT_TRUE(bench.logged("Circuit breaker OPEN"));
  EXPECT_EQ(bench.reconnects, 0);
  bench.pass(70s);
  EXPECT_EQ(bench.reconnects, 1);
  bench.sent();
  bench.step(MqttDisconnected{"given up"});
  bench.unacknowledged.clear();
  bench.step(MqttConnected{});
  EXPECT_EQ(bench.sent().size(), 1U);
  bench.acknowledge_all();
  EXPECT_TRUE(bench.logged("Circuit breaker CLOSED"));
}

TEST_F(PublisherBreaker, a_flood_of_malformed_watermarks_is_one_line_in_ten_seconds) {
  bench.step(MqttConnected{});
  const std::size_t before = bench.log.size();
  for (int i = 0; i < 10'000; ++i) {
    MqttMessage message;
    message.topic = "sensors/kitchen/committed/sensor-publisher";
    message.payload = "{rubbish " + std::to_string(i);
    bench.step(std::move(message));
  }
  EXPECT_EQ(bench.log.size(), before + 1);
}

/// A broker that does what the test says.
struct ModelBroker {
  enum class Mode { works, silent, refuses };
  PublisherBench& bench;
  Mode mode = Mode::works;
  bool connected = false;

  void connect() {
    connected = true;
    bench.step(MqttConnected{});
  }
  /// As the client does it: what is in flight is answered, one way or the other.
  void disconnect() {
    if (std::exchange(connected, false)) {
      bench.step(MqttDisconnected{"gone"});
      while (!bench.unacknowledged.empty()) answer(fail(ErrorCode::disconnected, "gone"));
    } else {
      bench.step(MqttDisconnected{"refused", ErrorCode::refused});
    }
  }
  void answer(Result<void> result) {
    const std::uint64_t id = bench.unacknowledged.front();
    bench.unacknowledged.pop_front();
    bench.step(MqttPublished{id, std::move(result)});
  }
  void serve() {
    if (std::exchange(bench.reconnects, 0) > 0 && connected) {
      disconnect();
      connect();
    }
    for (int limit = 0; limit < 1'000 && connected && mode != Mode::silent && !bench.unacknowledged.empty(); ++limit)
      answer(mode == Mode::works ? Result<void>{} : fail(ErrorCode::rejected, "MQTT 5 reason code 135"));
  }
};

RC_GTEST_PROP(PublisherBreakerProperty, a_probe_is_possible_again_within_a_bound_whatever_happened, ()) {
  PublisherBench bench{bench_options(), known_store()};
  ModelBroker broker{bench};
  const auto actions = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(1, 100)));
  for (const auto& [action, size] : actions) {
    switch (action) {
      case 0: bench.take(1 + size / 10); break;
      case 1: broker.connect(); break;
      case 2: broker.disconnect(); break;
      case 3: broker.mode = static_cast<ModelBroker::Mode>(size % 3); break;
      case 4: bench.pass(Millis{size * 100}); break;
      case 5: bench.pass(Millis{size * 5'000}); break;
      case 6:
        if (!bench.unacknowledged.empty()) broker.answer(size % 2 == 0 ? Result<void>{} : fail(ErrorCode::io, "no"));
        break;
      default: broker.serve(); break;
    }
  }
  broker.mode = ModelBroker::Mode::works;
  bench.take(1);
  if (!broker.connected) broker.connect();
  // The longest open time, 300 s and 10 %, a probe that was under way, and a resend.
  const CircuitBreaker& breaker = bench.logic.breaker();
  for (int second = 0; second < 330 + 10 + 60 && breaker.state() != CircuitBreaker::State::closed; ++second) {
    broker.serve();
    bench.pass(1s);
  }
  RC_ASSERT(breaker.state() == CircuitBreaker::State::closed);
}

}  // namespace
}  // namespace sensors::publisher
