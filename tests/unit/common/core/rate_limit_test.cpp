#include "common/core/rate_limit.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sensors {
namespace {

constexpr Instant noon{std::chrono::hours{1}};
constexpr Millis interval{100};

TEST(RateLimit, admits_its_burst_at_once_and_no_more) {
  RateLimit limit(3, interval);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.admit(noon)) << i;
  EXPECT_FALSE(limit.admit(noon));
  EXPECT_FALSE(limit.admit(noon + interval - Millis{1}));
}

TEST(RateLimit, admits_one_more_each_time_that_its_interval_has_passed) {
  RateLimit limit(3, interval);
  for (int i = 0; i < 3; ++i) limit.admit(noon);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_TRUE(limit.admit(noon + i * interval)) << i;
    EXPECT_FALSE(limit.admit(noon + i * interval)) << i;
  }
}

TEST(RateLimit, admits_its_burst_again_after_a_pause_and_no_more_however_long_that_was) {
  RateLimit limit(3, interval);
  for (int i = 0; i < 3; ++i) limit.admit(noon);
  const Instant later = noon + std::chrono::hours{24};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.admit(later)) << i;
  EXPECT_FALSE(limit.admit(later));
}

TEST(RateLimit, says_once_how_many_it_refused) {
  RateLimit limit(1, interval);
  EXPECT_EQ(limit.take_refused(), 0U);
  for (int i = 0; i < 5; ++i) limit.admit(noon);
  EXPECT_EQ(limit.take_refused(), 4U);
  EXPECT_EQ(limit.take_refused(), 0U);
}

TEST(RateLimit, keeps_its_rate_at_any_times) {
  EXPECT_TRUE(rc::check("never more than the burst and one each interval, never fewer than one each interval", [] {
    const int burst = *rc::gen::inRange(1, 6);
    const auto waits = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 250));
    RateLimit limit(burst, interval);
    Instant now = noon;
    std::vector<Instant> admitted;
    for (const int wait : waits) {
      now += Millis{wait};
      const bool is_due = admitted.empty() || now >= admitted.back() + interval;
      const bool passed = limit.admit(now);
      RC_ASSERT(passed || !is_due);
      if (passed) admitted.push_back(now);
    }
    RC_ASSERT(limit.take_refused() == waits.size() - admitted.size());
    const auto size = static_cast<std::size_t>(burst);
    for (std::size_t i = 0; i + size < admitted.size(); ++i) {
      for (std::size_t k = i + size; k < admitted.size(); ++k)
        RC_ASSERT(admitted[k] - admitted[i] >= static_cast<int>(k - i - size + 1) * interval);
    }
  }));
}

}  // namespace
}  // namespace sensors
