// A verb is one function here: it adds its subcommand with its options, and says what runs when it is chosen.
#include "services/sensorctl/command_line.hpp"

#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>

#include "services/sensorctl/broker_access.hpp"
#include "services/sensorctl/command_shell.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/tail.hpp"

namespace sensors::sensorctl {

namespace {

using Run = std::function<int()>;

void add_broker_options(CLI::App& app, BrokerAccess& access, int& timeout_s) {
  const std::string group = "The broker, with every verb";
  app.add_option("--host", access.host, "Its name or address")->capture_default_str()->group(group);
  app.add_option("--port", access.port, "Its port")->check(CLI::Range(1, 65'535))->capture_default_str()->group(group);
  app.add_option("--user", access.user, "Who we are there")->capture_default_str()->group(group);
  app.add_option("--password-file", access.password_file, "Holds the password")
      ->type_name("FILE")
      ->capture_default_str()
      ->group(group);
  app.add_option("--ca-file", access.ca_file, "Certificate authority, for TLS")->type_name("FILE")->group(group);
  app.add_option("--root", access.root, "First level of all topics")->capture_default_str()->group(group);
  app.add_option("--node", access.node, "One machine of several")->type_name("NAME")->group(group);
  app.add_option("--timeout", timeout_s, "Seconds to wait for it, and for each answer")
      ->check(CLI::Range(1, 60))
      ->capture_default_str()
      ->group(group);
}

void add_tail(CLI::App& app, const BrokerAccess& access, Run& run) {
  const auto options = std::make_shared<TailOptions>();  // owned by the parser's callback and by what runs
  CLI::App* verb = app.add_subcommand("tail", "Print readings and events as they pass, until Ctrl-C");
  verb->add_option("--sensor", options->sensor, "Only readings of sensors that fit, such as 'bme280.*'")
      ->type_name("PATTERN");
  verb->add_flag("--json", options->json, "One JSON object a line");
  verb->callback([options, &access, &run] {
    run = [options, &access] {
      Tail tail(*options);
      return run_command(tail, access, new_client_name(), Tail::filters(*options, access.root, access.node));
    };
  });
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  const auto access = std::make_shared<BrokerAccess>();  // owned by what runs
  int timeout_s = 5;
  Run run;
  CLI::App app("Watches and handles the sensor pipeline of this machine, over MQTT", "sensorctl");
  app.set_version_flag("--version", std::string("sensorctl ") + SENSOR_PROJECT_VERSION, "Print the version and end");
  app.set_help_flag("--help,-h", "Print this help and end");
  app.require_subcommand(1);
  app.fallthrough();  // options of the broker may stand behind the verb
  add_broker_options(app, *access, timeout_s);
  add_tail(app, *access, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_mistake = app.exit(error) != 0;
    return {{}, is_mistake ? exit_usage : exit_ok};
  }
  access->timeout = std::chrono::seconds(timeout_s);
  return {[access, run = std::move(run)] { return run(); }, std::nullopt};
}

}  // namespace sensors::sensorctl
