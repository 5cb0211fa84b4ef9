#include "services/sensor-alerts/channels/http_channel.hpp"

#include <algorithm>
#include <utility>

#include "common/runtime/clocks.hpp"

namespace sensors::alerts {

namespace {

constexpr std::string_view alertmanager_path = "/api/v2/alerts";

/// Alertmanager is named by its address, with or without the path of its API.
std::string address_of(const ChannelConfig& config, std::string url) {
  if (config.format.type != ChannelType::alertmanager || url.ends_with(alertmanager_path)) return url;
  while (url.ends_with('/')) url.pop_back();
  return url.append(alertmanager_path);
}

Result<HttpRequest> request_of(const ChannelConfig& config, const Message& message) {
  HttpText text = http_text(config.format, message);
  HttpRequest request;
  TRY_ASSIGN(std::string url, url_of(config));  // each time: a new one in a file needs no restart
  TRY_ASSIGN(std::string secret, secret_of(config));
  request.url = address_of(config, std::move(url));
  request.is_url_secret = true;  // that of Slack, ntfy and many others is all that one needs to write there
  request.headers = std::move(text.headers);
  request.body = std::move(text.body);
  request.ca_file = config.ca_file;
  request.total_timeout = config.options.timeout;
  request.connect_timeout = std::min(config.options.timeout, Millis{10'000});
  request.user = config.user;
  if (!config.user.empty()) {
    request.password = std::move(secret);
  } else if (!secret.empty()) {
    request.headers.push_back("Authorization: Bearer " + secret);
  }
  return request;
}

}  // namespace

Delivery delivery_of(const HttpOutcome& outcome, WallTime now) {
  if (!outcome.answer.has_value()) return {Delivery::Outcome::again, outcome.answer.error().message, std::nullopt};
  return delivery_of(outcome.answer->status, outcome.answer->retry_after, outcome.answer->body, now);
}

HttpChannel::HttpChannel(const ChannelConfig& config, Done done)
    : config_(config), done_(std::move(done)), client_([this](const HttpOutcome& outcome) {
        done_({outcome.id, config_.options.name, delivery_of(outcome, read_clocks().wall), outcome.took});
      }) {}

void HttpChannel::send(SendMessage send) {
  Result<HttpRequest> request = request_of(config_, send.message);
  if (!request.has_value()) {
    done_({send.attempt, config_.options.name, {Delivery::Outcome::unusable, request.error().message, {}}, Millis{0}});
    return;
  }
  request->id = send.attempt;
  client_.post(std::move(*request));
}

}  // namespace sensors::alerts
