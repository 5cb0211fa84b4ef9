#include "services/sensor-alerts/logic/episode.hpp"

#include "common/core/reading.hpp"
#include "common/core/text_digest.hpp"

namespace sensors::alerts {

namespace {

constexpr std::size_t digest_digits = 12;

}  // namespace

std::string alert_name(std::initializer_list<std::string_view> parts) {
  std::string name;
  std::string exact;         // tells lists apart that read alike
  bool was_unclear = false;  // where the part before ends
  bool is_unclear = false;
  for (const std::string_view part : parts) {
    exact.append(std::to_string(part.size())).append(":").append(part);
    if (!part.empty()) {
      is_unclear = is_unclear || was_unclear;
      if (!name.empty()) name += '.';
      name.append(part);
    }
    was_unclear = was_unclear || part.empty() || part.find('.') != std::string_view::npos;
  }
  for (char& c : name) {
    if (is_name({&c, 1})) continue;
    c = '_';
    is_unclear = true;
  }
  if (!is_unclear && name.size() <= max_name_length) return name;
  const std::string digest = text_digest({exact}).substr(0, digest_digits);
  return name.substr(0, max_name_length - digest_digits - 1) + "." + digest;
}

}  // namespace sensors::alerts
