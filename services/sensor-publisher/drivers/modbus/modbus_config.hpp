// Reads the keys of a driver of type "modbus"; mistakes are collected in the table's file.
#pragma once

#include "common/runtime/config_file.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_options.hpp"

namespace sensors {

/// `deadline`: of a round.
ModbusOptions read_modbus(ConfigTable& table, Millis deadline);

}  // namespace sensors
