#include "services/sensor-http-bridge/web/alert_board.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"

namespace sensors::bridge {

namespace {

std::string cleared(std::string_view name) { return fmt::format(R"({{"name":"{}","state":"cleared"}})", name); }

}  // namespace

std::optional<std::string> AlertBoard::take(const TopicView& topic, const MqttMessage& message) {
  not_again_.erase(message.topic);
  if (message.payload.empty()) {
    if (alerts_.erase(message.topic) == 0) return std::nullopt;
    return cleared(topic.name);
  }
  Result<Alert> alert = decode_alert(message.payload);
  const auto known = alerts_.find(message.topic);
  if (!alert.has_value() || (known == alerts_.end() && alerts_.size() >= most)) return std::nullopt;
  std::string json = encode_alert(*alert);
  alerts_.insert_or_assign(message.topic, std::move(*alert));
  return json;
}

void AlertBoard::connected(Instant now) {
  not_again_.clear();
  for (const auto& [topic, alert] : alerts_) not_again_.insert(topic);
  settled_at_ = now + settle;
}

std::vector<std::string> AlertBoard::take_gone(Instant now) {
  std::vector<std::string> gone;
  if (!settled_at_.has_value() || now < *settled_at_) return gone;
  settled_at_.reset();
  for (const std::string& topic : std::exchange(not_again_, {})) {
    alerts_.erase(topic);
    if (const std::optional<TopicView> parts = parse_topic(topic); parts.has_value())
      gone.push_back(cleared(parts->name));
  }
  return gone;
}

std::string AlertBoard::answer(WallTime now) const {
  std::vector<const Alert*> shown;
  for (const auto& [topic, alert] : alerts_) shown.push_back(&alert);
  std::stable_sort(shown.begin(), shown.end(), [](const Alert* a, const Alert* b) {
    if (a->ended.has_value() != b->ended.has_value()) return !a->ended.has_value();
    return a->ended.value_or(a->since) > b->ended.value_or(b->since);
  });
  std::string out = "{\"alerts\":[";
  for (const Alert* alert : shown) {
    if (out.back() != '[') out += ',';
    out += encode_alert(*alert);
  }
  return out + fmt::format("],\"time\":\"{}\"}}\n", time_text(now));
}

}  // namespace sensors::bridge
