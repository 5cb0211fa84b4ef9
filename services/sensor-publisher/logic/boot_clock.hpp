// BootClock knows when this boot began, once the wall clock is right: a reading taken before gets its time from its
// uptime. Part of the publisher's Logic. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/codec/status_writer.hpp"
#include "common/core/reading.hpp"

namespace sensors::publisher {

class BootClock {
 public:
  enum class Change { none, synced, unsynced };

  /// `boot`: the id of this boot; empty in tests that have no clock for their subject.
  explicit BootClock(std::string boot) : boot_(std::move(boot)) {}

  /// Takes note of the time; the first call is always a change.
  Change update(Now now);

  /// Whether update() was ever called.
  bool is_read() const { return synced_.has_value(); }

  bool is_synced() const { return synced_.value_or(false); }

  /// When this boot began, by the clock when it was last found to be right; nothing before.
  const std::optional<BootTime>& boot_time() const { return boot_time_; }

  /// How much later it was, when the clock was found to be right, than the clock had shown when it was first in doubt.
  Millis correction() const { return correction_; }

  void describe(StatusWriter& status) const { status.in("clock").add("synced", is_synced()); }

 private:
  std::string boot_;
  std::optional<bool> synced_;
  std::optional<BootTime> boot_time_;
  WallTime doubted_{};  // the boot's beginning by the clock as it was when it was first in doubt
  Millis correction_{0};
};

}  // namespace sensors::publisher
