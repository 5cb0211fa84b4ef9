#include "services/sensorctl/verbs/control_breaker.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensorctl/exit_code.hpp"

namespace sensors::sensorctl {

ControlBreaker::ControlBreaker(BreakerOrder order, std::string service, Session session)
    : AskNode(std::move(service), "has not done it", std::move(session)), order_(order) {}

std::vector<std::string> ControlBreaker::filters(const std::string& service, const Session& session) {
  return {session.all_status(service)};
}

void ControlBreaker::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value() || message.payload.empty()) return;
  Result<ServiceReport> report = decode_status(message.payload);
  if (!report.has_value()) return complain(message.topic + ": " + report.error().message);
  const auto known = reports_.find(topic->node);
  if (known != reports_.end()) {
    known->second = std::move(*report);
  } else if (reports_.size() < KnownNodes::most) {
    heard(topic->node);
    reports_.emplace(topic->node, std::move(*report));
  }
}

void ControlBreaker::take(const MqttPublished& published) {
  if (published.id != request_id) return;
  if (!published.result.has_value()) return fail_with(exit_trouble, published.result.error().message);
  is_taken_ = true;
}

void ControlBreaker::ask() {
  MqttPublish order;
  order.id = request_id;
  order.topic = topic_of(session().root, node(), "control", service());
  order.payload = encode_breaker_order(order_);
  publish(std::move(order));
}

void ControlBreaker::look() {
  const auto report = reports_.find(node());
  if (!is_taken_ || report == reports_.end() || report->second.state == ServiceState::down) return;
  if (!report->second.breaker.has_value() || !is_done(*report->second.breaker)) return;
  const std::string open = fmt::format("open, isolated until `sensorctl breaker close {}`", service());
  print(fmt::format("{} of node {}: circuit breaker {}\n", service(), node(),
                    order_ == BreakerOrder::isolate ? open : "closed"));
  end(exit_ok);
}

/// Also when it was so before: the service says nothing anew then.
bool ControlBreaker::is_done(const BreakerReport& breaker) const {
  return order_ == BreakerOrder::isolate ? breaker.isolated : breaker.state == "closed";
}

}  // namespace sensors::sensorctl
