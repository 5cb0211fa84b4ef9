// Telling decides which episodes are told when: those that begin together as one group, those that end together as
// another, and what goes on again after a while. In quiet hours only what is critical is told, and what must be told
// before it; the rest waits for their end.
// Owned by Logic, on the loop thread. Pure.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "services/sensor-alerts/logic/alert_options.hpp"
#include "services/sensor-alerts/logic/episodes.hpp"
#include "services/sensor-alerts/logic/message.hpp"

namespace sensors::alerts {

/// Episodes that one message on each channel names.
struct Group {
  Message::Kind kind;
  bool for_critical_only = false;   // it was told as a warning: who hears of nothing less has not heard of it
  std::vector<Episode> episodes{};  // by number, as they are once this is told
};

class Telling {
 public:
  /// `options` must outlive this.
  explicit Telling(const AlertOptions& options) : options_(options) {}

  /// What is to be told now, in order; `episodes` has it as told afterwards.
  std::vector<Group> due(Episodes& episodes, Now now);

  std::optional<Instant> wake_at() const;

 private:
  bool is_quiet(Now now) const;
  void add_reminders(Episodes& episodes, bool is_quiet, Now now, std::vector<Group>& groups);

  const AlertOptions& options_;
  std::optional<Instant> tell_at_;              // of the group that waits
  std::map<std::uint64_t, Instant> remind_at_;  // by number of the episode
};

}  // namespace sensors::alerts
