// Thermometer is one on a 1-Wire bus, as the kernel shows it, that can be unplugged: for what a person sees when a
// sensor dies.
#pragma once

#include <string>

namespace sensors::demo {

class Thermometer {
 public:
  static constexpr const char* sensor = "greenhouse.temperature";
  static constexpr const char* id = "28-0000000000d0";

  /// In `folder`/thermometer, plugged in. RigError where it cannot be made.
  explicit Thermometer(const std::string& folder);

  /// What the driver takes for /sys.
  const std::string& sysfs_root() const { return root_; }

  bool is_plugged_in() const { return is_plugged_in_; }
  void plug_in();
  void unplug();

 private:
  std::string root_;
  bool is_plugged_in_ = false;
};

}  // namespace sensors::demo
