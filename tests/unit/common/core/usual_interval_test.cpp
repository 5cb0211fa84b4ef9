#include "common/core/usual_interval.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sensors {
namespace {

using namespace std::chrono_literals;

constexpr Millis floor_60s{60'000};

/// Something that comes, and who counts how often it would have been missed.
class Watched {
 public:
  void comes_after(Millis gap) { comes_after(gap, gap); }

  /// `time_gap`: by which the reading is later than the one before, by its own time.
  void comes_after(Millis gap, Millis time_gap) {
    now_ += gap;
    time_ += time_gap;
    if (is_known() && gap > limit()) ++missed;
    usual.came(now_, time_, limit());
  }
  bool is_known() const { return usual.value(floor_60s).has_value(); }
  Millis interval() const { return usual.value(floor_60s).value_or(Millis{0}); }
  Millis limit() const { return std::max(floor_60s, 3 * interval()); }

  UsualInterval usual;
  int missed = 0;

 private:
  Instant now_{};
  WallTime time_{Millis{1'768'493'375'123}};
};

TEST(UsualInterval, is_the_one_at_which_readings_come) {
  for (const Millis gap : {1'000ms, 10'000ms, 60'000ms, 3'600'000ms, 86'400'000ms}) {
    Watched watched;
    for (int i = 0; i < 200; ++i) watched.comes_after(gap);
    EXPECT_EQ(watched.interval(), gap);
    EXPECT_EQ(watched.missed, 0);
  }
}

TEST(UsualInterval, is_not_known_of_what_came_once_or_for_a_short_while) {
  Watched watched;
  watched.comes_after(10s);
  EXPECT_FALSE(watched.is_known());
  for (int i = 0; i < 10; ++i) watched.comes_after(10s);
  EXPECT_FALSE(watched.is_known()) << "not longer than it must be silent to be missed";
  for (int i = 0; i < 10; ++i) watched.comes_after(10s);
  EXPECT_TRUE(watched.is_known());
}

TEST(UsualInterval, learns_little_of_one_long_pause) {
  Watched watched;
  for (int i = 0; i < 100; ++i) watched.comes_after(10s);
  watched.comes_after(24h);
  EXPECT_LE(watched.limit(), 2 * floor_60s);
  for (int i = 0; i < 200; ++i) watched.comes_after(10s);
  EXPECT_LT(watched.interval(), 11s);
}

TEST(UsualInterval, learns_nothing_of_how_close_together_a_burst_is) {
  Watched watched;
  for (int burst = 0; burst < 50; ++burst) {
    watched.comes_after(10min);
    for (int line = 0; line < 200; ++line) watched.comes_after(5ms);
  }
  EXPECT_GT(watched.interval(), 9min);
  EXPECT_LT(watched.interval(), 11min);
  EXPECT_EQ(watched.missed, 0);
}

TEST(UsualInterval, holds_what_comes_slowly_in_bursts_to_their_distance) {
  Watched watched;
  for (int burst = 0; burst < 50; ++burst) {
    watched.comes_after(10min);
    for (int line = 0; line < 30; ++line) watched.comes_after(2s);
  }
  EXPECT_GT(watched.interval(), 4min);
  const int missed_at_first = watched.missed;
  EXPECT_LE(missed_at_first, 3) << "while it is new";
  for (int burst = 0; burst < 50; ++burst) {
    watched.comes_after(10min);
    for (int line = 0; line < 30; ++line) watched.comes_after(2s);
  }
  EXPECT_EQ(watched.missed, missed_at_first);
}

TEST(UsualInterval, follows_to_a_slower_pace_and_back) {
  Watched watched;
  for (int i = 0; i < 100; ++i) watched.comes_after(10s);
  for (int i = 0; i < 20; ++i) watched.comes_after(10min);
  EXPECT_GT(watched.interval(), 9min);
  for (int i = 0; i < 2'000; ++i) watched.comes_after(10s);
  EXPECT_LT(watched.interval(), 20s);
}

TEST(UsualInterval, learns_nothing_of_a_backlog) {
  Watched watched;
  for (int i = 0; i < 100; ++i) watched.comes_after(10s);
  watched.comes_after(1h, 10s);                                  // the first that waited for an hour
  for (int i = 0; i < 359; ++i) watched.comes_after(20ms, 10s);  // and the rest of them
  for (int i = 0; i < 3; ++i) watched.comes_after(10s);
  EXPECT_EQ(watched.interval(), 10s);
}

TEST(UsualInterval, learns_how_often_a_logger_hands_in_its_hours) {
  Watched watched;
  for (int hour = 0; hour < 10; ++hour) {
    watched.comes_after(1h, 10s);
    for (int i = 0; i < 359; ++i) watched.comes_after(0ms, 10s);
  }
  EXPECT_EQ(watched.interval(), 1h);
}

TEST(UsualInterval, learns_nothing_of_a_clock_that_jumps) {
  Watched watched;
  for (int i = 0; i < 100; ++i) watched.comes_after(10s);
  watched.comes_after(10s, 24h * 365 * 50);
  watched.comes_after(10s, -24h * 365);
  for (int i = 0; i < 3; ++i) watched.comes_after(10s);
  EXPECT_EQ(watched.interval(), 10s);
}

TEST(UsualInterval, goes_on_from_what_was_kept) {
  Watched watched;
  watched.usual = UsualInterval(30s);
  EXPECT_EQ(watched.interval(), 30s);
  for (int i = 0; i < 10; ++i) watched.comes_after(30s);
  EXPECT_EQ(watched.interval(), 30s);
  EXPECT_FALSE(UsualInterval(0ms).value(floor_60s).has_value());
}

TEST(UsualInterval, rarely_misses_what_comes_by_chance) {
  constexpr std::uint64_t seed = 20'261'130;
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap_s(1.0 / 120);
  int missed = 0;
  for (int sensor = 0; sensor < 20; ++sensor) {
    Watched watched;
    for (int i = 0; i < 2'000; ++i) watched.comes_after(Millis{1 + static_cast<Millis::rep>(gap_s(random) * 1e3)});
    missed += watched.missed;
  }
  EXPECT_LT(missed, 40) << "of 40,000; seed " << seed;
}

TEST(UsualInterval, misses_nothing_that_is_late_by_less_than_its_interval) {
  constexpr std::uint64_t seed = 52;
  std::mt19937_64 random(seed);
  for (int sensor = 0; sensor < 50; ++sensor) {
    const std::int64_t base = std::uniform_int_distribution<std::int64_t>(1'000, 600'000)(random);
    std::uniform_int_distribution<std::int64_t> gap_ms(base / 2, 2 * base - 1);
    Watched watched;
    for (int i = 0; i < 500; ++i) watched.comes_after(Millis{gap_ms(random)});
    EXPECT_EQ(watched.missed, 0) << "seed " << seed;
    EXPECT_LE(watched.interval(), Millis{2 * base});
  }
}

}  // namespace
}  // namespace sensors
