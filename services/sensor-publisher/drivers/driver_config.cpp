#include "services/sensor-publisher/drivers/driver_config.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "common/core/secret_name.hpp"
#include "common/core/unit_text.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_config.hpp"

namespace sensors {

namespace {

using namespace std::chrono_literals;

constexpr double widest = 1e300;

/// A list of "name=value".
void read_pairs(ConfigTable& table, const std::string& key, std::map<std::string, std::string>& target) {
  std::vector<std::string> pairs;
  table.read(key, pairs);
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      table.refuse(key, "'" + quotable(pair) + "' is not of the form \"name=value\"");
    } else {
      const bool is_new = target.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second;
      if (!is_new) table.refuse(key, "'" + pair.substr(0, equals) + "' is there twice");
    }
  }
}

void read_calibration(ConfigTable& table, Calibration& calibration) {
  std::vector<std::pair<double, double>> points;
  table.read("points", points, -widest, widest);
  table.read("scale", calibration.scale, -widest, widest);
  table.read("offset", calibration.offset, -widest, widest);
  if (calibration.scale == 0) table.refuse("scale", "is 0: all readings would be alike");
  if (points.empty()) return;
  if (table.has("scale") || table.has("offset")) table.refuse("points", "stands beside scale or offset: take one way");
  if (points.size() < 2)
    table.refuse("points", "must be two at least, [[0.3, 0], [99.1, 100]]: what it reads, what is");
  for (const auto& [raw, value] : points) {
    if (!calibration.points.empty() && raw <= calibration.points.back().raw)
      table.refuse("points", "must ascend: what it reads in a point is more than in the one before");
    calibration.points.push_back({raw, value});
  }
}

SensorOptions read_sensor_options(const std::string& name, ConfigTable table) {
  SensorOptions options;
  table.read("unit", options.unit);
  if (options.unit.has_value()) {
    options.unit = ucum_unit(*options.unit);
    if (!is_unit(*options.unit))
      table.refuse("unit", "is not a UCUM code, at most 32 printable characters without spaces");
  }
  read_calibration(table, options.calibration);
  table.read("raw", options.keeps_raw);
  if (options.keeps_raw && !is_name(name + raw_suffix))
    table.refuse("raw", "'" + name + raw_suffix + "' would be a sensor's name, and is longer than 64");
  table.read("min", options.min, -widest, widest);
  table.read("max", options.max, -widest, widest);
  if (options.min.has_value() && options.max.has_value() && *options.min > *options.max)
    table.refuse("min", "is above max");
  table.read("deadband", options.deadband, 0, widest);
  table.read("deadband_max_age", options.deadband_max_age, 1s, 24h);
  table.read("silence", options.silence, 0ms, 366 * 24h);
  table.read("critical", options.critical);
  return options;
}

HostOptions read_host(ConfigTable& table) {
  HostOptions options;
  table.read("sysfs_root", options.sysfs_root);
  table.read("proc_root", options.proc_root);
  table.read("disks", options.disks);
  std::map<std::string, std::string> paths;  // by the name that each gives its sensor
  for (const std::string& path : options.disks) {
    const auto [other, is_new] = paths.emplace(disk_name(path), path);
    if (!is_new) table.refuse("disks", "'" + other->second + "' and '" + path + "' would be one sensor");
  }
  return options;
}

/// A list of "device=name": no two devices have one name.
void read_names(ConfigTable& table, std::map<std::string, std::string>& names) {
  read_pairs(table, "names", names);
  std::set<std::string> given;
  for (const auto& [device, name] : names) {
    if (!is_name(name)) table.refuse("names", "'" + name + "' is not a sensor name, 1 to 64 of A-Z a-z 0-9 _ . -");
    if (!given.insert(name).second) table.refuse("names", "two devices have the name '" + name + "'");
  }
}

template <class Options>  // of iio and hwmon
Options read_devices(ConfigTable& table) {
  Options options;
  table.read("sysfs_root", options.sysfs_root);
  table.read("devices", options.choice.devices);
  read_names(table, options.choice.names);
  table.read("exclude", options.choice.exclude);
  return options;
}

OneWireOptions read_onewire(ConfigTable& table) {
  OneWireOptions options;
  table.read("sysfs_root", options.sysfs_root);
  table.read("devices", options.devices);
  read_names(table, options.names);
  return options;
}

