// sensor-publisher: reads sensors, keeps every reading in the outbox, publishes to the broker until the store has it.
#include "common/service/run_service.hpp"
#include "services/sensor-publisher/shell.hpp"

int main(int argc, char** argv) {
  using namespace sensors::publisher;  // NOLINT(google-build-using-namespace): a main has no includers
  return sensors::run_service<Config>(argc, argv,
                                      {.name = service_name,
                                       .purpose = "Reads sensors and publishes every reading, once.",
                                       .config_file = "/etc/sensor-project/sensor-publisher.toml",
                                       .load = load_config,
                                       .look_at_files = look_at_files,
                                       .run = run});
}
