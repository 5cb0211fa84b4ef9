// The world of sensor-alerts on virtual time: a database that keeps what was written, channels that answer as they are
// told, and readings of one sensor that the rule "hot" looks at.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/verdict/verdict.hpp"
#include "services/sensor-alerts/logic/logic.hpp"
#include "tests/support/alert_disk.hpp"

namespace sensors::alerts {

using Titles = std::vector<std::string>;

inline constexpr const char* oven_name = "rule.hot.garage.oven";
inline constexpr const char* store_name = "degraded.hub.sensor-persistence";
inline const std::string begins = "garage: oven is 99 Cel, above 50";
inline const std::string is_over = "Over: garage: oven is 99 Cel, above 50";

class AlertsTimeline : public ::testing::Test {
 protected:
  AlertsTimeline() {
    options_.node = "hub";
    options_.instance = "run1";
    options_.group_wait = Millis{10'000};
    options_.episodes.ends_after = Millis{60'000};
    for (const std::string_view kind : verdict::kinds) options_.off.insert(std::string(kind));  // rules only
    ThresholdRule rule;
    rule.name = "hot";
    rule.sensor = "*";
    rule.above = 50;
    rule.lasts = Millis{60'000};
    options_.rules.push_back(rule);
    add_channel("phone");
  }

  void add_channel(const std::string& name, bool critical_only = false) {
    ChannelOptions channel;
    channel.name = name;
    channel.critical_only = critical_only;
    options_.channels.push_back(channel);
  }

  void start() {
    logic_.emplace(options_, disk_);
    sending_.clear();
    writing_.reset();
    step(Tick{});
    step(MqttConnected{});
  }

  /// As kill -9 does: what was not on the disk is gone.
  void crash() {
    logic_.reset();
    start();
  }

  void step(Event event) {
    for (Effect& effect : logic_->step(std::move(event), now_)) std::visit([this](auto& one) { take(one); }, effect);
  }

  void pass(Millis time) {
    for (const Instant end = now_.monotonic + time; now_.monotonic < end;) {
      now_.monotonic += Millis{500};
      now_.wall += Millis{500};
      step(Tick{});
      if (!disk_holds_) finish_write();
      if (!channel_holds_) answer_all();
    }
  }

  void finish_write(bool ok = true) {
    if (!writing_.has_value()) return;
    const AlertWrite write = *std::exchange(writing_, std::nullopt);
    if (!disk_error_.empty()) ok = false;
    if (ok) put_on_disk(write, disk_);
    step(AlertsWritten{ok ? Result<void>() : Result<void>(fail(ErrorCode::disk_full, disk_error_))});
  }

  /// The oldest that is sent arrives, or comes to `delivery`.
  void answer(Delivery delivery = {Delivery::Outcome::delivered, "", {}}) {
    ASSERT_FALSE(sending_.empty());
    const SendMessage sent = sending_.front();
    sending_.pop_front();
    if (delivery.outcome == Delivery::Outcome::delivered) arrived_.push_back(sent.message);
    step(MessageSent{sent.attempt, sent.message.channel, delivery, Millis{20}});
  }

  void answer_all() {
    while (!sending_.empty()) answer(answer_);
  }

  void read(const std::string& sensor, double value) {
    SequencedReading reading{++seq_, {sensor, value, "Cel", now_.wall}};
    step(MqttMessage{"sensors/garage/reading/" + sensor, encode_reading(reading, "stream1"), "", "", false});
  }

  /// It is hot for long enough to be an episode; its group waits.
  void hot(const std::string& sensor = "oven") {
    read(sensor, 99);
    pass(Millis{62'000});
  }
  void cold(const std::string& sensor = "oven") {
    read(sensor, 20);
    pass(Millis{63'000});
  }

  /// As a service says it of itself.
  void say(const std::string& node, const std::string& service, ServiceState state) {
    StatusReport report;
    report.service = service;
    report.state = state;
    report.since = now_.wall;
    step(MqttMessage{"sensors/" + node + "/status/" + service, encode_status(report), "", "", false});
  }

  /// Somebody takes it off, as `sensorctl node forget` does.
  void take_off(const std::string& node, const std::string& service) {
    step(MqttMessage{"sensors/" + node + "/status/" + service, "", "", "", false});
  }

  /// The store of the hub says that it is well, every 10 s.
  void pass_with_store(Millis time) {
    for (Millis left = time; left > Millis{0}; left -= Millis{10'000}) {
      say("hub", "sensor-persistence", ServiceState::up);
      pass(Millis{10'000});
    }
  }

  /// What the store says of itself is told after 10 s, as a warning; after 60 s it is critical.
  void tell_of_store() {
    options_.off.erase("degraded");
    options_.lasts["degraded"] = Millis{10'000};
  }

  void pass_with_bad_store(Millis time) {
    for (Millis left = time; left > Millis{0}; left -= Millis{10'000}) {
      say("hub", "sensor-persistence", ServiceState::degraded);
      pass(Millis{10'000});
    }
  }

  /// Quiet hours that begin `after` now, and last for three.
  void be_quiet(Millis after) {
    const auto day = std::chrono::floor<std::chrono::days>(now_.wall);
    const Millis from = std::chrono::duration_cast<Millis>(now_.wall - day) + after;
    options_.quiet = QuietHours{from, from + Millis{3 * 3'600'000}};
  }

  /// The machine with the broker lost its power, and has it again.
  void power_cut() {
    logic_.reset();
    retained_.clear();
    start();
  }

  void order(AlertOrder::Kind kind, const std::string& name) {
    step(MqttMessage{"sensors/hub/control/sensor-alerts", encode_alert_order({kind, name}), "", "", false});
  }

  std::vector<std::string> titles() const {
    std::vector<std::string> titles;
    for (const Message& message : arrived_) titles.push_back(title_of(message));
    return titles;
  }

  bool has_event(const std::string& type, const std::string& text) const {
    for (const MqttPublish& message : published_) {
      const bool is_event = message.topic == "sensors/hub/event/sensor-alerts";
      if (is_event && message.payload.find('"' + type + '"') != std::string::npos &&
          message.payload.find(text) != std::string::npos)
        return true;
    }
    return false;
  }

  std::string retained(const std::string& name) const {
    const auto found = retained_.find("sensors/hub/alert/" + name);
    return found == retained_.end() ? "" : found->second;
  }

  std::string status() const {
    const auto found = retained_.find("sensors/hub/status/sensor-alerts");
    return found == retained_.end() ? "" : found->second;
  }

  AlertOptions options_;
  KnownAlerts disk_{
      .store = "db", .next_episode = 1, .next_message = 1, .episodes = {}, .messages = {}, .warnings = {}};
  std::optional<Logic> logic_;
  Now now_{Instant{} + Millis{1'000'000}, WallTime{Millis{1'768'493'375'123}}};
  std::optional<AlertWrite> writing_;
  std::deque<SendMessage> sending_;
  std::vector<Message> arrived_;
  std::vector<MqttPublish> published_;
  std::map<std::string, std::string> retained_;
  Delivery answer_{Delivery::Outcome::delivered, "", {}};
  bool disk_holds_ = false;     // finish_write() is called by the test
  bool channel_holds_ = false;  // answer() is
  std::string disk_error_;
  std::string log_;
  int beats_ = 0;
  std::optional<int> exit_;
  std::uint64_t seq_ = 0;

 private:
  void take(AlertWrite& write) {
    ASSERT_FALSE(writing_.has_value()) << "one transaction at a time";
    writing_ = write;
  }
  void take(SendMessage& send) { sending_.push_back(send); }
  void take(SendBeat&) {
    ++beats_;
    step(BeatSent{{Delivery::Outcome::delivered, "", {}}});
  }
  void take(MqttPublish& message) {
    published_.push_back(message);
    if (!message.retain) return;
    retained_[message.topic] = message.payload;
    if (message.payload.empty()) retained_.erase(message.topic);
  }
  void take(LogLine& line) { log_ += line.text + "\n"; }
  void take(Exit& exit) { exit_ = exit.code; }
  template <class Other>
  void take(Other&) {}
};

}  // namespace sensors::alerts
