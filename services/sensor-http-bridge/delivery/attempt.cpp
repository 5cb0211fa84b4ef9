#include "services/sensor-http-bridge/delivery/attempt.hpp"

#include <algorithm>

namespace sensors::bridge {

Attempted unreadable(std::uint64_t id, const Error& why) {
  Attempted attempted;
  attempted.id = id;
  attempted.verdict.outcome = Outcome::unreadable;
  attempted.verdict.reason = why.message;
  return attempted;
}

std::size_t rejected_gaps(std::span<const RejectedRow> rejected, Sent sent) {
  const std::span<const RowName> gaps = sent.names.subspan(std::min(sent.readings, sent.names.size()));
  return static_cast<std::size_t>(std::count_if(rejected.begin(), rejected.end(), [&](const RejectedRow& each) {
    return std::find(gaps.begin(), gaps.end(), each.row) != gaps.end();
  }));
}

}  // namespace sensors::bridge
