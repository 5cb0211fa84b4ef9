// What --recover does about findings, within its budget, and the log that it counts from.
#include <gtest/gtest.h>

#include "services/sensorctl/doctor/plan.hpp"

namespace sensors::doctor {
namespace {

constexpr WallTime noon{std::chrono::seconds{1'768'478'400}};
const Remedy publisher{Remedy::Kind::restart, "sensor-publisher.service"};
const Remedy bridge{Remedy::Kind::restart, "sensor-http-bridge.service"};
const Remedy reserve{Remedy::Kind::release, "/var/lib/store.db.reserve"};
const Remedy reboot{Remedy::Kind::reboot, "machine"};

Finding finding_with(const Remedy& remedy, const std::string& what = "is stopped") {
  Finding finding = critical("unit", remedy.object, what, "do something");
  finding.remedy = remedy;
  return finding;
}

std::vector<Remedy> remedies(const Plan& plan) {
  std::vector<Remedy> planned;
  for (const Action& action : plan.actions) planned.push_back(action.remedy);
  return planned;
}

std::vector<PastAction> times(int count, const Remedy& remedy, std::chrono::minutes ago) {
  return std::vector<PastAction>(static_cast<std::size_t>(count), PastAction{noon - ago, remedy});
}

TEST(RecoveryPlan, does_nothing_about_findings_without_a_remedy) {
  const Plan plan = make_plan({critical("disk", "/", "full", "make room"), ok("unit", "u", "active")}, {}, {}, noon);
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_TRUE(plan.withheld.empty());
}

TEST(RecoveryPlan, takes_each_remedy_once_with_all_its_reasons_and_makes_room_first) {
  const Plan plan = make_plan(
      {finding_with(publisher, "is silent"), finding_with(publisher, "leaks"), finding_with(reserve)}, {}, {}, noon);
  EXPECT_EQ(remedies(plan), (std::vector<Remedy>{reserve, publisher}));
  EXPECT_EQ(plan.actions[1].reason, "is silent; leaks");
}

TEST(RecoveryPlan, restarts_a_unit_three_times_within_an_hour_and_says_when_it_does_not) {
  EXPECT_EQ(remedies(make_plan({finding_with(publisher)}, times(2, publisher, std::chrono::minutes{59}), {}, noon)),
            std::vector<Remedy>{publisher});
  const Plan spent = make_plan({finding_with(publisher), finding_with(bridge)},
                               times(3, publisher, std::chrono::minutes{59}), {}, noon);
  EXPECT_EQ(remedies(spent), std::vector<Remedy>{bridge}) << "another unit has a budget of its own";
  EXPECT_EQ(spent.withheld,
            std::vector<std::string>{
                "restart sensor-publisher.service (is stopped): 3 times within an hour already; again after "
                "2026-01-15T12:01:00.000Z; journalctl -u sensor-publisher.service -n 50 says why; by hand: "
                "systemctl restart sensor-publisher.service"});
  EXPECT_EQ(remedies(make_plan({finding_with(publisher)}, times(3, publisher, std::chrono::minutes{60}), {}, noon)),
            std::vector<Remedy>{publisher});
}

TEST(RecoveryPlan, has_one_budget_for_all_actions_of_an_hour) {
  const Plan plan =
      make_plan({finding_with(publisher), finding_with(bridge)}, times(5, reserve, std::chrono::minutes{5}), {}, noon);
  EXPECT_EQ(remedies(plan), std::vector<Remedy>{publisher});
  EXPECT_EQ(plan.withheld.size(), 1U);
}

TEST(RecoveryPlan, says_when_it_will_act_again) {
  std::vector<PastAction> past;
  for (const int ago : {10, 50, 30, 40}) past.push_back({noon - std::chrono::minutes{ago}, reserve});
  Budget budget;
  budget.actions_per_hour = 2;
  // Four have been, two may be: the third must be an hour old before the next.
  const Plan plan = make_plan({finding_with(reserve)}, past, budget, noon);
  ASSERT_EQ(plan.withheld.size(), 1U);
  EXPECT_NE(
      plan.withheld[0].find("4 actions within an hour already; again after 2026-01-15T12:30:00.000Z; by hand: rm "),
      std::string::npos)
      << plan.withheld[0];
  EXPECT_EQ(remedies(make_plan({finding_with(reserve)}, past, budget, noon + std::chrono::minutes{30})),
            std::vector<Remedy>{reserve});
  budget.actions_per_hour = 0;
  EXPECT_NE(make_plan({finding_with(reserve)}, {}, budget, noon).withheld[0].find("allows none"), std::string::npos);
}

TEST(RecoveryPlan, counts_actions_that_a_wrong_clock_put_into_the_future) {
  const Plan plan = make_plan({finding_with(publisher)}, times(3, publisher, std::chrono::minutes{-30}), {}, noon);
  EXPECT_TRUE(plan.actions.empty());
}

TEST(RecoveryPlan, never_reboots_unless_the_owner_allows_it) {
  const auto past = times(3, publisher, std::chrono::minutes{20});
  Budget budget;
  EXPECT_TRUE(make_plan({finding_with(publisher)}, past, budget, noon).actions.empty());
  budget.reboot = true;
  EXPECT_EQ(remedies(make_plan({finding_with(publisher), finding_with(bridge)}, past, budget, noon)),
            (std::vector<Remedy>{bridge, reboot}));
  EXPECT_EQ(remedies(make_plan({finding_with(bridge)}, past, budget, noon)), std::vector<Remedy>{bridge});
}

TEST(RecoveryPlan, reboots_once_a_day_at_most) {
  auto past = times(3, publisher, std::chrono::minutes{20});
  past.push_back({noon - std::chrono::hours{23}, reboot});
  Budget budget;
  budget.reboot = true;
  const Plan plan = make_plan({finding_with(publisher)}, past, budget, noon);
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_EQ(plan.withheld.size(), 2U);
  past.back().at = noon - std::chrono::hours{24};
  EXPECT_EQ(remedies(make_plan({finding_with(publisher)}, past, budget, noon)), std::vector<Remedy>{reboot});
}

TEST(ActionLog, is_read_back_as_written) {
  const std::string text = log_line(noon, publisher, "is stopped:\nfor hours") + log_line(noon, reserve, "full");
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "2026-01-15T12:00:00.000Z restart sensor-publisher.service: is stopped: for hours");
  EXPECT_EQ(parse_log(text), (std::vector<PastAction>{{noon, publisher}, {noon, reserve}}));
}

TEST(ActionLog, passes_over_what_a_power_cut_left) {
  const std::string line = log_line(noon, publisher, "x");
  const std::string torn = line.substr(0, 30) + "\n" + std::string(8, '\0') + "\n\n" + line + line.substr(0, 12);
  EXPECT_EQ(parse_log(torn), (std::vector<PastAction>{{noon, publisher}}));
  EXPECT_TRUE(parse_log("").empty());
}

TEST(ActionLog, keeps_its_newest_lines_whole) {
  EXPECT_EQ(newest_lines("one\ntwo\nthree\n", 100), "one\ntwo\nthree\n");
  EXPECT_EQ(newest_lines("one\ntwo\nthree\n", 8), "three\n");
  EXPECT_EQ(newest_lines("one line that is too long\n", 8), "");
}

}  // namespace
}  // namespace sensors::doctor
