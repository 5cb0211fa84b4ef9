#include "services/sensor-publisher/logic/boot_clock.hpp"

namespace sensors::publisher {

BootClock::Change BootClock::update(Now now) {
  if (synced_ == now.clock_synced) return Change::none;
  const bool was_unsynced = synced_ == false;
  synced_ = now.clock_synced;
  const WallTime began = now.wall - uptime_at(now.monotonic);
  if (!now.clock_synced) {
    doubted_ = began;
    return Change::unsynced;
  }
  correction_ = was_unsynced ? began - doubted_ : Millis{0};
  boot_time_ = BootTime{boot_, began};
  return Change::synced;
}

}  // namespace sensors::publisher
