#include "services/sensor-publisher/drivers/driver_factory.hpp"

#include <utility>

namespace sensors {

namespace {

Error named(const std::string& driver, Error error) {
  error.message.insert(0, "driver " + driver + ": ");
  return error;
}

/// Puts the names of the configuration on what another driver reads.
class NamedDriver : public Driver {
 public:
  NamedDriver(const DriverConfig& config, std::unique_ptr<Driver> driver)
      : name_(config.name), prefix_(config.prefix), driver_(std::move(driver)) {}

  DriverReport read(Millis deadline) override {
    DriverReport report = driver_->read(deadline);
    for (Error& error : report.errors) error = named(name_, std::move(error));
    if (prefix_.empty()) return report;
    for (Sample& sample : report.samples) sample.sensor.insert(0, prefix_ + ".");
    return report;
  }

  void interrupt() override { driver_->interrupt(); }

 private:
  std::string name_;
  std::string prefix_;
  std::unique_ptr<Driver> driver_;
};

struct Make {
  Result<std::unique_ptr<Driver>> operator()(const HostOptions& options) const { return std::make_unique<HostDriver>(options); }
  Result<std::unique_ptr<Driver>> operator()(const IioOptions& options) const { return std::make_unique<IioDriver>(options); }
  Result<std::unique_ptr<Driver>> operator()(const HwmonOptions& options) const { return std::make_unique<HwmonDriver>(options); }
  Result<std::unique_ptr<Driver>> operator()(const OneWireOptions& options) const { return std::make_unique<OneWireDriver>(options); }
  Result<std::unique_ptr<Driver>> operator()(const CommandOptions& options) const { return std::make_unique<CommandDriver>(options); }
  Result<std::unique_ptr<Driver>> operator()(const ReplayOptions& options) const {
    Result<std::unique_ptr<ReplayDriver>> driver = ReplayDriver::open(options);
    if (!driver.has_value()) return tl::unexpected(driver.error());
    return std::unique_ptr<Driver>(std::move(*driver));
  }
};

}  // namespace

Result<std::unique_ptr<Driver>> make_driver(const DriverConfig& config) {
  Result<std::unique_ptr<Driver>> driver = std::visit(Make{}, config.options);
  if (!driver.has_value()) return tl::unexpected(named(config.name, driver.error()));
  return std::make_unique<NamedDriver>(config, std::move(*driver));
}

}  // namespace sensors
