#include "services/sensor-alerts/logic/logic.hpp"

#include <algorithm>

#include "tests/unit/services/sensor-alerts/logic/timeline.hpp"

namespace sensors::alerts {
namespace {

TEST_F(AlertsTimeline, tells_of_an_episode_once_and_once_of_its_end) {
  start();
  hot();
  pass(Millis{3'600'000});
  EXPECT_EQ(titles(), Titles{begins});
  cold();
  pass(Millis{3'600'000});
  EXPECT_EQ(titles(), (Titles{begins, is_over}));
  const std::string& key = arrived_[0].key;
  EXPECT_TRUE(key.starts_with("db-1-") && key.ends_with("-firing")) << key;
  EXPECT_EQ(arrived_[1].key, key.substr(0, key.rfind('-')) + "-resolved");
  EXPECT_TRUE(disk_.messages.empty()) << "both arrived";
}

TEST_F(AlertsTimeline, has_another_key_for_another_episode_that_gets_the_same_number) {
  start();
  disk_error_ = "alerts.db: disk full";
  hot();
  pass(Millis{60'000});
  cold();
  pass(Millis{600'000});
  crash();  // what was told is not on the disk, nor its number
  disk_error_.clear();
  hot("fridge");
  pass(Millis{60'000});
  std::vector<std::string> keys;
  for (const Message& message : arrived_) {
    if (message.key.ends_with("-firing") && !message.alerts.empty() && message.alerts.front().kind == rule_kind)
      keys.push_back(message.key);
  }
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_NE(keys[0], keys[1]);
}

TEST_F(AlertsTimeline, tells_nothing_of_what_was_wrong_for_less_than_its_time) {
  start();
  read("oven", 99);
  pass(Millis{55'000});
  read("oven", 20);
  pass(Millis{600'000});
  EXPECT_EQ(titles(), Titles{});
}

TEST_F(AlertsTimeline, says_of_a_message_that_arrived_whom_it_did_not_reach) {
  answer_.reason = "the mail server refuses 1 of 2 recipients";
  start();
  hot();
  pass(Millis{60'000});
  EXPECT_EQ(titles(), Titles{begins}) << "once for those who have it";
  EXPECT_NE(log_.find("channel phone: the mail server refuses 1 of 2 recipients"), std::string::npos) << log_;
}

TEST_F(AlertsTimeline, takes_its_alerts_off_a_name_that_the_machine_had_before) {
  options_.former_runs = {{"attic", "run0"}};
  start();
  step(MqttMessage{"sensors/attic/alert/disk.attic", R"({"name":"disk.attic"})", "", "", true});
  step(MqttMessage{"sensors/attic/status/sensor-alerts",
                   R"({"service":"sensor-alerts","state":"down","reason":"","since":"2026-01-15T16:00:00Z",)"
                   R"("version":"1","instance":"run0"})",
                   "", "", true});
  pass(Millis{40'000});
  const auto clears = [](const MqttPublish& message) {
    return message.topic == "sensors/attic/alert/disk.attic" && message.retain && message.payload.empty();
  };
  EXPECT_TRUE(std::any_of(published_.begin(), published_.end(), clears));
}

TEST_F(AlertsTimeline, takes_what_comes_back_at_once_for_the_same_episode) {
  start();
  hot();
  for (int i = 0; i < 5; ++i) {
    read("oven", 20);
    pass(Millis{30'000});
    read("oven", 99);
    pass(Millis{30'000});
  }
  EXPECT_EQ(titles(), Titles{begins});
}

TEST_F(AlertsTimeline, sends_nothing_before_it_is_on_the_disk) {
  start();
  disk_holds_ = true;
  channel_holds_ = true;
  hot();
  pass(Millis{30'000});
  finish_write();  // the episode
  pass(Millis{500});
  EXPECT_TRUE(sending_.empty()) << "the message waits for its own transaction";
  finish_write();
  pass(Millis{500});
  EXPECT_EQ(sending_.size(), 1U);
}

TEST_F(AlertsTimeline, sends_again_with_the_same_key_what_it_had_not_noted_before_a_crash) {
  start();
  channel_holds_ = true;
  hot();
  pass(Millis{20'000});
  disk_holds_ = true;
  answer();  // it arrived, and the note is not on the disk
  crash();
  pass(Millis{1'000});
  answer();
  ASSERT_EQ(arrived_.size(), 2U);
  EXPECT_EQ(arrived_[0].key, arrived_[1].key);
  finish_write();
  disk_holds_ = false;
  crash();
  pass(Millis{60'000});
  EXPECT_TRUE(sending_.empty()) << "this time it was noted";
}

TEST_F(AlertsTimeline, tells_what_began_before_a_crash_though_its_message_was_not_made) {
  start();
  hot();  // its group waits
  ASSERT_EQ(disk_.episodes.size(), 1U);
  ASSERT_EQ(titles(), Titles{});
  crash();
  pass(Millis{30'000});
  EXPECT_EQ(titles(), Titles{begins});
}

TEST_F(AlertsTimeline, does_not_take_silence_after_a_restart_for_an_end) {
  start();
  hot();
  pass(Millis{30'000});
  crash();
  pass(Millis{3'600'000});
  EXPECT_EQ(titles(), Titles{begins}) << "nothing was heard of the oven since";
  read("oven", 20);
  pass(Millis{120'000});
  EXPECT_EQ(titles(), (Titles{begins, is_over}));
}

TEST_F(AlertsTimeline, ends_nothing_while_the_broker_is_away) {
  start();
  hot();
  read("oven", 20);
  step(MqttDisconnected{"gone"});
  pass(Millis{3'600'000});
  EXPECT_EQ(titles(), Titles{begins});
  step(MqttConnected{});
  pass(Millis{29'000});
  EXPECT_EQ(titles(), Titles{begins}) << "nor before all have said how they are";
  pass(Millis{120'000});
  EXPECT_EQ(titles(), (Titles{begins, is_over}));
}

TEST_F(AlertsTimeline, begins_nothing_by_a_last_reading_while_the_broker_is_away) {
  start();
  read("oven", 99);
  pass(Millis{30'000});
  step(MqttDisconnected{"gone"});
  pass(Millis{600'000});
  EXPECT_EQ(retained(oven_name), "");
  step(MqttConnected{});
  read("oven", 20);
  pass(Millis{120'000});
  EXPECT_EQ(titles(), Titles{});
}

TEST_F(AlertsTimeline, tells_what_begins_together_in_one_message) {
  start();
  for (int i = 0; i < 40; ++i) read("s" + std::to_string(i), 99);
  pass(Millis{120'000});
  ASSERT_EQ(arrived_.size(), 1U);
  EXPECT_EQ(arrived_[0].alerts.size(), 40U);
  for (int i = 0; i < 40; ++i) read("s" + std::to_string(i), 20);
  pass(Millis{120'000});
  ASSERT_EQ(arrived_.size(), 2U);
  EXPECT_EQ(arrived_[1].alerts.size(), 40U);
}

TEST_F(AlertsTimeline, keeps_the_order_and_all_messages_of_a_channel_that_is_away_for_a_day) {
  start();
  answer_ = {Delivery::Outcome::again, "connection refused", {}};
  for (int i = 0; i < 5; ++i) {
    hot();
    pass(Millis{20'000});
    cold();
    pass(Millis{3'600'000 * 4});
  }
  EXPECT_EQ(titles(), Titles{});
  EXPECT_NE(status().find("channel phone fails, 10 messages wait"), std::string::npos) << status();
  crash();
  answer_ = {Delivery::Outcome::delivered, "", {}};
  pass(Millis{600'000});
  EXPECT_EQ(titles(), (Titles{begins, is_over, begins, is_over, begins, is_over, begins, is_over, begins, is_over}));
}

TEST_F(AlertsTimeline, drops_the_oldest_when_there_is_no_room_and_says_so) {
  options_.channels[0].max_messages = 3;
  start();
  channel_holds_ = true;
  for (int i = 0; i < 3; ++i) {
    hot();
    pass(Millis{20'000});
    cold();
    pass(Millis{20'000});
  }
  EXPECT_TRUE(has_event("alert_dropped", "3 messages wait"));
  EXPECT_EQ(disk_.messages.size(), 3U);
}

TEST_F(AlertsTimeline, gives_a_message_up_that_the_channel_refuses_and_goes_on) {
  start();
  answer_ = {Delivery::Outcome::refused, "HTTP 400: no", {}};
  hot();
  pass(Millis{300'000});
  EXPECT_TRUE(has_event("alert_dropped", "HTTP 400: no"));
  answer_ = {Delivery::Outcome::delivered, "", {}};
  cold();
  pass(Millis{60'000});
  EXPECT_EQ(titles(), Titles{is_over});
}

TEST_F(AlertsTimeline, leaves_a_channel_alone_for_as_long_as_it_asks) {
  start();
  channel_holds_ = true;
  hot();
  pass(Millis{20'000});
  answer({Delivery::Outcome::again, "HTTP 429", Millis{300'000}});
  pass(Millis{290'000});
  EXPECT_TRUE(sending_.empty());
  pass(Millis{20'000});
  EXPECT_EQ(sending_.size(), 1U);
}

TEST_F(AlertsTimeline, tells_each_channel_whatever_another_does) {
  add_channel("mail");
  start();
  channel_holds_ = true;
  hot();
  pass(Millis{20'000});
  ASSERT_EQ(sending_.size(), 2U);
  const std::uint64_t hangs = sending_[0].message.channel == "phone" ? 0 : 1;
  sending_.erase(sending_.begin() + static_cast<std::ptrdiff_t>(hangs));
  answer();
  cold();
  pass(Millis{20'000});
  answer();
  EXPECT_EQ(titles(), (Titles{begins, is_over}));
}

TEST_F(AlertsTimeline, alerts_though_the_disk_is_full) {
  start();
  disk_error_ = "alerts.db: disk full";
  hot();
  pass(Millis{60'000});
  EXPECT_EQ(titles(), Titles{begins});
  EXPECT_NE(status().find("alerts.db: disk full; alerts go out"), std::string::npos) << status();
  disk_error_.clear();
  pass(Millis{60'000});
  EXPECT_EQ(disk_.episodes.size(), 1U) << "all is written once there is room";
  EXPECT_TRUE(disk_.messages.empty());
  crash();
  pass(Millis{60'000});
  EXPECT_EQ(titles(), Titles{begins});
}

TEST_F(AlertsTimeline, shows_each_alert_on_a_retained_topic) {
  start();
  hot();
  EXPECT_NE(retained(oven_name).find(R"("state":"firing")"), std::string::npos) << retained(oven_name);
  cold();
  EXPECT_NE(retained(oven_name).find(R"("state":"resolved")"), std::string::npos);
  retained_.clear();  // the broker began anew
  step(MqttDisconnected{"gone"});
  step(MqttConnected{});
  EXPECT_NE(retained(oven_name).find(R"("state":"resolved")"), std::string::npos);
}

TEST_F(AlertsTimeline, says_an_alert_on_its_topic_only_when_it_changed) {
  options_.remind_every = Millis{600'000};
  start();
  const auto said = [this] {
    const auto is_it = [](const MqttPublish& one) {
      return one.topic == std::string("sensors/hub/alert/") + oven_name;
    };
    return std::count_if(published_.begin(), published_.end(), is_it);
  };
  hot();
  EXPECT_EQ(said(), 1);
  pass(Millis{3'600'000});
  ASSERT_GE(titles().size(), 6U) << "it was told, and told again";
  EXPECT_EQ(said(), 1);
  order(AlertOrder::Kind::acknowledge, oven_name);
  order(AlertOrder::Kind::acknowledge, oven_name);
  EXPECT_EQ(said(), 2);
  pass(Millis{5'000});
  const std::string before = retained(oven_name);
  step(MqttDisconnected{"gone"});
  pass(Millis{60'000});
  step(MqttConnected{});
  EXPECT_EQ(retained(oven_name), before) << "the same again, for a broker that began anew";
  crash();
  EXPECT_EQ(retained(oven_name), before);
  cold();
  pass(Millis{600'000});
  EXPECT_EQ(said(), 5);
}

TEST_F(AlertsTimeline, clears_an_alert_that_it_does_not_know) {
  start();
  retained_["sensors/hub/alert/old"] = "{}";
  step(MqttMessage{"sensors/hub/alert/old", "{}", "", "", true});
  EXPECT_FALSE(retained_.contains("sensors/hub/alert/old"));
}

TEST_F(AlertsTimeline, works_without_a_channel) {
  options_.channels.clear();
  start();
  hot();
  EXPECT_NE(retained(oven_name).find("firing"), std::string::npos);
  pass(Millis{30'000});
  EXPECT_NE(status().find(R"("state":"up")"), std::string::npos) << status();
}

TEST_F(AlertsTimeline, beats_only_while_all_is_well) {
  options_.beat_every = Millis{60'000};
  start();
  pass(Millis{20'000});
  EXPECT_EQ(beats_, 0) << "what is wrong is not known yet";
  pass(Millis{300'000});
  EXPECT_NEAR(beats_, 5, 1);
  hot();
  const int before = beats_;
  pass(Millis{600'000});
  EXPECT_EQ(beats_, before);
}

TEST_F(AlertsTimeline, waits_at_its_end_for_what_is_on_its_way_but_not_for_long) {
  start();
  channel_holds_ = true;
  hot();
  pass(Millis{20'000});
  step(StopRequested{});
  EXPECT_FALSE(exit_.has_value());
  answer();
  finish_write();
  pass(Millis{500});
  EXPECT_EQ(exit_, 0);
  EXPECT_TRUE(disk_.messages.empty()) << "an ordinary restart sends nothing twice";
}

TEST_F(AlertsTimeline, says_who_is_stuck_when_a_channel_never_answers) {
  start();
  channel_holds_ = true;
  hot();
  pass(Millis{20'000});
  EXPECT_FALSE(logic_->liveness().overdue(now_.monotonic).has_value());
  EXPECT_EQ(logic_->liveness().overdue(now_.monotonic + Millis{61'000}), "channel phone");
}

TEST_F(AlertsTimeline, asks_to_be_woken_only_for_what_is_to_come) {
  options_.beat_every = Millis{60'000};
  options_.channels[0].repeat = Millis{60'000};
  start();
  hot();
  pass(Millis{600'000});
  ASSERT_TRUE(logic_->wake_at().has_value());
  EXPECT_GT(*logic_->wake_at(), now_.monotonic) << "else the loop would turn without an end";
  step(MqttDisconnected{"gone"});
  pass(Millis{600'000});
  EXPECT_GT(*logic_->wake_at(), now_.monotonic);
}

}  // namespace
}  // namespace sensors::alerts
