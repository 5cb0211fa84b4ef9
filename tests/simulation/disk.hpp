// Disk is how a disk behaves under a database: how long a transaction takes, and what goes wrong. What is on it is kept
// by OutboxModel and StoreModel.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

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

  /// The file is deleted beneath its service, if that has it open.
  void lose_name() {
    if (!is_open_) return;
    world_.note(name_, "is deleted");
    has_name_ = false;
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

  /// Why a write fails now. What is written into a file without a name is in it, and it is told as an error.
  std::optional<Error> failure() const {
    if (world_.scheduler.now() < fails_until_) return Error{code_, name_ + ": " + sensors::name_of(code_)};
    if (!has_name_) return Error{ErrorCode::io, name_ + ": was deleted"};
    return std::nullopt;
  }

  bool has_name() const { return has_name_; }

  /// The service opens the file anew. What it has open without a name is copied into one of that name.
  std::optional<Error> opens() {
    const bool had_name = std::exchange(has_name_, true);
    std::optional<Error> failure = this->failure();
    if (failure.has_value()) has_name_ = had_name;
    is_open_ = !failure.has_value() || !had_name;
    return failure;
  }

  /// Whether the file is there after an end of the service, which copies it when the end is an orderly one.
  bool remains(bool in_order) {
    if (!has_name_ && in_order) static_cast<void>(opens());
    is_open_ = false;
    return std::exchange(has_name_, true);
  }

  const std::string& name() const { return name_; }

 private:
  World& world_;
  std::string name_;
  bool has_name_ = true;
  bool is_open_ = false;
  ErrorCode code_ = ErrorCode::disk_full;
  Instant fails_until_{};
  Instant stalled_until_{};
};

}  // namespace sensors::simulation
