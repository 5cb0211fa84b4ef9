// Paho's traps that shape this file (Paho C++ 1.2.0 and 1.5.2, Paho C 1.3.12 and 1.3.14):
// - connect_options that are copied lose their properties (1.2.0): they are built in place and passed directly.
// - Its sockets have Nagle's algorithm on, and it gives no access to them. With the other side's delayed
//   acknowledgement a window of small messages stands still for 40 ms, so disable_nagle() finds the socket after each
//   connect.
// - It says "failure" whatever kept it from connecting, and looks names up for as long as the resolver likes, with its
//   lock held: broker_reach does both before and after.
#include "common/adapters/mqtt_paho/paho_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <mqtt/async_client.h>

#include "common/adapters/mqtt_paho/paho_values.hpp"

namespace sensors {

namespace {

constexpr Millis disconnect_timeout{500};
constexpr Millis diagnosis_timeout{1'000};
constexpr Millis look_round{50};  // how soon a wait for the broker sees that the client is stopping

std::string server_uri(const MqttClientOptions& options) {
  const std::string scheme = options.ca_file.empty() ? "tcp://" : "ssl://";
  return scheme + options.host + ":" + std::to_string(options.port);
}

/// Sets TCP_NODELAY on this process's connections to `port`. Best effort: without it the link is slower, not wrong.
void disable_nagle(int port) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const int fd = std::atoi(entry.path().filename().c_str());
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    const bool is_ip4 = peer.ss_family == AF_INET;
    if (!is_ip4 && peer.ss_family != AF_INET6) continue;
    const in_port_t peer_port = is_ip4 ? reinterpret_cast<const sockaddr_in&>(peer).sin_port
                                       : reinterpret_cast<const sockaddr_in6&>(peer).sin6_port;
    const int on = 1;
    if (ntohs(peer_port) == port) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
}

}  // namespace

PahoConnection::PahoConnection(const MqttClientOptions& options, PahoHandlers handlers,
                               std::function<bool()> is_stopping)
    : options_(options),
      handlers_(std::move(handlers)),
      is_stopping_(std::move(is_stopping)),
      client_(std::make_unique<mqtt::async_client>(server_uri(options_), options_.client_id,
                                                   mqtt::create_options(MQTTVERSION_5), nullptr)) {
  // Below this Paho formats a text for each packet, though nobody reads it.
  MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_FATAL);
  client_->set_connection_lost_handler(
      [this](const std::string& cause) { handlers_.on_lost(cause.empty() ? "connection lost" : cause); });
  client_->set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
    handlers_.on_lost("broker closed the connection, MQTT 5 reason code " + std::to_string(reason));
  });
  client_->set_message_callback([this](const mqtt::const_message_ptr& message) {
    if (message) handlers_.on_message(to_message(*message));
  });
}

PahoConnection::~PahoConnection() = default;

Result<void> PahoConnection::open(const std::vector<std::string>& filters) {
  {
    const std::lock_guard lock(tls_mutex_);
    tls_failure_.clear();
  }
  if (Result<void> readable = check_ca_file(); !readable) {
    return fail(readable.error().code, broker_name() + readable.error().message);
  }
  const auto addresses =
      resolver_.resolve(options_.host, options_.port, options_.connect_timeout, options_.names.host, is_stopping_);
  Result<void> opened = addresses ? open_session(filters) : tl::unexpected(addresses.error());
  if (opened) return opened;
  Error error = std::move(opened.error());
  if (addresses) {
    close();
    error = diagnose(*addresses, std::move(error));
  }
  return fail(error.code, broker_name() + error.message);
}

std::string PahoConnection::broker_name() const {
  return "broker " + options_.host + ":" + std::to_string(options_.port) + ": ";
}

/// What OpenSSL says of a file that it cannot open names neither the file nor its key.
Result<void> PahoConnection::check_ca_file() const {
  if (options_.ca_file.empty() || std::ifstream(options_.ca_file).good()) return {};
  return fail(ErrorCode::tls, "TLS: " + options_.names.ca_file + " " + options_.ca_file +
                                  " cannot be read: " + std::generic_category().message(errno));
}

