#include "common/self/self.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "tests/support/described.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

using Effects = std::vector<std::variant<Exit, LogLine, MqttPublish, ServiceStatus>>;

const std::string status_topic_here = "sensors/kitchen/status/sensor-x";

SelfOptions self_options() {
  SelfOptions options;
  options.service = "sensor-x";
  options.root = "sensors";
  options.node = "kitchen";
  options.instance = options.run = "ours";
  options.status_interval = 10s;
  return options;
}

class SelfTest : public testing::Test {
 protected:
  explicit SelfTest(SelfOptions options = self_options()) : self(std::move(options)) {}

  std::uint64_t events_dropped() const {
    StatusWriter status;
    self.describe(now, status);
    return number_in(status.object(), "events_dropped");
  }

  /// A step of a Logic that is `condition`.
  void step(Condition condition = {}) {
    self.advance(now, effects);
    if (!self.update(std::move(condition), now)) return;
    StatusWriter details;
    self.describe(now, details);
    self.report(details, QueueDepth{}, "", now, effects);
  }

  void pass(Millis time, const Condition& condition = {}) {
    now.monotonic += time;
    now.wall += time;
    step(condition);
  }

  void connect() {
    self.connected(now, effects);
    step();
  }

  void hear(const std::string& node, const std::string& instance, ServiceState state = ServiceState::up) {
    MqttMessage message;
    message.topic = "sensors/" + node + "/status/sensor-x";
    message.payload = encode_status({"sensor-x", state, "", now.wall, "1", R"("instance":")" + instance + '"'});
    self.hear(*parse_topic(message.topic), message, now, effects);
  }

  /// Payloads on its topic of `kind`, in order.
  std::vector<std::string> said(const std::string& kind) {
    std::vector<std::string> payloads;
    for (const auto& effect : effects) {
      const auto* message = std::get_if<MqttPublish>(&effect);
      if (message != nullptr && message->topic == "sensors/kitchen/" + kind + "/sensor-x")
        payloads.push_back(message->payload);
    }
    return payloads;
  }

  template <class Kind>
  std::vector<std::string> texts() {
    std::vector<std::string> found;
    for (const auto& effect : effects) {
      if (const auto* one = std::get_if<Kind>(&effect)) found.push_back(one->text);
    }
    return found;
  }

  Now now{Instant{1h}, WallTime{Millis{1'768'493'375'000}}};
  Self self;
  Effects effects;
};

// ---- status ----

TEST_F(SelfTest, says_how_it_is_at_a_change_and_after_an_interval) {
  connect();
  EXPECT_EQ(said("status").size(), 1U);
  EXPECT_EQ(said("queue").size(), 1U);
  pass(9s);
  EXPECT_EQ(said("status").size(), 1U);
  EXPECT_EQ(self.wake_at(), Instant{1h} + 10s);
  pass(1s);
  EXPECT_EQ(said("status").size(), 2U);
  pass(1s, {ServiceState::degraded, "the disk is full"});
  EXPECT_EQ(said("status").size(), 3U);
  pass(1s, {ServiceState::degraded, "the disk is gone"});
  EXPECT_EQ(said("status").size(), 4U);
  pass(1s, {ServiceState::degraded, "the disk is gone", true});
  EXPECT_EQ(said("status").size(), 5U);
  pass(1s, {ServiceState::degraded, "the disk is gone", true});
  EXPECT_EQ(said("status").size(), 5U);
  self.report_again();
  pass(0s, {ServiceState::degraded, "the disk is gone", true});
  EXPECT_EQ(said("status").size(), 6U);
}

TEST_F(SelfTest, says_since_when_its_state_holds_whatever_the_reason) {
  connect();
  pass(5s, {ServiceState::degraded, "first"});
  pass(7s, {ServiceState::degraded, "second"});
  const Result<ServiceReport> report = decode_status(said("status").back());
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->state, ServiceState::degraded);
  EXPECT_EQ(report->reason, "second");
  EXPECT_EQ(report->since, now.wall - 7s);
  EXPECT_EQ(report->version, SENSOR_PROJECT_VERSION);
  EXPECT_EQ(report->instance, "ours");
}

TEST_F(SelfTest, publishes_nothing_while_the_broker_is_away_and_all_of_it_at_the_next_connect) {
  step();
  pass(1min, {ServiceState::degraded, "x"});
  EXPECT_TRUE(said("status").empty());
  EXPECT_EQ(texts<ServiceStatus>(), (std::vector<std::string>{"up", "degraded: x"}));
  connect();
  EXPECT_EQ(said("status").size(), 1U);
  self.disconnected({"gone"}, now, effects);
  step();
  connect();
  EXPECT_EQ(said("status").size(), 2U);
}

