// An API that hangs stops nothing but the delivery: readings are taken and stored on, and delivered when it is back.
#include <nlohmann/json.hpp>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

constexpr Millis patience{30'000};
constexpr const char* bridge_status = "sensors/node-1/status/sensor-http-bridge";

/// 300 readings/s, and a bridge that loses and regains its trust in a second.
RigOptions hasty_rig() {
  RigOptions options = live_weather("50ms", 5);
  options.bridge.set_text("destination", "interval", "200ms");
  options.bridge.set_text("destination", "few_timeout", "300ms");
  options.bridge.set_text("destination", "bulk_timeout", "300ms");
  options.bridge.set("breaker", "open_times", R"(["1s"])");
  return options;
}

bool breaker_is(const MqttMessage& status, const std::string& state) {
  const Json payload = Json::parse(status.payload);
  return payload.contains("breaker") && payload.at("breaker").value("state", "") == state;
}

class HangingApi : public RigTest {};

TEST_F(HangingApi, readings_are_taken_and_stored_on_while_the_breaker_is_open_and_delivered_after) {
  Rig rig(folder_, hasty_rig());
  rig.start_all();
  const auto probe = rig.probe({"sensors/+/status/sensor-http-bridge"});
  rig.wait_until("readings are delivered", patience, [&] { return rig.progress().delivered >= 100; });

  rig.api().set_fault(R"({"mode":"hang"})");
  ASSERT_TRUE(probe->wait_for_last(bridge_status, patience, [](const MqttMessage& status) {
    return breaker_is(status, "open");
  })) << folder_.log_tails();
  const Rig::Progress then = rig.progress();
  rig.wait_until("600 more readings are taken and stored meanwhile", Millis{15'000}, [&] {
    const Rig::Progress now = rig.progress();
    return now.taken >= then.taken + 600 && now.stored >= then.stored + 600;
  });
  EXPECT_EQ(rig.progress().delivered, then.delivered);

  rig.api().set_fault(R"({"mode":"none"})");
  EXPECT_TRUE(probe->wait_for_last(bridge_status, patience, [](const MqttMessage& status) {
    return breaker_is(status, "closed");
  })) << folder_.log_tails();
  rig.stop_production();
  EXPECT_TRUE(rig.drains_within(patience)) << folder_.log_tails();
  EXPECT_EQ(rig.progress().delivered, rig.progress().taken);
  EXPECT_EQ(rig.api().duplicates(), 0U);
}

TEST_F(HangingApi, what_the_API_stored_without_answering_comes_again_under_the_same_key_and_is_not_doubled) {
  Rig rig(folder_, hasty_rig());
  rig.start_all();
  rig.wait_until("readings are delivered", patience, [&] { return rig.progress().delivered >= 100; });
  rig.api().set_fault(R"({"mode":"hang_after_store","count":2})");
  rig.wait_until("a request came again", patience, [&] { return rig.api().repeated_requests() > 0; });
  rig.stop_production();
  EXPECT_TRUE(rig.drains_within(patience)) << folder_.log_tails();
  EXPECT_EQ(rig.progress().delivered, rig.progress().taken);
  EXPECT_EQ(rig.api().duplicates(), 0U);
}

}  // namespace
}  // namespace sensors::rig
