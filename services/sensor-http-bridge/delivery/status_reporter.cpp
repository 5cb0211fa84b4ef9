#include "services/sensor-http-bridge/delivery/status_reporter.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "common/codec/status_parts.hpp"
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

std::string line_of(const Condition& condition) {
  if (!condition.connected) return "degraded: waiting for the broker";
  if (condition.reason.empty()) return name_of(condition.state);
  return fmt::format("{}: {}", name_of(condition.state), condition.reason);
}

}  // namespace

MqttPublish down_message(const LogicOptions& options, const std::string& reason, WallTime since) {
  StatusWriter run;
  run.add("instance", options.instance);
  return retained(options, "status", encode_down(service_name, reason, since, run));
}

void Counters::describe(StatusWriter& status) const {
  sensors::describe(latency, status.in("api_latency"));
  StatusWriter& counters = status.in("counters");
  counters.add("delivered", delivered);
  counters.add("rejected", rejected);
  counters.add("splits", splits);
  counters.add("holds", holds);
  counters.add("batches", batches);
  counters.add("bytes", bytes);
  counters.add("unanswered", unanswered);
  counters.add("late_outcomes", late_outcomes);
  StatusWriter& by_class = counters.in("failures");
  for (const auto& [name, count] : failures) by_class.add(name, count);
}

void StatusReporter::report(const Condition& condition, const Describe& describe, Now now, Effects& effects) {
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
  std::string said = fmt::format("{} {} {}", last_line_, name_of(condition.breaker), condition.pressure);
  const bool is_due = !next_at_.has_value() || now.monotonic >= *next_at_ || said != last_said_;
  if (!is_due) return;
  last_said_ = std::move(said);
  next_at_ = now.monotonic + options_.status_interval;
  publish(condition, describe, now, effects);
}

void StatusReporter::publish(const Condition& condition, const Describe& describe, Now now, Effects& effects) {
  StatusWriter details;
  describe(details);
  StatusReport report;
  report.service = service_name;
  report.state = condition.state;
  report.reason = condition.reason;
  report.since = wall_at(since_, now);
  report.version = SENSOR_PROJECT_VERSION;
  report.details = details.members();
  effects.emplace_back(retained(options_, "status", encode_status(report)));

  QueueDepth queue;
  queue.depth = condition.depth;
  queue.high = options_.upload.high_readings;
  queue.oldest_s = std::chrono::duration<double>(condition.oldest).count();
  queue.rate_per_s = rate_since_last(condition.delivered, now.monotonic);
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
