// How unknown keys are found: every key that is asked for is remembered with its table; finish() walks the tables
// that were asked for and refuses each key that nobody remembers. An absent table is an empty one of our own, so
// that asking it works the same and its name is known.
#include "common/runtime/config_file.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include <fmt/core.h>
#include <toml++/toml.h>

#include "common/core/near_word.hpp"
#include "common/core/printable.hpp"
#include "common/core/reading.hpp"
#include "common/core/secret_name.hpp"
#include "common/core/toml_depth.hpp"
#include "common/core/toml_mistake.hpp"
#include "common/core/toml_words.hpp"
#include "common/runtime/duration_text.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {
namespace {

constexpr std::size_t largest_config_bytes = 1024 * 1024;
constexpr std::size_t most_mistakes_shown = 20;

const toml::table& as_table(const void* node) { return *static_cast<const toml::table*>(node); }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "\"" : ", \"") + word + "\"";
  return out;
}

std::string shown(bool value) { return value ? "true" : "false"; }
std::string shown(std::int64_t value) { return std::to_string(value); }
std::string shown(double value) { return fmt::format("{}", value); }
std::string shown(const std::string& value) { return '"' + value + '"'; }
std::string shown(const std::pair<double, double>& value) { return fmt::format("[{}, {}]", value.first, value.second); }
std::string shown(Millis value) { return shown(duration_text(value)); }

template <class Value>
std::string shown(const std::vector<Value>& values) {
  std::string out;
  for (const Value& value : values) out += (out.empty() ? "" : ", ") + shown(value);
  return '[' + out + ']';
}

std::string range_of(Millis least, Millis most) {
  return fmt::format("{} .. {}", duration_text(least), duration_text(most));
}

template <class Number>
std::string range_of(Number least, Number most) {
  return fmt::format("{} .. {}", least, most);
}

}  // namespace

struct ConfigTable::State {
  struct Mistake {
    std::uint32_t line;  // 0: of no line
    std::string text;
  };

  std::string path;
  toml::table root;
  std::deque<toml::table> absent_tables;     // deque: their addresses are their identity
  std::map<const void*, std::string> names;  // "mqtt." for the keys of [mqtt]
  std::map<const void*, Words> asked;        // keys by table
  std::map<std::string, ConfigOption> options;
  struct NamedInside {
    std::string place;  // "driver.host.sensor."
    std::string name;   // "cpu"
  };
  std::map<const void*, NamedInside> named_inside;  // tables that are found by the name that somebody gave them
  std::set<const void*> excused;                    // tables whose keys nobody can judge
  std::vector<Mistake> mistakes;

  const toml::node* find(const void* table, const std::string& key) {
    asked[table].insert(key);
    return as_table(table).get(key);
  }

  /// What is said first of an option counts.
  void note(const void* table, const std::string& key, const std::string& shown_default, const std::string& range) {
    const std::string name = names[table] + key;
    ConfigOption& option = options.try_emplace(name, ConfigOption{name, shown_default, ""}).first->second;
    if (option.range.empty()) option.range = range;
  }

  template <class Value>
  const toml::node* find_option(const void* table, const std::string& key, const Value& target,
                                const std::string& range = "") {
    note(table, key, shown(target), range);
    return find(table, key);
  }

  void add_mistake(const void* table, const std::string& key, const std::string& what) {
    const toml::node* node = as_table(table).get(key);
    const toml::source_region& source = node != nullptr ? node->source() : as_table(table).source();
    mistakes.push_back({source.begin.line, fmt::format("{}{}: {}", names[table], key, what)});
  }

  const toml::table* absent_table(const std::string& name) {
    absent_tables.emplace_back();
    names[&absent_tables.back()] = name;
    return &absent_tables.back();
  }

