#include "services/sensor-publisher/drivers/driver_factory.hpp"

#include <utility>

#include "common/runtime/event_loop.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_driver.hpp"
#include "services/sensor-publisher/drivers/patience.hpp"

namespace sensors {

namespace {

/// Another driver, to which everything is passed on; those that change its reports derive from it.
class DriverAround : public Driver {
 public:
  explicit DriverAround(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}

  DriverReport read(Millis deadline) override { return driver_->read(deadline); }
  void allow(std::size_t samples) override { driver_->allow(samples); }
  void finish() override { driver_->finish(); }
  void interrupt() override { driver_->interrupt(); }

 private:
  std::unique_ptr<Driver> driver_;
};

/// Puts the prefix of the configuration on the sensors of another driver.
class PrefixedDriver : public DriverAround {
 public:
  PrefixedDriver(const std::string& prefix, std::unique_ptr<Driver> driver)
      : DriverAround(std::move(driver)), prefix_(prefix + ".") {}

  DriverReport read(Millis deadline) override {
    DriverReport report = DriverAround::read(deadline);
    for (Sample& sample : report.samples) sample.sensor.insert(0, prefix_);
    return report;
  }

 private:
  std::string prefix_;
};

/// Has patience with the channels of another driver.
class PatientDriver : public DriverAround {
 public:
  PatientDriver(Millis patience, std::unique_ptr<Driver> driver)
      : DriverAround(std::move(driver)), patience_(patience) {}

  DriverReport read(Millis deadline) override {
    DriverReport report = DriverAround::read(deadline);
    patience_.sift(report, read_clocks().monotonic);
    return report;
  }

 private:
  Patience patience_;
};

struct Make {
  Result<std::unique_ptr<Driver>> operator()(const HostOptions& options) const {
    return std::make_unique<HostDriver>(options);
  }
  Result<std::unique_ptr<Driver>> operator()(const IioOptions& options) const {
    return std::make_unique<IioDriver>(options);
  }
  Result<std::unique_ptr<Driver>> operator()(const HwmonOptions& options) const {
    return std::make_unique<HwmonDriver>(options);
  }
  Result<std::unique_ptr<Driver>> operator()(const OneWireOptions& options) const {
    return std::make_unique<OneWireDriver>(options);
  }
  Result<std::unique_ptr<Driver>> operator()(const CommandOptions& options) const {
    return std::make_unique<CommandDriver>(options);
  }
  Result<std::unique_ptr<Driver>> operator()(const ModbusOptions& options) const {
    return std::make_unique<ModbusDriver>(options);
  }
  Result<std::unique_ptr<Driver>> operator()(const ReplayOptions& options) const {
    TRY_ASSIGN(std::unique_ptr<ReplayDriver> driver, ReplayDriver::open(options));
    return std::unique_ptr<Driver>(std::move(driver));
  }
};

}  // namespace

Result<std::unique_ptr<Driver>> make_driver(const DriverConfig& config) {
  Result<std::unique_ptr<Driver>> driver = std::visit(Make{}, config.options);
  if (!driver.has_value()) return fail(driver.error().code, "driver " + config.name + ": " + driver.error().message);
  *driver = std::make_unique<PatientDriver>(config.patience, std::move(*driver));
  if (config.prefix.empty()) return driver;
  return std::make_unique<PrefixedDriver>(config.prefix, std::move(*driver));
}

}  // namespace sensors
