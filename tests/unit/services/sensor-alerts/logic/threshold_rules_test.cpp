#include "services/sensor-alerts/logic/threshold_rules.hpp"

#include <gtest/gtest.h>

namespace sensors::alerts {
namespace {

class ThresholdRulesTest : public ::testing::Test {
 protected:
  void use(ThresholdRule rule) {
    rule.name = "freezer";
    if (rule.sensor.empty()) rule.sensor = "freezer.temperature";
    rules_.emplace(std::vector<ThresholdRule>{rule});
  }

  /// A second later.
  void read(Value value, const std::string& sensor = "freezer.temperature", const std::string& node = "garage") {
    now_.monotonic += Millis{1'000};
    now_.wall += Millis{1'000};
    rules_->take(node, {sensor, std::move(value), "Cel", now_.wall}, now_);
  }

  std::vector<std::string> wrong() const {
    std::vector<Trouble> troubles;
    rules_->add_troubles(troubles);
    std::vector<std::string> texts;
    for (const Trouble& trouble : troubles) texts.push_back(trouble.alert.text);
    return texts;
  }

  using Texts = std::vector<std::string>;

  Now now_{Instant{} + Millis{1'000'000}, WallTime{Millis{1'768'493'375'123}}};
  std::optional<ThresholdRules> rules_;
};

TEST_F(ThresholdRulesTest, holds_a_limit_that_was_passed_until_the_value_is_behind_it_by_the_hysteresis) {
  ThresholdRule rule;
  rule.above = -15;
  rule.hysteresis = 2;
  use(rule);
  read(-15.0);
  EXPECT_EQ(wrong(), Texts{}) << "at the limit is not above it";
  read(-14.5);
  EXPECT_EQ(wrong(), Texts{"freezer.temperature is -14.5 Cel, above -15"});
  read(-16.9);
  EXPECT_EQ(wrong().size(), 1U);
  read(-17.0);
  EXPECT_EQ(wrong(), Texts{});
  read(-16.0);
  EXPECT_EQ(wrong(), Texts{}) << "from below the limit counts, not the hysteresis";
}

TEST_F(ThresholdRulesTest, finds_what_is_below_and_says_it_in_the_owners_words) {
  ThresholdRule rule;
  rule.below = 5;
  rule.text = "The pipes may freeze";
  use(rule);
  read(4.5);
  EXPECT_EQ(wrong(), Texts{"The pipes may freeze: freezer.temperature is 4.5 Cel, below 5"});
}

TEST_F(ThresholdRulesTest, finds_a_change_within_a_time) {
  ThresholdRule rule;
  rule.change = 3;
  rule.within = Millis{10'000};
  use(rule);
  for (int i = 0; i < 60; ++i) read(0.2 * i);
  EXPECT_EQ(wrong(), Texts{}) << "2 in 10 s";
  read(16.0);
  EXPECT_EQ(wrong().size(), 1U);
  for (int i = 0; i < 12; ++i) read(16.0);
  EXPECT_EQ(wrong(), Texts{});
}

TEST_F(ThresholdRulesTest, looks_at_the_sensors_and_machines_that_it_names) {
  ThresholdRule rule;
  rule.sensor = "*.temperature";
  rule.node = "garage";
  rule.above = 0;
  use(rule);
  read(1.0, "a.temperature");
  read(1.0, "b.temperature");
  read(1.0, "b.humidity");
  read(1.0, "a.temperature", "attic");
  EXPECT_EQ(wrong().size(), 2U);
}

TEST_F(ThresholdRulesTest, takes_a_boolean_as_one_or_zero_and_no_text) {
  ThresholdRule rule;
  rule.above = 0.5;
  use(rule);
  read("on");
  EXPECT_EQ(wrong(), Texts{});
  read(true);
  EXPECT_EQ(wrong().size(), 1U);
}

TEST_F(ThresholdRulesTest, judges_nothing_by_readings_that_are_old) {
  ThresholdRule rule;
  rule.above = 0;
  use(rule);
  rules_->take("garage", {"freezer.temperature", 5.0, "", now_.wall - ThresholdRules::oldest - Millis{1}}, now_);
  EXPECT_EQ(wrong(), Texts{}) << "a backlog after an outage says nothing of now";
  read(5.0);
  rules_->take("garage", {"freezer.temperature", -5.0, "", now_.wall - Millis{500}}, now_);
  EXPECT_EQ(wrong().size(), 1U) << "one that came late is older than what is known";
}

TEST_F(ThresholdRulesTest, is_not_deaf_after_a_reading_from_the_future) {
  ThresholdRule rule;
  rule.above = 0;
  use(rule);
  rules_->take("garage", {"freezer.temperature", 5.0, "", now_.wall + ThresholdRules::most_ahead + Millis{1}}, now_);
  EXPECT_EQ(wrong(), Texts{}) << "its time is wrong, so it says nothing of now";
  read(5.0);
  EXPECT_EQ(wrong().size(), 1U);
}

TEST_F(ThresholdRulesTest, is_not_deaf_after_the_clock_was_put_back) {
  ThresholdRule rule;
  rule.above = 0;
  use(rule);
  now_.clock_synced = false;
  read(-5.0);
  now_.wall -= Millis{3'600'000};
  read(5.0);
  EXPECT_EQ(wrong().size(), 1U);
  now_.clock_synced = true;
  read(-5.0);
  now_.wall -= Millis{3'600'000};
  read(5.0);
  EXPECT_EQ(wrong().size(), 1U);
}

TEST_F(ThresholdRulesTest, takes_readings_of_a_machine_that_does_not_know_the_time_as_they_arrive) {
  ThresholdRule rule;
  rule.above = 0;
  use(rule);
  const auto take = [this](double value, WallTime time) {
    rules_->take("garage", {"freezer.temperature", value, "", time, Millis{5'000}}, now_);
  };
  take(-5.0, now_.wall + Millis{86'400'000});
  take(5.0, WallTime{});
  ASSERT_EQ(wrong().size(), 1U);
  std::vector<Trouble> troubles;
  rules_->add_troubles(troubles);
  EXPECT_EQ(troubles[0].alert.since, now_.wall);
  read(-5.0);
  EXPECT_EQ(wrong(), Texts{}) << "its clock was set";
}

TEST_F(ThresholdRulesTest, compares_no_values_across_a_clock_that_was_put_back) {
  ThresholdRule rule;
  rule.change = 3;
  rule.within = Millis{10'000};
  use(rule);
  read(0.0);
  now_.wall -= Millis{3'600'000};
  for (int i = 0; i < 20; ++i) read(10.0);
  EXPECT_EQ(wrong(), Texts{});
}

TEST_F(ThresholdRulesTest, does_not_know_how_a_sensor_is_before_it_is_heard) {
  ThresholdRule rule;
  rule.above = 0;
  use(rule);
  Alert alert;
  alert.kind = rule_kind;
  alert.node = "garage";
  alert.object = "freezer.temperature";
  alert.name = alert_name({rule_kind, "freezer", alert.node, alert.object});
  EXPECT_TRUE(rules_->is_unknown(alert));
  read(-1.0);
  EXPECT_FALSE(rules_->is_unknown(alert));
  alert.name = "rule.gone.garage.freezer.temperature";
  EXPECT_FALSE(rules_->is_unknown(alert)) << "a rule that is not there any more finds nothing";
}

TEST(Matches, takes_a_star_for_any_text) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*c*e", "abcde"));
  EXPECT_TRUE(matches("*.temperature", "a.b.temperature"));
  EXPECT_FALSE(matches("a*c", "abcd"));
  EXPECT_FALSE(matches("abc", "ab"));
  EXPECT_FALSE(matches("", "a"));
}

}  // namespace
}  // namespace sensors::alerts
