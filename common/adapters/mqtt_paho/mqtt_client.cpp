// Paho's traps that shape this file (Paho C++ 1.2.0, Paho C 1.3.12):
// - Callbacks hold a process-wide lock: they take our mutex for a moment, enqueue, and return. Our mutex is never held
//   across a call into Paho, which takes that lock.
// - Automatic reconnect does not subscribe again: the send thread owns the reconnect loop.
// - connect_options that are copied lose their properties: they are built in place and passed directly.
// - With MQTT 5 a refused publish may reach on_failure with return code 0: the reason code decides.
// - Its sockets have Nagle's algorithm on, and it gives no access to them. With the other side's delayed
// acknowledgement
//   a window of small messages stands still for 40 ms, so disable_nagle() finds the socket after each connect.
// - It says "failure" whatever kept it from connecting, and looks names up for as long as the resolver likes, with its
//   lock held: broker_reach does both before and after.
// - More publishes than the broker's Receive Maximum stall: what is in flight is counted here.
#include "common/adapters/mqtt_paho/mqtt_client.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include <mqtt/async_client.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

#include "common/adapters/mqtt_paho/broker_reach.hpp"
#include "common/core/backoff.hpp"

namespace sensors {

namespace {

constexpr Millis disconnect_timeout{500};
constexpr Millis drain_timeout{500};
constexpr Millis answer_patience{2};
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

mqtt::create_options create_options_for_mqtt5() { return mqtt::create_options(MQTTVERSION_5); }

MqttMessage to_message(const mqtt::message& source) {
  MqttMessage message;
  message.topic = source.get_topic();
  message.payload = source.get_payload_str();
  message.retained = source.is_retained();
  const mqtt::properties& properties = source.get_properties();
  if (properties.contains(mqtt::property::RESPONSE_TOPIC)) {
    message.response_topic = mqtt::get<std::string>(properties, mqtt::property::RESPONSE_TOPIC);
  }
  if (properties.contains(mqtt::property::CORRELATION_DATA)) {
    message.correlation = mqtt::get<std::string>(properties, mqtt::property::CORRELATION_DATA);
  }
  return message;
}

mqtt::const_message_ptr to_paho(MqttPublish& publish) {
  auto message = mqtt::make_message(std::move(publish.topic), std::move(publish.payload), publish.qos, publish.retain);
  if (!publish.response_topic.empty()) {
    mqtt::properties properties;
    properties.add(mqtt::property(mqtt::property::RESPONSE_TOPIC, publish.response_topic));
    properties.add(mqtt::property(mqtt::property::CORRELATION_DATA, publish.correlation));
    message->set_properties(std::move(properties));
  } else if (!publish.correlation.empty()) {
    message->set_properties({mqtt::property(mqtt::property::CORRELATION_DATA, publish.correlation)});
  }
  return message;
}

Result<void> outcome_of(const mqtt::token& token) {
  const int reason = token.get_reason_code();
  if (reason >= mqtt::ReasonCode::UNSPECIFIED_ERROR) {
    return fail(ErrorCode::rejected, "broker refused the message, MQTT 5 reason code " + std::to_string(reason) +
                                         "; check the access rules of this user");
  }
  if (token.get_return_code() != MQTTASYNC_SUCCESS) {
    return fail(ErrorCode::disconnected, "publish failed: " + mqtt::exception::error_str(token.get_return_code()));
  }
  return {};
}

/// A refused CONNECT arrives as a return code that is a reason code (MQTT 5 section 3.2.2.2).
int code_of(const mqtt::exception& error) {
  return std::max(error.get_return_code(), static_cast<int>(error.get_reason_code()));
}

std::string describe(const mqtt::exception& error) {
  const int code = code_of(error);
  if (code < mqtt::ReasonCode::UNSPECIFIED_ERROR) return error.what();
  const char* name = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(code));
  const bool is_access =
      code == mqtt::ReasonCode::NOT_AUTHORIZED || code == mqtt::ReasonCode::BAD_USER_NAME_OR_PASSWORD;
  return std::string("refused: ") + (name == nullptr ? std::to_string(code) : name) +
         (is_access ? "; check [mqtt] user and password_file against the broker's" : "");
}

}  // namespace

class MqttClient::Session : private mqtt::iaction_listener {
 public:
  Session(MqttClientOptions options, MqttCallbacks callbacks);
  ~Session() override;

