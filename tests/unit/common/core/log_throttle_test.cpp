#include "common/core/log_throttle.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};

TEST(LogThrottle, says_the_first_of_each_kind_at_once) {
  LogThrottle throttle;
  EXPECT_EQ(throttle.add(LogLevel::warning, "reading refused", "x", start)->text, "reading refused: x");
  EXPECT_EQ(throttle.add(LogLevel::error, "gap", "y", start)->level, LogLevel::error);
}

TEST(LogThrottle, leaves_repetitions_out_and_counts_them) {
  LogThrottle throttle;
  throttle.add(LogLevel::warning, "k", "first", start);
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(throttle.add(LogLevel::warning, "k", "again", start + 9s).has_value());
  EXPECT_EQ(throttle.add(LogLevel::warning, "k", "later", start + 10s)->text, "k: later (1000 like it left out)");
  EXPECT_EQ(throttle.add(LogLevel::warning, "k", "later still", start + 20s)->text, "k: later still");
}

TEST(LogThrottle, lets_a_burst_pass_and_then_one_a_pause) {
  LogThrottle throttle(3);
  int said = 0;
  for (int i = 0; i < 100; ++i) said += throttle.add(LogLevel::warning, "k", "x", start).has_value() ? 1 : 0;
  EXPECT_EQ(said, 3);
  for (int i = 1; i <= 100; ++i) said += throttle.add(LogLevel::warning, "k", "x", start + i * 1s).has_value() ? 1 : 0;
  EXPECT_EQ(said, 13);
}

}  // namespace
}  // namespace sensors
