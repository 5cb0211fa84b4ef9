#include "common/self/namesakes.hpp"

#include <gtest/gtest.h>

#include "common/codec/status_json.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class NamesakesTest : public testing::Test {
 protected:
  Namesakes::Heard hear(const std::string& instance, const std::string& node = "attic",
                        ServiceState state = ServiceState::up, bool retained = false) {
    StatusReport report;
    report.service = "sensor-persistence";
    report.state = state;
    report.version = "1";
    report.details = R"("instance":")" + instance + R"(","store":"store2")";
    MqttMessage message;
    message.topic = "sensors/" + node + "/status/sensor-persistence";
    message.payload = encode_status(report);
    message.retained = retained;
    return namesakes.take(*parse_topic(message.topic), message, now);
  }

  Instant now{1h};
  Namesakes namesakes{{"sensor-persistence", "attic", "ours", 10s}};
};

TEST_F(NamesakesTest, are_noticed_when_another_instance_is_heard_again) {
  EXPECT_FALSE(hear("theirs").line.has_value());
  EXPECT_EQ(namesakes.trouble(), "");
  now += 10s;
  const Namesakes::Heard heard = hear("theirs");
  ASSERT_TRUE(heard.line.has_value());
  EXPECT_EQ(heard.line->level, LogLevel::error);
  EXPECT_NE(namesakes.trouble().find("another sensor-persistence on this broker is called attic too"),
            std::string::npos)
      << namesakes.trouble();
  EXPECT_EQ(namesakes.trouble().find("`name`"), std::string::npos) << "only bridges have one";
  now += 10s;
  EXPECT_FALSE(hear("theirs").line.has_value()) << "said once";
}

TEST(Namesakes, of_a_bridge_may_have_the_bridge_s_name) {
  Namesakes namesakes{{"sensor-http-bridge-weather", "attic", "ours", 10s}};
  StatusReport report;
  report.service = "sensor-http-bridge-weather";
  report.state = ServiceState::up;
  report.version = "1";
  report.details = R"("instance":"theirs")";
  MqttMessage message;
  message.topic = "sensors/attic/status/sensor-http-bridge-weather";
  message.payload = encode_status(report);
  for (const Instant now : {Instant{1h}, Instant{1h + 10s}}) namesakes.take(*parse_topic(message.topic), message, now);
  EXPECT_NE(namesakes.trouble().find("or, on one machine, another `name`"), std::string::npos) << namesakes.trouble();
}

TEST_F(NamesakesTest, are_not_what_we_say_ourselves) {
  for (int i = 0; i < 10; ++i, now += 10s) EXPECT_FALSE(hear("ours").line.has_value());
  EXPECT_EQ(namesakes.trouble(), "");
}

TEST_F(NamesakesTest, are_not_a_predecessor_whose_last_words_come_late_and_at_once) {
  hear("theirs", "attic", ServiceState::up, true);
  for (int i = 0; i < 10; ++i, now += 100ms) hear("theirs");
  now += 10min;
  EXPECT_FALSE(hear("theirs").line.has_value()) << "two predecessors, long apart";
  EXPECT_EQ(namesakes.trouble(), "");
}

TEST_F(NamesakesTest, are_not_the_will_of_an_earlier_connection_of_ours_which_is_answered) {
  const Namesakes::Heard heard = hear("ours", "attic", ServiceState::down);
  EXPECT_TRUE(heard.say_again);
  EXPECT_FALSE(heard.line.has_value());
}

TEST_F(NamesakesTest, are_not_a_will_that_comes_late_which_is_answered) {
  for (int i = 0; i < 3; ++i, now += 10s) {
    const Namesakes::Heard heard = hear("theirs", "attic", ServiceState::down);
    EXPECT_TRUE(heard.say_again);
    EXPECT_FALSE(heard.line.has_value());
  }
  EXPECT_TRUE(hear("", "attic", ServiceState::down).say_again) << "of an older version, or our own";
  EXPECT_FALSE(hear("theirs", "shed", ServiceState::down).say_again) << "its own status";
  EXPECT_FALSE(hear("theirs", "attic", ServiceState::down, true).say_again) << "what we say at a connect replaces it";
}

TEST_F(NamesakesTest, may_be_of_an_older_version_that_has_no_instance) {
  hear("");
  now += 10s;
  EXPECT_TRUE(hear("").line.has_value());
}

TEST_F(NamesakesTest, are_noticed_also_when_there_are_several) {
  hear("second");
  now += 4s;
  hear("third");
  now += 4s;
  EXPECT_TRUE(hear("second").line.has_value());
}

TEST_F(NamesakesTest, of_another_node_are_a_second_store) {
  hear("theirs", "shed");
  now += 10s;
  ASSERT_TRUE(hear("theirs", "shed").line.has_value());
  EXPECT_NE(namesakes.trouble().find("another store (store2 of node shed) takes readings"), std::string::npos)
      << namesakes.trouble();
}

TEST_F(NamesakesTest, are_forgotten_when_they_have_been_silent_for_a_minute) {
  hear("theirs");
  now += 10s;
  hear("theirs");
  ASSERT_EQ(namesakes.wake_at(), now + 60s);
  now += 59s;
  EXPECT_FALSE(namesakes.advance(now).has_value());
  now += 1s;
  const std::optional<LogLine> line = namesakes.advance(now);
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->level, LogLevel::info);
  EXPECT_EQ(namesakes.trouble(), "");
  EXPECT_FALSE(namesakes.wake_at().has_value());
}

TEST_F(NamesakesTest, pass_over_what_is_no_status_of_the_service) {
  MqttMessage message;
  message.payload = "{}";
  for (const char* topic : {"sensors/attic/status/sensor-persistence", "sensors/attic/queue/sensor-persistence",
                            "sensors/attic/status/sensor-publisher"}) {
    message.topic = topic;
    for (int i = 0; i < 3; ++i, now += 10s) namesakes.take(*parse_topic(message.topic), message, now);
  }
  EXPECT_EQ(namesakes.trouble(), "");
}

}  // namespace
}  // namespace sensors
