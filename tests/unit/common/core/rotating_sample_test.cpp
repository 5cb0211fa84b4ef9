#include "common/core/rotating_sample.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sensors {
namespace {

/// The places of `size` that one check looks at.
std::set<std::size_t> looked_at(const RotatingSample& sample, std::size_t size) {
  std::set<std::size_t> places;
  EXPECT_TRUE(sample.all_of(size, [&](std::size_t place) { return places.insert(place).second; }));
  return places;
}

TEST(RotatingSample, looks_at_all_of_a_few_each_time) {
  const RotatingSample sample;
  for (std::size_t size = 0; size <= RotatingSample::at_once; ++size) EXPECT_EQ(looked_at(sample, size).size(), size);
}

TEST(RotatingSample, looks_at_all_of_many_in_turn_and_at_a_handful_each_time) {
  const RotatingSample sample;
  std::set<std::size_t> places;
  for (int check = 0; check < 63; ++check) {
    const std::set<std::size_t> now = looked_at(sample, 1'000);
    EXPECT_EQ(now.size(), RotatingSample::at_once);
    places.insert(now.begin(), now.end());
  }
  EXPECT_EQ(places.size(), 1'000U);
}

TEST(RotatingSample, says_where_something_does_not_hold) {
  const RotatingSample sample;
  EXPECT_FALSE(sample.all_of(5, [](std::size_t place) { return place != 4; }));
}

}  // namespace
}  // namespace sensors
