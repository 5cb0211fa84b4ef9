#include "common/runtime/service_config.hpp"

#include <array>

#include <unistd.h>

#include "common/core/reading.hpp"
#include "common/runtime/log.hpp"

namespace sensors {

namespace {

/// Empty when the host's name is not a name of the protocol.
std::string host_name() {
  std::array<char, 256> name{};
  const bool is_known = ::gethostname(name.data(), name.size() - 1) == 0;
  return is_known && is_name(name.data()) ? name.data() : "";
}

}  // namespace

ServiceConfig read_service_config(ConfigTable root, const std::string& service, std::string& node) {
  ServiceConfig config;
  std::string level = "info";
  root.read_choice("log_level", level, {"debug", "info", "warning", "error"});
  config.log_level = log_level_from(level).value_or(LogLevel::info);
  node = host_name();
  root.read_name("node", node);
  if (node.empty()) root.require("node");
  config.mqtt = read_mqtt_config(root.table("mqtt"), service);
  return config;
}

ClockTrust read_clock_trust(ConfigTable clock) {
  std::string trust = "kernel";
  clock.read_choice("trust", trust, {"kernel", "always"});
  return trust == "always" ? ClockTrust::always : ClockTrust::kernel;
}

}  // namespace sensors
