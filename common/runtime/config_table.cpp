#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "common/core/printable.hpp"
#include "common/core/reading.hpp"
#include "common/core/secret_name.hpp"
#include "common/core/toml_words.hpp"
#include "common/runtime/config_state.hpp"
#include "common/runtime/duration_text.hpp"

namespace sensors {
namespace {

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

/// The value of `key`, which `target` has the default of; nothing where the file does not have it.
template <class State, class Value>
const toml::node* find_option(State& state, const void* table, const std::string& key, const Value& target,
                              const std::string& range = "") {
  state.note(table, key, shown(target), range);
  return state.find(table, key);
}

}  // namespace

ConfigTable::ConfigTable(std::shared_ptr<State> state, const void* node) : state_(std::move(state)), node_(node) {
  state_->asked[node_];  // visited: its unknown keys are looked for
}

void ConfigTable::read(const std::string& key, bool& target) {
  const toml::node* node = find_option(*state_, node_, key, target);
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean(); value != nullptr) {
    target = value->get();
  } else {
    state_->add_mistake(node_, key, "must be true or false");
  }
}

void ConfigTable::read(const std::string& key, std::string& target) {
  const toml::node* node = find_option(*state_, node_, key, target);
  if (node == nullptr) return;
  if (const auto* value = node->as_string(); value != nullptr) {
    target = value->get();
  } else {
    state_->add_mistake(node_, key, "must be a text in quotes");
  }
}

void ConfigTable::read(const std::string& key, std::int64_t& target, std::int64_t least, std::int64_t most) {
  const toml::node* node = find_option(*state_, node_, key, target, range_of(least, most));
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
  const toml::node* node = find_option(*state_, node_, key, target, range_of(least, most));
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
  const toml::node* node = find_option(*state_, node_, key, target, range_of(least, most));
  if (node == nullptr) return;
  const Result<Millis> duration = duration_of(*node, least, most);
  if (duration.has_value()) {
    target = *duration;
  } else {
    state_->add_mistake(node_, key, duration.error().message);
  }
}

void ConfigTable::read(const std::string& key, std::vector<Millis>& target, Millis least, Millis most) {
  const toml::node* node = find_option(*state_, node_, key, target, range_of(least, most));
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
  const toml::node* node = find_option(*state_, node_, key, target, range_of(least, most));
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
  const toml::node* node = find_option(*state_, node_, key, target);
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

}  // namespace sensors
