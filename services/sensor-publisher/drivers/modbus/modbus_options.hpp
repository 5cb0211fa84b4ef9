// What the configuration says of a Modbus: how it is reached, and which registers are sensors. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/time.hpp"

namespace sensors {

enum class ModbusTable { holding, input, coil, discrete };

struct ModbusRegister {
  /// u16, i16, u32, i32, u64, i64, f32 or f64; of a coil and a discrete input always a bit.
  enum class Type { u16, i16, u32, i32, u64, i64, f32, f64, bit };

  std::string sensor;
  int slave = 1;  // 0 .. 247; over TCP 255 is the host itself
  ModbusTable table = ModbusTable::holding;
  int address = 0;  // as it is sent, from 0
  Type type = Type::u16;

  /// Of the bytes of a 32-bit number, A the highest: "ABCD", "CDAB" (the lower word first), "BADC", "DCBA". The same
  /// of 64 bits, and of a word alone as far as it can be.
  std::string order = "ABCD";

  double scale = 1;
  std::string unit;

  /// Registers, or bits, that it takes.
  int length() const {
    switch (type) {
      case Type::u16:
      case Type::i16:
      case Type::bit: return 1;
      case Type::u32:
      case Type::i32:
      case Type::f32: return 2;
      case Type::u64:
      case Type::i64:
      case Type::f64: return 4;
    }
    return 1;
  }
};

struct ModbusOptions {
  /// A serial line (RTU), or empty for TCP.
  std::string device;
  int baud = 9'600;
  char parity = 'E';  // N, E, O
  int stop_bits = 1;

  /// TCP.
  std::string host;
  int port = 502;

  /// For each answer, and for a connection.
  Millis timeout{500};

  /// A slave that gave no answer is asked again after this, doubling to the longest.
  Millis silence_first{10'000};
  Millis silence_longest{5 * 60'000};

  std::vector<ModbusRegister> registers;

  /// Of the driver, for messages.
  std::string name = {};

  bool is_serial() const { return !device.empty(); }
  std::string peer() const { return is_serial() ? device : host + ":" + std::to_string(port); }
};

}  // namespace sensors
