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

  /// `wanted`: whether there is to be a reserve at all. A reserve that was given up is made again `quiet_time` after
  /// the disk was last full, and tried again after as long.
  explicit DiskReserve(bool wanted, Millis quiet_time = Millis{60'000}) : wanted_(wanted), quiet_time_(quiet_time) {}

  /// A write found the disk full.
  void disk_full(Instant now) {
    full_ = true;
    restore_at_ = now + quiet_time_;
  }

  /// A write succeeded.
  void written() { full_ = false; }

  /// What the last attempt left; a restore that failed is tried again later.
  void is_held(bool held, Instant now) {
    if (!held && restore_at_.value_or(now) <= now) restore_at_ = now + quiet_time_;
    is_spent_ = !held && (held_ || is_spent_);
    held_ = held;
  }

  /// What is to be done with the next write.
  Action next(Instant now) const {
    if (!wanted_) return Action::none;
    if (full_) return held_ ? Action::release : Action::none;
    return held_ || now < restore_at_.value_or(now) ? Action::none : Action::restore;
  }

  bool held() const { return held_; }

  /// It was given up, and could not be made again yet: what room the disk has is for deletions.
  bool is_spent() const { return is_spent_; }

  /// When a spent reserve is to be made again.
  std::optional<Instant> due_at() const { return is_spent_ && !full_ ? restore_at_ : std::nullopt; }

 private:
  bool wanted_;
  Millis quiet_time_;
  bool held_ = false;
  bool is_spent_ = false;
  bool full_ = false;
  std::optional<Instant> restore_at_;  // not before; nothing: at once
};

}  // namespace sensors
