// Complaints turns what goes wrong again and again, such as malformed messages, into one log line for each kind and
// 10 s, with the number of those left out. Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/service_events.hpp"

namespace sensors::persistence {

class Complaints {
 public:
  static constexpr Millis pause{10'000};

  /// The line to log, if it is time for one. `kind` is a fixed text of ours, so that the kinds are bounded.
  std::optional<LogLine> add(std::string_view kind, const std::string& text, Instant now);

 private:
  struct Kind {
    Instant quiet_until{};
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace sensors::persistence