  void publish(MqttPublish message);
  void reconnect();

 private:
  using SendNumber = std::uintptr_t;

  void run();
  Result<void> connect();
  Result<void> open_session();
  Result<void> await(const mqtt::token_ptr& token, const std::string& what);
  Error diagnose(const std::vector<SocketAddress>& addresses, Error error);
  bool stopping();
  void disconnect();
  void serve_connection();
  void send(MqttPublish message);
  void give_up_connection(const std::string& reason);
  void wait_before_reconnect();
  void complete(SendNumber number, Result<void> result);
  bool answers_are_due() const;
  void deliver(std::vector<MqttPublished> answers);
  void on_failure(const mqtt::token& token) override;
  void on_success(const mqtt::token& token) override;

  const MqttClientOptions options_;
  const MqttCallbacks callbacks_;
  mqtt::async_client client_;
  NameResolver resolver_;  // send thread only, as are the next two
  Backoff backoff_;
  SendNumber last_number_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<MqttPublish> queue_;
  std::unordered_map<SendNumber, std::uint64_t> in_flight_;  // to the id of the publish() call
  std::vector<MqttPublished> answers_;                       // not yet delivered
  bool connected_ = false;
  bool lost_ = false;
  std::string lost_reason_;
  std::string tls_failure_;  // of the connect under way
  bool reconnect_wanted_ = false;
  bool stopping_ = false;
  std::thread send_thread_;
};

MqttClient::Session::Session(MqttClientOptions options, MqttCallbacks callbacks)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      client_(server_uri(options_), options_.client_id, create_options_for_mqtt5(), nullptr),
      backoff_(options_.reconnect_first, options_.reconnect_longest, std::random_device{}()) {
  // Below this Paho formats a text for each packet, though nobody reads it.
  MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_FATAL);
  client_.set_connection_lost_handler([this](const std::string& cause) {
    const std::lock_guard lock(mutex_);
    lost_ = true;
    lost_reason_ = cause.empty() ? "connection lost" : cause;
    changed_.notify_all();
  });
  client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
    const std::lock_guard lock(mutex_);
    lost_ = true;
    lost_reason_ = "broker closed the connection, MQTT 5 reason code " + std::to_string(reason);
    changed_.notify_all();
  });
  client_.set_message_callback([this](const mqtt::const_message_ptr& message) {
    if (message) callbacks_.on_message(to_message(*message));
  });
  send_thread_ = std::thread([this] { run(); });
  pthread_setname_np(send_thread_.native_handle(), "mqtt-send");
}

MqttClient::Session::~Session() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  send_thread_.join();
}

void MqttClient::Session::publish(MqttPublish message) {
  const std::uint64_t id = message.id;
  Result<void> refused;
  {
    const std::lock_guard lock(mutex_);
    if (connected_ && queue_.size() < options_.max_queued) {
      queue_.push_back(std::move(message));
      // Nobody waits for a queue that was not empty.
      if (queue_.size() == 1) changed_.notify_one();
      return;
    }
    refused = connected_ ? fail(ErrorCode::overloaded, "publish: the queue of the send thread is full")
                         : fail(ErrorCode::disconnected, "publish: no connection to the broker");
  }
  if (id != 0) deliver({MqttPublished{id, std::move(refused)}});
}

void MqttClient::Session::run() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (Result<void> connected = connect(); !connected) {
      callbacks_.on_disconnected({connected.error().message, connected.error().code});
      wait_before_reconnect();
      continue;
    }
    backoff_.reset();
    callbacks_.on_connected({});
    serve_connection();
  }
}

/// Every failure names the broker, and has the code of what kept us from it.
Result<void> MqttClient::Session::connect() {
  {
    const std::lock_guard lock(mutex_);
    lost_ = false;
    reconnect_wanted_ = false;
    tls_failure_.clear();
  }
  const auto addresses =
      resolver_.resolve(options_.host, options_.port, options_.connect_timeout, [this] { return stopping(); });
  Result<void> connected = addresses ? open_session() : tl::unexpected(addresses.error());
  if (connected) {
    const std::lock_guard lock(mutex_);
    connected_ = true;
    return connected;
  }
  Error error = std::move(connected.error());
  if (addresses) {
    disconnect();
    error = diagnose(*addresses, std::move(error));
  }
  return fail(error.code, "broker " + options_.host + ":" + std::to_string(options_.port) + ": " + error.message);
}

