// What a ConfigFile and its tables share: the parsed text, and what was asked of it. Only their sources see toml++.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <toml++/toml.h>

#include "common/core/near_word.hpp"
#include "common/runtime/config_file.hpp"

namespace sensors {

inline const toml::table& as_table(const void* node) { return *static_cast<const toml::table*>(node); }

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

  /// For each key of `table`, and of the tables in it that were asked for, that nobody asked for.
  void refuse_unknown_keys(const toml::table& table);

 private:
  std::string hint_at_quotes(const toml::table& table, const std::string& inner);
};

}  // namespace sensors
