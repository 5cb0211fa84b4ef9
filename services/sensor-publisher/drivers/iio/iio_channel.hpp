// IioChannel says what one `in_<channel>_raw` or `in_<channel>_input` file means: its type, unit and scaling, after
// the kernel's Documentation/ABI/testing/sysfs-bus-iio. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sensors {

struct IioChannel {
  std::string channel;  // "temp", "voltage0", "accel_x"
  std::string name;     // for the sensor: "temperature", "voltage0", "accel_x"
  std::string unit;     // UCUM
  double factor = 1;    // from the kernel's unit to ours
  bool is_raw = false;  // value = (raw + offset) * scale

  /// Where `what` ("offset", "scale") of this channel may stand, the most specific file first: in_accel_x_scale,
  /// in_accel_scale, in_scale, scale.
  std::vector<std::string> attribute_files(std::string_view what) const;
};

/// Nothing when `file` is not the value of an input channel, or of a type that has no single number (quaternions).
std::optional<IioChannel> parse_iio_channel(std::string_view file);

}  // namespace sensors
