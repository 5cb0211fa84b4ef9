// sensor-http-bridge: takes readings from the store to an HTTP API or a file, each batch until it is confirmed;
// serves a web page and an HTTP API of its own, and tells Home Assistant of the sensors, where that is configured.
#include "common/service/run_service.hpp"
#include "services/sensor-http-bridge/shell.hpp"

int main(int argc, char** argv) {
  using namespace sensors::bridge;  // NOLINT(google-build-using-namespace): a main has no includers
  return sensors::run_service<Config>(
      argc, argv,
      {.name = std::string(sensors::bridge_service),
       .purpose = "Serves the web page, and delivers stored readings to an HTTP API or a file",
       .config_file = "/etc/sensor-project/sensor-http-bridge.toml",
       .load = load_config,
       .look_at_files = look_at_files,
       .run = run});
}
