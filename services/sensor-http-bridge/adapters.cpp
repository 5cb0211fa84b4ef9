#include "services/sensor-http-bridge/adapters.hpp"

#include <algorithm>
#include <utility>

#include "common/runtime/config_file.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensor-http-bridge/delivery/status_reporter.hpp"
#include "services/sensor-http-bridge/delivery/store_call.hpp"
#include "services/sensor-http-bridge/home_assistant/discovery.hpp"
#include "services/sensor-http-bridge/web/web.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t event_overhead_bytes = 256;

HttpFinished finished(HttpOutcome outcome) {
  HttpFinished event;
  event.id = outcome.id;
  event.took = outcome.took;
  if (outcome.answer.has_value()) {
    HttpAnswer& answer = *outcome.answer;
    event.reply = HttpReply{answer.status,
                            std::move(answer.content_type),
                            std::move(answer.retry_after),
                            std::move(answer.body),
                            answer.is_early,
                            answer.has_more};
  } else {
    event.reply = tl::unexpected<Error>(std::move(outcome.answer.error()));
  }
  return event;
}

MqttClientOptions mqtt_options(const Config& config, const std::string& password) {
  const MqttPublish will = down_message(config.logic, "the connection to the broker ended", read_clocks().wall);
  MqttClientOptions options;
  options.host = config.mqtt.host;
  options.port = config.mqtt.port;
  options.client_id = config.logic.node + "-" + service_name;
  options.user = config.mqtt.user;
  options.password = password;
  options.ca_file = config.mqtt.ca_file;
  options.subscriptions = {reply_topic(config.logic), control_topic(config.logic)};
  if (config.web.has_value()) {
    for (std::string& filter : web_subscriptions(*config.web)) options.subscriptions.push_back(std::move(filter));
  }
  // The filters of the web side cover it, and Mosquitto sends a message once for each filter.
  if (!config.web.has_value()) {
    options.subscriptions.push_back(status_topic(config.logic));
    for (const std::string& topic : former_status_topics(config.logic)) options.subscriptions.push_back(topic);
  }
  if (config.discovery.has_value()) {
    std::vector<std::string>& known = options.subscriptions;
    for (std::string& filter : discovery_subscriptions(*config.discovery)) {
      if (std::find(known.begin(), known.end(), filter) == known.end()) known.push_back(std::move(filter));
    }
  }
  options.will_topic = will.topic;
  options.will_payload = will.payload;
  return options;
}

MqttCallbacks mqtt_callbacks(Inbox<BridgeEvent>& inbox) {
  MqttCallbacks callbacks;
  callbacks.on_connected = [&inbox](MqttConnected event) { inbox.push_control(event); };
  callbacks.on_disconnected = [&inbox](MqttDisconnected event) { inbox.push_control(std::move(event)); };
  callbacks.on_published = [&inbox](std::vector<MqttPublished> events) { inbox.push_control(std::move(events)); };
  callbacks.on_message = [&inbox](MqttMessage event) {
    const std::size_t size_bytes = event.payload.size() + event_overhead_bytes;
    // The inbox counts what it refuses. A call is then one without answer, and a batch one without watermark: both are
    // made again. What services say comes again with the next of it; a live reading is missed by who watches, and
    // stored.
    inbox.push_data(std::move(event), size_bytes);
  };
  return callbacks;
}

/// A request weighs what it holds in memory; for one that is refused the server says so itself.
HttpServerCallbacks server_callbacks(Inbox<BridgeEvent>& inbox) {
  HttpServerCallbacks callbacks;
  callbacks.on_request = [&inbox](WebRequest request) {
    const std::size_t size_bytes = request.body.size() + request.target.size() + event_overhead_bytes;
    return inbox.push_data(std::move(request), size_bytes);
  };
  callbacks.on_gone = [&inbox](WebGone event) { inbox.push_control(event); };
  callbacks.on_listening = [&inbox](WebListening event) { inbox.push_control(std::move(event)); };
  callbacks.on_certificate = [&inbox](WebCertificate event) { inbox.push_control(std::move(event)); };
  return callbacks;
}

}  // namespace

std::string state_file_of(const Config& config) { return config.state_directory + "/breaker"; }

std::string write_homes_file_of(const Config& config) { return config.state_directory + "/writes"; }

std::string names_file_of(const Config& config) { return config.state_directory + "/names"; }

Adapters::Adapters(const Config& config, const std::string& mqtt_password, EventLoop& loop, Inbox<BridgeEvent>& inbox)
    : config_(config),
      inbox_(inbox),
      worker_("state-file"),
      http_([&inbox](HttpOutcome outcome) { inbox.push_control(finished(std::move(outcome))); }),
      mqtt_(mqtt_options(config, mqtt_password), mqtt_callbacks(inbox)) {
  if (config.web.has_value()) server_.emplace(loop, config.server, server_callbacks(inbox));
}

void Adapters::reload() {
  if (server_.has_value()) server_->read_certificate_again();
}

void Adapters::apply(BridgeEffect effect) {
  std::visit([this](auto& e) { carry_out(std::move(e)); }, effect);
}

void Adapters::carry_out(const LogLine& line) { log(line.level, line.text); }

void Adapters::carry_out(const ServiceStatus& status) { notifier_.status(status.text); }

void Adapters::carry_out(MqttPublish message) { mqtt_.publish(std::move(message)); }

void Adapters::carry_out(HttpPost post) {
  const DestinationConfig& destination = config_.destination;
  HttpRequest request;
  request.id = post.id;
  request.url = destination.url;
  request.body = std::move(post.body);
  request.user = destination.user;
  request.password = destination.password;
  request.gzip = destination.gzip;
  request.ca_file = destination.ca_file;
  request.connect_timeout = destination.connect_timeout;
  request.total_timeout = post.total_timeout;
  request.headers = {"Content-Type: " + post.content_type, "Accept: application/json",
                     "Idempotency-Key: " + post.idempotency_key};
  const Result<std::string> token = read_token(destination);  // each time: a new token in a file needs no restart
  if (!token.has_value()) {
    inbox_.push_control(HttpFinished{post.id, tl::unexpected<Error>(token.error()), Millis{0}});
    return;
  }
  if (!token->empty()) request.headers.push_back("Authorization: Bearer " + *token);
  http_.post(std::move(request));
}

void Adapters::carry_out(SaveBreaker save) {
  worker_.post([path = state_file_of(config_), text = std::move(save.text)] {
    if (const Result<void> saved = replace_file(path, text); !saved.has_value()) {
      log(LogLevel::warning, saved.error().message + "; after a restart the circuit breaker starts closed");
    }
  });
}

void Adapters::carry_out(SaveWriteHomes save) {
  worker_.post([path = write_homes_file_of(config_), text = std::move(save.text)] {
    if (const Result<void> saved = replace_file(path, text); !saved.has_value()) {
      log(LogLevel::warning, saved.error().message +
                                 "; a write with a key that comes again after a rename, or to "
                                 "another store, may be stored twice");
    }
  });
}

}  // namespace sensors::bridge
