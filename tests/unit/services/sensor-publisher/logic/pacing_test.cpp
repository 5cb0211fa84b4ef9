#include "services/sensor-publisher/logic/pacing.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

using namespace std::chrono_literals;

class PacingTest : public testing::Test {
 protected:
  Pacing pacing{{10s, 30s, 60s}};
  Instant start{};
};

TEST_F(PacingTest, starts_at_the_base_interval) { EXPECT_EQ(pacing.interval(), 10s); }

TEST_F(PacingTest, takes_a_step_for_each_interval_that_pressure_lasts) {
  EXPECT_FALSE(pacing.update(true, start));
  EXPECT_FALSE(pacing.update(true, start + 9'999ms));
  EXPECT_TRUE(pacing.update(true, start + 10s));
  EXPECT_EQ(pacing.interval(), 30s);
  EXPECT_FALSE(pacing.update(true, start + 39s));
  EXPECT_TRUE(pacing.update(true, start + 40s));
  EXPECT_EQ(pacing.interval(), 60s);
  EXPECT_FALSE(pacing.wake_at().has_value());
}

TEST_F(PacingTest, comes_back_one_step_for_each_interval_without_pressure) {
  pacing.update(true, start);
  pacing.update(true, start + 10s);
  pacing.update(true, start + 40s);
  EXPECT_FALSE(pacing.update(false, start + 50s));
  EXPECT_TRUE(pacing.update(false, start + 110s));
  EXPECT_EQ(pacing.interval(), 30s);
  EXPECT_TRUE(pacing.update(false, start + 140s));
  EXPECT_EQ(pacing.interval(), 10s);
  EXPECT_FALSE(pacing.update(false, start + 500s));
}

TEST_F(PacingTest, pressure_that_comes_and_goes_changes_nothing) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(pacing.update(i % 2 == 0, start + i * 9s));
  }
  EXPECT_EQ(pacing.interval(), 10s);
}

TEST_F(PacingTest, stretches_the_own_interval_of_a_sensor_likewise) {
  pacing.update(true, start);
  pacing.update(true, start + 10s);
  EXPECT_EQ(pacing.stretched(2s), 6s);
}

TEST_F(PacingTest, asks_to_be_woken_when_a_step_is_due) {
  EXPECT_FALSE(pacing.wake_at().has_value());
  pacing.update(true, start);
  EXPECT_EQ(pacing.wake_at(), start + 10s);
}

}  // namespace
}  // namespace sensors
