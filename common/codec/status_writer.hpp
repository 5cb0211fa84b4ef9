// StatusWriter writes one JSON object, key beside value. Each part of a service describes itself to it, and several
// parts may add to one inner object, so that a part says all of itself in one place: a Sender that describes itself
// gives its stream, its latencies, and its share of "counters". Pure.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/time.hpp"

namespace sensors {

class StatusWriter {
 public:
  StatusWriter();
  StatusWriter(StatusWriter&&) noexcept;
  ~StatusWriter();

  /// Each adds one member; its order is that of the calls. A key stands once in an object: a second time is a bug, and
  /// an assertion stops it.
  void add(std::string_view key, std::string_view text);
  void add(std::string_view key, const char* text) { add(key, std::string_view(text)); }
  void add(std::string_view key, WallTime time);

  /// Not finite: 0, for a reader that wants a number.
  void add(std::string_view key, double value);

  /// In milliseconds; the key says so, it ends in "_ms".
  void add(std::string_view key, Millis time) { add(key, time.count()); }

  template <std::same_as<bool> Bool>
  void add(std::string_view key, Bool value) {
    add_literal(key, value ? "true" : "false");
  }

  template <std::integral Whole>
  requires(!std::same_as<Whole, bool>) void add(std::string_view key, Whole value) {
    add_literal(key, std::to_string(value));
  }

  /// Nothing: the key is left out.
  template <class Value>
  void add(std::string_view key, const std::optional<Value>& value) {
    if (value.has_value()) add(key, *value);
  }

  /// The object inside that has this key, for more members; {} when none is added. It stands where it was first asked
  /// for, and lives as long as this.
  StatusWriter& in(std::string_view key);

  /// The object's members without its braces, as StatusReport::details wants them; empty when there are none.
  std::string members() const;

  /// The object.
  std::string object() const { return '{' + members() + '}'; }

 private:
  struct Inner;

  void add_key(std::string_view key);
  void add_literal(std::string_view key, std::string_view literal);

  std::string text_;                           // the members that are no objects, and the keys of those that are
  std::vector<std::unique_ptr<Inner>> inner_;  // in order; they keep their addresses
};

}  // namespace sensors
