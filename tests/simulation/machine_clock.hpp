// MachineClock is the two clocks of one machine: the monotonic one begins with each boot, and the wall clock may be
// wrong until somebody tells the machine the time. Then it steps, and the kernel vouches for it.
#pragma once

#include <string>

#include "tests/simulation/world.hpp"

namespace sensors::simulation {

class MachineClock {
 public:
  /// Half of all machines have run for a while when the simulation begins; the others boot then.
  explicit MachineClock(World& world);

  /// What a service on this machine is told.
  Now now() const { return {world_.scheduler.now() - since_zero_, world_.wall() + error_, is_synced_}; }

  /// When it is `own` by the monotonic clock of this machine.
  Instant in_world(Instant own) const { return own + since_zero_; }

  /// Of this boot; random.
  const std::string& boot() const { return boot_; }

  /// The power returns. Without a battery the wall clock is where it was last written down, or at its beginning.
  void reboot();

  /// Somebody sets it. The kernel goes on to vouch for it, or does not until it is told the time.
  void step(Millis by, bool is_vouched_for);

  /// The time is known from now on.
  void synchronise();

 private:
  void doubt();
  bool is_sane(Millis error) const;

  World& world_;
  std::string boot_;
  Instant::duration since_zero_{0};  // what the monotonic clock is behind the world's
  Millis error_{0};                  // of the wall clock
  bool is_synced_ = true;
  bool has_battery_ = true;
  std::uint64_t doubts_ = 0;
};

}  // namespace sensors::simulation
