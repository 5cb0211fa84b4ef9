#include "services/sensor-persistence/logic/status_board.hpp"

#include "common/codec/status_parts.hpp"

namespace sensors::persistence {

std::string down_status(const std::string& store, const std::string& instance, const std::string& reason,
                        WallTime now) {
  StatusWriter run;
  run.add("instance", instance);
  if (!store.empty()) run.add("store", store);
  return encode_down(service_name, reason, now, run);
}

void ServiceCounters::describe(StatusWriter& status) const {
  StatusWriter& counters = status.in("counters");
  counters.add("messages", messages);
  counters.add("refused_messages", refused_messages);
  counters.add("malformed_rows", malformed_rows);
  counters.add("from_future", from_future);
  counters.add("commits", commits);
  counters.add("failed_commits", failed_commits);
  counters.add("salvages", salvages);
  counters.add("lost_in_damage", lost_in_damage);
  counters.add("dead_lettered", dead_lettered);
  counters.add("dead_letters_dropped", dead_letters_dropped);
  counters.add("requeued", requeued);
  counters.add("purged", purged);
  counters.add("calls", calls);
  counters.add("refused_calls", refused_calls);
}

bool StatusBoard::set(ServiceState state, const std::string& reason, Instant now) {
  if (since_.has_value() && state == state_ && reason == reason_) return false;
  if (!since_.has_value() || state != state_) since_ = now;
  state_ = state;
  reason_ = reason;
  return true;
}

bool StatusBoard::update_pressure(std::uint64_t depth) {
  const bool is_high = mark_.update(depth);
  return is_high || state_ != ServiceState::up;
}

std::string StatusBoard::status(const StatusWriter& details, Now now) const {
  StatusReport report;
  report.service = service_name;
  report.state = state_;
  report.reason = reason_;
  report.since = wall_at(since_.value_or(now.monotonic), now);
  report.version = SENSOR_PROJECT_VERSION;
  report.details = details.members();
  return encode_status(report);
}

std::string StatusBoard::queue(const Uploads& uploads, const QueueAge& age, Now now) {
  QueueDepth queue;
  queue.depth = uploads.depth();
  queue.high = high_;
  queue.limit = limit_;
  queue.oldest_s = std::chrono::duration<double>(age.oldest(now.monotonic)).count();
  const std::uint64_t left = uploads.confirmed_rows();
  if (rate_since_.has_value() && now.monotonic > *rate_since_) {
    queue.rate_per_s =
        static_cast<double>(left - rows_left_) / std::chrono::duration<double>(now.monotonic - *rate_since_).count();
  }
  rate_since_ = now.monotonic;
  rows_left_ = left;
  queue.pressure = update_pressure(queue.depth);
  return encode_queue_depth(queue);
}

}  // namespace sensors::persistence
