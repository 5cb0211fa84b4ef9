// RpcDesk keeps where the answer to each request goes until it is there, and how many may wait. Owned by Logic, on the
// loop thread. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/codec/status_writer.hpp"
#include "common/core/service_events.hpp"

namespace sensors::persistence {

/// MQTT 5 section 4.10.
struct ReplyTo {
  std::string topic;
  std::string correlation;
};

class RpcDesk {
 public:
  static constexpr std::size_t max_correlation_bytes = 256;

  RpcDesk(std::string root, std::size_t max_calls) : root_(std::move(root)), max_calls_(max_calls) {}

  /// Where the answer to `request` goes. ErrorCode::invalid when that is not <root>/<node>/rpc-reply/<client>: then
  /// there is nobody to tell.
  Result<ReplyTo> reply_to(const MqttMessage& request) const;

  /// A number for a call that is not answered at once; nothing when max_calls are waiting.
  std::optional<std::uint64_t> open(ReplyTo reply_to);

  /// Where the answer to `call` goes; the call is over. Nothing when it has been answered.
  std::optional<ReplyTo> close(std::uint64_t call);

  std::size_t waiting() const { return calls_.size(); }

  void describe(StatusWriter& status) const { status.add("waiting_calls", waiting()); }

 private:
  std::string root_;
  std::size_t max_calls_;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, ReplyTo> calls_;
};

}  // namespace sensors::persistence
