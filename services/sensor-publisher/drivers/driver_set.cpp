#include "services/sensor-publisher/drivers/driver_set.hpp"

#include <utility>

#include "services/sensor-publisher/drivers/driver_factory.hpp"

namespace sensors {

void DriverSet::stop() {
  for (const auto& worker : workers_) worker->stop();
}

Result<void> DriverSet::make(const std::vector<DriverConfig>& configs, const Report& report) {
  for (const DriverConfig& config : configs) {
    TRY_ASSIGN(std::unique_ptr<Driver> driver, make_driver(config));
    workers_.push_back(std::make_unique<DriverWorker>(
        config.name, std::move(driver), config.deadline,
        [report, place = workers_.size()](DriverReport read) { report(place, std::move(read)); }));
  }
  return {};
}

}  // namespace sensors
