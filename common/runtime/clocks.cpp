#include "common/runtime/clocks.hpp"

#include <sys/timex.h>

#include <atomic>
#include <chrono>
#include <fstream>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

using SteadyClock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

static_assert(SteadyClock::period::den == Instant::period::den, "both count nanoseconds");

constexpr std::chrono::seconds ask_kernel_every{1};

std::atomic<ClockTrust> clock_trust{ClockTrust::always};
std::atomic<Instant::rep> ask_kernel_at{0};
std::atomic<bool> kernel_says_synced{false};

/// False also where the call is forbidden, as by systemd's ProtectClock=: nobody vouches for the clock then.
bool ask_kernel() {
  timex state{};
  return ::adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

bool is_synced(Instant now) {
  if (clock_trust == ClockTrust::always) return true;
  const Instant::rep at = now.time_since_epoch().count();
  if (at >= ask_kernel_at) {
    ask_kernel_at = at + Instant::duration(ask_kernel_every).count();
    kernel_says_synced = ask_kernel();
  }
  return kernel_says_synced;
}

}  // namespace

Now read_clocks() {
  const Instant monotonic(SteadyClock::now().time_since_epoch());
  // The kernel is asked first: a clock that is set between the two is then right without being believed, not the
  // reverse.
  const bool synced = is_synced(monotonic);
  return Now{monotonic, std::chrono::floor<Millis>(std::chrono::system_clock::now()), synced};
}

void trust_clock(ClockTrust trust) { clock_trust = trust; }

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return is_name(id) ? id : std::string();
}

}  // namespace sensors