Result<void> PahoConnection::open_session(const std::vector<std::string>& filters) {
  try {
    TRY(await(client_->connect(connect_options()), "CONNACK"));
    disable_nagle(options_.port);
    for (const std::string& filter : filters) {
      TRY(await(client_->subscribe(filter, 1), "SUBACK for " + filter));
    }
  } catch (const mqtt::exception& error) {
    return tl::unexpected(to_error(error, options_.names.credentials, options_.user));
  } catch (const std::exception& error) {
    return fail(ErrorCode::disconnected, error.what());
  }
  return {};
}

mqtt::connect_options PahoConnection::connect_options() {
  mqtt::connect_options connect;
  connect.set_mqtt_version(MQTTVERSION_5);
  connect.set_clean_start(true);
  connect.set_keep_alive_interval(options_.keepalive);
  // await() keeps the deadline. Paho counts the same one, and where it was first its failure did not say "timeout".
  connect.set_connect_timeout(options_.connect_timeout + std::chrono::seconds{5});
  connect.set_max_inflight(options_.max_inflight);
  if (!options_.user.empty()) {
    connect.set_user_name(options_.user);
    connect.set_password(options_.password);
  }
  if (!options_.will_topic.empty()) {
    connect.set_will(mqtt::will_options(options_.will_topic, options_.will_payload, 1, true));
  }
  if (!options_.ca_file.empty()) {
    mqtt::ssl_options tls;
    tls.set_trust_store(options_.ca_file);
    tls.set_verify(true);  // without it a certificate for another host is accepted
    tls.set_error_handler([this](const std::string& text) {
      const std::lock_guard lock(tls_mutex_);
      tls_failure_ = text;  // the last one says most
    });
    connect.set_ssl(std::move(tls));
  }
  return connect;  // in place: see above
}

/// Waits for the broker's answer; timeout, or disconnected when the client is stopping meanwhile. Throws what Paho
/// throws.
Result<void> PahoConnection::await(const std::shared_ptr<mqtt::token>& token, const std::string& what) const {
  const auto until = std::chrono::steady_clock::now() + options_.connect_timeout;
  while (!token->wait_for(look_round)) {
    if (is_stopping_()) return fail(ErrorCode::disconnected, "stopping");
    if (std::chrono::steady_clock::now() >= until) return fail(ErrorCode::timeout, "no " + what + " in time");
  }
  return {};
}

/// What Paho calls a failure, by trying the connection without it.
Error PahoConnection::diagnose(const std::vector<SocketAddress>& addresses, Error error) {
  if (error.code == ErrorCode::rejected || is_stopping_()) return error;
  {
    const std::lock_guard lock(tls_mutex_);
    if (!tls_failure_.empty()) {
      return {ErrorCode::tls, "TLS: " + tls_failure_ + "; check " + options_.names.ca_file + " " + options_.ca_file +
                                  ", and that the certificate is for " + options_.host};
    }
  }
  const Result<void> reachable = try_tcp(addresses, diagnosis_timeout);
  if (!reachable) return reachable.error();
  // Paho does not tell of every handshake that fails: a connection that can be made without it failed at TLS.
  if (!options_.ca_file.empty() && error.code == ErrorCode::disconnected)
    return {ErrorCode::tls, "TLS: no handshake; check that " + options_.names.port + " is the broker's with TLS, " +
                                options_.names.ca_file + " " + options_.ca_file + ", and " + options_.names.host};
  if (options_.ca_file.empty() && error.code == ErrorCode::disconnected) {
    return {error.code,
            "somebody takes the connection there, but ends it before MQTT begins; if the broker wants TLS, "
            "name its certificate authority with " +
                options_.names.ca_file + ", or check " + options_.names.port};
  }
  return error;
}

void PahoConnection::close() {
  try {
    if (client_->is_connected()) client_->disconnect(disconnect_timeout)->wait_for(disconnect_timeout);
  } catch (const std::exception&) {
    // The link was already down, which is all that is wanted.
  }
}

void PahoConnection::publish(MqttPublish message, void* context, mqtt::iaction_listener& listener) {
  client_->publish(to_paho(message), context, listener);
}

}  // namespace sensors
