#include "services/sensor-persistence/logic/rpc_desk.hpp"

#include "common/codec/topic.hpp"

namespace sensors::persistence {

Result<ReplyTo> RpcDesk::reply_to(const MqttMessage& request) const {
  const std::optional<TopicView> topic = parse_topic(request.response_topic);
  if (!topic.has_value() || topic->root != root_ || topic->kind != "rpc-reply") {
    return fail(ErrorCode::invalid, request.topic + ": the response topic must be " + root_ +
                                        "/<node>/rpc-reply/<client>, not \"" + request.response_topic.substr(0, 200) +
                                        "\"");
  }
  if (request.correlation.size() > max_correlation_bytes) {
    return fail(ErrorCode::invalid, request.topic + ": the correlation data is longer than 256 bytes");
  }
  return ReplyTo{request.response_topic, request.correlation};
}

std::optional<std::uint64_t> RpcDesk::open(ReplyTo reply_to) {
  if (calls_.size() >= max_calls_) return std::nullopt;
  calls_.emplace(++last_call_, std::move(reply_to));
  return last_call_;
}

std::optional<ReplyTo> RpcDesk::close(std::uint64_t call) {
  auto node = calls_.extract(call);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

}  // namespace sensors::persistence
