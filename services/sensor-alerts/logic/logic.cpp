#include "services/sensor-alerts/logic/logic.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/codec/alert_json.hpp"
#include "common/codec/topic.hpp"

namespace sensors::alerts {

namespace {

constexpr Millis first_write_retry{1'000};
constexpr Millis longest_write_retry{30'000};

}  // namespace

SelfOptions self_options(const AlertOptions& options) {
  return {.service = service_name,
          .root = options.root,
          .node = options.node,
          .instance = options.instance,
          .status_interval = options.status_interval,
          .shows_alerts = true,
          .run = options.instance,
          .seldom = Millis{60'000}};
}

std::vector<std::string> subscriptions_of(const AlertOptions& options) {
  std::vector<std::string> filters;
  for (const char* kind : {"status", "queue", "silent"}) filters.push_back(options.root + "/+/" + kind + "/+");
  if (!options.rules.empty()) {
    filters.push_back(options.root + "/+/reading/+");
    filters.push_back(options.root + "/+/backlog/+");
  }
  filters.push_back(topic_of(options.root, options.node, "control", service_name));
  filters.push_back(options.root + "/" + options.node + "/alert/+");
  return filters;
}

Logic::Logic(AlertOptions options, KnownAlerts known)
    : options_(std::move(options)),
      self_(self_options(options_)),
      watch_({.node = options_.node, .service = service_name}),
      rules_(options_.rules),
      episodes_(options_.episodes, std::move(known.episodes), known.next_episode),
      telling_(options_),
      store_(std::move(known.store)),
      next_message_(known.next_message),
      write_backoff_(first_write_retry, longest_write_retry, options_.seed) {
  for (const ServiceRun& run : options_.former_runs) self_.add_former_run(run);
  std::map<std::string, std::deque<Message>> waiting;
  for (Message& message : known.messages) {
    next_message_ = std::max(next_message_, message.id + 1);
    std::string channel = message.channel;
    waiting[channel].push_back(std::move(message));
  }
  for (const ChannelOptions& channel : options_.channels) {
    channels_.try_emplace(channel.name, channel, std::move(waiting[channel.name]), options_.seed + channels_.size());
    waiting.erase(channel.name);
  }
  for (const auto& [name, messages] : waiting) {
    if (messages.empty()) continue;
    effects_.emplace_back(LogLine{
        LogLevel::warning,
        fmt::format("channel {} is not in the configuration any more: {} messages that waited for it are dropped", name,
                    messages.size())});
    for (const Message& message : messages) pending_.done.push_back(message.id);
  }
  for (const std::string& warning : known.warnings) effects_.emplace_back(LogLine{LogLevel::warning, warning});
  durable_ = next_message_ - 1;
}

Effects Logic::step(Event event, Now now) {
  now_ = now;
  std::visit([this](const auto& known) { handle(known); }, event);
  advance();
  return std::exchange(effects_, {});
}

// ---- events ----

void Logic::handle(const StopRequested&) {
  if (!stopping_since_.has_value()) stopping_since_ = now_.monotonic;
}

void Logic::handle(const MqttConnected&) {
  self_.connected(now_, effects_);
  watch_.connected(now_);
  connected_at_ = now_.monotonic;
  settled_at_ = now_.monotonic + options_.settle;
  has_news_ = true;
  for (const std::string& topic : self_.take_topics()) effects_.emplace_back(MqttSubscribe{topic});
  for (const auto& [name, episode] : episodes_.all()) publish_alert(episode);
}

void Logic::handle(const MqttDisconnected& event) {
  self_.disconnected(event, now_, effects_);
  watch_.disconnected(now_);
  has_news_ = true;
}

void Logic::handle(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value()) return;
  if (topic->kind == "reading" || topic->kind == "backlog") return take_readings(*topic, message);
  const bool is_own = topic->node == options_.node;
  if (topic->kind == "control" && is_own) return take_order(message);
  if (topic->kind == "alert" && is_own) return clear_if_unknown(*topic, message);
  if (topic->kind == "alert") return self_.hear(*topic, message, now_, effects_);
  if (topic->kind == "status" && topic->name == service_name) self_.hear(*topic, message, now_, effects_);
  if (topic->kind == "status") witnesses_.take(*topic, message.payload.empty() && !message.retained);
  if (watch_.take(*topic, message.payload, now_, message.retained)) has_news_ = true;
}

void Logic::take_readings(const TopicView& topic, const MqttMessage& message) {
  const auto take = [this, &topic](const Batch& batch) {
    for (const SequencedReading& one : batch.readings) rules_.take(topic.node, one.reading, now_);
  };
  if (topic.kind == "reading") {
    if (const Result<Batch> batch = decoder_.reading(message.payload); batch.has_value()) {
      take(*batch);
    } else {
      ++unreadable_;
    }
  } else if (const auto decoded = decoder_.batch(message.payload); decoded.has_value()) {
    take(decoded->batch);
  } else {
    ++unreadable_;
  }
  has_news_ = true;
}

/// A retained order would be carried out again at each connect.
void Logic::take_order(const MqttMessage& message) {
  if (message.retained) return;
  const Result<AlertOrder> order = decode_alert_order(message.payload);
  if (!order.has_value()) return self_.warn("order ignored", order.error().message, now_, effects_);
  if (order->kind == AlertOrder::Kind::test) return test_channel(order->name);
  if (!episodes_.acknowledge(order->name, now_))
    return self_.announce("alert_order_refused", {LogLevel::warning, "there is no open alert " + order->name}, now_,
                          effects_);
  take_changes();
  may_tell_ = true;
  self_.announce("alert_acknowledged", {LogLevel::info, "alert " + order->name + " is acknowledged"}, now_, effects_);
}

void Logic::test_channel(const std::string& name) {
  const auto channel = channels_.find(name);
  if (channel == channels_.end())
    return self_.announce("alert_order_refused", {LogLevel::warning, "there is no channel " + name}, now_, effects_);
  Message message;
  message.kind = Message::Kind::test;
  message.key = fmt::format("{}-test{}", store_, next_message_);
  add_message(channel->second, std::move(message));
}

/// Of an earlier run, whose database is lost.
void Logic::clear_if_unknown(const TopicView& topic, const MqttMessage& message) {
  if (!message.retained || message.payload.empty() || episodes_.all().contains(topic.name)) return;
  MqttPublish empty;
  empty.topic = message.topic;
  empty.retain = true;
  effects_.emplace_back(std::move(empty));
}

void Logic::handle(const AlertsWritten& event) {
  liveness_.end("database");
  if (!writing_.has_value()) return;
  const AlertWrite written = std::move(*writing_);
  writing_.reset();
  if (event.result.has_value()) {
    if (failing_since_.has_value())
      self_.announce("database", {LogLevel::info, "the database can be written again"}, now_, effects_);
    failing_since_.reset();
    write_backoff_.reset();
    durable_ = written.next_message - 1;
    writing_notes_.clear();
    return;
  }
  if (!failing_since_.has_value()) {
    failing_since_ = now_.monotonic;
    self_.announce("database", {LogLevel::error, event.result.error().message}, now_, effects_);
  }
  failure_ = event.result.error().message;
  rewrite_all_ = true;
  write_at_ = now_.monotonic + write_backoff_.next();
}

void Logic::handle(const MessageSent& event) {
  const auto found = channels_.find(event.channel);
  if (found == channels_.end() || !found->second.is_sending()) return;
  ChannelQueue& channel = found->second;
  liveness_.end("channel " + event.channel);
  const bool is_partly = event.delivery.outcome == Delivery::Outcome::delivered && !event.delivery.reason.empty();
  if (is_partly) self_.warn("channel " + event.channel, event.delivery.reason, now_, effects_);
  const ChannelQueue::Finished finished = channel.finish(event, now_);
  self_.announce(channel.breaker().take_transitions(), now_, effects_);
  if (!finished.done.has_value()) return;
  report_delivery(channel, *finished.done, finished.is_given_up, event.delivery.reason);
  pending_.done.push_back(finished.done->id);
  pending_notes_.insert(event.channel);
}

void Logic::report_delivery(ChannelQueue& channel, const Message& message, bool is_given_up,
                            const std::string& reason) {
  const std::string& name = channel.options().name;
  if (message.kind == Message::Kind::test) {
    const std::string text = is_given_up ? fmt::format("channel {}: the test did not arrive: {}", name, reason)
                                         : fmt::format("channel {}: the test arrived", name);
    self_.announce(is_given_up ? "alert_test_failed" : "alert_tested",
                   {is_given_up ? LogLevel::warning : LogLevel::info, text}, now_, effects_);
  } else if (is_given_up) {
    self_.announce("alert_dropped",
                   {LogLevel::error, fmt::format("channel {} never took a message, which is given up: {}: {}", name,
                                                 title_of(message), reason)},
                   now_, effects_);
  } else {
    effects_.emplace_back(LogLine{LogLevel::info, fmt::format("channel {} was told: {}", name, title_of(message))});
  }
}

void Logic::handle(const BeatSent& event) {
  liveness_.end("heartbeat");
  is_beating_ = false;
  if (event.delivery.outcome == Delivery::Outcome::delivered) {
    ++beats_;
    return;
  }
  ++beats_failed_;
  self_.warn("heartbeat", event.delivery.reason, now_, effects_);
}

std::optional<Instant> Logic::wake_at() const {
  std::optional<Instant> at = self_.wake_at();
  const auto consider = [&at](std::optional<Instant> due) {
    if (due.has_value()) at = std::min(at.value_or(*due), *due);
  };
  if (stopping_since_.has_value()) consider(*stopping_since_ + last_wait);
  if (judged_at_.has_value()) consider(*judged_at_ + (has_news_ ? judge_spacing : judge_every));
  consider(episodes_.wake_at());
  consider(telling_.wake_at());
  if (rewrite_all_ && !writing_.has_value()) consider(write_at_);
  for (const auto& [name, channel] : channels_) consider(channel.wake_at(now_));
  if (beat_at_ > now_.monotonic) consider(beat_at_);  // one that is due waits until all is well
  return at;
}

}  // namespace sensors::alerts
