// What is wrong now, and the episodes that are made of it. Plain values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "common/codec/alert_json.hpp"
#include "common/core/time.hpp"

namespace sensors::alerts {

/// `kind` of what the owner's own rules find.
inline constexpr std::string_view rule_kind = "rule";

/// Something that is wrong now. Its name is the same for as long as it lasts.
struct Trouble {
  Alert alert;      // neither ended nor acknowledged
  Millis lasts{0};  // so long before anybody is told
};

/// Something that was wrong for long enough to be told, from its begin to after its end. Durable.
struct Episode {
  std::uint64_t number = 0;  // no other ever has it
  Alert alert;
  bool begin_told = false;     // the messages are made, or nobody wants them
  bool critical_told = false;  // those for who hears of nothing less
  bool end_told = false;
  std::uint64_t reminders = 0;     // that were made
  std::optional<WallTime> told{};  // when messages about it were made last
  bool operator==(const Episode&) const = default;

  bool is_critical() const { return alert.severity == "critical"; }
  bool is_open() const { return !alert.ended.has_value(); }
};

/// A name of the protocol's grammar made of `parts`, no two lists of them alike: with a digest behind it where they
/// are too long, or a dot inside one of them could be read as one between two.
std::string alert_name(std::initializer_list<std::string_view> parts);

}  // namespace sensors::alerts
