#include "common/self/self.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/describe_shared.hpp"

namespace sensors {

namespace {

MqttPublish own_message(const SelfOptions& options, std::string_view kind, std::string payload, bool retain) {
  MqttPublish message;
  message.topic = topic_of(options.root, options.node, kind, options.service);
  message.payload = std::move(payload);
  message.retain = retain;
  return message;
}

std::string line_of(const Condition& condition) {
  const std::string state = name_of(condition.state);
  return condition.reason.empty() ? state : state + ": " + condition.reason;
}

}  // namespace

Self::Self(SelfOptions options)
    : options_(std::move(options)),
      throttle_(1, options_.seldom),
      namesakes_({options_.service, options_.node, options_.instance, options_.status_interval}),
      former_names_({options_.root, options_.service, options_.node, options_.run_key, options_.status_interval,
                     options_.tells_of_sensors, options_.shows_alerts}) {}

// ---- the link ----

void Self::connected(Now now, CommonEffects effects) {
  std::optional<LogLine> line = link_.connected(now.monotonic);
  for (MqttPublish& event : events_.take()) effects.push_back(std::move(event));
  if (line.has_value()) announce("broker", std::move(*line), now, effects, R"("connected":true)");
  is_due_ = true;
}

void Self::disconnected(const MqttDisconnected& event, Now now, CommonEffects effects) {
  if (std::optional<LogLine> line = link_.disconnected(event, now.monotonic); line.has_value()) {
    const std::string details = fmt::format(R"("connected":false,"failure":"{}")", name_of(event.code));
    announce("broker", std::move(*line), now, effects, details);
  }
  former_names_.disconnected();
}

// ---- what is heard ----

void Self::hear(const TopicView& topic, const MqttMessage& message, Now now, CommonEffects effects) {
  former_names_.take(topic, message, now.monotonic);
  if (topic.node != options_.node && !options_.is_only_one) return;
  Namesakes::Heard heard = namesakes_.take(topic, message, now.monotonic);
  if (heard.say_again) report_again();
  if (heard.line.has_value()) announce("namesake", std::move(*heard.line), now, effects);
}

/// A retained order would be carried out again at each connect, long after the operator who gave it has gone.
void Self::take_order(const MqttMessage& message, CircuitBreaker& breaker, Now now, CommonEffects effects) {
  if (message.retained) return;
  const Result<BreakerOrder> order = decode_breaker_order(message.payload);
  if (!order.has_value()) return warn("order ignored", order.error().message, now, effects);
  if (*order == BreakerOrder::isolate) breaker.isolate(now.monotonic);
  if (*order == BreakerOrder::close) breaker.close(now.monotonic);
}

// ---- what is said when it happens ----

void Self::tell(std::string_view type, std::string_view text, Now now, CommonEffects effects,
                std::string_view details) {
  MqttPublish event = own_message(options_, "event", encode_event(type, now.wall, text, details), false);
  if (link_.is_connected()) {
    effects.push_back(std::move(event));
  } else {
    events_.add(std::move(event));
  }
}

void Self::announce(std::string_view type, LogLine line, Now now, CommonEffects effects, std::string_view details) {
  tell(type, line.text, now, effects, details);
  effects.push_back(std::move(line));
}

void Self::announce(const std::vector<CircuitBreaker::Transition>& transitions, Now now, CommonEffects effects) {
  for (const CircuitBreaker::Transition& transition : transitions) {
    const bool is_open = transition.to == CircuitBreaker::State::open;
    LogLine line{is_open ? LogLevel::warning : LogLevel::info, log_line(transition)};
    announce("breaker", std::move(line), now, effects, encode_transition(transition));
  }
}

bool Self::say_seldom(LogLevel level, std::string_view kind, const std::string& text, Now now, CommonEffects effects) {
  std::optional<LogLine> line = throttle_.add(level, kind, text, now.monotonic);
  if (!line.has_value()) return false;
  effects.push_back(std::move(*line));
  return true;
}

void Self::warn(std::string_view kind, const std::string& text, Now now, CommonEffects effects) {
  say_seldom(LogLevel::warning, kind, text, now, effects);
}

void Self::announce_seldom(LogLevel level, std::string_view kind, const std::string& text, Now now,
                           CommonEffects effects) {
  if (std::optional<LogLine> line = throttle_.add(level, kind, text, now.monotonic); line.has_value())
    announce(kind, std::move(*line), now, effects);
}

// ---- how it is ----

void Self::advance(Now now, CommonEffects effects) {
  if (std::optional<LogLine> line = namesakes_.advance(now.monotonic); line.has_value())
    announce("namesake", std::move(*line), now, effects);
  if (!link_.is_connected()) return;
  for (MqttPublish& empty : former_names_.advance(now.monotonic)) {
    effects.push_back(
        LogLine{LogLevel::info, "this machine has another name now; cleared on the broker: " + empty.topic});
    effects.push_back(std::move(empty));
  }
}

bool Self::update(Condition condition, Now now) {
  if (!since_.has_value() || condition.state != condition_.state) since_ = now.monotonic;
  condition_ = std::move(condition);
  return is_due_ || !reported_.has_value() || now.monotonic >= next_at_ || reported_->condition != condition_ ||
         reported_->connected != link_.is_connected();
}

void Self::report(const StatusWriter& details, QueueDepth queue, std::string line, Now now, CommonEffects effects) {
  is_due_ = false;
  reported_ = Reported{condition_, link_.is_connected()};
  next_at_ = now.monotonic + options_.status_interval;
  if (link_.is_connected()) {
    say_status(details, now, effects);
    queue.pressure = condition_.pressure;
    effects.push_back(own_message(options_, "queue", encode_queue_depth(queue), true));
  }
  if (line.empty()) line = line_of(condition_);
  if (line != line_) effects.push_back(ServiceStatus{line_ = std::move(line)});
}

void Self::say_status(const StatusWriter& details, Now now, CommonEffects effects) const {
  StatusReport report;
  report.service = options_.service;
  report.state = condition_.state;
  report.reason = condition_.reason;
  report.since = wall_at(since_.value_or(now.monotonic), now);
  report.version = SENSOR_PROJECT_VERSION;
  report.details = details.members();
  effects.push_back(own_message(options_, "status", encode_status(report), true));
}

void Self::say(std::string_view kind, std::string payload, CommonEffects effects) const {
  if (link_.is_connected()) effects.push_back(own_message(options_, kind, std::move(payload), true));
}

void Self::say_down(std::string_view reason, StatusWriter details, Now now, CommonEffects effects) const {
  if (link_.is_connected()) effects.push_back(down_message(options_, reason, now.wall, std::move(details)));
}

MqttPublish Self::down_message(const SelfOptions& options, std::string_view reason, WallTime since,
                               StatusWriter details) {
  details.add(options.run_key, options.run);
  StatusReport report;
  report.service = options.service;
  report.state = ServiceState::down;
  report.reason = reason;
  report.since = since;
  report.version = SENSOR_PROJECT_VERSION;
  report.details = details.members();
  return own_message(options, "status", encode_status(report), true);
}

MqttPublish Self::last_will(const SelfOptions& options, std::string_view reason, WallTime connected_at,
                            StatusWriter details) {
  details.add("last_will", true);
  return down_message(options, reason, connected_at, std::move(details));
}

void Self::describe(Now now, StatusWriter& status) const {
  if (now.clock_synced) status.add("time", now.wall);
  status.add("interval_ms", options_.status_interval);
  describe_process(options_.instance, now, status);
  link_.describe(status);
  status.in("counters").add("events_dropped", events_.dropped());
}

std::optional<Instant> Self::wake_at() const {
  std::optional<Instant> at = namesakes_.wake_at();
  const auto consider = [&at](std::optional<Instant> due) {
    if (due.has_value()) at = std::min(at.value_or(*due), *due);
  };
  if (link_.is_connected()) consider(former_names_.wake_at());
  if (reported_.has_value()) consider(next_at_);
  return at;
}

}  // namespace sensors
