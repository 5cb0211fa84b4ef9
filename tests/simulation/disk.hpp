// Disk is how a disk behaves under a database: how long a transaction takes, and what goes wrong. What is on it is kept
// by OutboxModel and StoreModel.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "common/core/result.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

class Disk {
 public:
  Disk(World& world, std::string name) : world_(world), name_(std::move(name)) {}

  // ---- faults ----

  /// Every write fails so: disk_full, io or read_only.
  void fail_for(ErrorCode code, Millis time) {
    world_.note(name_, std::string("every write fails for ") + std::to_string(time.count() / 1'000) +
                           " s: " + sensors::name_of(code));
    code_ = code;
    fails_until_ = world_.scheduler.now() + time;
  }

  /// Nothing on it ends for so long; what was begun ends then.
  void stall(Millis time) {
    world_.note(name_, "stands still for " + std::to_string(time.count()) + " ms");
    stalled_until_ = std::max(stalled_until_, world_.scheduler.now() + time);
  }

  void heal() { fails_until_ = stalled_until_ = Instant{}; }

  // ---- for the models ----

  /// When a transaction that is begun now ends, if no stall comes meanwhile.
  Instant end_of_operation() {
    const Millis took = world_.random.chance(0.02) ? world_.random.of_any_size(Millis{20}, Millis{2'000})
                                                   : world_.random.between(Millis{0}, Millis{8});
    return std::max(world_.scheduler.now(), stalled_until_) + took;
  }

  /// Not before this: a stall.
  Instant stalled_until() const { return stalled_until_; }

  /// Why a write fails now.
  std::optional<Error> failure() const {
    if (world_.scheduler.now() >= fails_until_) return std::nullopt;
    return Error{code_, name_ + ": " + sensors::name_of(code_)};
  }

  const std::string& name() const { return name_; }

 private:
  World& world_;
  std::string name_;
  ErrorCode code_ = ErrorCode::disk_full;
  Instant fails_until_{};
  Instant stalled_until_{};
};

}  // namespace sensors::simulation
