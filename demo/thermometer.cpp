#include "demo/thermometer.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "tests/rig/rig_error.hpp"

namespace sensors::demo {

namespace {

std::filesystem::path device_of(const std::string& root) {
  return std::filesystem::path(root) / "bus/w1/devices" / Thermometer::id;
}

}  // namespace

Thermometer::Thermometer(const std::string& folder) : root_(folder + "/thermometer") { plug_in(); }

void Thermometer::plug_in() {
  std::error_code failed;
  std::filesystem::create_directories(device_of(root_), failed);
  std::ofstream file(device_of(root_) / "temperature");
  file << "21500\n" << std::flush;
  if (!file) throw rig::RigError(device_of(root_).string() + ": the thermometer cannot be made here");
  is_plugged_in_ = true;
}

void Thermometer::unplug() {
  std::error_code failed;
  std::filesystem::remove_all(device_of(root_), failed);
  is_plugged_in_ = false;
}

}  // namespace sensors::demo
