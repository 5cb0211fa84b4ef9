// What is told again, held back, or told to some only: reminders, quiet hours, channels for what is critical.
#include "services/sensor-alerts/logic/logic.hpp"

#include <set>

#include "tests/unit/services/sensor-alerts/logic/timeline.hpp"

namespace sensors::alerts {
namespace {

TEST_F(AlertsTimeline, reminds_until_somebody_acknowledges_it) {
  options_.remind_every = Millis{3'600'000};
  start();
  hot();
  pass(Millis{2 * 3'600'000 + 60'000});
  const std::string still = "Still: " + begins;
  EXPECT_EQ(titles(), (Titles{begins, still, still}));
  EXPECT_NE(arrived_[1].key, arrived_[2].key);
  order(AlertOrder::Kind::acknowledge, oven_name);
  pass(Millis{5 * 3'600'000});
  EXPECT_EQ(titles().size(), 3U);
  EXPECT_EQ(retained(oven_name).find(R"("acknowledged":null)"), std::string::npos);
  crash();
  pass(Millis{5 * 3'600'000});
  EXPECT_EQ(titles().size(), 3U) << "a restart does not forget it";
  cold();
  pass(Millis{60'000});
  EXPECT_EQ(titles().back(), is_over);
}

TEST_F(AlertsTimeline, says_when_there_is_nothing_to_acknowledge) {
  start();
  order(AlertOrder::Kind::acknowledge, "nothing");
  EXPECT_TRUE(has_event("alert_order_refused", "there is no open alert nothing"));
}

TEST_F(AlertsTimeline, tells_in_quiet_hours_what_is_critical_and_the_rest_at_their_end) {
  ThresholdRule rule = options_.rules[0];
  rule.name = "fire";
  rule.above = 500;
  rule.is_critical = true;
  options_.rules.push_back(rule);
  const auto day = std::chrono::floor<std::chrono::days>(now_.wall);
  const Millis from = std::chrono::duration_cast<Millis>(now_.wall - day);
  options_.quiet = QuietHours{from, from + Millis{3'600'000}};
  start();
  hot();
  pass(Millis{600'000});
  EXPECT_EQ(titles(), Titles{});
  read("stove", 600);
  pass(Millis{120'000});
  ASSERT_EQ(arrived_.size(), 1U);
  EXPECT_EQ(arrived_[0].alerts.size(), 1U);
  EXPECT_EQ(arrived_[0].alerts[0].severity, "critical");
  pass(Millis{3'600'000});
  ASSERT_EQ(arrived_.size(), 2U);
  EXPECT_EQ(arrived_[1].alerts.size(), 2U) << "that the oven and the stove are hot";
}

TEST_F(AlertsTimeline, holds_nothing_critical_back_in_quiet_hours_for_the_end_of_the_warning_before) {
  tell_of_store();
  be_quiet(Millis{60'000});
  start();
  pass_with_bad_store(Millis{40'000});
  pass_with_store(Millis{180'000});
  ASSERT_NE(retained(store_name).find("resolved"), std::string::npos);
  ASSERT_EQ(arrived_.size(), 1U) << "its end waits for the morning";
  EXPECT_EQ(arrived_[0].alerts[0].severity, "warning");
  pass_with_bad_store(Millis{180'000});
  ASSERT_EQ(arrived_.size(), 3U) << "and the night is not over";
  EXPECT_EQ(arrived_[1].kind, Message::Kind::resolved);
  EXPECT_EQ(arrived_[2].kind, Message::Kind::firing);
  EXPECT_EQ(arrived_[2].alerts[0].severity, "critical");
}

TEST_F(AlertsTimeline, tells_once_of_a_warning_in_quiet_hours_that_returns_as_critical) {
  tell_of_store();
  be_quiet(Millis{0});
  start();
  pass_with_bad_store(Millis{40'000});
  pass_with_store(Millis{180'000});
  ASSERT_NE(retained(store_name).find("resolved"), std::string::npos);
  ASSERT_EQ(titles(), Titles{});
  pass_with_bad_store(Millis{180'000});
  ASSERT_EQ(arrived_.size(), 1U);
  EXPECT_EQ(arrived_[0].kind, Message::Kind::firing);
  EXPECT_EQ(arrived_[0].alerts[0].severity, "critical");
  pass_with_store(Millis{180'000});
  EXPECT_EQ(arrived_.size(), 2U) << "and of its end";
}

TEST_F(AlertsTimeline, looks_at_what_is_to_be_told_when_it_was_judged_and_not_at_each_reading) {
  int looks = 0;
  options_.quiet = QuietHours{Millis{0}, Millis{1}};
  options_.local_offset = [&looks](WallTime) {
    ++looks;
    return Millis{0};
  };
  start();
  looks = 0;
  for (int i = 0; i < 1'000; ++i) {
    now_.wall += Millis{1};
    now_.monotonic += Millis{1};
    read("oven", 20);
  }
  EXPECT_LE(looks, 3) << "1,000 readings in a second";
}

TEST_F(AlertsTimeline, tells_a_channel_for_what_is_critical_of_nothing_else) {
  add_channel("pager", true);
  start();
  hot();
  pass(Millis{30'000});
  EXPECT_EQ(titles(), Titles{begins}) << "on the phone only";
}

TEST_F(AlertsTimeline, tries_a_channel_when_asked_and_says_what_came_of_it) {
  start();
  order(AlertOrder::Kind::test, "phone");
  pass(Millis{2'000});
  EXPECT_TRUE(has_event("alert_tested", "channel phone: the test arrived"));
  order(AlertOrder::Kind::test, "fax");
  EXPECT_TRUE(has_event("alert_order_refused", "there is no channel fax"));
  answer_ = {Delivery::Outcome::unusable, "HTTP 401", {}};
  order(AlertOrder::Kind::test, "phone");
  pass(Millis{2'000});
  EXPECT_TRUE(has_event("alert_test_failed", "channel phone: the test did not arrive: HTTP 401"));
  EXPECT_TRUE(disk_.messages.empty()) << "a test is not tried again";
}

TEST_F(AlertsTimeline, repeats_what_goes_on_to_a_receiver_that_forgets) {
  options_.channels[0].repeat = Millis{60'000};
  start();
  pass(Millis{300'000});
  EXPECT_EQ(titles(), Titles{});
  hot();
  pass(Millis{310'000});
  EXPECT_GE(arrived_.size(), 4U);
  EXPECT_LE(arrived_.size(), 7U);
  cold();
  pass(Millis{30'000});
  const std::size_t count = arrived_.size();
  EXPECT_EQ(titles().back(), is_over);
  pass(Millis{300'000});
  EXPECT_EQ(arrived_.size(), count);
}

TEST_F(AlertsTimeline, repeats_only_what_is_critical_to_a_receiver_of_nothing_else) {
  options_.channels[0].repeat = Millis{60'000};
  options_.channels[0].critical_only = true;
  start();
  hot();
  pass(Millis{600'000});
  EXPECT_EQ(titles(), Titles{});
}

TEST_F(AlertsTimeline, repeats_all_of_many_alerts_page_by_page) {
  options_.channels[0].repeat = Millis{60'000};
  start();
  constexpr std::size_t count = 250;
  for (std::size_t i = 0; i < count; ++i) read("s" + std::to_string(i), 99);
  pass(Millis{90'000});
  arrived_.clear();
  pass(Millis{66'000});
  std::set<std::string> repeated;
  std::size_t told = 0;
  for (const Message& message : arrived_) {
    for (const Alert& alert : message.alerts) repeated.insert(alert.name);
    told += message.alerts.size();
  }
  EXPECT_EQ(repeated.size(), count);
  EXPECT_LE(told, 2 * count) << "each once a minute";
}

TEST_F(AlertsTimeline, ends_the_warning_at_a_receiver_that_knows_alerts_by_their_severity) {
  options_.channels[0].repeat = Millis{3'600'000};
  tell_of_store();
  start();
  pass_with_bad_store(Millis{120'000});
  std::vector<Message> told;
  for (const Message& message : arrived_) {
    if (message.key != "db-repeat") told.push_back(message);
  }
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].alerts[0].severity, "warning");
  EXPECT_EQ(told[1].kind, Message::Kind::resolved);
  EXPECT_EQ(told[1].alerts[0].severity, "warning");
  EXPECT_TRUE(told[1].alerts[0].ended.has_value());
  EXPECT_EQ(told[1].alerts[0].since, told[0].alerts[0].since);
  EXPECT_EQ(told[2].kind, Message::Kind::firing);
  EXPECT_EQ(told[2].alerts[0].severity, "critical");
  EXPECT_FALSE(told[2].alerts[0].ended.has_value());
  EXPECT_NE(told[0].key, told[2].key);
}

}  // namespace
}  // namespace sensors::alerts
