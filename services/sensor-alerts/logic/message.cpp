#include "services/sensor-alerts/logic/message.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors::alerts {

namespace {

constexpr std::size_t most_listed = 20;
constexpr std::size_t most_titled = 3;

std::string with_node(const Alert& alert) {
  return alert.node.empty() ? alert.text : fmt::format("{}: {}", alert.node, alert.text);
}

std::string lasted(const Alert& alert) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(*alert.ended - alert.since).count();
  if (minutes < 2)
    return fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(*alert.ended - alert.since).count());
  if (minutes < 120) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

void append_line(std::string& out, const Message& message, const Alert& alert) {
  out += with_node(alert);
  if (message.kind == Message::Kind::resolved && alert.ended.has_value()) {
    out += fmt::format(" - over since {}, after {}\n", time_text(*alert.ended), lasted(alert));
    return;
  }
  out += fmt::format(" - since {}", time_text(alert.since));
  if (alert.severity == "critical") out += ", critical";
  out += '\n';
  if (!alert.advice.empty()) out += "  " + alert.advice + "\n";
}

}  // namespace

std::string_view name_of(Message::Kind kind) {
  constexpr std::array<std::string_view, 4> names{"firing", "resolved", "reminder", "test"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string_view severity_of(const Message& message) {
  const bool is_critical = std::any_of(message.alerts.begin(), message.alerts.end(),
                                       [](const Alert& alert) { return alert.severity == "critical"; });
  return is_critical ? "critical" : "warning";
}

std::string title_of(const Message& message) {
  if (message.kind == Message::Kind::test) return "A test of sensor-alerts: this channel works";
  std::string title;
  if (message.kind == Message::Kind::resolved) title = "Over: ";
  if (message.kind == Message::Kind::reminder) title = "Still: ";
  const std::size_t count = message.alerts.size();
  if (count == 1) return title + with_node(message.alerts.front());
  title += fmt::format("{} problems: ", count);
  for (std::size_t i = 0; i < std::min(most_titled, message.alerts.size()); ++i)
    title += (i > 0 ? "; " : "") + with_node(message.alerts[i]);
  if (count > most_titled) title += fmt::format("; and {} more", count - most_titled);
  return title;
}

std::string text_of(const Message& message) {
  if (message.kind == Message::Kind::test)
    return "Nothing is wrong: somebody asked for this by `sensorctl alerts test`.\n";
  std::string text;
  const std::size_t listed = std::min(most_listed, message.alerts.size());
  for (std::size_t i = 0; i < listed; ++i) append_line(text, message, message.alerts[i]);
  const std::size_t left = message.alerts.size() - listed;
  if (left > 0) text += fmt::format("and {} more\n", left);
  return text;
}

std::string encode_message(const Message& message) {
  std::string out = "{\"key\":";
  append_json_string(out, message.key);
  out += fmt::format(R"(,"state":"{}","severity":"{}","title":)", name_of(message.kind), severity_of(message));
  append_json_string(out, title_of(message));
  out += ",\"text\":";
  append_json_string(out, text_of(message));
  out += fmt::format(R"(,"time":"{}","alerts":[)", time_text(message.time));
  for (std::size_t i = 0; i < message.alerts.size(); ++i) {
    if (i > 0) out += ',';
    out += encode_alert(message.alerts[i]);
  }
  out += "]}";
  return out;
}

std::string stored_text(const Message& message) {
  std::string out = fmt::format("{}\n{}\n{}\n", message.key, name_of(message.kind), time_text(message.time));
  for (const Alert& alert : message.alerts) out += encode_alert(alert) + "\n";
  return out;
}

Result<Message> message_from(std::string_view stored) {
  const auto line = [&stored] {
    const std::string_view found = stored.substr(0, stored.find('\n'));
    stored.remove_prefix(std::min(stored.size(), found.size() + 1));
    return found;
  };
  Message message;
  message.key = line();
  const std::string_view kind = line();
  constexpr std::array kinds{Message::Kind::firing, Message::Kind::resolved, Message::Kind::reminder,
                             Message::Kind::test};
  const auto* known = std::find_if(kinds.begin(), kinds.end(), [&](Message::Kind one) { return name_of(one) == kind; });
  if (known == kinds.end() || message.key.empty()) return fail(ErrorCode::malformed, "a message without key or kind");
  message.kind = *known;
  TRY_ASSIGN(message.time, parse_time(line()));
  while (!stored.empty() && message.alerts.size() < Message::max_alerts) {
    TRY_ASSIGN(Alert alert, decode_alert(line()));
    message.alerts.push_back(std::move(alert));
  }
  const bool needs_alerts = message.kind != Message::Kind::test;
  if (needs_alerts && message.alerts.empty()) return fail(ErrorCode::malformed, "a message about nothing");
  return message;
}

}  // namespace sensors::alerts