Result<void> MqttClient::Session::open_session() {
  try {
    mqtt::connect_options connect_options;
    connect_options.set_mqtt_version(MQTTVERSION_5);
    connect_options.set_clean_start(true);
    connect_options.set_keep_alive_interval(options_.keepalive);
    connect_options.set_connect_timeout(options_.connect_timeout);
    connect_options.set_max_inflight(options_.max_inflight);
    if (!options_.user.empty()) {
      connect_options.set_user_name(options_.user);
      connect_options.set_password(options_.password);
    }
    if (!options_.will_topic.empty()) {
      connect_options.set_will(mqtt::will_options(options_.will_topic, options_.will_payload, 1, true));
    }
    if (!options_.ca_file.empty()) {
      mqtt::ssl_options tls;
      tls.set_trust_store(options_.ca_file);
      tls.set_verify(true);  // without it a certificate for another host is accepted
      tls.set_error_handler([this](const std::string& text) {
        const std::lock_guard lock(mutex_);
        tls_failure_ = text;  // the last one says most
      });
      connect_options.set_ssl(std::move(tls));
    }
    if (Result<void> done = await(client_.connect(connect_options), "CONNACK"); !done) return done;
    disable_nagle(options_.port);
    for (const std::string& filter : options_.subscriptions) {
      if (Result<void> done = await(client_.subscribe(filter, 1), "SUBACK for " + filter); !done) return done;
    }
  } catch (const mqtt::exception& error) {
    const bool is_refusal = code_of(error) >= mqtt::ReasonCode::UNSPECIFIED_ERROR;
    return fail(is_refusal ? ErrorCode::rejected : ErrorCode::disconnected, describe(error));
  } catch (const std::exception& error) {
    return fail(ErrorCode::disconnected, error.what());
  }
  return {};
}

/// Waits for the broker's answer; timeout, or disconnected when the client is stopping meanwhile. Throws what Paho
/// throws.
Result<void> MqttClient::Session::await(const mqtt::token_ptr& token, const std::string& what) {
  const auto until = std::chrono::steady_clock::now() + options_.connect_timeout;
  while (!token->wait_for(look_round)) {
    if (stopping()) return fail(ErrorCode::disconnected, "stopping");
    if (std::chrono::steady_clock::now() >= until) return fail(ErrorCode::timeout, "no " + what + " in time");
  }
  return {};
}

/// What Paho calls a failure, by trying the connection without it.
Error MqttClient::Session::diagnose(const std::vector<SocketAddress>& addresses, Error error) {
  if (error.code == ErrorCode::rejected || stopping()) return error;
  {
    const std::lock_guard lock(mutex_);
    if (!tls_failure_.empty()) return {ErrorCode::tls, "TLS: " + tls_failure_ + "; check [mqtt] ca_file and host"};
  }
  const Result<void> reachable = try_tcp(addresses, diagnosis_timeout);
  if (!reachable) return reachable.error();
  // Paho does not tell of every handshake that fails: a connection that can be made without it failed at TLS.
  if (!options_.ca_file.empty() && error.code == ErrorCode::disconnected)
    return {ErrorCode::tls, "TLS: no handshake; check that [mqtt] port is the broker's with TLS, ca_file and host"};
  return error;
}

bool MqttClient::Session::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

/// Best effort: whatever comes of it, the connection is not used any more.
void MqttClient::Session::disconnect() {
  try {
    if (client_.is_connected()) client_.disconnect(disconnect_timeout)->wait_for(disconnect_timeout);
  } catch (const std::exception&) {
    // The link was already down, which is all that is wanted.
  }
}

/// Sends until the connection is lost or the client is stopping and has nothing left to send.
void MqttClient::Session::serve_connection() {
  std::optional<std::chrono::steady_clock::time_point> drain_until;
  std::unique_lock lock(mutex_);
  while (true) {
    const bool may_send = !queue_.empty() && in_flight_.size() < static_cast<std::size_t>(options_.max_inflight);
    if (lost_ || reconnect_wanted_) {
      const std::string reason = lost_ ? lost_reason_ : "given up, to connect again";
      lock.unlock();
      disconnect();
      give_up_connection(reason);
      return;
    }
    if (may_send) {
      MqttPublish message = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      send(std::move(message));
      lock.lock();
      continue;
    }
    if (!stopping_ && answers_.empty()) {
      changed_.wait(lock);
      continue;
    }
    if (!stopping_) {
      if (changed_.wait_for(lock, answer_patience) == std::cv_status::no_timeout) continue;
      std::vector<MqttPublished> answers = std::exchange(answers_, {});
      lock.unlock();
      deliver(std::move(answers));
      lock.lock();
      continue;
    }
    if (!drain_until) drain_until = std::chrono::steady_clock::now() + drain_timeout;
    const bool drained = queue_.empty() && in_flight_.empty();
    if (drained || changed_.wait_until(lock, *drain_until) == std::cv_status::timeout) {
      lock.unlock();
      disconnect();
      give_up_connection("stopping");
      return;
    }
  }
}

