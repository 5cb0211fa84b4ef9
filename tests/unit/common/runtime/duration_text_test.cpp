#include "common/runtime/duration_text.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(DurationMistake, says_which_units_there_are_with_the_number_that_was_given) {
  EXPECT_EQ(duration_mistake("20"), "'20' has no unit: write 20s, 20min or 20h");
  EXPECT_EQ(duration_mistake("20m"), "'20m' has a unit that is none of ms, s, min, h and d: write 20s, 20min or 20h");
  EXPECT_EQ(duration_mistake("soon"), "'soon' is no time such as 20s or 2min");
  EXPECT_EQ(duration_mistake(""), "'' is no time such as 20s or 2min");
  EXPECT_EQ(duration_mistake("9999999999999s"), "'9999999999999s' is no time such as 20s or 2min");
  EXPECT_EQ(duration_mistake("0s"), "'0s' is no time that passes: write 20s or 2min");
}

}  // namespace
}  // namespace sensors
