// sensor-persistence: takes readings from the broker, stores each once, acknowledges what is on the disk, and hands it
// on.
#include "common/service/run_service.hpp"
#include "services/sensor-persistence/shell.hpp"

int main(int argc, char** argv) {
  using namespace sensors::persistence;  // NOLINT(google-build-using-namespace): a main has no includers
  return sensors::run_service<Config>(argc, argv,
                                      {.name = service_name,
                                       .purpose = "Stores every reading, once.",
                                       .config_file = "/etc/sensor-project/sensor-persistence.toml",
                                       .load = load_config,
                                       .look_at_files = look_at_files,
                                       .run = run});
}
