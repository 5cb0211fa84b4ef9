// LogThrottle turns what goes wrong again and again, such as malformed messages, into a few log lines for each kind,
// with the number of those left out. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/rate_limit.hpp"
#include "common/core/service_events.hpp"

namespace sensors {

class LogThrottle {
 public:
  static constexpr Millis default_pause{10'000};

  /// `burst` lines of a kind at once, 1 or more, and one for each `pause` after that.
  explicit LogThrottle(int burst = 1, Millis pause = default_pause) : burst_(burst), pause_(pause) {}

  /// "KIND: TEXT" as a line to log, if it is time for one. `kind` is a fixed text or a name from the configuration, so
  /// that the kinds are bounded.
  std::optional<LogLine> add(LogLevel level, std::string_view kind, const std::string& text, Instant now);

 private:
  int burst_;
  Millis pause_;
  std::map<std::string, RateLimit, std::less<>> kinds_;
};

}  // namespace sensors
