#include "services/sensor-http-bridge/home_assistant_config.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "common/core/reading.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t longest_topic = 256;

/// Levels of names with slashes between them: what can be subscribed to and published without surprises.
bool is_plain_topic(std::string_view text) {
  if (text.size() > longest_topic) return false;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    if (!is_name(text.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

void read_topic(ConfigTable& table, const std::string& key, std::string& target) {
  table.read(key, target);
  if (!is_plain_topic(target)) table.refuse(key, "must be names of [A-Za-z0-9_.-] with / between them");
}

}  // namespace

std::optional<DiscoveryOptions> read_home_assistant_config(ConfigTable table) {
  DiscoveryOptions options;
  std::string discovery = "off";
  table.read_choice("discovery", discovery, {"off", "on", "remove"});
  read_topic(table, "prefix", options.prefix);
  read_topic(table, "birth_topic", options.birth_topic);
  table.read("birth_payload", options.birth_payload);
  table.read("forget_after", options.forget_after, Millis{60'000}, std::chrono::hours{24 * 3'650});
  table.read("expire_after", options.expire_after, Millis{0}, std::chrono::hours{24 * 365});
  table.read("keep_last", options.keep_last);
  table.read("max_sensors", options.max_sensors, 1, 10'000);
  options.is_removing = discovery == "remove";
  if (discovery == "off") return std::nullopt;
  return options;
}

}  // namespace sensors::bridge
