#include "services/sensor-publisher/drivers/modbus/modbus_driver.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/runtime/clocks.hpp"

namespace sensors {

namespace {

const char* text_of(ModbusTable table) {
  switch (table) {
    case ModbusTable::holding: return "holding register";
    case ModbusTable::input: return "input register";
    case ModbusTable::coil: return "coil";
    case ModbusTable::discrete: return "discrete input";
  }
  return "";
}

}  // namespace

ModbusDriver::ModbusDriver(ModbusOptions options) : options_(std::move(options)), plan_(options_), bus_(options_) {}

DriverReport ModbusDriver::read(Millis deadline) {
  DriverReport report;
  const Instant until = read_clocks().monotonic + deadline;
  for (const ModbusRequest& request : plan_.round()) {
    const Instant now = read_clocks().monotonic;
    if (plan_.is_resting(request.slave, now)) {
      // Said in each round, as it goes on.
      for (const std::size_t i : request.registers)
        report.no_values.push_back({options_.registers[i].sensor, silences_.at(request.slave)});
      continue;
    }
    if (is_interrupted_) break;
    if (now + (bus_.is_open() ? 1 : 2) * options_.timeout > until) {
      plan_.begin_with(request);
      break;
    }
    if (!bus_.is_open()) {
      if (const Result<void> opened = bus_.open(); !opened.has_value()) {
        report.errors.push_back(opened.error());
        break;
      }
    }
    ask(request, until, report);
  }
  return report;
}

void ModbusDriver::ask(const ModbusRequest& request, Instant until, DriverReport& report) {
  Result<std::vector<std::uint16_t>> words = bus_.ask(request);
  // Many hosts end a connection that was idle for a while: then it is asked over a new one.
  const bool has_time = read_clocks().monotonic + 2 * options_.timeout <= until;
  if (!words.has_value() && words.error().code == ErrorCode::disconnected && has_time && bus_.open().has_value())
    words = bus_.ask(request);
  if (words.has_value()) {
    plan_.answered(request.slave);
    take(request, *words, report);
  } else {
    take_failure(request, words.error(), report);
  }
}

void ModbusDriver::take(const ModbusRequest& request, const std::vector<std::uint16_t>& words,
                        DriverReport& report) const {
  for (const std::size_t i : request.registers) {
    const ModbusRegister& what = options_.registers[i];
    const auto own = std::span(words).subspan(static_cast<std::size_t>(what.address - request.address));
    const double number = modbus_number(what, own);
    if (what.type == ModbusRegister::Type::bit) {
      report.samples.push_back({what.sensor, number != 0, what.unit});
    } else if (std::isfinite(number)) {
      report.add(what.sensor, number * what.scale, what.unit);
    } else {
      report.add(what.sensor,
                 fail(ErrorCode::invalid, name_of(what) + ": is not a number; are data_type and order right?"), {});
    }
  }
}

void ModbusDriver::take_failure(const ModbusRequest& request, const Error& error, DriverReport& report) {
  const bool is_silent = error.code == ErrorCode::timeout || error.code == ErrorCode::disconnected;
  if (is_silent) {
    plan_.silent(request.slave, read_clocks().monotonic);
    const std::string what = error.code == ErrorCode::timeout
                                 ? "does not answer; look at its address, power and wiring"
                                 : "gives no answer, and the connection ends: " + error.message;
    // The same words for all of its registers: it is one trouble.
    silences_[request.slave] = {error.code, fmt::format("{}, slave {} {}. Until it does, it is asked seldom",
                                                        options_.peer(), request.slave, what)};
  } else {
    plan_.answered(request.slave);
  }
  if (error.code == ErrorCode::not_found && request.registers.size() > 1) {
    plan_.split(request);  // the next round says which of them it is
    return;
  }
  for (const std::size_t i : request.registers) {
    const ModbusRegister& what = options_.registers[i];
    report.no_values.push_back(
        {what.sensor, is_silent ? silences_[request.slave] : Error{error.code, name_of(what) + ": " + error.message}});
  }
}

std::string ModbusDriver::name_of(const ModbusRegister& what) const {
  return fmt::format("{}, slave {}, {} {} ({})", options_.peer(), what.slave, text_of(what.table), what.address,
                     what.sensor);
}

}  // namespace sensors
