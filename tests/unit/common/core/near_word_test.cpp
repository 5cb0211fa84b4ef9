#include <gtest/gtest.h>

#include "common/core/near_word.hpp"

namespace sensors {
namespace {

const Words verbs{"status", "tail", "query", "restore"};

TEST(NearWord, is_the_one_with_the_fewest_changes) {
  EXPECT_EQ(nearest_word("stauts", verbs), "status");
  EXPECT_EQ(nearest_word("qery", verbs), "query");
  EXPECT_EQ(did_you_mean("restor", verbs), "; did you mean 'restore'?");
}

TEST(NearWord, is_none_where_all_are_far) {
  EXPECT_EQ(nearest_word("breakfast", verbs), "");
  EXPECT_EQ(nearest_word("x", {"a"}), "") << "all of it would change";
  EXPECT_EQ(did_you_mean("breakfast", verbs), "");
}

TEST(NearWord, a_slip_is_one_change_or_two_neighbours_swapped) {
  for (const char* slip : {"tiem", "itme", "Time", "TIME", "tim", "timee", "tine", "TIEM"})
    EXPECT_TRUE(is_slip_of(slip, "time")) << slip;
  for (const char* other : {"time", "name", "type", "mode", "item", "timestamp", "ti", "", "id"})
    EXPECT_FALSE(is_slip_of(other, "time")) << other;
  EXPECT_TRUE(is_slip_of("untit", "unit"));
  EXPECT_TRUE(is_slip_of("units", "unit"));
}

}  // namespace
}  // namespace sensors
