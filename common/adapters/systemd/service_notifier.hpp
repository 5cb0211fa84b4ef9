// ServiceNotifier tells systemd how the service is (sd_notify), and does nothing where there is no systemd. It never
// blocks: what systemd does not take at once is dropped, and said again with the next status or ping. Loop thread.
#pragma once

#include <optional>
#include <string>

#include "common/core/time.hpp"

namespace sensors {

class ServiceNotifier {
 public:
  /// STATUS=, with READY=1 until systemd has taken that once.
  void status(const std::string& text);

  /// EXTEND_TIMEOUT_USEC=: the start may take so much longer, from now on.
  static void starts_within(Millis limit);

  /// WATCHDOG=1.
  void alive();

  /// STOPPING=1.
  void stopping();

  /// How often systemd wants alive(): half of WATCHDOG_USEC. Nothing when there is no watchdog.
  static std::optional<Millis> watchdog_interval();

 private:
  bool ready_ = false;
};

}  // namespace sensors
