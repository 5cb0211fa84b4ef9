// ConfigText is a service's configuration file in the making: tables and keys that can be set again. Plain value.
#pragma once

#include <map>
#include <string>

namespace sensors::rig {

class ConfigText {
 public:
  /// Sets `key` of [`table`], "" being the top and "[name]" one [[name]], to `value` as TOML writes it: `12`, `true`,
  /// `"10s"`, `["1s", "2s"]`.
  ConfigText& set(const std::string& table, const std::string& key, const std::string& value) {
    tables_[table][key] = value;
    return *this;
  }

  /// The same with a text, which is put in quotes; it holds no quotes, backslashes or control characters.
  ConfigText& set_text(const std::string& table, const std::string& key, const std::string& text) {
    return set(table, key, '"' + text + '"');
  }

  /// Sets everything that is in `other`.
  ConfigText& set_all(const ConfigText& other) {
    for (const auto& [table, keys] : other.tables_) {
      for (const auto& [key, value] : keys) set(table, key, value);
    }
    return *this;
  }

  std::string text() const {
    std::string text;
    for (const auto& [table, keys] : tables_) {  // "" sorts first, where the keys without a table must stand
      if (!table.empty()) text += "\n[" + table + "]\n";
      for (const auto& [key, value] : keys) text += key + " = " + value + "\n";
    }
    return text;
  }

 private:
  std::map<std::string, std::map<std::string, std::string>> tables_;
};

}  // namespace sensors::rig
