#include "services/sensor-http-bridge/batch_size.hpp"

#include <gtest/gtest.h>

namespace sensors::bridge {
namespace {

const Instant now = Instant{} + std::chrono::hours{1};

TEST(BatchSize, is_the_most_until_something_speaks_against_it) {
  BatchSize size(1'000);
  size.delivered(1'000, now);
  size.delivered(7, now);
  EXPECT_EQ(size.next(), 1'000U);
}

TEST(BatchSize, halves_a_refused_batch_down_to_one_row) {
  BatchSize size(1'000);
  for (std::size_t rows = 1'000; rows > 1; rows = size.next()) {
    size.refused(rows);
    EXPECT_EQ(size.next(), rows / 2);
  }
}

TEST(BatchSize, goes_on_looking_in_the_rest_of_a_refused_batch) {
  BatchSize size(1'000);
  size.refused(100);
  size.delivered(50, now);
  EXPECT_EQ(size.next(), 25U) << "the bad row is among the 50 that are left";
  size.delivered(25, now);
  EXPECT_EQ(size.next(), 12U);
}

TEST(BatchSize, doubles_behind_a_bad_row) {
  BatchSize size(10);
  size.gave_up_row();
  EXPECT_EQ(size.next(), 1U);
  for (const std::size_t expected : {2U, 4U, 8U, 10U, 10U}) {
    size.delivered(size.next(), now);
    EXPECT_EQ(size.next(), expected);
  }
}

TEST(BatchSize, stays_below_what_the_api_called_too_large_and_tries_more_after_ten_minutes) {
  BatchSize size(1'000);
  size.too_large(1'000, now);
  size.too_large(500, now);
  for (int i = 0; i < 5; ++i) size.delivered(250, now);
  EXPECT_EQ(size.next(), 250U);
  size.delivered(250, now + std::chrono::minutes{10});
  EXPECT_EQ(size.next(), 500U);
  size.delivered(500, now + std::chrono::minutes{19});
  EXPECT_EQ(size.next(), 500U);
  size.delivered(500, now + std::chrono::minutes{20});
  EXPECT_EQ(size.next(), 1'000U);
}

TEST(BatchSize, one_row_that_is_too_large_alone_says_nothing_about_batches) {
  BatchSize size(4);
  size.too_large(4, now);
  size.too_large(2, now);
  size.too_large(1, now);
  size.gave_up_row();
  size.delivered(1, now);
  size.delivered(2, now);
  EXPECT_EQ(size.next(), 4U);
}

TEST(BatchSize, a_bad_row_does_not_make_batches_larger_than_the_api_takes) {
  BatchSize size(4);
  size.too_large(2, now);
  size.gave_up_row();
  size.delivered(1, now);
  EXPECT_EQ(size.next(), 1U);
}

}  // namespace
}  // namespace sensors::bridge
