#include "common/runtime/local_time.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

namespace sensors {

namespace {

/// How far the machine's zone is ahead of UTC at `time`.
std::optional<std::chrono::seconds> zone_offset(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  const auto as_time = static_cast<std::time_t>(seconds);
  std::tm local{};
  if (as_time != seconds || ::localtime_r(&as_time, &local) == nullptr) return std::nullopt;
  return std::chrono::seconds{local.tm_gmtoff};
}

}  // namespace

Millis local_offset(WallTime time) { return zone_offset(time).value_or(std::chrono::seconds{0}); }

std::vector<WallTime> moments_of_local(WallTime shown) {
  std::vector<WallTime> moments;
  for (const std::chrono::hours away :
       {std::chrono::hours{-24}, std::chrono::hours{24}}) {  // before and after a change
    const std::optional<std::chrono::seconds> offset = zone_offset(shown + away);
    if (!offset.has_value()) continue;
    const WallTime moment = shown - *offset;
    const bool shows_it = zone_offset(moment) == offset;
    if (shows_it && std::find(moments.begin(), moments.end(), moment) == moments.end()) moments.push_back(moment);
  }
  std::sort(moments.begin(), moments.end());
  return moments;
}

}  // namespace sensors
