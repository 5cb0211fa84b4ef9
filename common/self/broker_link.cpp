#include "common/self/broker_link.hpp"

#include <chrono>
#include <utility>

namespace sensors {

std::optional<LogLine> BrokerLink::connected(Instant now) {
  std::string text = "connected to the broker";
  if (away_since_.has_value()) {
    const auto away = std::chrono::round<std::chrono::seconds>(now - *away_since_);
    text += " after " + std::to_string(away.count()) + " s and " + std::to_string(failed_since_) + " failed attempts";
  }
  connected_ = true;
  reason_.clear();
  away_since_.reset();
  failed_since_ = 0;
  return limited(LogLevel::info, std::move(text), now);
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
  return limited(LogLevel::warning, (was_connected ? "broker lost: " : "cannot connect, trying again: ") + event.reason,
                 now);
}

void BrokerLink::describe(StatusWriter& status) const {
  StatusWriter& counters = status.in("counters");
  counters.add("connections_lost", lost_);
  StatusWriter& failed = counters.in("failed_connects");
  for (const auto& [failure, count] : failed_connects_) failed.add(failure, count);
}

std::optional<LogLine> BrokerLink::limited(LogLevel level, std::string text, Instant now) {
  if (!lines_.admit(now)) return std::nullopt;
  if (const std::uint64_t left_out = lines_.take_refused(); left_out > 0) {
    text += " (" + std::to_string(left_out) + " lines about it left out)";
  }
  return LogLine{level, std::move(text)};
}

}  // namespace sensors
