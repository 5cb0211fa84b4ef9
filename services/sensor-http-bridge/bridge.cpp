#include "services/sensor-http-bridge/bridge.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/sensor-http-bridge/store_call.hpp"

namespace sensors::bridge {

Bridge::Bridge(LogicOptions options, std::optional<SavedBreaker> saved, const std::optional<WebOptions>& web)
    : reply_topic_(reply_topic(options)),
      control_topic_(control_topic(options)),
      upload_(std::move(options), std::move(saved)) {
  if (web.has_value()) web_.emplace(*web);
}

BridgeEffects Bridge::step(BridgeEvent event, Now now) {
  std::visit([this, now](const auto& known) { route(known, now); }, event);
  return std::exchange(effects_, {});
}

std::optional<Instant> Bridge::wake_at() const {
  const std::optional<Instant> upload = upload_.wake_at();
  const std::optional<Instant> web = web_.has_value() ? web_->wake_at() : std::nullopt;
  if (!upload.has_value() || !web.has_value()) return upload.has_value() ? upload : web;
  return std::min(*upload, *web);
}

template <class E>
void Bridge::to_upload(const E& event, Now now) {
  for (Effect& effect : upload_.step(event, now)) {
    std::visit([this](auto& known) { effects_.emplace_back(std::move(known)); }, effect);
  }
}

template <class E>
void Bridge::to_web(const E& event, Now now) {
  if (!web_.has_value()) return;
  BridgeEffects more = web_->handle(event, now);
  std::move(more.begin(), more.end(), std::back_inserter(effects_));
}

/// The side that answers people first: the other one may end the service with this event.
void Bridge::route(const StopRequested& event, Now now) {
  to_web(event, now);
  to_upload(event, now);
}

void Bridge::route(const MqttPublished& event, Now now) {
  (event.id & web_publish_bit) != 0 ? to_web(event, now) : to_upload(event, now);
}

/// Answers are told apart by their correlation data; what is no answer and no order is for who watches.
void Bridge::route(const MqttMessage& event, Now now) {
  const bool is_for_upload =
      event.topic == control_topic_ || (event.topic == reply_topic_ && !event.correlation.starts_with(web_correlation));
  is_for_upload ? to_upload(event, now) : to_web(event, now);
}

}  // namespace sensors::bridge
