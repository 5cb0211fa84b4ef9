#include "common/core/latency_histogram.hpp"

#include <gtest/gtest.h>

#include "common/core/queue_age.hpp"

namespace sensors {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

/// Of the bucket up to `bound` ms.
std::uint64_t up_to(const LatencyHistogram& histogram, int bound) {
  for (std::size_t i = 0; i < LatencyHistogram::bounds_ms.size(); ++i) {
    if (LatencyHistogram::bounds_ms.at(i) == bound) return histogram.counts().at(i);
  }
  ADD_FAILURE() << "no bucket of " << bound << " ms";
  return 0;
}

TEST(LatencyHistogram, counts_each_duration_in_its_bucket_and_in_all_longer_ones) {
  LatencyHistogram histogram;
  histogram.observe(microseconds{250});
  histogram.observe(seconds{1});  // a bound belongs to its bucket
  histogram.observe(seconds{31});
  EXPECT_EQ(up_to(histogram, 1), 1U);
  EXPECT_EQ(up_to(histogram, 250), 1U);
  EXPECT_EQ(up_to(histogram, 1'000), 2U);
  EXPECT_EQ(up_to(histogram, 30'000), 2U);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_DOUBLE_EQ(histogram.sum_ms(), 32'000.25);
}

// ---- QueueAge ----

constexpr Instant queue_began{seconds{1'000}};

TEST(QueueAge, is_that_of_the_oldest_entry_that_waits) {
  QueueAge age;
  age.note(0, 0, queue_began);
  EXPECT_EQ(age.oldest(queue_began), Millis{0});
  age.note(10, 0, queue_began);
  age.note(20, 0, queue_began + seconds{5});
  EXPECT_EQ(age.oldest(queue_began + seconds{7}), Millis{7'000});
  age.note(20, 10, queue_began + seconds{8});
  EXPECT_EQ(age.oldest(queue_began + seconds{8}), Millis{3'000});
}

TEST(QueueAge, begins_anew_when_what_waited_is_gone_without_having_left) {
  QueueAge age;
  age.note(100, 0, queue_began);
  age.note(0, 0, queue_began + seconds{50});  // deleted
  EXPECT_EQ(age.oldest(queue_began + seconds{60}), Millis{0});
  age.note(1, 0, queue_began + seconds{60});
  EXPECT_EQ(age.oldest(queue_began + seconds{61}), Millis{1'000});
}

TEST(QueueAge, tells_the_rate_at_which_entries_leave_and_for_less_than_a_second_the_last_one_again) {
  QueueAge age;
  age.note(100, 0, queue_began);
  EXPECT_EQ(age.take_rate(queue_began), 0);
  age.note(100, 40, queue_began + seconds{4});
  EXPECT_EQ(age.take_rate(queue_began + seconds{4}), 10);
  age.note(100, 60, queue_began + seconds{4} + Millis{999});
  EXPECT_EQ(age.take_rate(queue_began + seconds{4} + Millis{999}), 10);
  EXPECT_EQ(age.take_rate(queue_began + seconds{8}), 5);
  EXPECT_EQ(age.take_rate(queue_began + seconds{10}), 0);
}

TEST(QueueAge, counts_what_left_came_back_and_left_again) {
  QueueAge age;
  age.note(100, 50, queue_began);
  age.note(100, 20, queue_began + seconds{1});
  age.note(100, 30, queue_began + seconds{2});
  EXPECT_EQ(age.take_rate(queue_began + seconds{2}), 5);
}

}  // namespace
}  // namespace sensors
