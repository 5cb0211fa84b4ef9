#include "common/runtime/random_id.hpp"

#include <gtest/gtest.h>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

TEST(RandomId, is_a_name_and_differs_each_time) {
  const std::string id = random_id();
  EXPECT_EQ(id.size(), 12U);
  EXPECT_TRUE(is_name(id));
  EXPECT_NE(id, random_id());
}

}  // namespace
}  // namespace sensors
