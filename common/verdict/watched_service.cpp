#include "common/verdict/watched_service.hpp"

#include <algorithm>

namespace sensors::verdict {

namespace {

bool is_below(const DiskFigures& disk, double share, std::uint64_t bytes) {
  return disk.size_bytes > 0 && disk.free_bytes < bytes &&
         static_cast<double>(disk.free_bytes) < static_cast<double>(disk.size_bytes) * share;
}

bool is_full(const QueueDepth& queue) {
  return queue.limit > 0 && static_cast<double>(queue.depth) >= static_cast<double>(queue.limit) * queue_full_share;
}

bool has_destination_gone(const ServiceReport& report) {
  return std::any_of(report.destinations.begin(), report.destinations.end(),
                     [](const auto& destination) { return destination.second.url_gone; });
}

bool holds(Condition condition, const ServiceReport& report) {
  switch (condition) {
    case Condition::down: return report.state == ServiceState::down;
    case Condition::degraded: return report.state == ServiceState::degraded;
    case Condition::dead_letters: return report.dead_letters.value_or(0) > 0;
    case Condition::destination_gone: return has_destination_gone(report);
    case Condition::disk: return report.disk.has_value() && is_short(*report.disk);
    case Condition::disk_at_risk: return report.disk.has_value() && !report.disk->risk.empty();
    case Condition::clock: return report.clock_synced == false;
    case Condition::pace: return report.pace.has_value() && !report.pressure.empty();
    case Condition::queue_full:
    case Condition::queue_grows: return false;  // of the queue
  }
  return false;
}

}  // namespace

bool is_short(const DiskFigures& disk) { return is_below(disk, disk_short, disk_short_bytes); }

bool is_nearly_full(const DiskFigures& disk) { return is_below(disk, disk_full, disk_full_bytes); }

const ServiceReport* WatchedService::report() const {
  return status.has_value() && status->report.has_value() ? &*status->report : nullptr;
}

std::optional<QueueDepth> WatchedService::depth() const { return queue.has_value() ? queue->depth : std::nullopt; }

bool WatchedService::is_old_will() const { return report() != nullptr && report()->last_will && status->retained; }

Instant WatchedService::heard_at() const {
  Instant at{};
  if (status.has_value()) at = std::max(at, status->heard_at);
  if (queue.has_value()) at = std::max(at, queue->heard_at);
  if (silent.has_value()) at = std::max(at, silent_heard_at);
  return at;
}

void WatchedService::note(WallTime now) {
  const auto keep = [&](Condition condition, bool is_so, WallTime began) {
    std::optional<WallTime>& slot = since.at(static_cast<std::size_t>(condition));
    if (!is_so) slot.reset();
    if (is_so && !slot.has_value()) slot = began;
  };
  const ServiceReport* const known = report();
  for (std::size_t i = 0; i < conditions; ++i) {
    const auto condition = static_cast<Condition>(i);
    if (condition == Condition::queue_full || condition == Condition::queue_grows) continue;
    const bool is_of_state = condition == Condition::down || condition == Condition::degraded;
    const bool has_time = is_of_state && known != nullptr && !known->last_will;
    keep(condition, known != nullptr && holds(condition, *known), has_time ? known->since : now);
  }
  const std::optional<QueueDepth> waiting = depth();
  keep(Condition::queue_full, waiting.has_value() && is_full(*waiting), now);
  keep(Condition::queue_grows, waiting.has_value() && waiting->depth > waiting->high && waiting->high > 0, now);
}

}  // namespace sensors::verdict
