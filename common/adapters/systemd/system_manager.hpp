// SystemManager asks systemd about units and has it restart them, over D-Bus (org.freedesktop.systemd1(5)). Every call
// blocks, for at most its deadline. One thread.
#pragma once

#include <memory>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "common/core/unit_state.hpp"

struct sd_bus;

namespace sensors {

class SystemManager {
 public:
  /// Over systemd's own socket, which root may use and which needs no bus; else over the system bus. `deadline` is for
  /// each call from now on. not_found where there is no systemd, permission, io.
  static Result<SystemManager> connect(Millis deadline);

  /// What systemd knows of `name`, such as "sensor-publisher.service"; load_state "not-found" when it knows nothing.
  /// timeout, permission, io.
  Result<UnitState> unit(const std::string& name);

  /// Starts or restarts `name`, as `systemctl restart --no-block` does: returns once systemd has taken it up. timeout,
  /// permission, io.
  Result<void> restart(const std::string& name);

  /// Shuts all units down in order and restarts the machine.
  Result<void> reboot();

 private:
  struct Close {
    void operator()(sd_bus* bus) const;
  };
  explicit SystemManager(sd_bus* bus) : bus_(bus) {}
  Result<void> start_job(const char* method, const std::string& unit, const char* mode);

  std::unique_ptr<sd_bus, Close> bus_;
};

}  // namespace sensors
