#include "tests/simulation/machine_clock.hpp"

#include <fmt/format.h>

namespace sensors::simulation {

namespace {

constexpr Millis boots_least{5'000};
constexpr Millis boots_most{60'000};
constexpr Millis year{std::int64_t{365} * 24 * 3'600'000};

}  // namespace

MachineClock::MachineClock(World& world) : world_(world), boot_(world.random.id()) {
  has_battery_ = world.random.chance(0.3);
  if (world.random.chance(0.5)) reboot();
}

void MachineClock::reboot() {
  boot_ = world_.random.id();
  since_zero_ = world_.scheduler.now() - Instant{} - world_.random.between(boots_least, boots_most);
  if (has_battery_) {
    error_ += world_.random.between(Millis{0}, Millis{4'000}) - Millis{2'000};
  } else if (world_.random.chance(0.5)) {
    error_ = -(world_.wall() - WallTime{});
  } else {
    error_ -= world_.random.of_any_size(Millis{1'000}, year);
  }
  if (!is_sane(error_)) error_ = Millis{0};
  doubt();
}

void MachineClock::step(Millis by, bool is_vouched_for) {
  if (!is_sane(error_ + by)) by = -by;
  if (!is_sane(error_ + by)) return;
  error_ += by;
  if (!is_vouched_for) doubt();
}

/// Most find a time server soon, some after hours, a few when all is healed.
void MachineClock::doubt() {
  is_synced_ = false;
  const std::uint64_t doubt = ++doubts_;
  if (world_.random.chance(0.05)) return;
  world_.after(world_.random.of_any_size(Millis{1'000}, Millis{6 * 3'600'000}), [this, doubt] {
    if (doubt == doubts_ && !is_synced_) synchronise();
  });
}

void MachineClock::synchronise() {
  world_.note("boot " + boot_, fmt::format("its clock is set: it was off by {} ms", error_.count()));
  error_ = Millis{0};
  is_synced_ = true;
}

/// What the wall clock of a machine can show at all, and times that readings may have.
bool MachineClock::is_sane(Millis error) const {
  const WallTime shown = world_.wall() + error;
  return shown >= WallTime{} && shown < WallTime{year * 200};
}

}  // namespace sensors::simulation
