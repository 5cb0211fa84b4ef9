// StoreCall is the one request to the store that may be outstanding: it makes the request, knows its answer by the
// correlation data, and knows when it is overdue. Owned by Logic. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/core/service_events.hpp"
#include "common/core/time.hpp"
#include "services/sensor-http-bridge/delivery/logic_options.hpp"

namespace sensors::bridge {

/// The topics that answers come back on, and that operators give orders on; the shell subscribes to both.
std::string reply_topic(const LogicOptions& options);
std::string control_topic(const LogicOptions& options);

/// What this service says of itself, and a namesake too.
std::string status_topic(const LogicOptions& options);

/// What it said under other names of this machine.
std::set<std::string> former_status_topics(const LogicOptions& options);

class StoreCall {
 public:
  explicit StoreCall(const LogicOptions& options);

  /// The request to send; replaces one that is outstanding, whose answer is then ignored.
  MqttPublish begin(std::string_view verb, std::string payload, Instant now);

  bool is_waiting() const { return deadline_.has_value(); }

  /// Whether `message` answers the outstanding request, which is then over.
  bool take_answer(const MqttMessage& message);

  /// Whether `published` says that the outstanding request did not reach the broker; it is then over.
  bool take_refusal(const MqttPublished& published);

  /// Whether the answer is overdue; the request is then over.
  bool take_overdue(Instant now);

  void give_up() { deadline_.reset(); }

  std::optional<Instant> wake_at() const { return deadline_; }

 private:
  std::string correlation() const;

  std::string root_;
  std::string node_;
  std::string reply_topic_;
  Millis longest_;
  std::uint64_t run_;
  std::uint64_t number_ = 0;
  std::optional<Instant> deadline_;  // set while a request is outstanding
};

}  // namespace sensors::bridge
