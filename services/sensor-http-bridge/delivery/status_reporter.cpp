#include "services/sensor-http-bridge/delivery/status_reporter.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/topic.hpp"

namespace sensors::bridge {

namespace {

constexpr std::chrono::duration<double> shortest_rating{1.0};

MqttPublish retained(const LogicOptions& options, std::string_view kind, std::string payload) {
  MqttPublish message;
  message.topic = topic_of(options.root, options.node, kind, service_name);
  message.payload = std::move(payload);
  message.retain = true;
  return message;
}

std::string details_of(const LogicOptions& options, const Condition& condition, const Counters& counters,
                       const CircuitBreaker& breaker, Now now) {
  std::string text = "\"destination\":";
  append_json_string(text, options.upload.destination);
  text += fmt::format(
      R"(,"instance":"{}","loop_max_ms":{},"written_bytes":{},"api_latency":{},"breaker":{},"queue":{},"counters":{{"delivered":{},"rejected":{},"splits":{},"holds":{})",
      options.instance, now.loop_longest.count(), now.written_bytes, encode_latency(counters.latency),
      encode_breaker(breaker, now), condition.depth, counters.delivered, counters.rejected, counters.splits,
      counters.holds);
  text +=
      fmt::format(R"(,"batches":{},"bytes":{},"unanswered":{})", counters.batches, counters.bytes, counters.unanswered);
  text += fmt::format(R"(,"late_outcomes":{},{},"failures":{{)", counters.late_outcomes, condition.link);
  const char* separator = "";
  for (const auto& [name, count] : counters.failures) {
    text += separator;
    append_json_string(text, name);
    text += fmt::format(":{}", count);
    separator = ",";
  }
  text += '}';
  if (!condition.more.empty()) text.append(",").append(condition.more);
  return text + "}";
}

std::string line_of(const Condition& condition) {
  if (!condition.connected) return "degraded: waiting for the broker";
  if (condition.reason.empty()) return name_of(condition.state);
  return fmt::format("{}: {}", name_of(condition.state), condition.reason);
}

}  // namespace

MqttPublish down_message(const LogicOptions& options, const std::string& reason, WallTime since) {
  StatusReport report;
  report.service = service_name;
  report.state = ServiceState::down;
  report.reason = reason;
  report.since = since;
  report.version = SENSOR_PROJECT_VERSION;
  report.details = fmt::format(R"("instance":"{}")", options.instance);
  return retained(options, "status", encode_status(report));
}

void StatusReporter::report(const Condition& condition, const Counters& counters, const CircuitBreaker& breaker,
                            Now now, Effects& effects) {
  if (std::string line = line_of(condition); line != last_line_) {
    effects.emplace_back(ServiceStatus{line});
    last_line_ = std::move(line);
  }
  if (state_ != condition.state) {
    state_ = condition.state;
    since_ = now.monotonic;
  }
  if (!condition.connected) {
    next_at_.reset();
    last_said_.clear();
    return;
  }
  if (std::exchange(is_due_, false)) next_at_ = now.monotonic;
  std::string said = fmt::format("{} {} {}", last_line_, name_of(breaker.state()), condition.pressure);
  const bool is_due = !next_at_.has_value() || now.monotonic >= *next_at_ || said != last_said_;
  if (!is_due) return;
  last_said_ = std::move(said);
  next_at_ = now.monotonic + options_.status_interval;
  publish(condition, counters, breaker, now, effects);
}

void StatusReporter::publish(const Condition& condition, const Counters& counters, const CircuitBreaker& breaker,
                             Now now, Effects& effects) {
  StatusReport report;
  report.service = service_name;
  report.state = condition.state;
  report.reason = condition.reason;
  report.since = wall_at(since_, now);
  report.version = SENSOR_PROJECT_VERSION;
  report.details = details_of(options_, condition, counters, breaker, now);
  effects.emplace_back(retained(options_, "status", encode_status(report)));

  QueueDepth queue;
  queue.depth = condition.depth;
  queue.high = options_.upload.high_readings;
  queue.oldest_s = std::chrono::duration<double>(condition.oldest).count();
  queue.rate_per_s = rate_since_last(counters.delivered, now.monotonic);
  queue.pressure = condition.pressure;
  effects.emplace_back(retained(options_, "queue", encode_queue_depth(queue)));
}

/// Delivered readings/s since the status before; the last figure again when that was less than a second ago.
double StatusReporter::rate_since_last(std::uint64_t delivered, Instant now) {
  const std::chrono::duration<double> passed =
      rated_at_.has_value() ? now - *rated_at_ : std::chrono::duration<double>{0};
  if (rated_at_.has_value() && passed < shortest_rating) return rate_;
  if (rated_at_.has_value()) rate_ = static_cast<double>(delivered - rated_delivered_) / passed.count();
  rated_at_ = now;
  rated_delivered_ = delivered;
  return rate_;
}

}  // namespace sensors::bridge
