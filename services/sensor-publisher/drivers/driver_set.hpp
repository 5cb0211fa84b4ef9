// DriverSet runs the drivers of a service, each on a thread of its own. Calls from the loop, never blocking but for the
// end.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "common/core/result.hpp"
#include "services/sensor-publisher/drivers/driver_config.hpp"
#include "services/sensor-publisher/drivers/driver_worker.hpp"

namespace sensors {

class DriverSet {
 public:
  /// `driver`: its place among the configurations. Called on the driver's thread, and must only enqueue.
  using Report = std::function<void(std::size_t driver, DriverReport report)>;

  DriverSet() = default;

  /// stop(): all drivers end at once, as each may have a program that wants its grace.
  ~DriverSet() { stop(); }

  DriverSet(const DriverSet&) = delete;
  DriverSet& operator=(const DriverSet&) = delete;

  /// Once, before the first read. The first driver that cannot be made says why.
  Result<void> make(const std::vector<DriverConfig>& configs, const Report& report);

  /// DriverWorker::stop() of all. Never blocks.
  void stop();

  void start_read(std::size_t driver, std::size_t room) { workers_.at(driver)->start_read(room); }
  void finish(std::size_t driver) { workers_.at(driver)->finish(); }

 private:
  std::vector<std::unique_ptr<DriverWorker>> workers_;
};

}  // namespace sensors
