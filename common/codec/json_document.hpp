// JsonDocument parses one JSON text from outside under limits; JsonFields takes one object apart, key by key, and
// keeps the first mistake. Private to the codec: simdjson, which does the work, is heavy to include. Pure.
#pragma once

#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "common/codec/foreign_time.hpp"
#include "common/core/reading.hpp"

namespace sensors {

class JsonDocument {
 public:
  /// Our deepest payload has a depth of 4; the rest is for keys of later versions.
  static constexpr std::size_t default_depth = 8;

  explicit JsonDocument(std::size_t max_bytes, std::size_t max_depth = default_depth);

  /// The root of `payload`; valid until the next call. too_large, or malformed: not JSON, not UTF-8, nested deeper
  /// than max_depth. A number that no double holds reads as null, which no key takes.
  Result<simdjson::dom::element> parse(std::string_view payload);

 private:
  simdjson::error_code parse_text(std::string_view text, simdjson::dom::element& root);

  std::size_t max_bytes_;
  std::size_t max_depth_;
  simdjson::dom::parser parser_;
};

/// The known keys of one object; others are ignored. Each read leaves its target as it is when the key is missing or
/// wrong; the first mistake stays and is what finish() returns.
class JsonFields {
 public:
  static constexpr std::size_t max_keys = 16;
  static constexpr std::uint64_t any_whole = std::numeric_limits<std::uint64_t>::max();

  /// `keys` are literals, at most max_keys. One that comes twice is a mistake: parsers disagree on which one counts.
  JsonFields(simdjson::dom::element element, std::initializer_list<std::string_view> keys);

  bool has(std::string_view key) const { return find(key) != nullptr; }

  void read_text(std::string_view key, std::string& target);
  void read_name(std::string_view key, std::string& target);
  void read_time(std::string_view key, WallTime& target);
  /// A text or a number, see parse_foreign_time(); `near` as there.
  void read_foreign_time(std::string_view key, WallTime& target, const TimeRule& rule, WallTime near);
  void read_bool(std::string_view key, bool& target);
  void read_not_negative(std::string_view key, double& target);
  void read_value(std::string_view key, Value& target);
  void read_array(std::string_view key, simdjson::dom::array& target);
  void read_whole(std::string_view key, std::uint64_t& target, std::uint64_t least, std::uint64_t most);
  /// 1 .. most
  void read_size(std::string_view key, std::size_t& target, std::size_t most);

  /// The whole number of `key` where it is in the range; makes no mistake of it otherwise.
  std::optional<std::uint64_t> peek_whole(std::string_view key, std::uint64_t least, std::uint64_t most) const;
  std::optional<WallTime> peek_time(std::string_view key) const;

  /// Adds a mistake of the caller's finding.
  void refuse(ErrorCode code, std::string message);
  void check(Result<void> result);

  /// What is wrong with the first key that is most probably one of those that are missing, mistyped: "tiem: is unknown;
  /// did you mean 'time'?". For what people write, where a key that is ignored is lost; empty: there is none such.
  std::string misspelt() const;

  bool failed() const { return error_.has_value(); }
  Result<void> finish() const;

 private:
  struct Slot {
    std::string_view key;
    simdjson::dom::element element;
    bool present = false;
    bool repeated = false;
  };

  void take(std::string_view key, simdjson::dom::element element);
  const simdjson::dom::element* find(std::string_view key) const;
  const simdjson::dom::element* require(std::string_view key);
  void refuse_type(std::string_view key, std::string_view wanted);
  std::optional<std::string_view> required_text(std::string_view key);

  static constexpr std::size_t most_unknown = 8;

  std::array<Slot, max_keys> slots_;
  std::array<std::string_view, most_unknown> unknown_;  // the first ones, of few bytes
  std::size_t unknown_used_ = 0;
  std::size_t used_ = 0;
  std::optional<Error> error_;
};

}  // namespace sensors
