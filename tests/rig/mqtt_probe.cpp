// What the client's threads report is kept under one mutex; everything else waits on one condition.
#include "tests/rig/mqtt_probe.hpp"

#include <algorithm>
#include <utility>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

constexpr Millis publish_deadline{10'000};

}  // namespace

MqttProbe::MqttProbe(MqttClientOptions options, Millis deadline) {
  const std::string where = options.user + "@" + options.host + ":" + std::to_string(options.port);
  MqttCallbacks callbacks;
  callbacks.on_connected = [this](const MqttConnected&) {
    const std::lock_guard lock(mutex_);
    connected_ = true;
    changed_.notify_all();
  };
  callbacks.on_disconnected = [this](const MqttDisconnected&) {
    const std::lock_guard lock(mutex_);
    connected_ = false;
  };
  callbacks.on_published = [this](std::vector<MqttPublished> answers) {
    const std::lock_guard lock(mutex_);
    for (MqttPublished& answer : answers) published_.insert_or_assign(answer.id, std::move(answer.result));
    changed_.notify_all();
  };
  callbacks.on_message = [this](MqttMessage message) { store(std::move(message)); };
  client_ = std::make_unique<MqttClient>(std::move(options), std::move(callbacks));
  std::unique_lock lock(mutex_);
  const bool connected = changed_.wait_for(lock, deadline, [this] { return connected_; });
  lock.unlock();  // the client's destructor waits for callbacks
  if (!connected) {
    client_.reset();
    throw RigError("connect " + where + ": not within " + std::to_string(deadline.count()) + " ms");
  }
}

std::vector<MqttMessage> MqttProbe::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<MqttMessage> MqttProbe::take_messages() {
  const std::lock_guard lock(mutex_);
  return std::exchange(messages_, {});
}

std::optional<MqttMessage> MqttProbe::last(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const auto found = newest_.find(topic);
  return found == newest_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<MqttMessage> MqttProbe::wait_for(Millis deadline,
                                               const std::function<bool(const MqttMessage&)>& wanted) const {
  std::optional<MqttMessage> result;
  std::size_t seen = 0;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] {
    seen = std::min(seen, messages_.size());
    const auto found = std::find_if(messages_.begin() + static_cast<std::ptrdiff_t>(seen), messages_.end(), wanted);
    if (found != messages_.end()) result = *found;
    seen = messages_.size();
    return result.has_value();
  });
  return result;
}

std::optional<MqttMessage> MqttProbe::wait_for_last(const std::string& topic, Millis deadline,
                                                    const std::function<bool(const MqttMessage&)>& wanted) const {
  std::optional<MqttMessage> result;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] {
    const auto found = newest_.find(topic);
    if (found != newest_.end() && wanted(found->second)) result = found->second;
    return result.has_value();
  });
  return result;
}

void MqttProbe::forget() {
  const std::lock_guard lock(mutex_);
  messages_.clear();
  newest_.clear();
}

Result<void> MqttProbe::publish(const std::string& topic, const std::string& payload, bool retain) {
  std::unique_lock lock(mutex_);
  const std::uint64_t id = next_id_++;
  lock.unlock();
  MqttPublish message;
  message.id = id;
  message.topic = topic;
  message.payload = payload;
  message.retain = retain;
  client_->publish(std::move(message));
  lock.lock();
  if (!changed_.wait_for(lock, publish_deadline, [&] { return published_.contains(id); })) {
    return fail(ErrorCode::timeout, "publish " + topic + ": no answer of the broker in 10 s");
  }
  Result<void> result = std::move(published_.at(id));
  published_.erase(id);
  return result;
}

Result<std::string> MqttProbe::request(const std::string& topic, const std::string& payload,
                                       const std::string& response_topic, Millis deadline) {
  std::unique_lock lock(mutex_);
  const std::string correlation = "probe-" + std::to_string(next_id_++);
  lock.unlock();
  MqttPublish question;
  question.topic = topic;
  question.payload = payload;
  question.response_topic = response_topic;
  question.correlation = correlation;
  client_->publish(std::move(question));
  const std::optional<MqttMessage> answer = wait_for(deadline, [&](const MqttMessage& message) {
    return message.topic == response_topic && message.correlation == correlation;
  });
  if (!answer.has_value()) {
    return fail(ErrorCode::timeout, topic + ": no answer in " + std::to_string(deadline.count()) + " ms");
  }
  return answer->payload;
}

bool MqttProbe::connected() const {
  const std::lock_guard lock(mutex_);
  return connected_;
}

void MqttProbe::store(MqttMessage message) {
  const std::lock_guard lock(mutex_);
  newest_.insert_or_assign(message.topic, message);
  messages_.push_back(std::move(message));
  changed_.notify_all();
}

}  // namespace sensors::rig