TimeRule::WithoutOffset read_times(ConfigTable& table) {
  std::string times = "local";
  table.read_choice("times", times, {"local", "utc", "refuse"});
  if (times == "utc") return TimeRule::WithoutOffset::utc;
  return times == "refuse" ? TimeRule::WithoutOffset::refuse : TimeRule::WithoutOffset::local;
}

CommandOptions read_command(ConfigTable& table) {
  CommandOptions options;
  table.require("program");
  const bool is_list = table.read("program", options.program);
  const bool is_empty = options.program.empty() || options.program.front().empty();
  if (is_list && is_empty) table.refuse("program", "must name a program, then its arguments");
  table.read("silence", options.silence, 0ms, 24h);
  table.read("restart_first", options.restart_first, 10ms, 1h);
  table.read("restart_longest", options.restart_longest, 10ms, 24h);
  if (options.restart_first > options.restart_longest) table.refuse("restart_longest", "is below restart_first");
  table.read("max_line_bytes", options.max_line_bytes, 64, 64 * 1024);
  table.read("max_lines", options.max_lines, 1, 10'000);
  table.read("stop_grace", options.stop_grace, 0ms, 3s);
  options.times = read_times(table);
  return options;
}

ReplayOptions read_replay(ConfigTable& table) {
  ReplayOptions options;
  table.require("file");
  table.read("file", options.file);
  table.read("time_column", options.time_column);
  std::string separator = ",";
  table.read_choice("separator", separator, {",", ";", "tab"});
  options.format.separator = separator == "tab" ? '\t' : separator == ";" ? ';' : ',';
  options.times = read_times(table);
  read_pairs(table, "units", options.units);
  for (auto& [column, unit] : options.units) {
    unit = ucum_unit(unit);
    if (!is_unit(unit))
      table.refuse("units", "'" + unit + "' is not a UCUM code, at most 32 printable characters without spaces");
  }
  std::string pace = "step";
  table.read_choice("pace", pace, {"step", "real"});
  options.pace = pace == "real" ? ReplayOptions::Pace::real : ReplayOptions::Pace::step;
  table.read("rows_per_step", options.rows_per_step, 1, 10'000);
  table.read("speed", options.speed, 0.001, 1e9);
  std::string stamp = "file";
  table.read_choice("stamp", stamp, {"file", "now"});
  options.stamp = stamp == "now" ? ReplayOptions::Stamp::now : ReplayOptions::Stamp::file;
  table.read("repeat", options.repeat, 0, 1'000'000'000);
  return options;
}

void read_options(ConfigTable& table, DriverConfig& config) {
  table.require("type");
  std::string type;
  table.read_choice("type", type, {"iio", "hwmon", "onewire", "host", "command", "replay", "modbus"});
  config.has_type = !type.empty();
  if (!config.has_type) table.excuse_unknown_keys();
  if (type == "iio") config.options = read_devices<IioOptions>(table);
  if (type == "hwmon") config.options = read_devices<HwmonOptions>(table);
  if (type == "onewire") config.options = read_onewire(table);
  if (type == "host") config.options = read_host(table);
  if (type == "command") config.options = read_command(table);
  if (type == "modbus") config.options = read_modbus(table, config.deadline);
  if (type == "replay") config.options = read_replay(table);
}

/// "co2.py" or a path; not the name of a module, or code.
bool is_file_name(const std::string& word) {
  const std::array<const char*, 7> endings{".py", ".pl", ".rb", ".js", ".php", ".sh", ".bash"};
  const bool has_ending =
      std::any_of(endings.begin(), endings.end(), [&](const char* one) { return word.ends_with(one); });
  return word.starts_with('/') || word.starts_with("~/") || word.starts_with("$HOME/") ||
         (has_ending && word.find_first_of(" \n;(") == std::string::npos);
}

/// Behind it stands no file, but code or the name of a module: `sh -c`, `bash -ec`, `python3 -m`.
bool takes_code(const std::string& option) {
  return option.starts_with('-') && option.size() <= 3 && option.find_last_of("cem") == option.size() - 1;
}

/// The file that an interpreter is to run, `python3 -u /opt/co2.py` or `env python3 /opt/co2.py`; empty: it is none.
std::string script_of(const std::vector<std::string>& program) {
  const std::string name = program.front().substr(program.front().rfind('/') + 1);
  if (name == "env" && program.size() > 1) return script_of({program.begin() + 1, program.end()});
  const std::array<const char*, 8> interpreters{"python", "perl", "ruby", "node", "nodejs", "php", "bash", "sh"};
  const bool is_interpreter = std::any_of(interpreters.begin(), interpreters.end(), [&](const std::string& one) {
    return name.starts_with(one) && name.find_first_not_of("0123456789.", one.size()) == std::string::npos;
  });
  const auto script = std::find_if(program.begin() + 1, program.end(),
                                   [](const std::string& argument) { return !argument.starts_with('-'); });
  const bool is_file = script != program.end() && std::none_of(program.begin() + 1, script, takes_code);
  return is_interpreter && is_file && is_file_name(*script) ? *script : "";
}

/// Of two lists of devices, where an empty one means all of them.
std::string common_device(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  if (one.empty() && other.empty()) return "all devices";
  if (one.empty() || other.empty()) return "device " + (one.empty() ? other : one).front();
  const auto both = std::find_first_of(one.begin(), one.end(), other.begin(), other.end());
  return both == one.end() ? "" : "device " + *both;
}

template <class Options>  // of iio and hwmon
std::string common_choice(const Options& one, const Options& other) {
  const bool are_parted = one.sysfs_root != other.sysfs_root || !one.choice.exclude.empty() ||
                          !other.choice.exclude.empty() || one.choice.names != other.choice.names;
  return are_parted ? "" : common_device(one.choice.devices, other.choice.devices);
}

struct WhatBothRead {
  std::string operator()(const HostOptions& one, const HostOptions& other) const {
    return one.proc_root == other.proc_root ? "load1, memory and uptime" : "";
  }
  std::string operator()(const IioOptions& one, const IioOptions& other) const { return common_choice(one, other); }
  std::string operator()(const HwmonOptions& one, const HwmonOptions& other) const { return common_choice(one, other); }
  std::string operator()(const OneWireOptions& one, const OneWireOptions& other) const {
    const bool are_parted = one.sysfs_root != other.sysfs_root || one.names != other.names;
    return are_parted ? "" : common_device(one.devices, other.devices);
  }
  std::string operator()(const ModbusOptions& one, const ModbusOptions& other) const {
    return one.peer() == other.peer() && one.is_serial() ? one.device + ", which only one may open," : "";
  }
  std::string operator()(const ReplayOptions& one, const ReplayOptions& other) const {
    return one.file == other.file ? one.file : "";
  }
  template <class One, class Other>
  std::string operator()(const One&, const Other&) const {
    return "";
  }
};

}  // namespace

std::string what_both_read(const DriverConfig& one, const DriverConfig& other) {
  return one.has_type && other.has_type && one.prefix == other.prefix
             ? std::visit(WhatBothRead{}, one.options, other.options)
             : "";
}

void check_files(const DriverConfig& driver, FilesCheck& files) {
  const std::string key = "driver." + driver.name;
  if (const auto* replay = std::get_if<ReplayOptions>(&driver.options))
    files.readable_stream(key + ".file", replay->file);
  if (const auto* modbus = std::get_if<ModbusOptions>(&driver.options)) {
    if (modbus->is_serial()) files.readable_stream(key + ".device", modbus->device);
    files.peer(key + ".host", modbus->host);
  }
  const auto* command = std::get_if<CommandOptions>(&driver.options);
  if (command == nullptr || command->program.empty()) return;
  files.program(key + ".program", command->program.front());
  const std::string script = script_of(command->program);
  if (!script.empty()) files.script(key + ".program", script);
}

DriverConfig read_driver_config(const std::string& name, ConfigTable table) {
  DriverConfig config;
  config.name = name;
  table.read_name("prefix", config.prefix);
  table.read("interval", config.interval, Millis{1ms}, Millis{24h});
  table.read("deadline", config.deadline, 10ms, 10min);
  table.read("patience", config.patience, 0ms, 24h);
  read_options(table, config);
  if (CommandOptions* command = std::get_if<CommandOptions>(&config.options)) command->name = name;
  for (auto& [sensor, sensor_table] : table.named_tables("sensor")) {
    if (!is_name(sensor)) table.refuse("sensor", "'" + sensor + "' is not a sensor name, 1 to 64 of A-Z a-z 0-9 _ . -");
    config.sensors[sensor] = read_sensor_options(sensor, sensor_table);
  }
  return config;
}

}  // namespace sensors
