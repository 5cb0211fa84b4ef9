// Paho's traps that shape this file (docs/common-errors.md has the versions); paho_connection.cpp has those of
// connecting:
// - Callbacks hold a process-wide lock: they take our mutex for a moment, enqueue, and return. Our mutex is never held
//   across a call into Paho, which takes that lock.
// - Automatic reconnect does not subscribe again: the send thread owns the reconnect loop.
// - More publishes than the broker's Receive Maximum stall (1.3.12): what is in flight is counted here.
#include "common/adapters/mqtt_paho/mqtt_client.hpp"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

#include <mqtt/async_client.h>

#include "common/adapters/mqtt_paho/paho_connection.hpp"
#include "common/adapters/mqtt_paho/paho_values.hpp"
#include "common/core/backoff.hpp"
#include "common/runtime/random_id.hpp"

namespace sensors {

namespace {

using TimePoint = std::chrono::steady_clock::time_point;

constexpr Millis drain_timeout{500};
constexpr Millis answer_patience{2};

}  // namespace

class MqttClient::Session : private mqtt::iaction_listener {
 public:
  Session(MqttClientOptions options, MqttCallbacks callbacks);
  ~Session() override;

  void publish(MqttPublish message);
  void subscribe(const std::string& filter);
  void reconnect();

 private:
  using SendNumber = std::uintptr_t;
  using Lock = std::unique_lock<std::mutex>;

  bool is_stopping();
  void lose(std::string reason);

  // On the send thread.
  void run();
  Result<void> connect();
  void serve_connection();
  bool may_send() const;
  void send_next(Lock& lock);
  void send(MqttPublish message);
  bool is_drained(Lock& lock, std::optional<TimePoint>& drain_until);
  void end_connection(const std::string& reason);
  void wait_before_reconnect();

  void complete(SendNumber number, Result<void> result);
  bool answers_are_due() const;
  void deliver(std::vector<MqttPublished> answers);
  void on_failure(const mqtt::token& token) override;
  void on_success(const mqtt::token& token) override;

  const MqttClientOptions options_;
  const MqttCallbacks callbacks_;
  Backoff backoff_;  // send thread only, as is the next
  SendNumber last_number_ = 0;

  std::mutex mutex_;
  std::vector<std::string> subscriptions_;
  std::condition_variable changed_;
  std::deque<MqttPublish> queue_;
  std::unordered_map<SendNumber, std::uint64_t> in_flight_;  // to the id of the publish() call
  std::vector<MqttPublished> answers_;                       // not yet delivered
  bool connected_ = false;
  bool lost_ = false;
  std::string lost_reason_;
  bool reconnect_wanted_ = false;
  bool stopping_ = false;

  PahoConnection connection_;  // behind all that its callbacks use
  std::thread send_thread_;
};

MqttClient::Session::Session(MqttClientOptions options, MqttCallbacks callbacks)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      backoff_(options_.reconnect_first, options_.reconnect_longest, std::random_device{}()),
      subscriptions_(options_.subscriptions),
      connection_(options_, {[this](std::string reason) { lose(std::move(reason)); }, callbacks_.on_message},
                  [this] { return is_stopping(); }),
      send_thread_([this] { run(); }) {
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

bool MqttClient::Session::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void MqttClient::Session::lose(std::string reason) {
  const std::lock_guard lock(mutex_);
  lost_ = true;
  lost_reason_ = std::move(reason);
  changed_.notify_all();
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

void MqttClient::Session::subscribe(const std::string& filter) {
  const std::lock_guard lock(mutex_);
  subscriptions_.push_back(filter);
  reconnect_wanted_ = true;  // also of a connection that is being made: it began without
  changed_.notify_all();
}

void MqttClient::Session::reconnect() {
  const std::lock_guard lock(mutex_);
  reconnect_wanted_ = connected_;
  changed_.notify_all();
}

void MqttClient::Session::run() {
  while (!is_stopping()) {
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

Result<void> MqttClient::Session::connect() {
  std::vector<std::string> subscriptions;
  {
    const std::lock_guard lock(mutex_);
    lost_ = false;
    reconnect_wanted_ = false;
    subscriptions = subscriptions_;
  }
  Result<void> opened = connection_.open(subscriptions);
  if (opened) {
    const std::lock_guard lock(mutex_);
    connected_ = true;
  }
  return opened;
}

/// Sends until the connection is lost or the client is stopping and has nothing left to send.
void MqttClient::Session::serve_connection() {
  std::optional<TimePoint> drain_until;
  Lock lock(mutex_);
  while (!lost_ && !reconnect_wanted_) {
    if (may_send()) {
      send_next(lock);
    } else if (stopping_) {
      if (is_drained(lock, drain_until)) break;
    } else if (answers_.empty()) {
      changed_.wait(lock);
    } else if (changed_.wait_for(lock, answer_patience) == std::cv_status::timeout) {
      std::vector<MqttPublished> answers = std::exchange(answers_, {});
      lock.unlock();
      deliver(std::move(answers));
      lock.lock();
    }
  }
  const std::string reason = lost_ ? lost_reason_ : stopping_ ? "stopping" : "given up, to connect again";
  lock.unlock();
  end_connection(reason);
}

bool MqttClient::Session::may_send() const {
  return !queue_.empty() && in_flight_.size() < static_cast<std::size_t>(options_.max_inflight);
}

void MqttClient::Session::send_next(Lock& lock) {
  MqttPublish message = std::move(queue_.front());
  queue_.pop_front();
  lock.unlock();
  send(std::move(message));
  lock.lock();
}

void MqttClient::Session::send(MqttPublish message) {
  const SendNumber number = ++last_number_;
  {
    const std::lock_guard lock(mutex_);
    in_flight_.emplace(number, message.id);
  }
  try {
    connection_.publish(std::move(message), reinterpret_cast<void*>(number), *this);
  } catch (const mqtt::exception& error) {
    const bool is_gone = error.get_return_code() == MQTTASYNC_DISCONNECTED;
    complete(number, fail(is_gone ? ErrorCode::disconnected : ErrorCode::io, std::string("publish: ") + error.what()));
  } catch (const std::exception& error) {
    complete(number, fail(ErrorCode::io, std::string("publish: ") + error.what()));
  }
}

/// Waits for a change while there is something left to send; true also when that takes too long.
bool MqttClient::Session::is_drained(Lock& lock, std::optional<TimePoint>& drain_until) {
  if (queue_.empty() && in_flight_.empty()) return true;
  if (!drain_until) drain_until = std::chrono::steady_clock::now() + drain_timeout;
  return changed_.wait_until(lock, *drain_until) == std::cv_status::timeout;
}

/// Answers for everything that was queued or in flight: it may or may not have arrived.
void MqttClient::Session::end_connection(const std::string& reason) {
  connection_.close();
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
  Lock lock(mutex_);
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

MqttClient::MqttClient(MqttClientOptions options, MqttCallbacks callbacks) {
  options.client_id += "." + random_id();
  session_ = std::make_unique<Session>(std::move(options), std::move(callbacks));
}

MqttClient::~MqttClient() = default;

void MqttClient::publish(MqttPublish message) { session_->publish(std::move(message)); }
void MqttClient::subscribe(const std::string& filter) { session_->subscribe(filter); }
void MqttClient::reconnect() { session_->reconnect(); }

}  // namespace sensors
