#include "common/codec/describe_shared.hpp"

namespace sensors {

namespace {

std::optional<WallTime> wall_of(std::optional<Instant> at, Now now) {
  return at.has_value() ? std::optional(wall_at(*at, now)) : std::nullopt;
}

}  // namespace

void describe_process(std::string_view instance, Now now, StatusWriter& status) {
  status.add("instance", instance);
  status.add("loop_max_ms", now.loop_longest);
  status.add("written_bytes", now.written_bytes);
}

void describe(const CircuitBreaker& breaker, Now now, StatusWriter& status) {
  using State = CircuitBreaker::State;
  StatusWriter& object = status.in("breaker");
  object.add("state", name_of(breaker.state()));
  object.add("reason", breaker.reason());
  object.add("since", wall_of(breaker.since(), now));
  object.add("next_attempt", wall_of(breaker.next_attempt(), now));
  if (breaker.is_isolated()) object.add("isolated", true);
  object.add("failing_since", wall_of(breaker.failing_since(), now));
  StatusWriter& transitions = object.in("transitions");
  for (const State state : {State::closed, State::open, State::half_open})
    transitions.add(name_of(state), breaker.entries_into(state));
}

void describe(const DiskFigures& disk, StatusWriter& status) {
  StatusWriter& object = status.in("disk");
  if (disk.size_bytes == 0) return;
  object.add("file_bytes", disk.file_bytes);
  object.add("free_bytes", disk.free_bytes);
  object.add("size_bytes", disk.size_bytes);
  object.add("at_risk", disk.risk.empty() ? 0 : 1);
  if (!disk.risk.empty()) object.add("risk", disk.risk);
}

void describe(const LatencyHistogram& latency, StatusWriter& object) {
  StatusWriter& buckets = object.in("le_ms");
  for (std::size_t i = 0; i < LatencyHistogram::bounds_ms.size(); ++i)
    buckets.add(std::to_string(LatencyHistogram::bounds_ms.at(i)), latency.counts().at(i));
  object.add("sum_ms", latency.sum_ms());
  object.add("count", latency.count());
}

}  // namespace sensors
