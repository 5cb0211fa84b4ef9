#include "common/core/broker_link.hpp"

#include <chrono>
#include <utility>

namespace sensors {

LogLine BrokerLink::connected(Instant now) {
  std::string text = "connected to the broker";
  if (away_since_.has_value()) {
    const auto away = std::chrono::round<std::chrono::seconds>(now - *away_since_);
    text += " after " + std::to_string(away.count()) + " s and " + std::to_string(failed_since_) + " failed attempts";
  }
  connected_ = true;
  reason_.clear();
  away_since_.reset();
  failed_since_ = 0;
  return {LogLevel::info, std::move(text)};
}

std::optional<LogLine> BrokerLink::disconnected(const MqttDisconnected& event, Instant now) {
  const std::string failure = name_of(event.code);
  const bool was_connected = std::exchange(connected_, false);
  const bool is_news = was_connected || !away_since_.has_value() || failure != failure_;
  if (!away_since_.has_value()) away_since_ = now;
  if (was_connected) {
    ++lost_;
    failure_.clear();  // the first failure to connect again is news
  } else {
    ++failed_since_;
    ++failed_connects_[failure];
    failure_ = failure;
  }
  reason_ = event.reason;
  if (!is_news) return std::nullopt;
  return LogLine{LogLevel::warning,
                 (was_connected ? "broker lost: " : "cannot connect, trying again: ") + event.reason};
}

}  // namespace sensors