TEST_F(SelfTest, wants_a_report_when_the_broker_goes_and_at_each_connect) {
  connect();
  EXPECT_FALSE(self.update({}, now));
  self.disconnected({"gone"}, now, effects);
  EXPECT_TRUE(self.update({}, now)) << "STATUS= may say so";
  step();
  connect();
  connect();
  EXPECT_EQ(said("status").size(), 3U);
}

TEST_F(SelfTest, tells_systemd_only_what_is_new) {
  connect();
  for (int i = 0; i < 10; ++i) pass(10s);
  EXPECT_EQ(texts<ServiceStatus>(), std::vector<std::string>{"up"});
  StatusWriter details;
  self.report(details, QueueDepth{}, "7 readings", now, effects);
  self.report(details, QueueDepth{}, "7 readings", now, effects);
  EXPECT_EQ(texts<ServiceStatus>(), (std::vector<std::string>{"up", "7 readings"}));
}

TEST_F(SelfTest, says_the_pressure_of_its_condition_with_the_queue) {
  connect();
  EXPECT_FALSE(decode_queue_depth(said("queue").back())->pressure);
  pass(1s, {ServiceState::up, "", true});
  EXPECT_TRUE(decode_queue_depth(said("queue").back())->pressure);
}

TEST_F(SelfTest, wants_a_report_until_there_is_one) {
  EXPECT_TRUE(self.update({}, now));
  EXPECT_TRUE(self.update({}, now));
  EXPECT_EQ(self.wake_at(), std::nullopt) << "nobody has reported yet";
  step();
  EXPECT_FALSE(self.update({}, now));
}

TEST_F(SelfTest, has_a_last_word_that_says_whose_it_is) {
  StatusWriter details;
  details.add("store", "w5");
  self.say_down("stopped", std::move(details), now, effects);
  EXPECT_TRUE(effects.empty()) << "the broker is away";
  self.connected(now, effects);
  self.say_down("stopped", {}, now, effects);
  EXPECT_EQ(said("status"),
            std::vector<std::string>{R"({"service":"sensor-x","state":"down","reason":"stopped",)"
                                     R"("since":"2026-01-15T16:09:35.000Z","version":")" SENSOR_PROJECT_VERSION
                                     R"(","instance":"ours"})"});
  const MqttPublish& down = std::get<MqttPublish>(effects.back());
  EXPECT_EQ(down.topic, status_topic_here);
  EXPECT_TRUE(down.retain);
}

// ---- what happens ----

TEST_F(SelfTest, keeps_its_events_while_the_broker_is_away) {
  self.disconnected({"no", ErrorCode::refused}, now, effects);
  self.tell("gap", "first", now, effects);
  EXPECT_TRUE(said("event").empty());
  now.wall += 5s;
  now.monotonic += 5s;
  self.connected(now, effects);
  self.tell("gap", "second", now, effects);
  EXPECT_EQ(said("event"),
            (std::vector<std::string>{
                R"({"type":"broker","time":"2026-01-15T16:09:35.000Z","text":"cannot connect, trying again: no",)"
                R"("connected":false,"failure":"refused"})",
                R"({"type":"gap","time":"2026-01-15T16:09:35.000Z","text":"first"})",
                R"({"type":"broker","time":"2026-01-15T16:09:40.000Z",)"
                R"("text":"connected to the broker after 5 s and 1 failed attempts","connected":true})",
                R"({"type":"gap","time":"2026-01-15T16:09:40.000Z","text":"second"})"}));
  EXPECT_EQ(events_dropped(), 0U);
}

TEST_F(SelfTest, counts_the_events_that_it_could_not_keep) {
  for (std::size_t i = 0; i < EventQueue::most + 3; ++i) self.tell("gap", "x", now, effects);
  EXPECT_EQ(events_dropped(), 3U);
}

TEST_F(SelfTest, announces_in_the_log_and_as_an_event) {
  self.connected(now, effects);
  effects.clear();
  self.announce("store", {LogLevel::error, "two stores"}, now, effects);
  EXPECT_EQ(texts<LogLine>(), std::vector<std::string>{"two stores"});
  ASSERT_EQ(said("event").size(), 1U);
  EXPECT_EQ(decode_event(said("event").front()).value(), (ServiceEvent{"store", now.wall, "two stores"}));
}