void MqttClient::Session::send(MqttPublish message) {
  const SendNumber number = ++last_number_;
  {
    const std::lock_guard lock(mutex_);
    in_flight_.emplace(number, message.id);
  }
  try {
    client_.publish(to_paho(message), reinterpret_cast<void*>(number), *this);
  } catch (const mqtt::exception& error) {
    const bool is_gone = error.get_return_code() == MQTTASYNC_DISCONNECTED;
    complete(number, fail(is_gone ? ErrorCode::disconnected : ErrorCode::io, std::string("publish: ") + error.what()));
  } catch (const std::exception& error) {
    complete(number, fail(ErrorCode::io, std::string("publish: ") + error.what()));
  }
}

void MqttClient::Session::reconnect() {
  const std::lock_guard lock(mutex_);
  reconnect_wanted_ = connected_;
  changed_.notify_all();
}

/// Answers for everything that was queued or in flight: it may or may not have arrived.
void MqttClient::Session::give_up_connection(const std::string& reason) {
  std::vector<MqttPublished> answers;
  const auto unanswered = [&](std::uint64_t id) {
    if (id != 0) answers.push_back({id, fail(ErrorCode::disconnected, "publish: " + reason)});
  };
  {
    const std::lock_guard lock(mutex_);
    connected_ = false;
    answers.swap(answers_);
    for (const auto& [number, id] : in_flight_) unanswered(id);
    for (const MqttPublish& message : queue_) unanswered(message.id);
    in_flight_.clear();
    queue_.clear();
  }
  callbacks_.on_disconnected({reason, ErrorCode::disconnected});
  deliver(std::move(answers));
}

void MqttClient::Session::wait_before_reconnect() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, backoff_.next(), [this] { return stopping_; });
}

/// A number that is not in flight any more belongs to a connection that was given up; it has been answered.
void MqttClient::Session::complete(SendNumber number, Result<void> result) {
  std::vector<MqttPublished> answers;
  {
    const std::lock_guard lock(mutex_);
    const auto found = in_flight_.find(number);
    if (found == in_flight_.end()) return;
    if (found->second != 0) answers_.push_back({found->second, std::move(result)});
    const bool was_full = in_flight_.size() >= static_cast<std::size_t>(options_.max_inflight);
    in_flight_.erase(found);
    if (answers_are_due()) answers.swap(answers_);
    const bool is_first = answers_.size() == 1;  // the send thread keeps its time
    if (stopping_ || is_first || (was_full && !queue_.empty())) changed_.notify_one();
  }
  deliver(std::move(answers));
}

bool MqttClient::Session::answers_are_due() const {
  return in_flight_.empty() || answers_.size() * 2 >= static_cast<std::size_t>(options_.max_inflight);
}

void MqttClient::Session::deliver(std::vector<MqttPublished> answers) {
  if (!answers.empty()) callbacks_.on_published(std::move(answers));
}

void MqttClient::Session::on_failure(const mqtt::token& token) {
  Result<void> result = outcome_of(token);
  if (result) result = fail(ErrorCode::disconnected, "publish failed without a reason");
  complete(reinterpret_cast<SendNumber>(token.get_user_context()), std::move(result));
}

void MqttClient::Session::on_success(const mqtt::token& token) {
  complete(reinterpret_cast<SendNumber>(token.get_user_context()), outcome_of(token));
}

MqttClient::MqttClient(MqttClientOptions options, MqttCallbacks callbacks)
    : session_(std::make_unique<Session>(std::move(options), std::move(callbacks))) {}

MqttClient::~MqttClient() = default;

void MqttClient::publish(MqttPublish message) { session_->publish(std::move(message)); }
void MqttClient::reconnect() { session_->reconnect(); }

}  // namespace sensors
