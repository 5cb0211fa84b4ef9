// Further bridges of a machine at the broker: what each may, and what machine-access.sh changes.
#include "tests/broker_config/broker_config_bench.hpp"

namespace sensors::rig {
namespace {

class BridgesTest : public BrokerConfigTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(access("add-bridge", "weather").code, 0);
    BrokerConfigTest::SetUp();
  }

  Ended access(const std::string& verb, const std::string& name) {
    return run(folder_, {"bash", source_path("broker-config/machine-access.sh"), folder_.file("broker"), verb, name});
  }

  std::vector<std::string> client(const std::string& program, const std::string& user) const override {
    if (user != weather_) return BrokerConfigTest::client(program, user);
    std::string password = read_file(folder_.file("broker/sensor-http-bridge@weather.password"));
    password.pop_back();
    return {program, "-V", "5", "-h", "127.0.0.1", "-p", std::to_string(broker_.port()), "-u", user, "-P", password};
  }

  const std::string weather_ = "sensor-http-bridge-weather";
};

TEST_F(BridgesTest, speak_for_themselves_and_hand_in_as_any_bridge_does) {
  constexpr int denied = 0x87;
  for (const std::string kind : {"status", "queue", "event"}) {
    EXPECT_NE(publish(weather_, "sensors/n/" + kind + "/" + weather_), denied) << kind;
    EXPECT_EQ(publish(weather_, "sensors/n/" + kind + "/sensor-http-bridge"), denied) << kind;
    EXPECT_EQ(publish("sensor-http-bridge", "sensors/n/" + kind + "/" + weather_), denied) << kind;
  }
  for (const char* topic :
       {"rpc/upload", "rpc/uploaded", "rpc/withdraw", "rpc/query", "rpc/streams", "backlog/sensor-http-bridge"})
    EXPECT_NE(publish(weather_, std::string("sensors/n/") + topic), denied) << topic;
  for (const char* topic : {"committed/sensor-http-bridge", "reading/a", "backlog/sensor-publisher"})
    EXPECT_EQ(publish(weather_, std::string("sensors/n/") + topic), denied) << topic;
  EXPECT_EQ(publish(weather_, "homeassistant/sensor/a/b/config"), denied);
  EXPECT_NE(publish("sensorctl", "sensors/n/control/" + weather_), denied);
}

TEST_F(BridgesTest, read_their_own_answers_and_orders_and_not_those_of_another_bridge) {
  publish("sensorctl", "sensors/n/control/" + weather_);
  publish("sensorctl", "sensors/n/control/sensor-http-bridge");
  publish("sensor-persistence", "sensors/n/rpc-reply/" + weather_);
  publish("sensor-persistence", "sensors/n/rpc-reply/sensor-http-bridge");
  publish("sensor-persistence", "sensors/n/committed/sensor-http-bridge");
  publish("sensor-http-bridge", "sensors/n/status/sensor-http-bridge");
  const std::set<std::string> wanted{"sensors/n/control/" + weather_, "sensors/n/rpc-reply/" + weather_,
                                     "sensors/n/committed/sensor-http-bridge", "sensors/n/status/sensor-http-bridge"};
  EXPECT_EQ(received(weather_, wanted.size() + 1, 2s), wanted);
}

TEST_F(BridgesTest, are_gone_when_removed_and_leave_the_rules_as_they_were) {
  EXPECT_EQ(read_file(folder_.file("broker/api@weather.token")), "");
  ASSERT_EQ(access("remove-bridge", "weather").code, 0);
  EXPECT_EQ(read_file(folder_.file("broker/mosquitto.passwords")).find(weather_), std::string::npos);
  EXPECT_EQ(read_file(folder_.file("broker/acl")), read_file(source_path("broker-config/acl")));
  for (const char* name : {"", "a/b", "+", "a b", "seventeen-and-more-than-forty-characters."})
    EXPECT_EQ(access("add-bridge", name).code, 64) << name;
  EXPECT_EQ(access("add", weather_).code, 64) << "that is no machine";
  const Ended mistyped = access("add-brdige", "weather");
  EXPECT_EQ(mistyped.code, 64);
  EXPECT_NE(mistyped.output.find("'add-brdige' is none of add, remove, add-bridge, remove-bridge\n"), std::string::npos)
      << mistyped.output;
}

}  // namespace
}  // namespace sensors::rig
