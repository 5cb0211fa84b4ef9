#include "services/sensor-persistence/logic/status_board.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sensors::persistence {

std::string down_status(const std::string& store, const std::string& instance, const std::string& reason,
                        WallTime now) {
  StatusReport report;
  report.service = service_name;
  report.state = ServiceState::down;
  report.reason = reason;
  report.since = now;
  report.version = SENSOR_PROJECT_VERSION;
  report.details = fmt::format(R"("instance":"{}")", instance);
  if (!store.empty()) report.details += fmt::format(R"(,"store":"{}")", store);
  return encode_status(report);
}

bool StatusBoard::set(ServiceState state, const std::string& reason, Instant now) {
  if (since_.has_value() && state == state_ && reason == reason_) return false;
  if (!since_.has_value() || state != state_) since_ = now;
  state_ = state;
  reason_ = reason;
  return true;
}

bool StatusBoard::update_pressure(std::uint64_t depth) {
  is_high_ = depth > high_ || (is_high_ && depth > high_ / 2);
  return is_high_ || state_ != ServiceState::up;
}

std::string StatusBoard::status(const StatusFigures& figures, Now now) const {
  const ServiceCounters& service = figures.service;
  const IngestCounters& ingest = figures.ingest;
  StatusReport report;
  report.service = service_name;
  report.state = state_;
  report.reason = reason_;
  report.since = wall_at(since_.value_or(now.monotonic), now);
  report.version = SENSOR_PROJECT_VERSION;
  report.details = fmt::format(
      "\"store\":\"{}\",\"instance\":\"{}\",\"loop_max_ms\":{},\"pending\":{},\"waiting_calls\":{},\"used_bytes\":{},"
      "\"dead_letters\":{},"
      "\"written_bytes\":{},\"disk\":{},\"clock\":{{\"synced\":{},\"unsynced_readings\":{},\"restamped\":{},\"released_"
      "boots\":{}}},\"counters\":{{"
      "\"messages\":{},\"refused_messages\":{},\"malformed_rows\":{},\"from_future\":{},\"committed\":{},\"gap_"
      "records\":{},\"gap_"
      "readings\":{},"
      "\"duplicates\":{},\"refused_holes\":{},\"refused_full\":{},\"refused_foreign\":{},\"commits\":{},\"failed_"
      "commits\":{},\"salvages\":{},\"lost_in_damage\":{},"
      "\"uploaded\":{},\"dead_lettered\":{},\"dead_letters_dropped\":{},\"requeued\":{},\"purged\":{},\"deleted\":{},"
      "\"calls\":{},\"refused_calls\":{},{}}}",
      figures.uploads.store(), figures.instance, now.loop_longest.count(), figures.pending_rows, figures.waiting_calls,
      figures.used_bytes, figures.dead_letters, now.written_bytes, encode_disk(figures.disk), now.clock_synced,
      figures.clocks.unsynced, figures.clocks.restamped, figures.clocks.released, service.messages,
      service.refused_messages, service.malformed_rows, service.from_future, ingest.committed_readings,
      ingest.committed_gaps, ingest.committed_lost, ingest.duplicates, ingest.refused_holes, ingest.refused_full,
      ingest.refused_foreign, service.commits, service.failed_commits, service.salvages, service.lost_in_damage,
      figures.uploads.confirmed_rows(), service.dead_lettered, service.dead_letters_dropped, service.requeued,
      service.purged, figures.deleted_rows, service.calls, service.refused_calls, encode_link_counters(figures.link));
  return encode_status(report);
}

std::string StatusBoard::queue(const StatusFigures& figures, Now now) {
  QueueDepth queue;
  queue.depth = figures.uploads.depth();
  queue.high = high_;
  queue.limit = limit_;
  queue.oldest_s = std::chrono::duration<double>(figures.age.oldest(now.monotonic)).count();
  const std::uint64_t left = figures.uploads.confirmed_rows();
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
