#include "services/sensor-publisher/drivers/iio/iio_channel.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sensors {

namespace {

struct ChannelType {
  std::string_view type;  // the file's, without index and modifier
  std::string_view name;
  std::string_view unit;
  double factor;
};

// The unit that the kernel gives (sysfs-bus-iio) is behind each row where ours differs or is not plain from it.
constexpr std::array channel_types{
    ChannelType{"temp", "temperature", "Cel", 1e-3},         // milli degC
    ChannelType{"humidityrelative", "humidity", "%", 1e-3},  // milli percent
    ChannelType{"pressure", "pressure", "hPa", 10},          // kPa
    ChannelType{"voltage", "voltage", "V", 1e-3},            // mV
    ChannelType{"altvoltage", "altvoltage", "V", 1e-3},      // mV
    ChannelType{"current", "current", "A", 1e-3},            // mA
    ChannelType{"power", "power", "W", 1e-3},                // mW
    ChannelType{"energy", "energy", "J", 1},                 // J
    ChannelType{"resistance", "resistance", "Ohm", 1},       // Ohm
    ChannelType{"capacitance", "capacitance", "nF", 1},      // nF
    ChannelType{"illuminance", "illuminance", "lx", 1},      // lux
    ChannelType{"accel", "accel", "m/s2", 1},                // m/s^2
    ChannelType{"gravity", "gravity", "m/s2", 1},            // m/s^2
    ChannelType{"anglvel", "anglvel", "rad/s", 1},           // rad/s
    ChannelType{"angl", "angl", "rad", 1},                   // rad
    ChannelType{"incli", "incli", "deg", 1},                 // degrees
    ChannelType{"rot", "rot", "deg", 1},                     // degrees
    ChannelType{"magn", "magn", "G", 1},                     // gauss
    ChannelType{"distance", "distance", "m", 1},             // m
    ChannelType{"velocity", "velocity", "m/s", 1},           // m/s
    ChannelType{"massconcentration", "massconcentration", "ug/m3", 1},
    ChannelType{"concentration", "concentration", "%", 1},  // percent
    ChannelType{"electricalconductivity", "electricalconductivity", "S/m", 1},
    ChannelType{"positionrelative", "positionrelative", "%", 1e-3},  // milli percent
    ChannelType{"ph", "ph", "pH", 1},
    // Numbers without a unit of their own.
    ChannelType{"intensity", "intensity", "", 1},
    ChannelType{"proximity", "proximity", "", 1},
    ChannelType{"uvindex", "uvindex", "", 1},
    ChannelType{"count", "count", "", 1},
    ChannelType{"index", "index", "", 1},
    ChannelType{"steps", "steps", "", 1},
};

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// "voltage0-voltage1" -> "voltage-voltage"; "accel_x" -> "accel"; "voltage0_supply" -> "voltage".
std::string shared_channel(std::string_view channel) {
  std::string shared(channel.substr(0, channel.find('_')));
  shared.erase(std::remove_if(shared.begin(), shared.end(), is_digit), shared.end());
  return shared;
}

/// The type is the channel's leading letters.
const ChannelType* type_of(std::string_view channel) {
  const auto end = std::find_if_not(channel.begin(), channel.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const std::string_view letters(channel.data(), static_cast<std::size_t>(end - channel.begin()));
  const auto found = std::find_if(channel_types.begin(), channel_types.end(),
                                  [&](const ChannelType& type) { return type.type == letters; });
  return found == channel_types.end() ? nullptr : &*found;
}

}  // namespace

std::optional<IioChannel> parse_iio_channel(std::string_view file) {
  if (!file.starts_with("in_")) return std::nullopt;
  file.remove_prefix(3);
  IioChannel parsed;
  if (file.ends_with("_raw")) {
    parsed.is_raw = true;
    file.remove_suffix(4);
  } else if (file.ends_with("_input")) {
    file.remove_suffix(6);
  } else {
    return std::nullopt;
  }
  const ChannelType* type = type_of(file);
  if (type == nullptr || file.find("quaternion") != std::string_view::npos) return std::nullopt;
  parsed.channel = file;
  parsed.name = std::string(type->name) + std::string(file.substr(type->type.size()));
  parsed.unit = type->unit;
  parsed.factor = type->factor;
  return parsed;
}

std::vector<std::string> IioChannel::attribute_files(std::string_view what) const {
  const std::string attribute(what);
  const std::string index_only = channel.substr(0, channel.find('_'));  // "voltage0" of "voltage0_supply"
  std::vector<std::string> files;
  for (const std::string& part : {channel, index_only, shared_channel(channel)}) {
    std::string file = "in_" + part + "_" + attribute;
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(std::move(file));
  }
  files.push_back("in_" + attribute);
  files.push_back(attribute);
  return files;
}

}  // namespace sensors
