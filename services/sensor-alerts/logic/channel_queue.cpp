#include "services/sensor-alerts/logic/channel_queue.hpp"

#include <algorithm>
#include <utility>

#include "common/codec/describe_shared.hpp"

namespace sensors::alerts {

namespace {

constexpr Millis first_retry{2'000};
constexpr Millis longest_retry{60'000};

}  // namespace

ChannelQueue::ChannelQueue(ChannelOptions options, std::deque<Message> waiting, std::uint64_t seed)
    : options_(std::move(options)),
      waiting_(std::move(waiting)),
      breaker_(options_.breaker, seed),
      backoff_(first_retry, longest_retry, seed) {}

/// The first may be on its way; the one behind it goes.
std::optional<Message> ChannelQueue::add(Message message) {
  waiting_.push_back(std::move(message));
  if (waiting_.size() <= options_.max_messages) return std::nullopt;
  const auto victim = waiting_.begin() + (is_sending() && !is_repeat_ ? 1 : 0);
  Message dropped = std::move(*victim);
  waiting_.erase(victim);
  if (!is_sending()) refusals_ = 0;
  ++given_up_;
  return dropped;
}

bool ChannelQueue::admits(Now now) {
  if (is_sending() || now.monotonic < not_before_) return false;
  permit_ = breaker_.admit(now.monotonic);
  return permit_.has_value();
}

std::optional<Message> ChannelQueue::next(std::uint64_t durable, bool notes_wait, Now now) {
  if (waiting_.empty() || notes_wait || waiting_.front().id > durable || !admits(now)) return std::nullopt;
  return waiting_.front();
}

bool ChannelQueue::wants_repeat(Now now) const {
  if (!options_.repeat.has_value() || !waiting_.empty() || is_sending()) return false;
  const bool is_under_way = !repeated_to_.empty();
  return is_under_way || !repeated_at_.has_value() || now.monotonic - *repeated_at_ >= *options_.repeat;
}

/// A full message may not be the last.
bool ChannelQueue::repeat(const Message& message, std::uint64_t attempt, Now now) {
  if (message.alerts.empty()) {
    repeated_at_ = now.monotonic;
    repeated_to_.clear();
    return false;
  }
  if (!admits(now)) return false;
  sending(attempt);
  is_repeat_ = true;
  repeating_to_ = message.alerts.size() < Message::max_alerts ? "" : message.alerts.back().name;
  return true;
}

void ChannelQueue::sending(std::uint64_t attempt) {
  attempt_ = attempt;
  is_repeat_ = false;
}

ChannelQueue::Finished ChannelQueue::finish(const MessageSent& sent, Now now) {
  if (attempt_ != sent.attempt) return {};
  attempt_.reset();
  const CircuitBreaker::Permit permit = std::exchange(permit_, std::nullopt).value_or(CircuitBreaker::Permit{});
  const Delivery& delivery = sent.delivery;
  const bool is_repeat = std::exchange(is_repeat_, false);
  if (delivery.outcome == Delivery::Outcome::delivered) {
    breaker_.succeed(permit, sent.took, now.monotonic);
    backoff_.reset();
    repeated_at_ = now.monotonic;
    if (is_repeat) {
      repeated_to_ = std::move(repeating_to_);
      return {};
    }
    ++delivered_;
    refusals_ = 0;
    Finished finished{std::move(waiting_.front()), false};
    waiting_.pop_front();
    return finished;
  }
  ++failed_;
  not_before_ = now.monotonic + backoff_.next();
  blame(delivery, permit, sent.took, now);
  if (is_repeat) return {};
  const bool is_refused = delivery.outcome == Delivery::Outcome::refused && ++refusals_ >= max_refusals;
  if (!is_refused && waiting_.front().kind != Message::Kind::test) return {};
  refusals_ = 0;
  ++given_up_;
  Finished finished{std::move(waiting_.front()), true};
  waiting_.pop_front();
  return finished;
}

void ChannelQueue::blame(const Delivery& delivery, CircuitBreaker::Permit permit, Millis took, Now now) {
  if (delivery.wait.has_value()) {
    breaker_.open_for(permit, *delivery.wait, delivery.reason, now.monotonic);
  } else if (delivery.outcome == Delivery::Outcome::unusable) {
    breaker_.trip(permit, delivery.reason, now.monotonic);
  } else if (delivery.outcome == Delivery::Outcome::refused) {
    breaker_.succeed(permit, took, now.monotonic);  // it answers
  } else {
    breaker_.fail(permit, delivery.reason, now.monotonic);
  }
}

std::optional<Instant> ChannelQueue::wake_at(Now now) const {
  std::optional<Instant> at = breaker_.wake_at();
  const auto consider = [&at](Instant due) { at = std::min(at.value_or(due), due); };
  if (is_sending()) return at;
  if (!waiting_.empty() && not_before_ > now.monotonic) consider(not_before_);
  return at;
}

void ChannelQueue::describe(Now now, StatusWriter& status) const {
  status.add("waiting", waiting_.size());
  status.add("delivered", delivered_);
  status.add("failed", failed_);
  status.add("given_up", given_up_);
  sensors::describe(breaker_, now, status);
}

}  // namespace sensors::alerts
