// An API that does not take some readings: those become dead letters, all others are delivered, and an operator sends
// the dead letters again once the API takes them.
#include <nlohmann/json.hpp>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

constexpr Millis patience{60'000};

/// 60 readings/s, a third of them of a sensor that the API does not know.
RigOptions busy_rig() {
  RigOptions options = live_weather("50ms", 1);
  options.bridge.set_text("destination", "interval", "200ms");
  options.bridge.set("breaker", "open_times", R"(["1s"])");
  return options;
}

class RefusingApi : public RigTest {
 protected:
  Json ask_dead_letters(MqttProbe& probe, const std::string& request) {
    const std::string reply = "sensors/" + rig_.store_node() + "/rpc-reply/sensorctl";
    const Result<std::string> answer =
        probe.request("sensors/" + rig_.store_node() + "/rpc/dead-letters", request, reply, patience);
    return Json::parse(answer.value_or("{}"));
  }

  /// Every reading taken is delivered, or a dead letter of which `table` has one row each.
  void expect_all_accounted_for() {
    rig_.stop_production();
    rig_.wait_until("everything is delivered or a dead letter", patience, [&] {
      const Rig::Progress now = rig_.progress();
      return now.in_outbox == 0 && now.stored >= now.taken &&
             now.delivered + dead_letters("queue_id IS NULL") == now.taken &&
             rig_.store().uploaded_through("api") == rig_.store().last_id();
    });
    EXPECT_EQ(rig_.api().duplicates(), 0U);
  }

  std::uint64_t dead_letters(const std::string& where) const {
    if (!rig_.store().exists()) return 0;
    const SqliteFile store(folder_.file("store.db"));
    return static_cast<std::uint64_t>(store.number("SELECT count(*) FROM dead_letter WHERE " + where));
  }

  Rig rig_{folder_, busy_rig()};
};

TEST_F(RefusingApi, rejects_what_it_lists_and_gets_it_again_when_told_to) {
  rig_.start_all();
  rig_.api().set_rules(R"({"sensors":["pressure"],"lists":true})");
  rig_.wait_until("dead letters", patience, [&] { return dead_letters("1") >= 50; });
  expect_all_accounted_for();
  EXPECT_EQ(dead_letters("sensor != 'pressure'"), 0U);
  EXPECT_EQ(dead_letters("status != 207 OR reason != 'sensor not known'"), 0U);

  rig_.api().set_rules("{}");
  const auto probe = rig_.probe({"sensors/+/rpc-reply/sensorctl"});
  const Json listed = ask_dead_letters(*probe, R"({"action":"list","limit":1})");
  EXPECT_EQ(listed.at("dead_letters").size(), 1U) << listed;
  EXPECT_EQ(ask_dead_letters(*probe, R"({"action":"requeue","all":true})").at("dead_letters"), 0);
  EXPECT_TRUE(rig_.drains_within(patience)) << folder_.log_tails();
  rig_.wait_until("the dead letters are gone", patience, [&] { return dead_letters("1") == 0; });
  EXPECT_EQ(rig_.api().duplicates(), 0U);
}

TEST_F(RefusingApi, refuses_whole_batches_of_which_the_bad_rows_are_found_also_across_kills_of_bridge_and_store) {
  rig_.start_all();
  rig_.wait_until("readings are delivered", patience, [&] { return rig_.progress().delivered >= 100; });
  rig_.api().set_rules(R"({"sensors":["pressure"],"max_rows":200,"replays":true})");
  for (std::uint64_t letters : {20U, 40U, 60U}) {
    rig_.wait_until("dead letters", patience, [&] { return dead_letters("1") >= letters; });
    Service& victim = letters == 40 ? rig_.persistence() : rig_.bridge();
    victim.kill();
    victim.start();
  }
  expect_all_accounted_for();
  EXPECT_EQ(dead_letters("sensor != 'pressure'"), 0U);
  EXPECT_EQ(dead_letters("status != 422 OR reason != 'Bad reading: sensor not known'"), 0U);
}

}  // namespace
}  // namespace sensors::rig