  /// [driver.host.sensor.cpu.temperature] is a table in a table to TOML, where a name with a dot in it was meant.
  std::string hint_at_quotes(const toml::table& table, const std::string& inner) {
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

  void refuse_unknown_keys(const toml::table& table) {
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
};

ConfigTable::ConfigTable(std::shared_ptr<State> state, const void* node) : state_(std::move(state)), node_(node) {
  state_->asked[node_];  // visited: its unknown keys are looked for
}

void ConfigTable::read(const std::string& key, bool& target) {
  const toml::node* node = state_->find_option(node_, key, target);
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean(); value != nullptr) {
    target = value->get();
  } else {
    state_->add_mistake(node_, key, "must be true or false");
  }
}

void ConfigTable::read(const std::string& key, std::string& target) {
  const toml::node* node = state_->find_option(node_, key, target);
  if (node == nullptr) return;
  if (const auto* value = node->as_string(); value != nullptr) {
    target = value->get();
  } else {
    state_->add_mistake(node_, key, "must be a text in quotes");
  }
}

void ConfigTable::read(const std::string& key, std::int64_t& target, std::int64_t least, std::int64_t most) {
  const toml::node* node = state_->find_option(node_, key, target, range_of(least, most));
  if (node == nullptr) return;
  const auto* value = node->as_integer();
  if (value == nullptr) {
    state_->add_mistake(node_, key, "must be a whole number, " + range_of(least, most));
  } else if (value->get() < least || value->get() > most) {
    state_->add_mistake(node_, key, fmt::format("must be {}, is {}", range_of(least, most), value->get()));
  } else {
    target = value->get();
  }
}

void ConfigTable::read(const std::string& key, double& target, double least, double most) {
  const toml::node* node = state_->find_option(node_, key, target, range_of(least, most));
  if (node == nullptr) return;
  const std::optional<double> value = node->value<double>();
  if (!value.has_value() || node->is_boolean()) {
    state_->add_mistake(node_, key, "must be a number, " + range_of(least, most));
  } else if (!(*value >= least && *value <= most)) {  // NaN is outside too
    state_->add_mistake(node_, key, fmt::format("must be {}, is {}", range_of(least, most), *value));
  } else {
    target = *value;
  }
}

namespace {

/// What is wrong with `node` as a duration, or its value.
Result<Millis> duration_of(const toml::node& node, Millis least, Millis most) {
  const auto* text = node.as_string();
  const std::optional<Millis> value = text == nullptr ? std::nullopt : parse_duration(text->get());
  if (!value.has_value()) {
    const std::string is = text != nullptr ? fmt::format(", is \"{}\"", quotable(text->get())) : "";
    return fail(ErrorCode::invalid,
                "must be a duration with its unit (ms, s, min, h, d) in quotes, such as \"10s\"" + is);
  }
  if (*value < least || *value > most) {
    return fail(ErrorCode::invalid, fmt::format("must be {}, is {}", range_of(least, most), text->get()));
  }
  return *value;
}

}  // namespace

void ConfigTable::read(const std::string& key, Millis& target, Millis least, Millis most) {
  const toml::node* node = state_->find_option(node_, key, target, range_of(least, most));
  if (node == nullptr) return;
  const Result<Millis> duration = duration_of(*node, least, most);
  if (duration.has_value()) {
    target = *duration;
  } else {
    state_->add_mistake(node_, key, duration.error().message);
  }
}

void ConfigTable::read(const std::string& key, std::vector<Millis>& target, Millis least, Millis most) {
  const toml::node* node = state_->find_option(node_, key, target, range_of(least, most));
  if (node == nullptr) return;
  const toml::array* elements = node->as_array();
  if (elements == nullptr || elements->empty()) {
    return state_->add_mistake(node_, key, "must be a list of durations, such as [\"60s\", \"2min\"]");
  }
  std::vector<Millis> durations;
  for (const toml::node& element : *elements) {
    const Result<Millis> duration = duration_of(element, least, most);
    if (!duration.has_value()) return state_->add_mistake(node_, key, "each " + duration.error().message);
    durations.push_back(*duration);
  }
  target = std::move(durations);
}

namespace {

std::optional<std::pair<double, double>> pair_of(const toml::node& node, double least, double most) {
  const toml::array* numbers = node.as_array();
  if (numbers == nullptr || numbers->size() != 2) return std::nullopt;
  const std::optional<double> first = numbers->front().value<double>();
  const std::optional<double> second = numbers->back().value<double>();
  const auto fits = [&](const std::optional<double>& number) { return number >= least && number <= most; };
  if (!fits(first) || !fits(second)) return std::nullopt;
  return std::pair(*first, *second);
}

}  // namespace

void ConfigTable::read(const std::string& key, std::vector<std::pair<double, double>>& target, double least,
                       double most) {
  const toml::node* node = state_->find_option(node_, key, target, range_of(least, most));
  if (node == nullptr) return;
  const toml::array* elements = node->as_array();
  std::vector<std::pair<double, double>> pairs;
  if (elements != nullptr) {
    for (const toml::node& element : *elements) {
      if (const auto pair = pair_of(element, least, most); pair.has_value()) pairs.push_back(*pair);
    }
  }
  if (elements == nullptr || pairs.size() != elements->size()) {
    return state_->add_mistake(
        node_, key,
        "must be a list of pairs of numbers, each " + range_of(least, most) + ", such as [[0, 0], [1, 10]]");
  }
  target = std::move(pairs);
}

namespace {

std::string list_meant_by(const std::string& name, const toml::node& node) {
  const auto* text = node.as_string();
  const bool may_be_shown = text != nullptr && !is_secret_name(name);
  const std::string list = may_be_shown ? toml_words::list_meant_by(text->get()) : "";
  return list.empty() ? "such as [\"a\", \"b\"]" : "each word by itself: " + list;
}

}  // namespace

bool ConfigTable::read(const std::string& key, std::vector<std::string>& target) {
  const toml::node* node = state_->find_option(node_, key, target);
  if (node == nullptr) return false;
  const toml::array* elements = node->as_array();
  const bool is_list = elements != nullptr && std::all_of(elements->begin(), elements->end(),
                                                          [](const toml::node& e) { return e.is_string(); });
  if (!is_list) {
    state_->add_mistake(node_, key, "must be a list of texts, " + list_meant_by(key, *node));
    return false;
  }
  target.clear();
  for (const toml::node& element : *elements) target.push_back(element.as_string()->get());
  return true;
}

void ConfigTable::read_name(const std::string& key, std::string& target) {
  std::string name = target;
  read(key, name);
  if (name != target && !is_name(name)) {
    state_->add_mistake(node_, key, "must be a name: 1 .. 64 letters, digits, '_', '.' or '-'");
  } else {
    target = name;
  }
}

void ConfigTable::require_name(const std::string& key, std::string& target) {
  require(key);
  if (!has(key)) return;
  read_name(key, target);
  const toml::node* node = state_->find(node_, key);
  if (const auto* text = node->as_string(); text != nullptr && text->get().empty())
    state_->add_mistake(node_, key, "must not be empty: it must be a name, 1 .. 64 letters, digits, '_', '.' or '-'");
}

void ConfigTable::read_choice(const std::string& key, std::string& target, const std::vector<std::string>& choices) {
  std::string choice = target;
  state_->note(node_, key, shown(choice), joined(choices));
  read(key, choice);
  if (choice != target && std::find(choices.begin(), choices.end(), choice) == choices.end()) {
    state_->add_mistake(node_, key,
                        fmt::format("must be one of {}, is \"{}\"{}", joined(choices), quotable(choice),
                                    did_you_mean(choice.substr(0, 100), {choices.begin(), choices.end()})));
  } else {
    target = choice;
  }
}

void ConfigTable::require(const std::string& key) {
  expect_no_default(key);
  if (state_->find(node_, key) == nullptr) state_->add_mistake(node_, key, "is missing");
}

void ConfigTable::expect_no_default(const std::string& key) { state_->note(node_, key, "", ""); }

bool ConfigTable::has(const std::string& key) const { return as_table(node_).contains(key); }

ConfigTable ConfigTable::table(const std::string& key) {
  const std::string name = state_->names[node_] + key + ".";
  const toml::node* node = state_->find(node_, key);
  if (node != nullptr && !node->is_table()) {
    state_->add_mistake(node_, key, fmt::format("must be a table: write [{}{}]", state_->names[node_], key));
    node = nullptr;
  }
  const toml::table* found = node != nullptr ? node->as_table() : state_->absent_table(name);
  state_->names[found] = name;
  return ConfigTable(state_, found);
}

std::vector<ConfigTable> ConfigTable::tables(const std::string& key) {
  std::vector<ConfigTable> found;
  const toml::node* node = state_->find(node_, key);
  if (node == nullptr) return found;
  if (!node->is_array_of_tables()) {
    state_->add_mistake(node_, key, fmt::format("must be a list of tables: write [[{}{}]]", state_->names[node_], key));
    return found;
  }
  for (const toml::node& element : *node->as_array()) {
    state_->names[element.as_table()] = fmt::format("{}{}[{}].", state_->names[node_], key, found.size() + 1);
    found.push_back(ConfigTable(state_, element.as_table()));
  }
  return found;
}

std::vector<std::pair<std::string, ConfigTable>> ConfigTable::named_tables(const std::string& key) {
  std::vector<std::pair<std::string, ConfigTable>> found;
  ConfigTable outer = table(key);
  for (const auto& [name, node] : as_table(outer.node_)) {
    found.emplace_back(name.str(), outer.table(std::string(name.str())));
    state_->named_inside[found.back().second.node_] = {state_->names[outer.node_], std::string(name.str())};
  }
  return found;
}

void ConfigTable::refuse_where_there(const std::string& key, const std::string& what) {
  if (state_->find(node_, key) != nullptr) refuse(key, what);
}

void ConfigTable::excuse_unknown_keys() { state_->excused.insert(node_); }

void ConfigTable::refuse(const std::string& key, const std::string& what) { state_->add_mistake(node_, key, what); }

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
