#include "common/adapters/systemd/service_notifier.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>

namespace sensors {

// Failures to notify are not looked at: without systemd there is nobody to tell, and with it the watchdog acts.

void ServiceNotifier::status(const std::string& text) {
  std::string message = "STATUS=" + text;
  // A line end would start another assignment of sd_notify(3).
  std::replace_if(
      message.begin(), message.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  if (!ready_) message = "READY=1\n" + message;
  ready_ = true;
  sd_notify(0, message.c_str());
}

void ServiceNotifier::alive() { sd_notify(0, "WATCHDOG=1"); }

void ServiceNotifier::stopping() { sd_notify(0, "STOPPING=1"); }

std::optional<Millis> ServiceNotifier::watchdog_interval() {
  std::uint64_t limit_us = 0;
  if (sd_watchdog_enabled(0, &limit_us) <= 0) return std::nullopt;
  const auto half = std::chrono::duration_cast<Millis>(std::chrono::microseconds(limit_us / 2));
  return std::max(half, Millis{1});
}

}  // namespace sensors
