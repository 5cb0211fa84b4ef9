// Liveness decides whether a service makes progress: the watchdog is fed only while no obligation is overdue.
// An obligation exists while work is outstanding somewhere else: a commit at the worker, a driver read.
// Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/core/time.hpp"

namespace sensors {

class Liveness {
 public:
  /// Work named `name` is outstanding and must end by `deadline`. Replaces one of the same name.
  void begin(const std::string& name, Instant deadline) { deadlines_[name] = deadline; }

  void end(const std::string& name) { deadlines_.erase(name); }

  bool has(const std::string& name) const { return deadlines_.contains(name); }

  /// Name of the obligation that is overdue at `now`, the one overdue longest first; nothing when all is well.
  std::optional<std::string> overdue(Instant now) const {
    std::optional<std::string> worst;
    Instant earliest = now;
    for (const auto& [name, deadline] : deadlines_) {
      if (deadline < earliest) {
        earliest = deadline;
        worst = name;
      }
    }
    return worst;
  }

 private:
  std::map<std::string, Instant> deadlines_;
};

}  // namespace sensors
