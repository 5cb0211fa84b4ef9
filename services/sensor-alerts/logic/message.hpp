// A message is what one channel is told once: episodes that began together, or ended together. It is durable until the
// channel has it, and has the same key each time that it is sent. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/codec/alert_json.hpp"
#include "common/core/result.hpp"

namespace sensors::alerts {

struct Message {
  enum class Kind { firing, resolved, reminder, test };

  /// Alerts in one message.
  static constexpr std::size_t max_alerts = 100;

  std::uint64_t id = 0;  // rising over all channels; no other ever has it
  std::string channel;
  std::string key;  // what a receiver knows it by when it comes again
  Kind kind = Kind::firing;
  WallTime time{};
  std::vector<Alert> alerts;  // one or more, but for a test
  bool operator==(const Message&) const = default;
};

/// "firing", "resolved", "reminder", "test"
std::string_view name_of(Message::Kind kind);

/// What a command and a webhook without a template are given: {"key":"...","state":"firing","severity":"warning",
/// "title":"...","text":"...","time":"...","alerts":[...]}
std::string encode_message(const Message& message);

/// What the database keeps of it beside id and channel: key, kind and time, a line each, then a line of JSON for each
/// alert.
std::string stored_text(const Message& message);

/// malformed or invalid, with what is wrong.
Result<Message> message_from(std::string_view stored);

/// "critical" when one of its alerts is.
std::string_view severity_of(const Message& message);

/// One line: "attic: bme280.temperature is silent", "Over: ...", "3 problems, one of them critical: ...".
std::string title_of(const Message& message);

/// A line for each alert, with its advice and its times.
std::string text_of(const Message& message);

}  // namespace sensors::alerts
