#include "services/sensor-alerts/logic/channel_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/retry_after.hpp"
#include "common/codec/time_text.hpp"
#include "common/core/printable.hpp"

namespace sensors::alerts {

namespace {

constexpr std::size_t most_answer_bytes = 200;
constexpr std::size_t most_header_bytes = 200;
constexpr Millis alertmanager_holds{24 * 3'600'000};

constexpr std::array<std::pair<ChannelType, std::string_view>, 6> type_names{
    {{ChannelType::webhook, "webhook"},
     {ChannelType::slack, "slack"},
     {ChannelType::ntfy, "ntfy"},
     {ChannelType::alertmanager, "alertmanager"},
     {ChannelType::email, "email"},
     {ChannelType::command, "command"}}};

constexpr std::array<std::string_view, 15> template_keys{"title",  "text",   "state", "severity", "key",
                                                         "time",   "count",  "name",  "kind",     "node",
                                                         "object", "advice", "since", "ended",    "alerts"};

std::string in_json_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string time_or_empty(const std::optional<WallTime>& time) { return time.has_value() ? time_text(*time) : ""; }

std::string value_of(std::string_view key, const Message& message) {
  static const Alert none;
  const Alert& alert = message.alerts.empty() ? none : message.alerts.front();
  if (key == "title") return title_of(message);
  if (key == "text") return text_of(message);
  if (key == "state") return std::string(name_of(message.kind));
  if (key == "severity") return std::string(severity_of(message));
  if (key == "key") return message.key;
  if (key == "time") return time_text(message.time);
  if (key == "count") return std::to_string(message.alerts.size());
  if (key == "name") return alert.name;
  if (key == "kind") return alert.kind;
  if (key == "node") return alert.node;
  if (key == "object") return alert.object;
  if (key == "advice") return alert.advice;
  if (key == "since") return message.alerts.empty() ? "" : time_text(alert.since);
  return time_or_empty(alert.ended);
}

/// The key in braces at `at`; empty: it is none.
std::string_view key_at(std::string_view pattern, std::size_t at) {
  const std::size_t end = pattern.find('}', at);
  if (end == std::string_view::npos) return {};
  const std::string_view key = pattern.substr(at + 1, end - at - 1);
  const bool is_word = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return is_word ? key : std::string_view{};
}

bool is_known_key(std::string_view key) {
  return std::find(template_keys.begin(), template_keys.end(), key) != template_keys.end();
}

/// A header value that is not ASCII, as ntfy and mail readers take it (RFC 2047).
std::string encoded_word(std::string_view text) {
  std::string line = printable_line(text, most_header_bytes);
  if (std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < '\x7f'; })) return line;
  constexpr std::size_t most_word_bytes = 42;  // 75 characters with what is around
  std::string out;
  std::size_t at = 0;
  while (at < line.size()) {
    std::size_t end = std::min(line.size(), at + most_word_bytes);
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
    if (!out.empty()) out += ' ';
    out += "=?UTF-8?Q?";
    for (; at < end; ++at) {
      const auto byte = static_cast<unsigned char>(line[at]);
      const bool is_plain =
          (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
      out += is_plain ? std::string(1, line[at]) : byte == ' ' ? "_" : fmt::format("={:02X}", byte);
    }
    out += "?=";
  }
  return out;
}

HttpText ntfy_text(const Message& message) {
  const bool is_over = message.kind == Message::Kind::resolved;
  const bool is_critical = severity_of(message) == "critical";
  HttpText out;
  out.headers = {"Content-Type: text/plain; charset=utf-8", "Title: " + encoded_word(title_of(message)),
                 std::string("Priority: ") + (is_over       ? "default"
                                              : is_critical ? "urgent"
                                                            : "high"),
                 std::string("Tags: ") + (is_over       ? "white_check_mark"
                                          : is_critical ? "rotating_light"
                                                        : "warning")};
  out.body = text_of(message);
  return out;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  out += fmt::format("\"{}\":{}", name, in_json_quotes(value));
}

void append_paragraph(std::string& out, std::string_view text) {
  constexpr std::size_t longest_line = 900;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    std::string whole = printable_line(line, longest_line);
    if (line.starts_with("  ")) whole.insert(0, "  ");
    out += whole + "\r\n";
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

/// "Thu, 15 Jan 2026 16:09:35 +0000" (RFC 5322 section 3.3)
std::string mail_date(WallTime time) {
  constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", weekdays.at(std::chrono::weekday{day}.c_encoding()),
                     static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace

std::optional<ChannelType> channel_type_from(std::string_view name) {
  for (const auto& [type, known] : type_names) {
    if (known == name) return type;
  }
  return std::nullopt;
}

std::string_view name_of(ChannelType type) { return type_names.at(static_cast<std::size_t>(type)).second; }

std::string fill_in(std::string_view pattern, const Message& message, bool is_json) {
  std::string out;
  std::size_t at = 0;
  while (at < pattern.size()) {
    const std::string_view key = pattern[at] == '{' ? key_at(pattern, at) : std::string_view{};
    if (!is_known_key(key)) {
      out += pattern[at++];
      continue;
    }
    at += key.size() + 2;
    if (key == "alerts") {
      out += encode_message(message);
    } else if (is_json) {
      const std::string text = in_json_quotes(value_of(key, message));
      out.append(text, 1, text.size() - 2);
    } else {
      out += value_of(key, message);
    }
  }
  return out;
}

std::string unknown_key(std::string_view pattern) {
  for (std::size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
    const std::string_view key = key_at(pattern, at);
    if (!key.empty() && !is_known_key(key)) return std::string(key);
  }
  return {};
}

std::string alertmanager_body(const Message& message) {
  std::string out = "[";
  for (const Alert& alert : message.alerts) {
    if (out.size() > 1) out += ',';
    out += "{\"labels\":{";
    append_label(out, "alertname", alert.kind);
    append_label(out, "alert", alert.name);
    append_label(out, "severity", alert.severity);
    append_label(out, "node", alert.node);
    append_label(out, "object", alert.object);
    out += "},\"annotations\":{";
    append_label(out, "summary", alert.text);
    append_label(out, "description", alert.advice);
    out += fmt::format(R"(}},"startsAt":"{}","endsAt":"{}"}})", time_text(alert.since),
                       time_text(alert.ended.value_or(message.time + alertmanager_holds)));
  }
  if (message.kind == Message::Kind::test) {
    out += fmt::format(
        R"({{"labels":{{"alertname":"test","severity":"warning"}},"annotations":{{"summary":{}}},"startsAt":"{}","endsAt":"{}"}})",
        in_json_quotes(title_of(message)), time_text(message.time), time_text(message.time + Millis{60'000}));
  }
  return out + "]";
}

HttpText http_text(const HttpFormat& format, const Message& message) {
  HttpText out;
  switch (format.type) {
    case ChannelType::ntfy: out = ntfy_text(message); break;
    case ChannelType::slack:
      out.headers = {"Content-Type: application/json"};
      out.body = fmt::format(R"({{"text":{}}})", in_json_quotes(title_of(message) + "\n" + text_of(message)));
      break;
    case ChannelType::alertmanager:
      out.headers = {"Content-Type: application/json"};
      out.body = alertmanager_body(message);
      break;
    default:
      out.headers = {"Content-Type: " + format.content_type};
      out.body = format.body.empty()
                     ? encode_message(message)
                     : fill_in(format.body, message, format.content_type.find("json") != std::string::npos);
  }
  out.headers.push_back("Idempotency-Key: " + message.key);
  return out;
}

std::string mail_text(const MailAddresses& addresses, const Message& message) {
  std::string to;
  for (const std::string& one : addresses.to) to += (to.empty() ? "" : ",\r\n ") + one;
  const std::size_t at = addresses.from.rfind('@');
  std::string domain = at == std::string::npos ? "localhost" : addresses.from.substr(at + 1);
  if (!domain.empty() && domain.back() == '>') domain.pop_back();
  std::string out = fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nMessage-ID: <{}@{}>\r\nSubject: {}\r\nAuto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
      mail_date(message.time), addresses.from, to, message.key, domain, encoded_word(title_of(message)));
  append_paragraph(out, text_of(message));
  return out;
}

Delivery delivery_of(int status, const std::optional<std::string>& retry_after, std::string_view body, WallTime now) {
  if (status >= 200 && status < 300) return {Delivery::Outcome::delivered, "", std::nullopt};
  Delivery delivery;
  delivery.reason = fmt::format("HTTP {}", status);
  if (!body.empty()) delivery.reason += ": " + printable_line(body, most_answer_bytes);
  if (retry_after.has_value()) delivery.wait = parse_retry_after(*retry_after, now);
  const bool is_of_message = status == 400 || status == 413 || status == 422;
  if (is_of_message) delivery.outcome = Delivery::Outcome::refused;
  if (!is_of_message && status < 500 && status != 408 && status != 425 && status != 429)
    delivery.outcome = Delivery::Outcome::unusable;
  return delivery;
}

Delivery mail_delivery_of(const std::vector<std::string>& refused, std::size_t count) {
  Delivery delivery{Delivery::Outcome::delivered, "", std::nullopt};
  if (refused.empty()) return delivery;
  std::string who;
  for (const std::string& one : refused) who += (who.empty() ? "" : "; ") + one;
  delivery.reason = fmt::format("the mail server refuses {} of {} recipients: {}", refused.size(), count,
                                printable_line(who, most_answer_bytes * 2));
  return delivery;
}

Delivery mail_delivery_of(const Error& error, int code) {
  Delivery delivery{Delivery::Outcome::again, printable_line(error.message, most_answer_bytes * 2), std::nullopt};
  const bool is_of_message = code == 552 || code == 554;
  if (is_of_message) delivery.outcome = Delivery::Outcome::refused;
  if (!is_of_message && (code >= 500 || error.code == ErrorCode::permission))
    delivery.outcome = Delivery::Outcome::unusable;
  return delivery;
}

}  // namespace sensors::alerts
