#include "common/core/queue_mark.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(QueueMark, is_above_from_its_high_mark_until_half_of_it) {
  QueueMark mark(100);
  EXPECT_FALSE(mark.update(100));
  EXPECT_TRUE(mark.update(101));
  EXPECT_TRUE(mark.update(51));
  EXPECT_FALSE(mark.update(50));
  EXPECT_FALSE(mark.update(100));
}

}  // namespace
}  // namespace sensors
