#include "common/core/bridge_name.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(BridgeName, is_part_of_the_service_and_of_the_unit) {
  EXPECT_EQ(bridge_service_of(""), "sensor-http-bridge");
  EXPECT_EQ(bridge_service_of("weather"), "sensor-http-bridge-weather");
  EXPECT_EQ(bridge_name_in("sensor-http-bridge-weather"), "weather");
  EXPECT_EQ(bridge_name_in("sensor-http-bridge"), "");
  EXPECT_EQ(unit_name_of("sensor-http-bridge-weather"), "sensor-http-bridge@weather");
  EXPECT_EQ(unit_name_of("sensor-http-bridge"), "sensor-http-bridge");
  EXPECT_EQ(unit_name_of("sensor-publisher"), "sensor-publisher");
}

TEST(BridgeName, of_what_is_no_bridge_there_is_none) {
  EXPECT_TRUE(is_bridge("sensor-http-bridge"));
  EXPECT_TRUE(is_bridge("sensor-http-bridge-a"));
  for (const char* service : {"sensor-persistence", "sensor-http-bridge-", "sensor-http-bridges",
                              "sensor-http-bridge-a/b", "sensor-http-bridge.a", ""})
    EXPECT_FALSE(is_bridge(service)) << service;
  EXPECT_FALSE(is_bridge_name(std::string(41, 'a')));
  EXPECT_TRUE(is_bridge_name(std::string(40, 'a')));
  EXPECT_TRUE(is_name(bridge_service_of(std::string(40, 'a')))) << "a topic has room for it";
}

}  // namespace
}  // namespace sensors
