#include "services/sensor-publisher/drivers/host/host_driver.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/core/sensor_name.hpp"
#include "services/sensor-publisher/drivers/sysfs.hpp"

namespace sensors {

namespace {

namespace fs = std::filesystem;

void add(DriverReport& report, std::string sensor, const Result<double>& number, std::string unit) {
  if (number.has_value()) {
    report.samples.push_back({std::move(sensor), *number, std::move(unit), std::nullopt});
  } else {
    report.errors.push_back(number.error());
  }
}

/// The first word of a file such as /proc/loadavg.
Result<double> read_first_number(const fs::path& file) {
  TRY_ASSIGN(const std::string text, read_small_file(file));
  return parse_number(text.substr(0, text.find(' ')), "read " + file.string());
}

/// Of a line "MemTotal:       16384256 kB", in bytes.
Result<double> meminfo_bytes(const std::string& text, const std::string& key) {
  const std::size_t line = text.find(key + ":");
  if (line == std::string::npos) return fail(ErrorCode::malformed, "meminfo: no line " + key);
  const std::size_t first = text.find_first_not_of(' ', line + key.size() + 1);
  if (first == std::string::npos) return fail(ErrorCode::malformed, "meminfo: " + key + " has no number");
  Result<double> kib = parse_number(text.substr(first, text.find_first_of(" \n", first) - first), "meminfo: " + key);
  if (kib.has_value()) *kib *= 1024;
  return kib;
}

void read_memory(const fs::path& file, DriverReport& report) {
  const Result<std::string> text = read_small_file(file);
  if (!text.has_value()) {
    report.errors.push_back(text.error());
    return;
  }
  const Result<double> available = meminfo_bytes(*text, "MemAvailable");
  add(report, "memory.available", available, "By");
  Result<double> used = meminfo_bytes(*text, "MemTotal");
  if (!available.has_value()) return;
  if (used.has_value()) *used -= *available;
  add(report, "memory.used", used, "By");
}

void read_disk(const std::string& path, DriverReport& report) {
  struct statvfs space {};
  if (statvfs(path.c_str(), &space) != 0) {
    report.errors.push_back({errno == EACCES ? ErrorCode::permission : ErrorCode::not_found,
                             "disk " + path + ": " + std::generic_category().message(errno)});
    return;
  }
  const auto free_bytes = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
  report.samples.push_back({disk_name(path), free_bytes, "By", std::nullopt});
}

bool is_cpu_zone(const std::string& type) {
  return type.find("cpu") != std::string::npos || type.find("pkg") != std::string::npos ||
         type.find("soc") != std::string::npos;
}

/// The zone of the CPU, or the first one where none says so; nothing where there is none.
void read_cpu_temperature(const fs::path& folder, DriverReport& report) {
  const Result<std::vector<std::string>> entries = list_folder(folder);
  if (!entries.has_value()) return;
  fs::path chosen;
  for (const std::string& entry : *entries) {
    if (!entry.starts_with("thermal_zone")) continue;
    const bool is_cpu = is_cpu_zone(read_small_file(folder / entry / "type").value_or(""));
    if (chosen.empty() || is_cpu) chosen = folder / entry;
    if (is_cpu) break;
  }
  if (chosen.empty()) return;
  Result<double> cel = read_number(chosen / "temp");
  if (cel.has_value()) *cel /= 1000;
  add(report, "cpu.temperature", cel, "Cel");
}

}  // namespace

std::string disk_name(const std::string& path) {
  std::string place = path.substr(std::min(path.find_first_not_of('/'), path.size()));
  std::replace(place.begin(), place.end(), '/', '_');
  return readable_name("disk." + (place.empty() ? "root" : place) + ".free");
}

DriverReport HostDriver::read(Millis) {
  DriverReport report;
  const fs::path proc(options_.proc_root);
  add(report, "load1", read_first_number(proc / "loadavg"), "");
  read_memory(proc / "meminfo", report);
  for (const std::string& path : options_.disks) read_disk(path, report);
  read_cpu_temperature(fs::path(options_.sysfs_root) / "class/thermal", report);
  add(report, "uptime", read_first_number(proc / "uptime"), "s");
  return report;
}

}  // namespace sensors
