// ModbusDriver reads registers of the slaves on one Modbus, RTU or TCP, as ModbusPlan has them. On its DriverWorker's
// thread.
#pragma once

#include <atomic>

#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_bus.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_options.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_plan.hpp"

namespace sensors {

class ModbusDriver : public Driver {
 public:
  explicit ModbusDriver(ModbusOptions options);

  /// One round. What there is no time for within `deadline` begins the next one.
  DriverReport read(Millis deadline) override;

  /// Nothing else is asked; the request under way has its timeout.
  void interrupt() override { is_interrupted_ = true; }

 private:
  void ask(const ModbusRequest& request, Instant until, DriverReport& report);
  void take(const ModbusRequest& request, const std::vector<std::uint16_t>& words, DriverReport& report) const;
  void take_failure(const ModbusRequest& request, const Error& error, DriverReport& report);
  std::string name_of(const ModbusRegister& what) const;

  ModbusOptions options_;
  ModbusPlan plan_;
  ModbusBus bus_;
  std::map<int, Error> silences_;  // of slaves that rest
  std::atomic<bool> is_interrupted_ = false;
};

}  // namespace sensors