TEST_F(SelfTest, announces_what_its_breaker_does) {
  CircuitBreakerOptions options;
  options.consecutive_failures = 1;
  CircuitBreaker breaker(options, 1);
  breaker.fail(*breaker.admit(now.monotonic), "timeout", now.monotonic);
  self.connected(now, effects);
  effects.clear();
  self.announce(breaker.take_transitions(), now, effects);
  ASSERT_EQ(texts<LogLine>().size(), 1U);
  EXPECT_NE(texts<LogLine>().front().find("OPEN"), std::string::npos);
  ASSERT_EQ(said("event").size(), 1U);
  EXPECT_NE(said("event").front().find(R"("from":"closed","to":"open","reason":")"), std::string::npos);
}

TEST_F(SelfTest, says_each_kind_of_thing_seldom) {
  self.connected(now, effects);
  effects.clear();
  for (int i = 0; i < 5; ++i) self.warn("order ignored", "x", now, effects);
  for (int i = 0; i < 5; ++i) self.announce_seldom(LogLevel::error, "gap", "y", now, effects);
  EXPECT_EQ(texts<LogLine>(), (std::vector<std::string>{"order ignored: x", "gap: y"}));
  EXPECT_EQ(said("event").size(), 1U);
  EXPECT_FALSE(self.say_seldom(LogLevel::info, "gap", "y", now, effects));
  now.monotonic += 10s;
  EXPECT_TRUE(self.say_seldom(LogLevel::info, "gap", "y", now, effects));
}

// ---- orders ----

TEST_F(SelfTest, carries_out_an_order_unless_it_is_retained) {
  CircuitBreaker breaker({}, 1);
  MqttMessage order;
  order.payload = encode_breaker_order(BreakerOrder::isolate);
  order.retained = true;
  self.take_order(order, breaker, now, effects);
  EXPECT_FALSE(breaker.is_isolated());
  order.retained = false;
  self.take_order(order, breaker, now, effects);
  EXPECT_TRUE(breaker.is_isolated());
  order.payload = encode_breaker_order(BreakerOrder::close);
  self.take_order(order, breaker, now, effects);
  EXPECT_FALSE(breaker.is_isolated());
  order.payload = "isolate";
  self.take_order(order, breaker, now, effects);
  EXPECT_FALSE(breaker.is_isolated());
  EXPECT_EQ(texts<LogLine>().size(), 1U);
}

// ---- others in its place ----

TEST_F(SelfTest, answers_a_last_will_that_stands_in_its_place) {
  connect();
  hear("kitchen", "ours", ServiceState::down);
  step();
  EXPECT_EQ(said("status").size(), 2U);
}

TEST_F(SelfTest, notices_a_namesake_and_says_so_until_it_is_gone) {
  connect();
  hear("kitchen", "theirs");
  pass(6s);
  hear("kitchen", "theirs");
  EXPECT_NE(self.trouble(), "");
  EXPECT_EQ(said("event").size(), 2U);
  pass(10min);
  EXPECT_EQ(self.trouble(), "");
  EXPECT_EQ(said("event").size(), 3U);
}

TEST_F(SelfTest, takes_no_service_of_another_node_for_a_namesake) {
  connect();
  hear("attic", "theirs");
  pass(6s);
  hear("attic", "theirs");
  EXPECT_EQ(self.trouble(), "");
}

class OnlyOne : public SelfTest {
 protected:
  static SelfOptions only_one() {
    SelfOptions options = self_options();
    options.is_only_one = true;
    return options;
  }
  OnlyOne() : SelfTest(only_one()) {}
};

TEST_F(OnlyOne, takes_one_of_another_node_for_a_namesake) {
  connect();
  hear("attic", "theirs");
  pass(6s);
  hear("attic", "theirs");
  EXPECT_NE(self.trouble(), "");
}

TEST_F(SelfTest, clears_what_it_left_under_a_former_name) {
  self.add_former_run({"attic", "run1"});
  EXPECT_EQ(self.take_topics(), std::vector<std::string>{"sensors/attic/status/sensor-x"});
  connect();
  hear("attic", "run1", ServiceState::down);
  effects.clear();
  pass(31s);
  EXPECT_TRUE(std::any_of(effects.begin(), effects.end(), [](const auto& effect) {
    const auto* message = std::get_if<MqttPublish>(&effect);
    return message != nullptr && message->topic == "sensors/attic/status/sensor-x" && message->payload.empty() &&
           message->retain;
  }));
  ASSERT_FALSE(texts<LogLine>().empty());
  EXPECT_NE(texts<LogLine>().front().find("this machine has another name now"), std::string::npos);
}

TEST_F(SelfTest, clears_nothing_that_it_heard_before_the_connection_was_lost) {
  self.add_former_run({"attic", "run1"});
  connect();
  hear("attic", "run1", ServiceState::down);
  self.disconnected({"gone"}, now, effects);
  connect();
  effects.clear();
  pass(31s);
  EXPECT_TRUE(texts<LogLine>().empty());
}

}  // namespace
}  // namespace sensors
