#include "services/sensorctl/verbs/sensors.hpp"

#include <gtest/gtest.h>

#include "common/codec/status_json.hpp"

namespace sensors::sensorctl {
namespace {

using namespace std::chrono_literals;

const WallTime newest{Millis{1'768'493'375'123}};

TEST(SensorList, shows_how_often_each_comes_and_which_are_silent) {
  StoredReading dead{1, "attic", "k", {1, Reading{"t", 1.0, "Cel", newest}}};
  dead.interval = 10s;
  dead.silent_since = newest;
  const StoredReading odd{2, "attic", "k", {2, Reading{"a", 1.0, "Cel", newest}}};
  const std::string table = sensors_table({dead, odd});
  EXPECT_LT(table.find(" a "), table.find(" t "));
  EXPECT_NE(table.find("10 s"), std::string::npos);
  EXPECT_NE(table.find("SILENT SINCE"), std::string::npos);
}

TEST(SensorList, asks_for_the_newest_of_each_sensor) {
  const Question question = sensors_question("attic", false);
  EXPECT_EQ(question.verb, "query");
  const QueryRequest request = decode_query_request(question.payload).value();
  EXPECT_TRUE(request.latest);
  EXPECT_EQ(request.node, "attic");
}

TEST(ForgetSensor, tells_publisher_and_store_and_ends_when_both_orders_are_taken) {
  ForgetSensor command("t", "attic", Session{"sensors", "", "sensorctl-1", 5s});
  Now now{Instant{} + 1h, newest};
  std::vector<MqttPublish> sent;
  std::optional<int> code;
  const auto give = [&](Event event) {
    for (Effect& effect : command.step(std::move(event), now)) {
      if (auto* message = std::get_if<MqttPublish>(&effect)) sent.push_back(*message);
      if (auto* exit = std::get_if<Exit>(&effect)) code = exit->code;
    }
  };
  give(MqttConnected{});
  MqttMessage status;
  status.topic = "sensors/hub/status/sensor-persistence";
  status.payload = encode_status({"sensor-persistence", ServiceState::up, "", newest, "1", ""});
  status.retained = true;
  give(status);
  now.monotonic += 2s;
  give(Tick{});
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].topic, "sensors/attic/control/sensor-publisher");
  EXPECT_EQ(sent[1].topic, "sensors/hub/control/sensor-persistence");
  for (const MqttPublish& order : sent) {
    EXPECT_FALSE(order.retain);
    EXPECT_EQ(decode_forget_order(order.payload).value(), (ForgetOrder{"attic", "t"}));
  }
  give(MqttPublished{sent[0].id, {}});
  EXPECT_FALSE(code.has_value());
  give(MqttPublished{sent[1].id, {}});
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace sensors::sensorctl
