#include <sys/timex.h>

#include <ctime>

#include <gtest/gtest.h>

#include "common/core/reading.hpp"
#include "common/runtime/clocks.hpp"

namespace sensors {
namespace {

class Clocks : public testing::Test {
 protected:
  ~Clocks() override { trust_clock(ClockTrust::always); }
};

TEST_F(Clocks, are_synchronised_when_the_owner_says_so) {
  trust_clock(ClockTrust::always);
  EXPECT_TRUE(read_clocks().clock_synced);
}

TEST_F(Clocks, are_synchronised_when_the_kernel_says_so) {
  trust_clock(ClockTrust::kernel);
  timex state{};
  const bool unsynced = ::adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
  EXPECT_EQ(read_clocks().clock_synced, !unsynced);
}

TEST_F(Clocks, count_the_uptime_of_this_boot) {
  timespec since_boot{};
  ASSERT_EQ(clock_gettime(CLOCK_MONOTONIC, &since_boot), 0);
  const Millis uptime = uptime_at(read_clocks().monotonic);
  EXPECT_GE(uptime, Millis{since_boot.tv_sec * 1'000});
  EXPECT_LT(uptime, Millis{(since_boot.tv_sec + 60) * 1'000});
}

TEST(BootId, is_a_name_and_the_same_all_through_the_boot) {
  EXPECT_TRUE(is_name(boot_id()));
  EXPECT_EQ(boot_id(), boot_id());
}

}  // namespace
}  // namespace sensors
