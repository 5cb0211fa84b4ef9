// How unknown keys are found: every key that is asked for is remembered with its table; finish() walks the tables
// that were asked for and refuses each key that nobody remembers. An absent table is an empty one of our own, so
// that asking it works the same and its name is known.
#include "common/runtime/config_file.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "common/core/printable.hpp"
#include "common/core/toml_depth.hpp"
#include "common/core/toml_mistake.hpp"
#include "common/runtime/config_state.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {
namespace {

constexpr std::size_t largest_config_bytes = 1024 * 1024;
constexpr std::size_t most_mistakes_shown = 20;

}  // namespace

/// [driver.host.sensor.cpu.temperature] is a table in a table to TOML, where a name with a dot in it was meant.
std::string ConfigTable::State::hint_at_quotes(const toml::table& table, const std::string& inner) {
  const auto named = named_inside.find(&table);
  if (named == named_inside.end()) return "";
  std::string name = named->second.name + "." + inner;
  const toml::table* inside = table.get(inner)->as_table();
  while (inside->size() == 1 && inside->begin()->second.is_table()) {
    name.append(".").append(inside->begin()->first.str());
    inside = inside->begin()->second.as_table();
  }
  return fmt::format("; a name with dots stands in quotes: [{}\"{}\"]", named->second.place, name);
}

void ConfigTable::State::refuse_unknown_keys(const toml::table& table) {
  const Words& known = asked[&table];
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (known.count(name) == 0 && excused.count(&table) != 0 && !node.is_table()) continue;
    if (known.count(name) == 0) {
      const char* what = node.is_table() || node.is_array_of_tables() ? "unknown table" : "unknown key";
      const std::string hint = node.is_table() ? hint_at_quotes(table, name) : "";
      add_mistake(&table, name, what + (hint.empty() ? did_you_mean(name, known) : hint));
    } else if (const toml::table* inner = node.as_table(); inner != nullptr && asked.count(inner) != 0) {
      refuse_unknown_keys(*inner);
    } else if (const toml::array* elements = node.as_array(); elements != nullptr) {
      for (const toml::node& element : *elements) {
        if (element.is_table() && asked.count(element.as_table()) != 0) refuse_unknown_keys(*element.as_table());
      }
    }
  }
}

ConfigFile::ConfigFile(std::shared_ptr<ConfigTable::State> state) : state_(std::move(state)) {}

Result<ConfigFile> ConfigFile::load(const std::string& path) {
  TRY_ASSIGN(const SmallFile content, read_small_file(path, largest_config_bytes));
  auto state = std::make_shared<ConfigTable::State>();
  state->path = path;
  if (const std::optional<TomlMistake> deep = too_deep_toml(content.text); deep.has_value())
    return fail(ErrorCode::malformed, fmt::format("{}:{}:{}: {}", path, deep->line, deep->column, deep->text));
  try {
    state->root = toml::parse(content.text, path);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    const TomlMistake mistake =
        explain_toml(content.text, at.line)
            .value_or(TomlMistake{at.line, at.column, quotable_slip(content.text, at.line, error.description())});
    return fail(ErrorCode::malformed, fmt::format("{}:{}:{}: {}", path, mistake.line, mistake.column, mistake.text));
  }
  return ConfigFile(std::move(state));
}

namespace {

/// The line of the value of `key`, with its tables; names may hold dots, too. Zero where it is not there.
std::size_t line_in(const toml::table& table, std::string_view key) {
  for (const auto& [name, node] : table) {
    if (key == name.str()) return node.source().begin.line;
    const bool is_in = key.size() > name.str().size() && key.starts_with(name.str()) && key[name.str().size()] == '.';
    if (!is_in || !node.is_table()) continue;
    const std::size_t line = line_in(*node.as_table(), key.substr(name.str().size() + 1));
    return line != 0 ? line : node.source().begin.line;
  }
  return 0;
}

}  // namespace

std::size_t ConfigFile::line_of(const std::string& key) const { return line_in(state_->root, key); }

const std::string& ConfigFile::path() const { return state_->path; }

ConfigTable ConfigFile::root() { return ConfigTable(state_, &state_->root); }

std::vector<ConfigOption> ConfigFile::options() const {
  std::vector<ConfigOption> all;
  for (const auto& [name, option] : state_->options) all.push_back(option);
  return all;
}

Result<void> ConfigFile::finish() {
  state_->refuse_unknown_keys(state_->root);
  std::vector<ConfigTable::State::Mistake>& mistakes = state_->mistakes;
  if (mistakes.empty()) return {};
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  std::string text;
  for (std::size_t i = 0; i < std::min(mistakes.size(), most_mistakes_shown); ++i) {
    if (!text.empty()) text += '\n';
    text += state_->path;
    if (mistakes[i].line != 0) text += fmt::format(":{}", mistakes[i].line);
    text += ": " + mistakes[i].text;
  }
  if (mistakes.size() > most_mistakes_shown) {
    text += fmt::format("\n{}: and {} more mistakes", state_->path, mistakes.size() - most_mistakes_shown);
  }
  return fail(ErrorCode::invalid, std::move(text));
}

}  // namespace sensors
