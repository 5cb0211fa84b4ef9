// The broker keeps the last status of a run that was cut off, and its last will comes when the broker notices: before
// the next run has connected, or long after; what the network held back may come between. So whatever a run of ours
// left goes whenever it comes, once it is sure that nobody says it any more: this machine may be a copy of one that
// still runs under that name, and a machine that says it is there says so again.
#include "common/self/former_names.hpp"

#include <algorithm>

#include "common/codec/status_json.hpp"

namespace sensors {

namespace {

constexpr Millis shortest_wait{6'000};  // a service that is there may be slow for a while

}  // namespace

void FormerNames::add(const std::string& node, const std::string& run) {
  if (node.empty() || node == options_.node || run.empty()) return;
  names_[node].runs.try_emplace(run, options_.status_interval);
}

std::vector<std::string> FormerNames::take_topics() {
  std::vector<std::string> topics;
  for (auto& [node, name] : names_) {
    if (std::exchange(name.is_heard, true)) continue;
    topics.push_back(topic_of(options_.root, node, "status", options_.service));
    if (options_.shows_alerts) topics.push_back(topic_of(options_.root, node, "alert", "+"));
  }
  return topics;
}

void FormerNames::take(const TopicView& topic, const MqttMessage& message, Instant now) {
  const auto found = names_.find(topic.node);
  if (found == names_.end()) return;
  Name& name = found->second;
  if (topic.kind == "alert") return take_alert(name, message);
  if (topic.kind != "status" || topic.name != options_.service) return;
  name.clear_at.reset();  // the broker keeps this message now, whatever it kept before
  const auto run = name.runs.find(run_in(message.payload));
  if (run == name.runs.end()) return;
  const Result<ServiceState> state = decode_status_state(message.payload);
  const bool may_live = !message.retained && state.has_value() && *state != ServiceState::down;
  if (may_live && run->second.seen("lives", now)) {
    name.runs.erase(run);
  } else {
    name.clear_at = now + longest_silence();
  }
}

void FormerNames::take_alert(Name& name, const MqttMessage& message) const {
  if (message.payload.empty()) {
    name.alerts.erase(message.topic);
  } else if (options_.shows_alerts && name.alerts.size() < most_alerts) {
    name.alerts.insert(message.topic);
  }
}

void FormerNames::disconnected() {
  for (auto& [node, name] : names_) {
    name.clear_at.reset();
    name.alerts.clear();
  }
}

std::vector<MqttPublish> FormerNames::advance(Instant now) {
  std::vector<MqttPublish> messages;
  for (auto& [node, name] : names_) {
    if (!name.clear_at.has_value() || now < *name.clear_at) continue;
    name.clear_at.reset();
    std::set<std::string> topics = std::exchange(name.alerts, {});
    for (const char* kind : {"status", "queue", "silent"}) {
      if (kind == std::string_view("silent") && !options_.tells_of_sensors) continue;
      topics.insert(topic_of(options_.root, node, kind, options_.service));
    }
    for (const std::string& topic : topics) {
      MqttPublish empty;
      empty.topic = topic;
      empty.retain = true;
      messages.push_back(std::move(empty));
    }
  }
  return messages;
}

std::optional<Instant> FormerNames::wake_at() const {
  std::optional<Instant> at;
  for (const auto& [node, name] : names_) {
    if (name.clear_at.has_value()) at = std::min(at.value_or(*name.clear_at), *name.clear_at);
  }
  return at;
}

Millis FormerNames::longest_silence() const { return std::max(options_.status_interval * 3, shortest_wait); }

/// The text of the key in a status; a quote inside another text of it is escaped, so this is the key and no part of
/// one.
std::string FormerNames::run_in(std::string_view payload) const {
  const std::string key = '"' + options_.run_key + "\":\"";
  const std::size_t at = payload.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = payload.substr(at + key.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace sensors
