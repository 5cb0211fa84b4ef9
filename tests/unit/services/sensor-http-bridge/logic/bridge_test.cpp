// What the bridge hears from the broker.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "services/sensor-http-bridge/logic/bridge.hpp"

namespace sensors::bridge {
namespace {

LogicOptions renamed() {
  LogicOptions options;
  options.node = "attic";
  options.former_runs = {{"pi", "run1"}};
  return options;
}

bool hears(const std::vector<std::string>& filters, const std::string& filter) {
  return std::find(filters.begin(), filters.end(), filter) != filters.end();
}

TEST(BridgeSubscriptions, without_sides_are_answers_orders_and_its_own_status_under_each_name) {
  const std::vector<std::string> filters = subscriptions_of(renamed(), std::nullopt, std::nullopt);
  EXPECT_EQ(filters.size(), 4U);
  EXPECT_TRUE(hears(filters, "sensors/attic/rpc-reply/sensor-http-bridge"));
  EXPECT_TRUE(hears(filters, "sensors/attic/control/sensor-http-bridge"));
  EXPECT_TRUE(hears(filters, "sensors/attic/status/sensor-http-bridge"));
  EXPECT_TRUE(hears(filters, "sensors/pi/status/sensor-http-bridge"));
}

TEST(BridgeSubscriptions, of_both_sides_stand_once_each_as_the_broker_sends_a_message_for_each) {
  WebOptions web;
  web.node = "attic";
  const std::vector<std::string> filters = subscriptions_of(renamed(), web, DiscoveryOptions{});
  EXPECT_EQ(std::set<std::string>(filters.begin(), filters.end()).size(), filters.size());
  EXPECT_FALSE(hears(filters, "sensors/attic/status/sensor-http-bridge")) << "the filters of the web side cover it";
}

}  // namespace
}  // namespace sensors::bridge
