// ModbusPlan decides what is asked in a round: registers that adjoin in one request, and slaves that gave no answer
// seldom, so that they cost the others nothing. Pure; it makes values of what came, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_options.hpp"

namespace sensors {

/// One request: `count` registers, or bits, from `address` on.
struct ModbusRequest {
  int slave;
  ModbusTable table;
  int address;
  int count;
  std::vector<std::size_t> registers;  // indices into the options' registers, by address
};

/// The value of `what` in `words`, which begin with its own; a bit is 0 or 1. Not calibrated. May be NaN.
double modbus_number(const ModbusRegister& what, std::span<const std::uint16_t> words);

class ModbusPlan {
 public:
  /// The most that one request may ask for, by the specification. On a line it is as much as arrives in half of the
  /// timeout, at 11 bits a byte: 106 registers at 9,600 baud and 500 ms.
  static constexpr int most_registers = 125;
  static constexpr int most_bits = 2'000;

  explicit ModbusPlan(const ModbusOptions& options);

  /// All requests. It begins with what the round before had no time for.
  std::vector<ModbusRequest> round() const;

  /// It gave values, or a refusal.
  void answered(int slave) { rests_.erase(slave); }

  /// No answer came: the slave rests, and is asked nothing.
  void silent(int slave, Instant now);

  bool is_resting(int slave, Instant now) const;

  /// The slave has no such address in the middle of what was asked together: from now on each register alone.
  void split(const ModbusRequest& request);

  /// There was no time for it: the next round begins with it.
  void begin_with(const ModbusRequest& request);

 private:
  struct Rest {
    Millis length;
    Instant until;
  };

  ModbusOptions options_;
  std::vector<ModbusRequest> requests_;
  std::size_t first_ = 0;      // of requests_, in the next round
  std::map<int, Rest> rests_;  // of slaves that gave no answer last
};

}  // namespace sensors
