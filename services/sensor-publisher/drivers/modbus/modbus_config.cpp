#include "services/sensor-publisher/drivers/modbus/modbus_config.hpp"

#include <map>

#include "common/core/reading.hpp"
#include "common/core/unit_text.hpp"

namespace sensors {

namespace {

using namespace std::chrono_literals;
using Type = ModbusRegister::Type;

constexpr double largest_number = 1e300;

void read_line(ConfigTable& table, ModbusOptions& options) {
  std::int64_t baud = options.baud;
  table.read("device", options.device);
  table.read("baud", baud, 300, 921'600);
  options.baud = static_cast<int>(baud);
  std::string parity = "even";
  table.read_choice("parity", parity, {"none", "even", "odd"});
  options.parity = parity == "none" ? 'N' : parity == "odd" ? 'O' : 'E';
  table.read("stop_bits", options.stop_bits, 1, 2);
  table.read("host", options.host);
  table.read("port", options.port, 1, 65'535);
  if (options.device.empty() == options.host.empty())
    table.refuse("device",
                 "names a serial line, \"/dev/ttyUSB0\", or 'host' a machine, and one of the two must be there");
}

ModbusRegister read_register(const std::string& sensor, ConfigTable& table, bool is_serial) {
  ModbusRegister one;
  one.sensor = sensor;
  table.read("slave", one.slave, 0, 255);
  const bool is_host_itself = !is_serial && one.slave == 255;
  if (one.slave > 247 && !is_host_itself)
    table.refuse("slave", "is above 247, the highest that there is; over TCP 255 is the host itself");
  std::string kind = "holding";
  table.read_choice("table", kind, {"holding", "input", "coil", "discrete"});
  const std::map<std::string, ModbusTable> tables{{"holding", ModbusTable::holding},
                                                  {"input", ModbusTable::input},
                                                  {"coil", ModbusTable::coil},
                                                  {"discrete", ModbusTable::discrete}};
  one.table = tables.at(kind);
  table.require("address");
  table.read("address", one.address, 0, 65'535);
  std::string type = "u16";
  table.read_choice("data_type", type, {"u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"});
  const std::map<std::string, Type> types{{"u16", Type::u16}, {"i16", Type::i16}, {"u32", Type::u32},
                                          {"i32", Type::i32}, {"u64", Type::u64}, {"i64", Type::i64},
                                          {"f32", Type::f32}, {"f64", Type::f64}};
  one.type = types.at(type);
  const bool is_bit = one.table == ModbusTable::coil || one.table == ModbusTable::discrete;
  if (is_bit && table.has("data_type"))
    table.refuse("data_type", "is for registers: a coil or discrete input is a bit");
  if (is_bit) one.type = Type::bit;
  table.read_choice("order", one.order, {"ABCD", "CDAB", "BADC", "DCBA"});
  table.read("scale", one.scale, -largest_number, largest_number);
  if (one.scale == 0) table.refuse("scale", "is 0: all readings would be alike");
  table.read("unit", one.unit);
  one.unit = ucum_unit(one.unit);
  if (!is_unit(one.unit)) table.refuse("unit", "is not a UCUM code, at most 32 printable characters without spaces");
  if (one.address + one.length() > 65'536) table.refuse("address", "is so high that the number has no room behind it");
  return one;
}

}  // namespace

ModbusOptions read_modbus(ConfigTable& table, Millis deadline) {
  ModbusOptions options;
  read_line(table, options);
  table.read("timeout", options.timeout, 10ms, 1min);
  if (options.timeout > deadline / 4)
    table.refuse("timeout", "is more than a quarter of 'deadline': a round connects and asks within it");
  table.read("silence_first", options.silence_first, 1s, 24h);
  table.read("silence_longest", options.silence_longest, 1s, 24h);
  if (options.silence_longest < options.silence_first) table.refuse("silence_longest", "is less than silence_first");
  for (auto& [sensor, register_table] : table.named_tables("register")) {
    if (!is_name(sensor))
      table.refuse("register", "'" + sensor + "' is not a sensor name, 1 to 64 of A-Z a-z 0-9 _ . -");
    options.registers.push_back(read_register(sensor, register_table, options.is_serial()));
  }
  if (options.registers.empty())
    table.refuse("register", "there is none: add [driver.NAME.register.\"SENSOR\"] and below it its address");
  return options;
}

}  // namespace sensors
