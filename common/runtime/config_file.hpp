// ConfigFile reads one TOML file: each key is asked for with its type and range, and what nobody asked for is
// refused with its line, so that a misspelt key cannot pass unseen. toml++ stays in its sources. Start-up, one thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// A key that was asked for, as the file that documents it has to show it.
struct ConfigOption {
  std::string key;            // with its tables: "mqtt.port", "destination[1].name"
  std::string shown_default;  // as TOML, "\"10s\""; empty: it has none, as it must be given
  std::string range;          // as the mistakes say it, "1 .. 100"; empty: none
};

/// One table of the file. Values that are absent leave the target as it is; mistakes are collected, each as
/// "FILE:LINE: KEY: what is wrong and what would be right". Copies are views of the same file.
class ConfigTable {
 public:
  void read(const std::string& key, bool& target);
  void read(const std::string& key, std::string& target);
  void read(const std::string& key, std::int64_t& target, std::int64_t least, std::int64_t most);
  template <std::integral Whole>
  void read(const std::string& key, Whole& target, std::type_identity_t<Whole> least,
            std::type_identity_t<Whole> most) {
    auto value = static_cast<std::int64_t>(target);
    read(key, value, static_cast<std::int64_t>(least), static_cast<std::int64_t>(most));
    target = static_cast<Whole>(value);
  }
  void read(const std::string& key, double& target, double least, double most);

  /// A duration as a string with its unit: "250ms", "10s", "5min", "2h", "30d".
  void read(const std::string& key, Millis& target, Millis least, Millis most);
  void read(const std::string& key, std::vector<Millis>& target, Millis least, Millis most);
  /// A list of pairs: [[0.3, 0], [99.1, 100]].
  void read(const std::string& key, std::vector<std::pair<double, double>>& target, double least, double most);
  /// Whether it is there, and a list of texts.
  bool read(const std::string& key, std::vector<std::string>& target);

  /// A key without a default: the target stays empty where the file does not have it.
  template <class Value, class... Range>
  void read(const std::string& key, std::optional<Value>& target, Range... range) {
    expect_no_default(key);
    Value value{};
    read(key, value, range...);
    if (has(key)) target = value;
  }

  /// A name of the protocol's grammar, [A-Za-z0-9_.-]{1,64}.
  void read_name(const std::string& key, std::string& target);

  /// The same of a key that must be there, and not empty.
  void require_name(const std::string& key, std::string& target);

  /// One of `choices`.
  void read_choice(const std::string& key, std::string& target, const std::vector<std::string>& choices);

  /// Says that `key` must be there, when it is not.
  void require(const std::string& key);
  bool has(const std::string& key) const;

  /// The table `[key]`, empty when it is absent; each `[[key]]`; each `[key.NAME]` with its NAME.
  ConfigTable table(const std::string& key);
  std::vector<ConfigTable> tables(const std::string& key);
  std::vector<std::pair<std::string, ConfigTable>> named_tables(const std::string& key);

  /// Adds a mistake at the line of `key`, where the file has it.
  void refuse_where_there(const std::string& key, const std::string& what);

  /// Says nothing of keys that nobody asked for: what they are is not known, as another key of this table is wrong.
  void excuse_unknown_keys();

  /// Adds a mistake of the caller's finding at the line of `key`.
  void refuse(const std::string& key, const std::string& what);

 private:
  friend class ConfigFile;
  struct State;
  ConfigTable(std::shared_ptr<State> state, const void* node);  // shared: the file and every table of it
  void expect_no_default(const std::string& key);

  std::shared_ptr<State> state_;
  const void* node_;  // a toml::table of state_, or nullptr for an absent one
};

class ConfigFile {
 public:
  /// ErrorCode::not_found, permission or malformed (with line and column), too_large above 1 MiB.
  static Result<ConfigFile> load(const std::string& path);

  ConfigTable root();

  /// The line of `key`, "driver.host.type", or of the table that it would be in; zero: neither is there.
  std::size_t line_of(const std::string& key) const;

  /// As load() was given it.
  const std::string& path() const;

  /// All mistakes, unknown keys included, one a line; call when every key has been read.
  Result<void> finish();

  /// Every key that was asked for, by its name. The reader of a service is its table of options, and this is how that
  /// table is held against the .toml that is shipped.
  std::vector<ConfigOption> options() const;

 private:
  explicit ConfigFile(std::shared_ptr<ConfigTable::State> state);
  std::shared_ptr<ConfigTable::State> state_;  // shared with the tables handed out
};

}  // namespace sensors
