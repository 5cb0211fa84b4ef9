#include "services/sensorctl/command_line_help.hpp"

#include <sstream>

#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "common/core/near_word.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

constexpr std::size_t most_word = 100;
constexpr std::size_t verb_columns = 18;

class NarrowHelp : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::istringstream help(CLI::Formatter::make_help(app, std::move(name), mode));
    std::string out;
    for (std::string line; std::getline(help, line);) {
      const bool is_row = line.starts_with(' ');
      out += folded(std::move(line), screen_columns, is_row ? get_column_width() : 0) + '\n';
    }
    return out;
  }
};

/// The verb that was chosen last, or the program.
const CLI::App& chosen(const CLI::App& app) {
  const CLI::App* last = &app;
  while (!last->get_subcommands().empty()) last = last->get_subcommands().front();
  return *last;
}

/// Those that are for people.
std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  std::vector<const CLI::App*> verbs;
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (!verb->get_group().empty() && !verb->get_name().empty()) verbs.push_back(verb);
  }
  return verbs;
}

Words names_of(const std::vector<const CLI::App*>& verbs) {
  Words names;
  for (const CLI::App* verb : verbs) names.insert(verb->get_name());
  return names;
}

/// What `app` takes, and with what stands above it: "--watch", "--port".
Words options_of(const CLI::App* app) {
  Words names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.insert("--" + name);
    }
    for (const CLI::App* group : app->get_subcommands({})) {
      if (!group->get_name().empty()) continue;  // an option group has none
      for (const CLI::Option* option : group->get_options()) {
        for (const std::string& name : option->get_lnames()) names.insert("--" + name);
      }
    }
  }
  return names;
}

std::string command_of(const CLI::App* app) {
  const CLI::App* parent = app->get_parent();
  return (parent == nullptr ? "" : command_of(parent) + " ") + app->get_name();
}

}  // namespace

std::shared_ptr<CLI::FormatterBase> narrow_help() { return std::make_shared<NarrowHelp>(); }

std::optional<std::string> verbs_to_choose_from(const CLI::App& app) {
  const CLI::App& parent = chosen(app);
  const std::vector<const CLI::App*> verbs = verbs_of(parent);
  if (verbs.empty() || !app.remaining(true).empty()) return std::nullopt;
  const std::string command = command_of(&parent);
  std::string text = command + " VERB [OPTIONS], where VERB is\n";
  for (const CLI::App* verb : verbs) {
    const std::string line = fmt::format("  {:<{}}{}", verb->get_name(), verb_columns - 2, verb->get_description());
    text += folded(line, screen_columns, verb_columns) + '\n';
  }
  return text + "More: " + command + " --help, or man sensorctl\n";
}

std::optional<std::string> unknown_word(const CLI::App& app) {
  const CLI::App& parent = chosen(app);
  const Words verbs = names_of(verbs_of(parent));
  for (const std::string& word : app.remaining(true)) {
    const std::string_view name = std::string_view(word).substr(0, std::min(word.find('='), most_word));
    if (name.starts_with("--") && name.size() > 2) {
      const std::string near = did_you_mean(name, options_of(&parent));
      return fmt::format("there is no option {}{}", name,
                         near.empty() ? "; see " + command_of(&parent) + " --help" : near);
    }
    if (name.starts_with('-') || verbs.empty()) continue;
    const std::string near = did_you_mean(name, verbs);
    return fmt::format("there is no '{}'{}", name,
                       near.empty() ? fmt::format("; there is: {}", fmt::join(verbs, ", ")) : near);
  }
  return std::nullopt;
}

}  // namespace sensors::sensorctl
