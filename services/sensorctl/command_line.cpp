// A verb is one function in command_line_*.cpp: it adds its subcommand with its options, and says what runs when it is
// chosen.
#include "services/sensorctl/command_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/runtime/file_error.hpp"
#include "services/sensorctl/command_line_broker.hpp"
#include "services/sensorctl/command_line_help.hpp"
#include "services/sensorctl/command_line_machine.hpp"
#include "services/sensorctl/command_line_page.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/shell/demo_program.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::sensorctl {

namespace {

using Run = std::function<int()>;

constexpr const char* help_verb = "help";

/// Or gives the help that was asked for. The exit code.
int tell_mistake(const CLI::App& app, const CLI::ParseError& error) {
  const bool asks_for_nothing_known = error.get_exit_code() == 0 && unknown_word(app).has_value();
  if (error.get_exit_code() == 0 && !asks_for_nothing_known) return app.exit(error) == 0 ? exit_ok : exit_usage;
  if (const std::optional<std::string> verbs = verbs_to_choose_from(app); verbs.has_value()) {
    write_all(STDERR_FILENO, *verbs);
  } else if (const std::optional<std::string> unknown = unknown_word(app); unknown.has_value()) {
    complain(*unknown);
  } else {
    app.exit(error);
  }
  return exit_usage;
}

/// `help VERB` is `VERB --help`, for those who know it from other programs.
std::vector<std::string> with_help_as_option(int argc, char** argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty() || words.front() != help_verb) return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  std::vector<std::string> words = with_help_as_option(argc, argv);
  if (!words.empty() && words.front() == "demo") {
    words.erase(words.begin());
    return {[words = std::move(words)] { return become_demo(words); }, std::nullopt};
  }
  const auto access = std::make_shared<BrokerAccess>();  // owned by what runs
  int timeout_s = 5;
  Run run;
  CLI::App app("Watches and handles the sensor pipeline of this machine, over MQTT", "sensorctl");
  app.formatter(narrow_help());
  app.set_version_flag("--version", std::string("sensorctl ") + SENSOR_PROJECT_VERSION, "Print the version and end");
  app.set_help_flag("--help,-h", "Print this help and end");
  app.require_subcommand(1);
  app.fallthrough();  // options of the broker may stand behind the verb
  app.footer("How to reach the broker: sensorctl --help. More: man sensorctl");
  add_broker_options(app, *access, timeout_s);
  add_status(app, *access, run);
  add_tail(app, *access, run);
  add_query(app, *access, run);
  add_dead_letters(app, *access, run);
  add_breaker(app, *access, run);
  add_alerts(app, *access, run);
  add_node(app, *access, run);
  add_sensor(app, *access, run);
  add_page(app, run);
  add_token(app, run);
  add_doctor(app, *access, run);
  add_support_bundle(app, *access, run);
  add_backup(app, run);
  add_restore(app, run);
  add_demo(app, run);
  add_check_database(app, run);
  add_copy_database(app, run);
  app.add_subcommand(help_verb, "Say what a verb does, and what it takes");
  std::reverse(words.begin(), words.end());  // as the library wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return {{}, tell_mistake(app, error)};
  }
  access->timeout = std::chrono::seconds(timeout_s);
  return {[access, run = std::move(run)] { return run(); }, std::nullopt};
}

}  // namespace sensors::sensorctl
