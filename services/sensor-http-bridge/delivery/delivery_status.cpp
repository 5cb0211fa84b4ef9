// The part of Delivery that says how the bridge is: its status, its queue and its last word.
#include <utility>

#include <fmt/format.h>

#include "common/codec/describe_shared.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensor-http-bridge/delivery/delivery.hpp"

namespace sensors::bridge {

StatusWriter down_details(const DeliveryOptions& options) {
  StatusWriter details;
  if (!options.delivers) details.add("delivers", false);
  return details;
}

SelfOptions self_options(const DeliveryOptions& options) {
  return {.service = options.service,
          .root = options.root,
          .node = options.node,
          .instance = options.instance,
          .status_interval = options.status_interval,
          .run = options.instance,
          .seldom = Millis{60'000}};
}

void Delivery::say_transitions() {
  const std::vector<CircuitBreaker::Transition> transitions = breaker_.take_transitions();
  self_.announce(transitions, now_, effects_);
  if (!transitions.empty())
    effects_.emplace_back(
        SaveBreaker{encode_saved_breaker(saved_breaker(breaker_, refused_in_row_, options_.about, now_))});
}

void Delivery::describe(StatusWriter& status) const {
  self_.describe(now_, status);
  status.add("delivers", options_.delivers);
  if (options_.delivers) status.add("destination", options_.upload.destination);
  status.add("queue", depth_);
  if (options_.delivers) sensors::describe(breaker_, now_, status);
  counters_.describe(status);
  if (others_) others_(status);
}

void Delivery::update_status() {
  const bool is_closed = breaker_.state() == CircuitBreaker::State::closed;
  std::string reason = self_.trouble();
  if (reason.empty() && trouble_) reason = trouble_();
  // Without rows from the store a breaker that is half open stays so: it is the store that has to be seen to.
  if (store_problem_.has_value() && !is_open()) {
    reason = "store: " + store_problem_->message;
  } else if (!is_closed) {
    reason = fmt::format("circuit breaker {}: {}", name_of(breaker_.state()), breaker_.reason());
  }
  const ServiceState state = reason.empty() ? ServiceState::up : ServiceState::degraded;
  if (reason.empty() && !options_.delivers) reason = "no destination: readings are kept in the store";
  // A destination that has another bridge is not this one's to slow anybody down for.
  const bool is_spare = store_problem_.has_value() && store_problem_->code == ErrorCode::in_use;
  const bool has_pressure = !is_spare && (!is_closed || depth_ > options_.upload.high_readings);
  if (self_.update({state, std::move(reason), has_pressure}, now_)) report_status();
}

void Delivery::report_status() {
  StatusWriter details;
  describe(details);
  const QueueDepth queue{.depth = depth_,
                         .high = options_.upload.high_readings,
                         .oldest_s = std::chrono::duration<double>(age_.oldest(now_.monotonic)).count(),
                         .rate_per_s = age_.take_rate(now_.monotonic)};
  const std::string line = self_.is_connected() ? "" : "degraded: waiting for the broker";
  self_.report(details, queue, line, now_, effects_);
}

}  // namespace sensors::bridge
