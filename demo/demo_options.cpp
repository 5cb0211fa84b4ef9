// The demo's command line.
#include "demo/demo_options.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <random>

namespace sensors::demo {

DemoCommandLine parse_demo_command_line(int argc, char** argv) {
  DemoCommandLine result;
  DemoOptions& options = result.options;
  CLI::App app(
      "The whole pipeline on this machine, on real input, in a folder of its own: its\n"
      "own Mosquitto, two publishers (this host, and a year of weather), the store,\n"
      "the bridge with its page, and an API. Services that are installed are left\n"
      "alone. Ctrl-C ends it, and nothing stays.",
      "sensorctl demo");
  std::int64_t run_for_ms = 0;
  CLI::Option* run_for = app.add_option("--for", run_for_ms, "Ends after this time: 20s, 2min");
  run_for->transform(
      CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{{"ms", 1}, {"s", 1'000}, {"min", 60'000}},
                            CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION"));
  app.add_flag("--json", options.json, "No terminal: one JSON object on stdout at the end");
  app.add_option("--keep", options.keep, "In this folder, new or empty, which is kept");
  app.add_flag("--chaos", options.chaos, "Kills -9 a random part every 2 s while it runs");
  options.seed = std::random_device{}();
  app.add_option("--seed", options.seed, "Of the choice of parts to kill");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    result.exit_code = app.exit(error) == 0 ? 0 : 2;  // as sensorctl(1) promises
    return result;
  }
  if (run_for->count() > 0) options.run_for = Millis{run_for_ms};
  return result;
}

}  // namespace sensors::demo
