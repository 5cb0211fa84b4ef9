#include "services/sensor-http-bridge/delivery/batch_size.hpp"

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

using std::chrono::minutes;

TEST(BatchSize, stays_below_what_the_api_called_too_large_and_tries_more_after_a_minute) {
  BatchSize size(1'000);
  size.too_large(1'000, now);
  size.too_large(500, now);
  for (int i = 0; i < 200; ++i) size.delivered(250, now + std::chrono::seconds{59});
  EXPECT_EQ(size.next(), 250U);
  size.delivered(250, now + minutes{1});
  EXPECT_EQ(size.next(), 500U);
}

TEST(BatchSize, is_back_at_once_when_more_is_taken) {
  BatchSize size(1'000);
  for (std::size_t rows = 1'000; rows > 1; rows /= 2) size.too_large(rows, now);
  EXPECT_EQ(size.next(), 1U);
  int deliveries = 0;
  for (const Instant later = now + minutes{1}; size.next() < 1'000 && deliveries < 100; ++deliveries)
    size.delivered(size.next(), later);
  EXPECT_EQ(size.next(), 1'000U);
  EXPECT_LE(deliveries, 11);
}

TEST(BatchSize, a_small_batch_does_not_show_that_more_is_taken) {
  BatchSize size(1'000);
  size.too_large(1'000, now);
  size.too_large(500, now);
  for (int i = 0; i < 10; ++i) size.delivered(7, now + minutes{1});
  EXPECT_EQ(size.next(), 500U) << "twice what was taken, and no more before that was";
}

TEST(BatchSize, asks_an_api_with_a_real_limit_seldom_for_more_and_is_back_within_minutes_when_it_goes) {
  for (const std::size_t limit : {1U, 40U, 300U, 999U}) {
    BatchSize size(1'000);
    Instant t = now;
    int too_large = 0;
    for (; t < now + std::chrono::hours{6}; t += std::chrono::seconds{5}) {
      const std::size_t rows = size.next();
      if (rows > limit) {
        ++too_large;
        size.too_large(rows, t);
      } else {
        size.delivered(rows, t);
      }
    }
    EXPECT_LE(too_large, 10 + 5 + 6 * 6) << limit << ": once in ten minutes";
    const Instant gone = t;
    for (; size.next() < 1'000 && t < gone + std::chrono::hours{1}; t += std::chrono::seconds{5})
      size.delivered(size.next(), t);
    EXPECT_LE(t - gone, minutes{11}) << limit;
    size.delivered(1'000, t);
    size.too_large(1'000, t);
    size.delivered(500, t + minutes{1});
    EXPECT_EQ(size.next(), 1'000U) << "the wait is short again";
  }
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
