// ModbusBus asks one request after the other over a serial line or TCP, through libmodbus. It decides nothing. One
// thread. Each call blocks for the timeout at most, open() for as long for each address that the host has, and for the
// name server.
#pragma once

#include <memory>
#include <vector>

#include "common/core/result.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_options.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_plan.hpp"

namespace sensors {

class ModbusBus {
 public:
  explicit ModbusBus(const ModbusOptions& options);
  ~ModbusBus();
  ModbusBus(const ModbusBus&) = delete;
  ModbusBus& operator=(const ModbusBus&) = delete;

  bool is_open() const { return context_ != nullptr; }

  /// Opens the line, or connects. Errors: invalid (settings that cannot be), or unreachable, with the reason.
  Result<void> open();

  /// What the registers have, once it is open; of bits 0 or 1. Errors: timeout, also of a gateway that heard nothing;
  /// not_found (the slave has no such address), invalid (it refuses for good) or io (it cannot now); corrupt (an answer
  /// that cannot be believed); disconnected. It is closed behind
  /// what may be out of step.
  Result<std::vector<std::uint16_t>> ask(const ModbusRequest& request);

 private:
  struct Close {
    void operator()(void* context) const;
  };
  ModbusOptions options_;
  std::unique_ptr<void, Close> context_;  // a modbus_t
};

}  // namespace sensors
