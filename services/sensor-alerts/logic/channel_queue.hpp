// ChannelQueue has the messages that wait for one channel, and decides which is sent when: in order, one at a time,
// none before it is on the disk, and the next only when it is on the disk that the one before arrived. A channel that
// fails is left alone by its breaker; what it will never take is given up, and said. Owned by Logic, on the loop
// thread. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/status_writer.hpp"
#include "common/core/backoff.hpp"
#include "common/core/circuit_breaker.hpp"
#include "services/sensor-alerts/events.hpp"
#include "services/sensor-alerts/logic/alert_options.hpp"

namespace sensors::alerts {

class ChannelQueue {
 public:
  /// So often a channel may refuse a message before it is given up; a test is given up when it did not arrive.
  static constexpr int max_refusals = 3;

  /// Beyond the timeout of an attempt: whoever sends is stuck then.
  static constexpr Millis stuck_after{30'000};

  ChannelQueue(ChannelOptions options, std::deque<Message> waiting, std::uint64_t seed);

  const ChannelOptions& options() const { return options_; }

  /// Puts it behind the others; the message that had to go for it, where there is no room.
  std::optional<Message> add(Message message);

  /// What is to be sent now. `durable`: messages up to this id are on the disk, and so is all that done_with() named
  /// unless `notes_wait`.
  std::optional<Message> next(std::uint64_t durable, bool notes_wait, Now now);

  /// Whether it is time to tell all open alerts once more; only when nothing waits.
  bool wants_repeat(Now now) const;

  /// The alert up to which, by name, they were told this time; empty: none was.
  const std::string& repeated_to() const { return repeated_to_; }

  /// The next of them are to be sent as `attempt`; false: not now, or there are no more.
  bool repeat(const Message& message, std::uint64_t attempt, Now now);

  /// It was handed to the channel as `attempt`.
  void sending(std::uint64_t attempt);
  bool is_sending() const { return attempt_.has_value(); }

  struct Finished {
    std::optional<Message> done;  // delivered, or given up
    bool is_given_up = false;
  };
  Finished finish(const MessageSent& sent, Now now);

  /// What time brings to the breaker.
  void advance(Now now) { breaker_.advance(now.monotonic); }

  /// Of what waits; a repetition comes when the Logic looks again.
  std::optional<Instant> wake_at(Now now) const;

  CircuitBreaker& breaker() { return breaker_; }
  bool is_failing() const { return breaker_.state() != CircuitBreaker::State::closed; }
  const std::string& reason() const { return breaker_.reason(); }
  std::size_t waiting() const { return waiting_.size(); }
  const std::deque<Message>& messages() const { return waiting_; }
  void describe(Now now, StatusWriter& status) const;

 private:
  bool admits(Now now);
  void blame(const Delivery& delivery, CircuitBreaker::Permit permit, Millis took, Now now);

  ChannelOptions options_;
  std::deque<Message> waiting_;
  CircuitBreaker breaker_;
  Backoff backoff_;
  std::optional<CircuitBreaker::Permit> permit_;
  std::optional<std::uint64_t> attempt_;
  bool is_repeat_ = false;  // what is being sent
  int refusals_ = 0;        // of the first that waits
  Instant not_before_{};
  std::optional<Instant> repeated_at_;
  std::string repeated_to_;
  std::string repeating_to_;  // with what is being sent
  std::uint64_t delivered_ = 0;
  std::uint64_t failed_ = 0;    // attempts
  std::uint64_t given_up_ = 0;  // messages that were refused again and again, or had no room
};

}  // namespace sensors::alerts
