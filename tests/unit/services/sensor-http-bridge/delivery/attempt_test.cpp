// What delivery makes of each outcome, whatever the destination is.
#include "services/sensor-http-bridge/delivery/attempt.hpp"

#include <gtest/gtest.h>

#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

using State = CircuitBreaker::State;

/// The destination is done with the attempt under way.
void ends(Timeline& t, Verdict verdict) { t.step(Attempted{t.attempts, std::move(verdict), Millis{20}, 123}); }

Verdict verdict_of(Outcome outcome) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.failure_class = outcome == Outcome::delivered ? "" : "disk_full";
  verdict.reason = "No space left on device";
  return verdict;
}

DeliveryOptions named() {
  DeliveryOptions options = test_options();
  options.names = {"file", "write", "disk"};
  return options;
}

/// Connected, with a batch of `rows` at the destination.
Timeline& with_attempt(Timeline& t, std::uint64_t rows = 10) {
  t.store.rows = rows;
  t.connect();
  t.store_answers();
  return t;
}

TEST(Attempt, that_delivers_is_confirmed_and_its_bytes_are_counted) {
  Timeline t(named());
  with_attempt(t);
  ends(t, verdict_of(Outcome::delivered));
  EXPECT_EQ(t.count("uploaded"), 1U);
  EXPECT_EQ(t.logic.counters().bytes, 123U);
  EXPECT_EQ(t.logic.counters().delivered, 10U);
}

TEST(Attempt, that_fails_is_counted_by_its_class_and_tried_again) {
  Timeline t(named());
  with_attempt(t);
  ends(t, verdict_of(Outcome::failed));
  EXPECT_EQ(t.logic.counters().failures.at("disk_full"), 1U);
  EXPECT_TRUE(t.logged("not delivered, kept in the store: No space left on device"));
  t.pass(Millis{2'000});
  EXPECT_EQ(t.count("upload"), 2U);
}

TEST(Attempt, that_cannot_be_written_leaves_the_breaker_as_it_was_and_its_probe_to_the_next) {
  Timeline t(named());
  with_attempt(t);
  ends(t, verdict_of(Outcome::unauthorized));
  ASSERT_EQ(t.logic.breaker().state(), State::open);
  t.pass(Millis{300'000});
  t.store_answers();
  ASSERT_EQ(t.logic.breaker().state(), State::half_open);
  t.step(unreadable(t.attempts, Error{ErrorCode::invalid, "a row without a name"}));
  EXPECT_EQ(t.logic.breaker().state(), State::half_open);
  EXPECT_TRUE(t.logged("a row without a name"));
  EXPECT_EQ(t.logic.counters().unanswered, 1U);
  t.pass(Millis{2'000});
  t.store_answers();
  ends(t, verdict_of(Outcome::delivered));
  EXPECT_EQ(t.logic.breaker().state(), State::closed);
}

TEST(Attempt, that_cannot_be_written_keeps_the_status_degraded_and_is_tried_more_and_more_seldom) {
  Timeline t(named());
  with_attempt(t);
  const auto is_unreadable = [&t] {
    t.step(unreadable(t.attempts, Error{ErrorCode::invalid, "a row without a name"}));
  };
  const auto is_up = [&t] { return t.newest("status").find(R"("state":"up")") != std::string::npos; };
  is_unreadable();
  const std::uint64_t before = t.attempts;
  for (int second = 0; second < 120; ++second) {
    t.pass(Millis{1'000});
    const std::uint64_t attempts = t.attempts;
    t.store_answers();
    EXPECT_FALSE(is_up());
    if (t.attempts > attempts) is_unreadable();
  }
  EXPECT_LT(t.attempts - before, 20U) << "once in ten seconds";
  t.pass(Millis{20'000});
  t.store_answers();
  ends(t, verdict_of(Outcome::delivered));
  EXPECT_TRUE(is_up());
  EXPECT_TRUE(t.logged("the store answers again"));
}

TEST(Attempt, is_called_in_the_log_what_its_sink_calls_it) {
  Timeline t(named());
  with_attempt(t);
  EXPECT_TRUE(t.logic.liveness().has("write 1"));
  t.step(StopRequested{});
  EXPECT_TRUE(t.logged("stopping when the batch at the file is done"));
  Timeline stuck(named());
  with_attempt(stuck);
  stuck.pass(Millis{25'000});
  EXPECT_TRUE(stuck.logged("the disk or this service is stuck"));
}

}  // namespace
}  // namespace sensors::bridge
