// What each kind of channel is sent for a message: the request of a webhook, ntfy, Slack and Alertmanager, the mail,
// the text for a command; and what an HTTP answer means for it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensor-alerts/logic/delivery.hpp"
#include "services/sensor-alerts/logic/message.hpp"

namespace sensors::alerts {

enum class ChannelType { webhook, slack, ntfy, alertmanager, email, command };

/// One of the six; nothing: there is no such type.
std::optional<ChannelType> channel_type_from(std::string_view name);
std::string_view name_of(ChannelType type);

struct HttpFormat {
  ChannelType type = ChannelType::webhook;
  std::string body;  // a webhook's template; empty: encode_message()
  std::string content_type = "application/json";
};

struct HttpText {
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
};

/// Each carries the message's key as Idempotency-Key.
HttpText http_text(const HttpFormat& format, const Message& message);

/// `pattern` with the message's values for {title}, {text}, {state}, {severity}, {key}, {time}, {count}, and of its
/// first alert {name}, {kind}, {node}, {object}, {advice}, {since}, {ended}; {alerts} is the whole as JSON. In JSON
/// texts are escaped as what stands between quotes. What is in braces and no key stays.
std::string fill_in(std::string_view pattern, const Message& message, bool is_json);

/// The braces of `pattern` that look like a key and are none; empty: all are known.
std::string unknown_key(std::string_view pattern);

/// What POST /api/v2/alerts of Prometheus' Alertmanager takes. An alert that goes on has an end a day from the message:
/// it is said again long before.
std::string alertmanager_body(const Message& message);

struct MailAddresses {
  std::string from;
  std::vector<std::string> to;
};

/// A mail (RFC 5322, UTF-8, lines of at most 998 bytes) whose Message-ID is made of the key.
std::string mail_text(const MailAddresses& addresses, const Message& message);

/// What the status of an answer means; `retry_after` as sent.
Delivery delivery_of(int status, const std::optional<std::string>& retry_after, std::string_view body, WallTime now);

/// A mail that the server has, but not for `refused`, of `count` recipients: the reason names them.
Delivery mail_delivery_of(const std::vector<std::string>& refused, std::size_t count);

/// `code`: what SMTP answered last, 0 where nothing did.
Delivery mail_delivery_of(const Error& error, int code);

}  // namespace sensors::alerts
