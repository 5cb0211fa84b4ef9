// BrokerLink decides what a service says about its connection to the broker: a line when it is lost, one for each other
// kind of failure to connect, one when it is back, and counts by kind. A link that comes and goes in a row says so ten
// times, and then once in 10 s. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/codec/status_writer.hpp"
#include "common/core/rate_limit.hpp"
#include "common/core/service_events.hpp"

namespace sensors {

class BrokerLink {
 public:
  /// What there is to say, as a log line and as an event.
  std::optional<LogLine> connected(Instant now);
  std::optional<LogLine> disconnected(const MqttDisconnected& event, Instant now);

  bool is_connected() const { return connected_; }

  /// Why there is no connection; empty while there is one.
  const std::string& reason() const { return reason_; }

  /// In "counters", since the start: "connections_lost":1,"failed_connects":{"refused":4}, by name of the ErrorCode.
  void describe(StatusWriter& status) const;

 private:
  std::optional<LogLine> limited(LogLevel level, std::string text, Instant now);

  static constexpr int burst = 10;
  static constexpr Millis pause{10'000};
  RateLimit lines_{burst, pause};
  bool connected_ = false;
  std::string reason_ = "not connected yet";
  std::string failure_;  // name of the ErrorCode of the last one; empty before the first, and when one was lost
  std::optional<Instant> away_since_;
  std::uint64_t failed_since_ = 0;  // connects since away_since_
  std::map<std::string, std::uint64_t> failed_connects_;
  std::uint64_t lost_ = 0;  // connections
};

}  // namespace sensors
