#include "services/sensorctl/verbs/control_breaker.hpp"

#include <utility>

#include <fmt/format.h>

#include "services/sensorctl/exit_code.hpp"

namespace sensors::sensorctl {

namespace {

constexpr std::uint64_t order_id = 1;

}  // namespace

ControlBreaker::ControlBreaker(BreakerOrder order, std::string service, Session session)
    : Command(Kind::asks),
      order_(order),
      service_(std::move(service)),
      session_(std::move(session)),
      choice_(session_, service_) {}

std::vector<std::string> ControlBreaker::filters(const std::string& service, const Session& session) {
  return {session.all_status(service)};
}

std::optional<Instant> ControlBreaker::next_tick() const {
  return deadline_.has_value() ? deadline_ : choice_.wake_at();
}

void ControlBreaker::connected() { choice_.connected(now_.monotonic); }

void ControlBreaker::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value() || message.payload.empty()) return;
  Result<ServiceReport> report = decode_status(message.payload);
  if (!report.has_value()) return complain(message.topic + ": " + report.error().message);
  const auto known = reports_.find(topic->node);
  if (known != reports_.end()) {
    known->second = std::move(*report);
  } else if (reports_.size() < KnownNodes::most) {
    choice_.heard(topic->node);
    reports_.emplace(topic->node, std::move(*report));
  }
}

void ControlBreaker::take(const MqttPublished& published) {
  if (published.id != order_id) return;
  if (!published.result.has_value()) return fail_with(exit_trouble, published.result.error().message);
  is_taken_ = true;
}

void ControlBreaker::advance() {
  if (!deadline_.has_value()) {
    const std::optional<Result<std::string>> node = choice_.decided(now_.monotonic);
    if (!node.has_value()) return;
    if (node->has_value()) return give_order(**node);
    return fail_with(node->error().code == ErrorCode::invalid ? exit_usage : exit_no_answer, node->error().message);
  }
  const auto report = reports_.find(node_);
  if (is_taken_ && report != reports_.end() && report->second.breaker.has_value() &&
      report->second.state != ServiceState::down && is_done(*report->second.breaker)) {
    const std::string open = fmt::format("open, isolated until `sensorctl breaker close {}`", service_);
    print(fmt::format("{} of node {}: circuit breaker {}\n", service_, node_,
                      order_ == BreakerOrder::isolate ? open : "closed"));
    return end(exit_ok);
  }
  if (now_.monotonic < *deadline_) return;
  if (choice_.nodes().is_mistaken()) return fail_with(exit_no_answer, choice_.nodes().mistake());
  fail_with(exit_no_answer, fmt::format("{0} of node {1} has not done it in {2} s; systemctl status {0}", service_,
                                        node_, session_.timeout.count() / 1'000));
}

void ControlBreaker::give_order(const std::string& node) {
  node_ = node;
  deadline_ = now_.monotonic + session_.timeout;
  MqttPublish order;
  order.id = order_id;
  order.topic = topic_of(session_.root, node_, "control", service_);
  order.payload = encode_breaker_order(order_);
  publish(std::move(order));
}

/// Also when it was so before: the service says nothing anew then.
bool ControlBreaker::is_done(const BreakerReport& breaker) const {
  return order_ == BreakerOrder::isolate ? breaker.isolated : breaker.state == "closed";
}

}  // namespace sensors::sensorctl
