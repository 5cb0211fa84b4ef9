#include "common/core/disk_reserve.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

using namespace std::chrono_literals;
using Action = DiskReserve::Action;

class DiskReserveTest : public testing::Test {
 protected:
  Instant now = Instant{} + 1h;
  DiskReserve reserve{true};
};

TEST_F(DiskReserveTest, is_made_with_the_first_write) { EXPECT_EQ(reserve.next(now), Action::restore); }

TEST_F(DiskReserveTest, is_given_up_when_the_disk_is_full) {
  reserve.is_held(true, now);
  EXPECT_EQ(reserve.next(now), Action::none);
  reserve.disk_full(now);
  EXPECT_EQ(reserve.next(now), Action::release);
}

TEST_F(DiskReserveTest, comes_back_a_minute_after_the_disk_was_full_for_the_last_time) {
  reserve.is_held(true, now);
  reserve.disk_full(now);
  reserve.is_held(false, now);
  EXPECT_EQ(reserve.next(now + 61s), Action::none) << "while writes fail";
  reserve.written();
  EXPECT_EQ(reserve.next(now + 59s), Action::none);
  EXPECT_EQ(reserve.next(now + 60s), Action::restore);
}

TEST_F(DiskReserveTest, is_tried_again_a_minute_after_it_could_not_be_made) {
  reserve.is_held(false, now);
  EXPECT_EQ(reserve.next(now + 59s), Action::none);
  EXPECT_EQ(reserve.next(now + 60s), Action::restore);
}

TEST_F(DiskReserveTest, is_spent_from_when_it_was_given_up_until_it_is_made_again) {
  reserve.is_held(false, now);
  EXPECT_FALSE(reserve.is_spent()) << "a disk that never had room for it is used without";
  reserve.is_held(true, now);
  reserve.disk_full(now);
  reserve.is_held(false, now);
  EXPECT_TRUE(reserve.is_spent());
  EXPECT_EQ(reserve.due_at(), std::nullopt) << "while writes fail";
  reserve.written();
  EXPECT_EQ(reserve.due_at(), now + 60s);
  reserve.is_held(false, now + 60s);
  EXPECT_TRUE(reserve.is_spent());
  EXPECT_EQ(reserve.due_at(), now + 120s);
  reserve.is_held(true, now + 120s);
  EXPECT_FALSE(reserve.is_spent());
}

TEST_F(DiskReserveTest, that_is_not_wanted_is_never_made) { EXPECT_EQ(DiskReserve(false).next(now), Action::none); }

}  // namespace
}  // namespace sensors
