// sensor-alerts: tells whoever wants to know, once, that something is wrong, and once that it is over.
#include "common/service/run_service.hpp"
#include "services/sensor-alerts/shell.hpp"

int main(int argc, char** argv) {
  using namespace sensors::alerts;  // NOLINT(google-build-using-namespace): a main has no includers
  return sensors::run_service<Config>(argc, argv,
                                      {.name = service_name,
                                       .purpose = "Tells of each problem once, and once that it is over.",
                                       .config_file = "/etc/sensor-project/sensor-alerts.toml",
                                       .load = load_config,
                                       .look_at_files = look_at_files,
                                       .run = run});
}
