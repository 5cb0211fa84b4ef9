#include "tests/simulation/alerts_simulation.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "common/codec/alert_json.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/topic.hpp"
#include "common/verdict/verdict.hpp"
#include "services/sensor-alerts/logic/logic.hpp"
#include "tests/simulation/random.hpp"
#include "tests/support/alert_disk.hpp"

namespace sensors::simulation {

namespace {

using alerts::AlertWrite;
using alerts::Delivery;
using alerts::Episode;
using alerts::Message;

constexpr Millis turn{500};
constexpr Millis read_every{5'000};
constexpr int sensors_watched = 6;
constexpr std::array<const char*, 2> channel_names{"phone", "mail"};

/// What the owner's rule finds, and the harness makes.
struct WatchedSensor {
  std::string name;
  std::string alert;
  bool is_hot = false;
  bool is_blip = false;  // hot for less than the rule's time: nobody is to be told
  Instant cold_at{};     // of a blip
  Instant next_change{};
  std::uint64_t episodes = 0;  // that began and ended
};

/// A channel as its receiver sees it.
struct Receiver {
  struct Attempt {
    alerts::SendMessage send;
    Instant ends{};
    bool arrives = false;
    Delivery delivery;
  };
  std::optional<Attempt> attempt;
  Instant away_until{};
  std::vector<Message> first_arrivals;     // one for each key, in order
  std::map<std::string, bool> may_repeat;  // by key: whether it may come again
};

class AlertsWorld {
 public:
  AlertsWorld(std::uint64_t seed, Millis time) : random_(seed ^ 0x616c65727473U), time_(time) {
    now_.monotonic = Instant{} + Millis{1'000'000};
    now_.wall = WallTime{Millis{1'768'493'375'123}};
    disk_.store = "db";
    options_.node = "hub";
    options_.instance = "run";
    options_.seed = seed;
    for (const std::string_view kind : verdict::kinds) options_.off.insert(std::string(kind));
    alerts::ThresholdRule rule;
    rule.name = "hot";
    rule.sensor = "*";
    rule.above = 50;
    rule.lasts = Millis{60'000};
    options_.rules.push_back(rule);
    for (const char* name : channel_names) {
      alerts::ChannelOptions channel;
      channel.name = name;
      options_.channels.push_back(channel);
    }
    for (int i = 0; i < sensors_watched; ++i) {
      WatchedSensor sensor;
      sensor.name = fmt::format("s{}", i);
      sensor.alert = alerts::alert_name({alerts::rule_kind, "hot", "garage", sensor.name});
      sensor.next_change = now_.monotonic + random_.exponential(Millis{600'000});
      sensors_.push_back(sensor);
    }
  }

  AlertsOutcome run() {
    const Instant faults_end = now_.monotonic + time_;
    const Instant end = faults_end + Millis{3 * 3'600'000};
    next_fault_ = now_.monotonic + random_.exponential(Millis{120'000});
    next_burst_ = now_.monotonic + random_.exponential(Millis{1'800'000});
    start();
    while (!outcome_.violation.has_value() && (now_.monotonic < faults_end || !is_settled()) && now_.monotonic < end) {
      now_.monotonic += turn;
      now_.wall += turn;
      is_healed_ = now_.monotonic >= faults_end;
      if (!is_healed_ && now_.monotonic >= next_fault_) strike();
      move();
    }
    if (!outcome_.violation.has_value()) check_lists();
    return outcome_;
  }

 private:
  // ---- the machine ----

  void start() {
    logic_.emplace(options_, disk_);
    writing_.reset();
    step(Tick{});
    if (now_.monotonic >= broker_back_) connect();
  }

  void connect() {
    is_connected_ = true;
    shown_.clear();
    step(MqttConnected{});
  }

  /// What was under way came to its end, or did not.
  void crash() {
    ++outcome_.crashes;
    if (writing_.has_value() && random_.chance(0.5)) put_on_disk(*writing_, disk_);
    for (Receiver& receiver : receivers_) {
      if (!receiver.attempt.has_value()) continue;
      if (random_.chance(0.5)) arrive(receiver, receiver.attempt->send.message);
      receiver.attempt.reset();
    }
    for (Receiver& receiver : receivers_) {
      for (auto& [key, may] : receiver.may_repeat) may = true;
    }
    logic_.reset();
    is_connected_ = false;
    is_disturbed_ = true;
    failing_since_.reset();
    restart_at_ = now_.monotonic + random_.between(Millis{500}, Millis{20'000});
  }

  void strike() {
    next_fault_ = now_.monotonic + random_.exponential(Millis{120'000});
    switch (random_.below(4)) {
      case 0:
        if (logic_.has_value()) crash();
        return;
      case 1: {
        Receiver& receiver = random_.one_of(receivers_);
        receiver.away_until = now_.monotonic + random_.of_any_size(Millis{1'000}, Millis{3 * 3'600'000});
        return;
      }
      case 2: disk_fails_until_ = now_.monotonic + random_.between(Millis{500}, Millis{3'000}); return;
      default:
        broker_back_ = now_.monotonic + random_.of_any_size(Millis{1'000}, Millis{300'000});
        if (logic_.has_value() && is_connected_) step(MqttDisconnected{"gone"});
        is_connected_ = false;
        is_disturbed_ = true;
    }
  }

  void move() {
    if (!logic_.has_value()) {
      if (now_.monotonic < restart_at_) return change_sensors();
      start();
    }
    if (!is_connected_ && now_.monotonic >= broker_back_) connect();
    change_sensors();
    if (now_.monotonic >= next_reading_) read_sensors();
    finish_write();
    for (Receiver& receiver : receivers_) finish_attempt(receiver);
    if (logic_->wake_at().has_value() && *logic_->wake_at() <= now_.monotonic) step(Tick{});
  }

  void step(alerts::Event event) {
    for (alerts::Effect& effect : logic_->step(std::move(event), now_))
      std::visit([this](auto& one) { take(one); }, effect);
  }

  template <class Other>
  void take(Other&) {}
  void take(MqttPublish& message) {
    const std::optional<TopicView> topic = parse_topic(message.topic);
    if (!topic.has_value() || topic->kind != "alert") return;
    Result<Alert> alert = decode_alert(message.payload);
    if (!alert.has_value()) return;
    alert->time = {};
    const auto [known, is_new] = shown_.try_emplace(alert->name, *alert);
    if (!is_new && known->second == *alert) violate("an alert is shown again only when it changed", alert->name);
    known->second = std::move(*alert);
  }
  void take(AlertWrite& write) {
    if (writing_.has_value()) violate("one transaction at a time", "a second one");
    writing_ = write;
    written_at_ = now_.monotonic + random_.between(Millis{0}, Millis{3'000});
  }

  void take(alerts::SendMessage& send) {
    const auto is_it = [&send](const Message& message) { return message.id == send.message.id; };
    const bool is_impatient = failing_since_.has_value() && now_.monotonic - *failing_since_ >= Millis{10'000};
    if (!is_impatient && std::none_of(disk_.messages.begin(), disk_.messages.end(), is_it))
      violate("a message is on the disk before it is sent", send.message.key);
    Receiver& receiver = receiver_of(send.message.channel);
    if (receiver.attempt.has_value()) violate("one message at a time", send.message.key);
    Receiver::Attempt attempt{std::move(send),
                              now_.monotonic + random_.between(Millis{500}, Millis{2'000}),
                              true,
                              {Delivery::Outcome::delivered, "", {}}};
    const bool is_away = now_.monotonic < receiver.away_until && !is_healed_;
    const bool is_odd = !is_healed_ && random_.chance(0.1);
    if (is_away || is_odd) {
      attempt.arrives = is_odd && random_.chance(0.5);  // it lies, or drops the answer
      attempt.delivery = {Delivery::Outcome::again, "no answer", {}};
      if (random_.chance(0.3)) attempt.ends = now_.monotonic + Millis{30'000};  // it hangs
    }
    receiver.attempt = std::move(attempt);
  }

  // ---- the disk ----

  void finish_write() {
    if (!writing_.has_value() || now_.monotonic < written_at_) return;
    const AlertWrite write = *std::exchange(writing_, std::nullopt);
    const bool fails = now_.monotonic < disk_fails_until_ && !is_healed_;
    if (!fails) put_on_disk(write, disk_);
    failing_since_ = fails ? std::optional(failing_since_.value_or(now_.monotonic)) : std::nullopt;
    step(alerts::AlertsWritten{fails ? Result<void>(fail(ErrorCode::disk_full, "disk full")) : Result<void>()});
  }

  const Episode* on_disk(const std::string& alert) const {
    const auto found = std::find_if(disk_.episodes.begin(), disk_.episodes.end(),
                                    [&alert](const Episode& one) { return one.alert.name == alert; });
    return found == disk_.episodes.end() ? nullptr : &*found;
  }

  // ---- the channels ----

  Receiver& receiver_of(const std::string& channel) { return receivers_.at(channel == channel_names[0] ? 0 : 1); }

  void arrive(Receiver& receiver, const Message& message) {
    ++outcome_.arrived;
    const auto known = receiver.may_repeat.find(message.key);
    if (known == receiver.may_repeat.end()) {
      receiver.may_repeat.emplace(message.key, false);
      receiver.first_arrivals.push_back(message);
      return;
    }
    ++outcome_.repeated;
    if (!known->second) violate("a message comes again only after a crash or a channel that lied", message.key);
    known->second = false;
  }

  void finish_attempt(Receiver& receiver) {
    if (!receiver.attempt.has_value() || now_.monotonic < receiver.attempt->ends) return;
    const Receiver::Attempt attempt = *std::exchange(receiver.attempt, std::nullopt);
    const Message& message = attempt.send.message;
    if (attempt.arrives) arrive(receiver, message);
    if (attempt.arrives && attempt.delivery.outcome != Delivery::Outcome::delivered)
      receiver.may_repeat[message.key] = true;
    step(alerts::MessageSent{attempt.send.attempt, message.channel, attempt.delivery, Millis{20}});
  }

  // ---- what is caused ----

  void change_sensors() {
    if (!is_healed_ && now_.monotonic >= next_burst_) begin_burst();
    for (WatchedSensor& sensor : sensors_) change(sensor);
    if (burst_until_.has_value() && now_.monotonic >= *burst_until_) end_burst();
  }

  void change(WatchedSensor& sensor) {
    const Episode* episode = on_disk(sensor.alert);
    const bool is_open = episode != nullptr && episode->is_open();
    if (sensor.is_hot && sensor.is_blip) {
      if (now_.monotonic >= sensor.cold_at) sensor.is_hot = sensor.is_blip = false;
    } else if (sensor.is_hot) {
      const bool is_due = is_healed_ || now_.monotonic >= sensor.next_change;
      if (is_open && is_due) {
        sensor.is_hot = false;
        sensor.next_change = now_.monotonic + random_.of_any_size(Millis{120'000}, Millis{3'600'000});
      }
      was_open_[sensor.name] = is_open || was_open_[sensor.name];
    } else if (was_open_[sensor.name]) {
      if (is_open) return;
      was_open_[sensor.name] = false;
      ++sensor.episodes;
      ++outcome_.episodes;
    } else if (!is_healed_ && now_.monotonic >= sensor.next_change && !burst_until_.has_value()) {
      heat(sensor, random_.chance(0.3));
    }
  }

  void heat(WatchedSensor& sensor, bool is_blip) {
    sensor.is_hot = true;
    sensor.is_blip = is_blip;
    sensor.cold_at = now_.monotonic + Millis{45'000};
    sensor.next_change = now_.monotonic + random_.of_any_size(Millis{60'000}, Millis{1'800'000});
  }

  /// All at once, where all are cold: one message on each channel, unless a crash comes between.
  void begin_burst() {
    next_burst_ = now_.monotonic + random_.exponential(Millis{1'800'000});
    const auto is_busy = [this](const WatchedSensor& sensor) { return sensor.is_hot || was_open_[sensor.name]; };
    if (std::any_of(sensors_.begin(), sensors_.end(), is_busy) || !is_connected_ || !logic_.has_value()) return;
    for (WatchedSensor& sensor : sensors_) {
      heat(sensor, false);
      sensor.next_change = now_.monotonic + Millis{600'000};
    }
    is_disturbed_ = false;
    burst_began_ = now_.wall;
    next_reading_ = now_.monotonic;
    burst_until_ = now_.monotonic + Millis{300'000};
  }

  void end_burst() {
    burst_until_.reset();
    if (is_disturbed_) return;
    std::map<std::string, std::size_t> messages;  // of each channel, about the begin of what is open
    for (const Message& message : made_) {
      const bool is_of_burst = message.kind == Message::Kind::firing && message.time > burst_began_;
      if (is_of_burst) ++messages[message.channel];
    }
    for (const auto& [channel, count] : messages) {
      if (count != 1) violate("what begins together is one message", fmt::format("{} has {}", channel, count));
    }
  }

  void read_sensors() {
    next_reading_ = now_.monotonic + read_every;
    if (!is_connected_) return;
    for (const WatchedSensor& sensor : sensors_) {
      const SequencedReading reading{++seq_, {sensor.name, sensor.is_hot ? 99.0 : 20.0, "Cel", now_.wall}};
      step(MqttMessage{"sensors/garage/reading/" + sensor.name, encode_reading(reading, "stream"), "", "", false});
    }
    remember_messages();
  }

  void remember_messages() {
    for (const Message& message : disk_.messages) {
      if (message.id < next_made_) continue;
      made_.push_back(message);
      next_made_ = message.id + 1;
    }
  }

  // ---- what must hold ----

  bool is_settled() {
    const auto is_busy = [this](const WatchedSensor& sensor) { return sensor.is_hot || was_open_[sensor.name]; };
    const bool all_told = std::all_of(disk_.episodes.begin(), disk_.episodes.end(),
                                      [](const Episode& one) { return !one.is_open() && one.end_told; });
    return logic_.has_value() && disk_.messages.empty() && all_told &&
           std::none_of(sensors_.begin(), sensors_.end(), is_busy);
  }

  void check_lists() {
    if (!is_settled())
      return violate("everything arrives once all is healed", fmt::format("{} messages wait", disk_.messages.size()));
    for (std::size_t i = 0; i < receivers_.size(); ++i) {
      std::map<std::string, std::vector<Message::Kind>> told;
      for (const Message& message : receivers_[i].first_arrivals) {
        for (const Alert& alert : message.alerts) told[alert.name].push_back(message.kind);
      }
      for (const WatchedSensor& sensor : sensors_) check(sensor, told[sensor.alert], channel_names[i]);
    }
  }

  void check(const WatchedSensor& sensor, const std::vector<Message::Kind>& told, const char* channel) {
    const std::uint64_t wanted = 2 * sensor.episodes;
    if (told.size() != wanted)
      return violate(
          "each episode is told once, and its end",
          fmt::format("{}: {} had {} episodes, and {} messages", channel, sensor.name, sensor.episodes, told.size()));
    for (std::size_t i = 0; i < told.size(); ++i) {
      if (told[i] != (i % 2 == 0 ? Message::Kind::firing : Message::Kind::resolved))
        return violate("begin and end are told in order", fmt::format("{}: {}, message {}", channel, sensor.name, i));
    }
  }

  void violate(const std::string& check, const std::string& text) {
    if (!outcome_.violation.has_value()) outcome_.violation = Violation{check, text};
  }

  Random random_;
  Millis time_;
  Now now_{};
  alerts::AlertOptions options_;
  alerts::KnownAlerts disk_;
  std::optional<alerts::Logic> logic_;
  std::array<Receiver, channel_names.size()> receivers_;
  std::vector<WatchedSensor> sensors_;
  std::map<std::string, Alert> shown_;    // since the connection began; no time in it
  std::map<std::string, bool> was_open_;  // an episode that has not ended on the disk
  std::optional<AlertWrite> writing_;
  Instant written_at_{};
  Instant disk_fails_until_{};
  std::optional<Instant> failing_since_;  // the disk
  Instant broker_back_{};
  Instant restart_at_{};
  Instant next_fault_{};
  Instant next_burst_{};
  Instant next_reading_{};
  std::optional<Instant> burst_until_;
  WallTime burst_began_{};
  bool is_disturbed_ = false;  // since then
  bool is_connected_ = false;
  bool is_healed_ = false;
  std::vector<Message> made_;  // that were on the disk, once each
  std::uint64_t next_made_ = 1;
  std::uint64_t seq_ = 0;
  AlertsOutcome outcome_;
};

}  // namespace

AlertsOutcome simulate_alerts(std::uint64_t seed, Millis time) { return AlertsWorld(seed, time).run(); }

}  // namespace sensors::simulation
