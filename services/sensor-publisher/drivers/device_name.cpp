#include "services/sensor-publisher/drivers/device_name.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "common/core/reading.hpp"
#include "common/core/sensor_name.hpp"
#include "common/core/text_digest.hpp"

namespace sensors {

namespace {

constexpr std::size_t digest_digits = 4;
constexpr std::size_t longest_serial = 32;  // leaves room for the kind and the channel in a name of 64

/// Addresses have colons ("0000:00:18.3"), names do not. A text with both a colon and '_' is left to readable_name().
std::string address_as_name(std::string address) {
  if (address.find('_') == std::string::npos) std::replace(address.begin(), address.end(), ':', '_');
  return readable_name(address);
}

}  // namespace

std::string device_name(const DeviceIdentity& device) {
  if (!device.label.empty()) return readable_name(device.label);
  if (device.kind.empty())
    return device.address.empty() ? readable_name(device.entry) : address_as_name(device.address);
  if (device.address.empty() || device.kind == device.address) return readable_name(device.kind);
  if (device.address.starts_with(device.kind)) return address_as_name(device.address);
  return readable_name(readable_name(device.kind) + "-" + address_as_name(device.address));
}

bool is_called(const DeviceIdentity& device, std::string_view text) {
  const std::array own{device_name(device), device.label, device.kind, device.address, device.entry};
  return std::any_of(own.begin(), own.end(), [&](const std::string& each) {
    return !each.empty() && (each == text || readable_name(each) == text);
  });
}

std::string address_of_serial(std::string_view serial) {
  if (is_name(serial) && serial.size() <= longest_serial) return std::string(serial);
  const std::size_t last = serial.find_last_of(' ');
  const std::string_view word = last == std::string_view::npos ? serial : serial.substr(last + 1);
  std::string kept;
  for (const char c : word.substr(word.size() - std::min(word.size(), longest_serial - digest_digits - 1))) {
    if (is_name(std::string_view(&c, 1))) kept += c;
  }
  return kept + "-" + text_digest({serial}).substr(0, digest_digits);
}

std::vector<std::string> channel_names(const std::vector<ChannelName>& channels) {
  std::vector<std::string> names;
  for (const ChannelName& channel : channels) {
    std::string label = channel.label;
    std::replace(label.begin(), label.end(), ' ', '_');
    names.push_back(label.empty() ? channel.own : readable_name(label));
  }
  // A channel that goes back to its own name may meet a label of that name: again until no two are alike.
  for (bool is_settled = false; !is_settled;) {
    is_settled = true;
    std::map<std::string, int> uses;
    for (const std::string& name : names) ++uses[name];
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (uses[names[i]] == 1 || names[i] == channels[i].own) continue;
      names[i] = channels[i].own;
      is_settled = false;
    }
  }
  return names;
}

}  // namespace sensors
