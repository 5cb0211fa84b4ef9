// The breaker's rules, one test each, on virtual time.
#include <gtest/gtest.h>

#include "common/core/circuit_breaker.hpp"

namespace sensors {
namespace {

using State = CircuitBreaker::State;
using std::chrono::seconds;

CircuitBreakerOptions without_jitter() {
  CircuitBreakerOptions options;
  options.jitter = 0;
  return options;
}

class CircuitBreakerTest : public testing::Test {
 protected:
  CircuitBreaker::Permit admitted() { return breaker.admit(t).value(); }

  void succeed(Millis took = Millis{20}) { breaker.succeed(admitted(), took, t); }
  void fail() { breaker.fail(admitted(), "HTTP 500", t); }
  void open() {
    for (int i = 0; i < 3; ++i) fail();
    ASSERT_EQ(breaker.state(), State::open);
  }
  void half_open() {
    open();
    t += seconds{60};
    breaker.advance(t);
    ASSERT_EQ(breaker.state(), State::half_open);
  }

  Instant t{seconds{1'000}};
  CircuitBreaker breaker{without_jitter(), 1};
};

TEST_F(CircuitBreakerTest, begins_closed_and_admits_all) {
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_EQ(breaker.reason(), "");
  EXPECT_FALSE(breaker.since().has_value());
  EXPECT_FALSE(breaker.wake_at().has_value());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(breaker.admit(t).has_value());
}

TEST_F(CircuitBreakerTest, opens_on_three_failures_in_a_row) {
  fail();
  fail();
  EXPECT_EQ(breaker.state(), State::closed);
  fail();
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(breaker.reason(), "API failures exceeded threshold (3): HTTP 500");
  EXPECT_EQ(breaker.since(), t);
}

TEST_F(CircuitBreakerTest, counts_failures_in_a_row_anew_after_a_success) {
  for (int i = 0; i < 2; ++i) {
    fail();
    fail();
    succeed();
  }
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, opens_on_five_failures_of_the_last_ten) {
  for (int i = 0; i < 2; ++i) {
    fail();
    fail();
    succeed();
  }
  fail();
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(breaker.reason(), "API failures exceeded threshold (5 of 10): HTTP 500");
}

TEST_F(CircuitBreakerTest, forgets_failures_older_than_the_last_ten) {
  for (int i = 0; i < 40; ++i) {
    fail();
    succeed();
    succeed();
  }
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, opens_on_eight_slow_calls_of_the_last_ten) {
  succeed(Millis{5'000});
  for (int i = 0; i < 7; ++i) succeed(Millis{5'001});
  EXPECT_EQ(breaker.state(), State::closed);
  succeed(Millis{5'001});
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(breaker.reason(), "API slow calls exceeded threshold (8 of 10)");
}

TEST_F(CircuitBreakerTest, admits_nothing_while_open) {
  open();
  EXPECT_FALSE(breaker.admit(t + seconds{60} - Millis{1}).has_value());
  EXPECT_EQ(breaker.next_attempt(), t + seconds{60});
  EXPECT_EQ(breaker.wake_at(), t + seconds{60});
}

TEST_F(CircuitBreakerTest, leaves_open_by_itself) {
  half_open();
  EXPECT_FALSE(breaker.next_attempt().has_value());
  EXPECT_FALSE(breaker.wake_at().has_value());
}

TEST_F(CircuitBreakerTest, admits_one_probe_after_the_wait) {
  open();
  t += seconds{60};
  EXPECT_TRUE(breaker.admit(t).has_value());
  EXPECT_EQ(breaker.state(), State::half_open);
  EXPECT_FALSE(breaker.admit(t).has_value());
}

TEST_F(CircuitBreakerTest, closes_after_a_successful_probe) {
  half_open();
  t += seconds{1};
  succeed();
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_EQ(log_line(breaker.take_transitions().back()), "Circuit breaker CLOSED - recovered after 61 s");
}

TEST_F(CircuitBreakerTest, begins_with_a_clean_window_after_it_closed) {
  half_open();
  succeed();
  fail();
  fail();
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, stays_open_longer_after_each_failed_probe) {
  open();
  for (const int wait : {60, 120, 240, 300, 300}) {
    ASSERT_EQ(breaker.next_attempt(), t + seconds{wait});
    t += seconds{wait};
    fail();
    ASSERT_EQ(breaker.state(), State::open);
  }
  EXPECT_EQ(breaker.openings(), 6U);
}

TEST_F(CircuitBreakerTest, starts_with_the_first_open_time_again_once_closed) {
  half_open();
  fail();
  t += seconds{120};
  succeed();
  open();
  EXPECT_EQ(breaker.next_attempt(), t + seconds{60});
}

TEST_F(CircuitBreakerTest, counts_all_the_time_that_it_was_not_closed) {
  half_open();
  fail();
  t += seconds{120};
  succeed();
  EXPECT_EQ(breaker.take_transitions().back().open_for, seconds{180});
}

TEST_F(CircuitBreakerTest, varies_each_open_time_by_at_most_a_tenth) {
  bool differ = false;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CircuitBreaker jittered({}, seed * 7'919);
    for (int i = 0; i < 3; ++i) jittered.fail(jittered.admit(t).value(), "", t);
    const Millis wait = std::chrono::duration_cast<Millis>(*jittered.next_attempt() - t);
    EXPECT_GE(wait, Millis{54'000});
    EXPECT_LE(wait, Millis{66'000});
    differ = differ || wait != Millis{60'000};
  }
  EXPECT_TRUE(differ);
}

TEST_F(CircuitBreakerTest, counts_a_probe_past_its_deadline_as_failed) {
  half_open();
  const CircuitBreaker::Permit probe = admitted();
  EXPECT_EQ(breaker.wake_at(), t + seconds{10});
  t += seconds{10};
  breaker.advance(t);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(breaker.reason(), "API probe failed: no answer in 10 s");
  EXPECT_EQ(breaker.next_attempt(), t + seconds{120});
  breaker.succeed(probe, seconds{11}, t);
  EXPECT_EQ(breaker.state(), State::open);
}

// As after the loop stood still: nothing looked at the time before the outcome came.
TEST_F(CircuitBreakerTest, an_outcome_after_the_deadline_of_its_probe_is_no_success_and_no_other) {
  for (const int outcome : {0, 1, 2, 3}) {
    CircuitBreaker late(without_jitter(), 1);
    for (int i = 0; i < 3; ++i) late.fail(late.admit(t).value(), "HTTP 500", t);
    const CircuitBreaker::Permit probe = late.admit(t + seconds{60}).value();
    const Instant after = t + seconds{70};
    if (outcome == 0) late.succeed(probe, Millis{20}, after);
    if (outcome == 1) late.fail(probe, "late", after);
    if (outcome == 2) late.open_for(probe, seconds{600}, "late", after);
    if (outcome == 3) late.trip(probe, "late", after);
    EXPECT_EQ(late.state(), State::open) << outcome;
    EXPECT_EQ(late.reason(), "API probe failed: no answer in 10 s") << outcome;
    EXPECT_EQ(late.next_attempt(), after + seconds{120}) << outcome;
    EXPECT_FALSE(late.broken_rule().has_value());
  }
}

TEST_F(CircuitBreakerTest, ignores_a_late_failure_from_before_the_probe) {
  const CircuitBreaker::Permit early = admitted();
  half_open();
  const CircuitBreaker::Permit probe = admitted();
  breaker.fail(early, "late", t);
  breaker.succeed(early, Millis{1}, t);
  breaker.open_for(early, seconds{60}, "late", t);
  EXPECT_EQ(breaker.state(), State::half_open);
  breaker.succeed(probe, Millis{1}, t);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, admits_another_probe_at_once_when_one_is_released) {
  half_open();
  const CircuitBreaker::Permit released = admitted();
  breaker.release(released);
  EXPECT_FALSE(breaker.wake_at().has_value());
  const CircuitBreaker::Permit probe = admitted();
  breaker.release(released);
  breaker.succeed(released, Millis{1}, t);
  EXPECT_EQ(breaker.state(), State::half_open);
  EXPECT_FALSE(breaker.admit(t).has_value());
  breaker.succeed(probe, Millis{1}, t);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, opens_for_as_long_as_the_peer_asks_within_limits) {
  struct Case {
    Millis asked;
    Millis granted;
  };
  for (const auto& [asked, granted] :
       {Case{Millis{0}, seconds{1}}, Case{seconds{7}, seconds{7}}, Case{seconds{9'999}, seconds{600}}}) {
    breaker.open_for(admitted(), asked, "HTTP 429", t);
    EXPECT_EQ(breaker.next_attempt(), t + granted);
    t += granted;
  }
  EXPECT_EQ(breaker.reason(), "API asked to wait 600 s: HTTP 429");
}

TEST_F(CircuitBreakerTest, becomes_half_open_at_once_when_the_peer_returns) {
  open();
  breaker.peer_returned(t + seconds{1});
  EXPECT_EQ(breaker.state(), State::half_open);
  const auto probe = breaker.admit(t + seconds{1});
  EXPECT_TRUE(probe.has_value());
  breaker.peer_returned(t + seconds{2});
  EXPECT_FALSE(breaker.admit(t + seconds{2}).has_value());
}

TEST_F(CircuitBreakerTest, stays_closed_when_the_peer_returns) {
  breaker.peer_returned(t);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, stays_open_while_an_operator_isolates_it) {
  const auto before = admitted();
  breaker.isolate(t);
  EXPECT_TRUE(breaker.is_isolated());
  EXPECT_EQ(breaker.reason(), "isolated by operator");
  EXPECT_FALSE(breaker.next_attempt().has_value());
  EXPECT_FALSE(breaker.wake_at().has_value());
  breaker.succeed(before, Millis{1}, t);
  breaker.peer_returned(t);
  t += std::chrono::hours{1'000};
  EXPECT_FALSE(breaker.admit(t).has_value());
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(CircuitBreakerTest, closes_for_an_operator_as_if_it_had_never_failed) {
  open();
  breaker.isolate(t);
  breaker.isolate(t);
  t += seconds{5};
  breaker.close(t);
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_FALSE(breaker.is_isolated());
  breaker.close(t);
  std::vector<std::string> lines;
  for (const CircuitBreaker::Transition& transition : breaker.take_transitions()) lines.push_back(log_line(transition));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], "Circuit breaker OPEN - isolated by operator");
  EXPECT_TRUE(lines[2].starts_with("Circuit breaker CLOSED - closed by operator after ")) << lines[2];
  open();
  EXPECT_EQ(breaker.next_attempt(), t + seconds{60});
}

TEST_F(CircuitBreakerTest, closes_for_an_operator_also_while_its_probe_is_out) {
  open();
  t += seconds{60};
  const auto probe = admitted();
  breaker.close(t);
  breaker.fail(probe, "late", t);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, takes_up_an_earlier_run_with_its_time_and_its_openings) {
  breaker.restore(seconds{30}, 2, "API failures", t);
  EXPECT_EQ(breaker.next_attempt(), t + seconds{30});
  EXPECT_EQ(breaker.reason(), "API failures");
  t += seconds{30};
  fail();
  EXPECT_EQ(breaker.next_attempt(), t + seconds{240});
}

TEST_F(CircuitBreakerTest, writes_the_lines_that_operators_look_for) {
  for (int i = 0; i < 3; ++i) breaker.fail(admitted(), "", t);
  t += seconds{60};
  succeed();
  std::vector<std::string> lines;
  for (const CircuitBreaker::Transition& transition : breaker.take_transitions()) lines.push_back(log_line(transition));
  EXPECT_EQ(lines, (std::vector<std::string>{"Circuit breaker OPEN - API failures exceeded threshold (3)",
                                             "Circuit breaker HALF_OPEN - attempting recovery",
                                             "Circuit breaker CLOSED - recovered after 60 s"}));
  EXPECT_TRUE(breaker.take_transitions().empty());
}

TEST_F(CircuitBreakerTest, keeps_the_last_64_transitions) {
  open();
  for (int i = 0; i < 100; ++i) {
    t += seconds{300};
    fail();
  }
  const std::vector<CircuitBreaker::Transition> transitions = breaker.take_transitions();
  EXPECT_EQ(transitions.size(), 64U);
  EXPECT_EQ(transitions.back().to, State::open);
}

}  // namespace
}  // namespace sensors
