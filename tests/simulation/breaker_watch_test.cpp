#include "tests/simulation/breaker_watch.hpp"

#include <gtest/gtest.h>

namespace sensors::simulation {
namespace {

using Outcome = BreakerWatch::Outcome;

class BreakerWatchTest : public testing::Test {
 protected:
  void fail(std::uint64_t id) {
    watch.attempt(id, Millis{0});
    watch.check();
    watch.outcome(id, Outcome::failure);
  }
  void log(const std::string& text) { watch.logged({LogLevel::info, text}); }
  void pass(Millis time) { world.scheduler.run_next(world.scheduler.now() + time); }

  std::string broken() const { return world.ledger.violation().has_value() ? world.ledger.violation()->check : ""; }

  World world{1, 0};
  BreakerWatch watch{world, "bridge", {}};
};

TEST_F(BreakerWatchTest, sees_a_breaker_that_stays_closed_after_three_failures) {
  fail(1);
  fail(2);
  watch.check();
  EXPECT_EQ(broken(), "");
  fail(3);
  watch.check();
  EXPECT_EQ(broken(), "a breaker opens after consecutive failures");
}

TEST_F(BreakerWatchTest, is_content_with_one_that_opens_and_recovers) {
  for (std::uint64_t id = 1; id <= 3; ++id) fail(id);
  log("Circuit breaker OPEN - API failures exceeded threshold (3)");
  watch.check();
  pass(Millis{60'000});
  log("Circuit breaker HALF_OPEN - attempting recovery");
  watch.attempt(4, Millis{0});
  watch.check();
  watch.outcome(4, Outcome::success);
  log("Circuit breaker CLOSED - recovered after 60 s");
  watch.check();
  EXPECT_EQ(broken(), "");
}

TEST_F(BreakerWatchTest, sees_a_breaker_that_closes_by_an_outcome_after_the_deadline_of_its_probe) {
  log("Circuit breaker OPEN - API failures exceeded threshold (3)");
  log("Circuit breaker HALF_OPEN - attempting recovery");
  watch.attempt(1, Millis{10'000});
  watch.check();
  pass(Millis{10'000});
  watch.outcome(1, Outcome::success);
  log("Circuit breaker CLOSED - recovered after 70 s");
  EXPECT_EQ(broken(), "a breaker closes after the success of its probe");
}

TEST_F(BreakerWatchTest, sees_an_attempt_behind_an_open_breaker) {
  log("Circuit breaker OPEN - API failures exceeded threshold (3)");
  watch.attempt(1, Millis{0});
  watch.check();
  EXPECT_EQ(broken(), "an open breaker lets nothing through");
}

TEST_F(BreakerWatchTest, sees_a_second_probe) {
  log("Circuit breaker HALF_OPEN - attempting recovery");
  watch.attempt(1, Millis{0});
  watch.attempt(2, Millis{0});
  watch.check();
  EXPECT_EQ(broken(), "a half-open breaker lets one probe through");
}

TEST_F(BreakerWatchTest, sees_a_late_outcome_that_closes_the_breaker) {
  watch.attempt(1, Millis{0});
  watch.check();
  log("Circuit breaker OPEN - API failures exceeded threshold (3)");
  log("Circuit breaker HALF_OPEN - attempting recovery");
  watch.outcome(1, Outcome::success);
  log("Circuit breaker CLOSED - recovered after 60 s");
  EXPECT_EQ(broken(), "a breaker closes after the success of its probe");
}

TEST_F(BreakerWatchTest, sees_one_that_never_probes) {
  log("Circuit breaker HALF_OPEN - attempting recovery");
  watch.check(true);
  pass(Millis{400'000});
  watch.check(true);
  EXPECT_EQ(broken(), "a half-open breaker probes when it can");
}

TEST_F(BreakerWatchTest, sees_one_that_stays_open) {
  log("Circuit breaker OPEN - API failures exceeded threshold (3)");
  pass(Millis{400'000});
  watch.check();
  EXPECT_EQ(broken(), "a breaker leaves open by itself");
}

}  // namespace
}  // namespace sensors::simulation
