// The demo's command line.
#include "demo/demo_options.hpp"

#include <CLI/CLI.hpp>
#include <random>
#include <string>

#include "common/runtime/duration_text.hpp"

namespace sensors::demo {

DemoCommandLine parse_demo_command_line(int argc, char** argv) {
  DemoCommandLine result;
  DemoOptions& options = result.options;
  CLI::App app(
      "The whole pipeline on this machine, on real input, in a folder of its own: its\n"
      "own Mosquitto, two publishers (this host, and a year of weather), the store,\n"
      "the bridge with its page, and an API. Services that are installed are left\n"
      "alone. Ctrl-C ends it, and nothing stays, unless a reading was lost.",
      "sensorctl demo");
  app.add_option_function<std::string>(
         "--for",
         [&options](const std::string& text) {
           options.run_for = parse_duration(text);
           if (options.run_for.value_or(Millis{0}) > Millis{0}) return;
           throw CLI::ValidationError("--for", duration_mistake(text));
         },
         "Ends after this time: 20s, 2min")
      ->type_name("TIME");
  app.add_flag("--json", options.json, "No terminal: one JSON object on stdout at the end");
  app.add_option("--keep", options.keep, "In this folder, new or empty, which is kept")->type_name("FOLDER");
  app.add_flag("--chaos", options.chaos, "Kills parts with -9, and unplugs a thermometer");
  options.seed = std::random_device{}();
  app.add_option("--seed", options.seed, "Of the choice of parts to kill")->type_name("N");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    result.exit_code = app.exit(error) == 0 ? 0 : 2;  // as sensorctl(1) promises
    return result;
  }
  return result;
}

}  // namespace sensors::demo
