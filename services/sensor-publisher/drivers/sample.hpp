// Sample is one value on its way from a driver to the outbox: not checked yet, and perhaps not stamped. Plain value.
#pragma once

#include <optional>
#include <string>

#include "common/core/reading.hpp"

namespace sensors {

/// One value as a driver read it. `time` absent: the reading is stamped when the driver returns. `uptime`: when it was
/// stamped by us, and our clock was not synchronised; a time that came with the value is never doubted.
struct Sample {
  std::string sensor;
  Value value;
  std::string unit;
  std::optional<WallTime> time = std::nullopt;
  std::optional<Millis> uptime = std::nullopt;
};

}  // namespace sensors
