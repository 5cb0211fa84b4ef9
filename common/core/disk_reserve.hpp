// DiskReserve decides when the reserve file beside a database is given up and when it is made again: it goes as soon as
// the disk is full, so that deletions and the write-ahead log find room, and comes back when the disk has had room for
// a while. Owned by a Logic. Pure.
#pragma once

#include <optional>

#include "common/core/time.hpp"

namespace sensors {

class DiskReserve {
 public:
  enum class Action { none, release, restore };

  /// `wanted`: whether there is to be a reserve at all.
  explicit DiskReserve(bool wanted) : wanted_(wanted) {}

  /// A write found the disk full.
  void disk_full(Instant now) {
    full_ = true;
    restore_at_ = now + quiet_time;
  }

  /// A write succeeded.
  void written() { full_ = false; }

  /// What the last attempt left; a restore that failed is tried again later.
  void is_held(bool held, Instant now) {
    if (!held && restore_at_.value_or(now) <= now) restore_at_ = now + quiet_time;
    held_ = held;
  }

  /// What is to be done with the next write.
  Action next(Instant now) const {
    if (!wanted_) return Action::none;
    if (full_) return held_ ? Action::release : Action::none;
    return held_ || now < restore_at_.value_or(now) ? Action::none : Action::restore;
  }

  bool held() const { return held_; }

 private:
  static constexpr Millis quiet_time{60'000};

  bool wanted_;
  bool held_ = false;
  bool full_ = false;
  std::optional<Instant> restore_at_;  // not before; nothing: at once
};

}  // namespace sensors
