#include "common/core/silence_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sensors {
namespace {

using namespace std::chrono_literals;

class SilenceWatchTest : public testing::Test {
 protected:
  void pass(Millis time) {
    now.monotonic += time;
    now.wall += time;
  }

  /// Lets time go by as the loop does: it looks when it is asked to.
  void wait(Millis time) {
    const Instant until = now.monotonic + time;
    while (watch.wake_at().has_value() && *watch.wake_at() <= until) {
      pass(std::chrono::ceil<Millis>(std::max(*watch.wake_at(), now.monotonic) - now.monotonic));
      look();
    }
    pass(std::chrono::duration_cast<Millis>(until - now.monotonic));
    look();
  }

  void look() {
    SilenceWatch::Change change = watch.take_change(now);
    for (const KnownSensor& sensor : change.began) began.push_back(sensor.sensor);
    for (const KnownSensor& sensor : change.ended) ended.push_back(sensor.sensor);
  }

  void heard(const std::string& sensor, const SilenceWatch::Rhythm& rhythm) {
    watch.heard(driver, sensor, now.wall, rhythm, now);
    look();
  }

  /// Comes for a while.
  void comes(const std::string& sensor, Millis interval, int times, const SilenceWatch::Rhythm& rhythm) {
    for (int i = 0; i < times; ++i) {
      heard(sensor, rhythm);
      wait(interval);
    }
  }

  std::vector<std::string> silent() const {
    std::vector<std::string> names;
    for (const KnownSensor& sensor : watch.silent()) names.push_back(sensor.sensor);
    return names;
  }

  using Names = std::vector<std::string>;
  static constexpr SilenceWatch::Rhythm every_10s{.planned = 10s, .is_stretched = true, .patience = 5s};
  static constexpr SilenceWatch::Rhythm learned{.learns = true};

  SilenceWatch watch{SilenceOptions{}};
  SilenceWatch::Source driver = watch.source("attic", "bme");
  Now now{Instant{} + 1h, WallTime{Millis{1'768'493'375'123}}};
  Names began;
  Names ended;
};

TEST_F(SilenceWatchTest, one_that_comes_is_not_silent) {
  comes("t", 10s, 1'000, every_10s);
  EXPECT_EQ(began, Names{});
  EXPECT_EQ(watch.known(), 1U);
}

TEST_F(SilenceWatchTest, one_of_which_nothing_comes_is_silent_once_after_its_limit) {
  heard("t", every_10s);
  const WallTime last = now.wall;
  wait(59'999ms);
  EXPECT_EQ(silent(), Names{});
  wait(1ms);
  EXPECT_EQ(silent(), Names{"t"});
  wait(24h);
  EXPECT_EQ(began, Names{"t"});
  EXPECT_EQ(watch.silent().front(), (KnownSensor{"attic", "t", "bme", 10s, last, true}));
}

TEST_F(SilenceWatchTest, one_that_comes_rarely_has_three_of_its_intervals_and_the_time_of_a_read) {
  heard("t", {.planned = 5min, .patience = 30s});
  wait(15min + 29s);
  EXPECT_EQ(silent(), Names{});
  wait(1s);
  EXPECT_EQ(silent(), Names{"t"});
}

TEST_F(SilenceWatchTest, one_that_came_back_is_told_once) {
  heard("t", every_10s);
  wait(2min);
  comes("t", 10s, 10, every_10s);
  EXPECT_EQ(began, Names{"t"});
  EXPECT_EQ(ended, Names{"t"});
  EXPECT_EQ(silent(), Names{});
}

TEST_F(SilenceWatchTest, a_sign_of_life_is_enough_of_one_that_is_known) {
  heard("t", every_10s);
  for (int i = 0; i < 100; ++i) {
    wait(10s);
    watch.alive(driver, "t", every_10s, now);
    watch.alive(driver, "never seen", every_10s, now);
  }
  EXPECT_EQ(began, Names{});
  EXPECT_EQ(watch.known(), 1U);
}

TEST_F(SilenceWatchTest, a_slower_pace_makes_nobody_silent_at_the_step) {
  SilenceWatch::Rhythm rhythm{.planned = 10min, .is_stretched = true};
  comes("t", 10min, 3, rhythm);
  heard("t", rhythm);
  wait(5min);
  watch.stretch(driver, 60min);
  wait(55min);
  EXPECT_EQ(began, Names{});
  rhythm.planned = 60min;
  comes("t", 60min, 3, rhythm);
  EXPECT_EQ(began, Names{});
}

TEST_F(SilenceWatchTest, nor_when_the_pace_goes_back) {
  comes("t", 60min, 3, {.planned = 60min, .is_stretched = true});
  heard("t", {.planned = 60min, .is_stretched = true});
  wait(50min);
  watch.stretch(driver, 10min);
  wait(10min);
  EXPECT_EQ(began, Names{}) << "it was expected after an hour";
  heard("t", {.planned = 10min, .is_stretched = true});
  wait(30min);
  EXPECT_EQ(began, Names{"t"}) << "and is after ten minutes now";
}

TEST_F(SilenceWatchTest, one_that_keeps_its_pace_is_judged_by_it) {
  heard("critical", {.planned = 30s});
  heard("other", {.planned = 30s, .is_stretched = true});
  watch.stretch(driver, 180s);
  wait(90s);
  EXPECT_EQ(silent(), Names{"critical"});
}

TEST_F(SilenceWatchTest, time_in_which_it_was_not_asked_is_no_silence) {
  heard("t", every_10s);
  wait(30s);
  watch.judge(driver, SilenceWatch::Judged::paused, now);
  wait(24h);
  EXPECT_EQ(began, Names{});
  watch.judge(driver, SilenceWatch::Judged::here, now);
  wait(29s);
  EXPECT_EQ(began, Names{});
  wait(1s);
  EXPECT_EQ(began, Names{"t"});
}

TEST_F(SilenceWatchTest, many_short_pauses_do_not_hide_that_nothing_comes) {
  heard("t", every_10s);
  for (int i = 0; i < 100; ++i) {
    watch.judge(driver, SilenceWatch::Judged::paused, now);
    wait(1s);
    watch.judge(driver, SilenceWatch::Judged::here, now);
    wait(1s);
  }
  EXPECT_EQ(began, Names{"t"});
}

TEST_F(SilenceWatchTest, what_is_judged_elsewhere_is_not_silent_here_and_counts_anew) {
  heard("t", every_10s);
  wait(2min);
  EXPECT_EQ(silent(), Names{"t"});
  watch.judge(driver, SilenceWatch::Judged::elsewhere, now);
  EXPECT_EQ(silent(), Names{});
  wait(1h);
  watch.judge(driver, SilenceWatch::Judged::here, now);
  wait(59s);
  EXPECT_EQ(silent(), Names{});
  wait(1s);
  EXPECT_EQ(silent(), Names{"t"});
}

TEST_F(SilenceWatchTest, a_process_that_stood_still_has_missed_nobody) {
  heard("t", every_10s);
  pass(10min);  // without a look
  look();
  EXPECT_EQ(began, Names{});
  wait(60s);
  EXPECT_EQ(began, Names{"t"});
}

TEST_F(SilenceWatchTest, one_whose_interval_is_not_known_is_never_silent) {
  heard("once", learned);
  wait(24h * 30);
  EXPECT_EQ(began, Names{});
}

TEST_F(SilenceWatchTest, one_that_comes_of_itself_is_judged_by_what_it_usually_does) {
  comes("t", 100s, 20, learned);
  wait(199s);
  EXPECT_EQ(began, Names{});
  wait(1s);
  EXPECT_EQ(began, Names{"t"});
}

TEST_F(SilenceWatchTest, its_own_limit_counts_instead) {
  heard("door", {.planned = 10s, .own = 10min});
  heard("bell", {.planned = 10s, .own = 0s});
  heard("once", {.learns = true, .own = 20s});
  wait(20s);
  EXPECT_EQ(began, Names{"once"});
  wait(24h);
  EXPECT_EQ(began, (Names{"once", "door"}));
}

TEST_F(SilenceWatchTest, can_be_turned_off) {
  watch = SilenceWatch({.floor = 0s});
  driver = watch.source("attic", "bme");
  heard("t", every_10s);
  wait(24h);
  EXPECT_EQ(began, Names{});
}

TEST_F(SilenceWatchTest, those_that_fall_silent_together_are_told_together) {
  for (int i = 0; i < 50; ++i) heard("t" + std::to_string(i), every_10s);
  pass(60s);
  EXPECT_EQ(watch.take_change(now).began.size(), 50U);
  EXPECT_TRUE(watch.take_change(now).empty());
}

// ---- restarts ----

const auto as_before = [](const KnownSensor&) {
  return SilenceWatch::Rhythm{.planned = 10s, .is_stretched = true, .patience = 5s};
};

TEST_F(SilenceWatchTest, after_a_restart_each_has_its_time_anew) {
  const WallTime last = now.wall - 24h * 7;  // the machine was off for a week
  watch.restore({{"attic", "t", "bme", 10s, last, false}}, as_before, now);
  wait(59s);
  EXPECT_EQ(began, Names{});
  wait(1s);
  EXPECT_EQ(began, Names{"t"});
  EXPECT_EQ(watch.silent().front().last, last);
}

TEST_F(SilenceWatchTest, one_that_was_silent_before_a_restart_is_so_behind_it_and_not_told_again) {
  watch.restore({{"attic", "t", "bme", 10s, now.wall - 1h, true}}, as_before, now);
  EXPECT_EQ(silent(), Names{"t"});
  wait(1h);
  EXPECT_EQ(began, Names{});
  heard("t", every_10s);
  EXPECT_EQ(ended, Names{"t"});
}

TEST_F(SilenceWatchTest, what_was_learned_survives_a_restart) {
  comes("t", 100s, 20, learned);
  const KnownSensorChanges kept = watch.take_unsaved(100);
  ASSERT_EQ(kept.kept.size(), 1U);
  watch = SilenceWatch(SilenceOptions{});
  watch.restore(
      kept.kept, [](const KnownSensor&) { return learned; }, now);
  wait(299s);
  EXPECT_EQ(began, Names{});
  wait(1s);
  EXPECT_EQ(began, Names{"t"});
}

TEST_F(SilenceWatchTest, writes_seldom_what_it_keeps) {
  std::size_t rows = 0;
  for (int i = 0; i < 8'640; ++i) {  // a day
    comes("t", 10s, 1, every_10s);
    EXPECT_FALSE(watch.has_urgent());
    rows += watch.take_unsaved(100).kept.size();
  }
  EXPECT_LE(rows, 26U);
  EXPECT_GE(rows, 20U) << "the time of the last reading, once an hour";
}

TEST_F(SilenceWatchTest, silence_is_worth_a_write_of_its_own_and_so_is_its_end) {
  heard("t", every_10s);
  watch.take_unsaved(100);
  wait(60s);
  EXPECT_TRUE(watch.has_urgent());
  EXPECT_TRUE(watch.take_unsaved(100).kept.front().silent);
  EXPECT_FALSE(watch.has_urgent());
  heard("t", every_10s);
  EXPECT_TRUE(watch.has_urgent());
  EXPECT_FALSE(watch.take_unsaved(100).kept.front().silent);
}

TEST_F(SilenceWatchTest, what_could_not_be_written_is_given_again) {
  heard("t", every_10s);
  heard("u", every_10s);
  watch.forget("attic", "u");
  const KnownSensorChanges changes = watch.take_unsaved(100);
  EXPECT_EQ(changes.kept.size(), 1U);
  EXPECT_EQ(changes.forgotten.size(), 1U);
  EXPECT_FALSE(watch.has_unsaved());
  watch.not_saved(changes);
  const KnownSensorChanges again = watch.take_unsaved(100);
  EXPECT_EQ(again.kept, changes.kept);
  EXPECT_EQ(again.forgotten, changes.forgotten);
}

TEST_F(SilenceWatchTest, forgets_one_until_it_comes_again) {
  heard("t", every_10s);
  wait(60s);
  EXPECT_TRUE(watch.forget("attic", "t"));
  EXPECT_FALSE(watch.forget("attic", "t"));
  EXPECT_EQ(silent(), Names{});
  EXPECT_EQ(watch.known(), 0U);
  wait(1h);
  heard("t", every_10s);
  EXPECT_EQ(watch.known(), 1U);
  EXPECT_EQ(ended, Names{});
}

TEST_F(SilenceWatchTest, forgets_all_of_a_source) {
  const SilenceWatch::Source other = watch.source("attic", "ds18b20");
  heard("t", every_10s);
  watch.heard(other, "v", now.wall, every_10s, now);
  EXPECT_EQ(watch.forget(driver), 1U);
  EXPECT_TRUE(watch.find("attic", "v").has_value());
}

TEST_F(SilenceWatchTest, one_name_of_two_sources_is_one_sensor) {
  const SilenceWatch::Source other = watch.source("attic", "ds18b20");
  heard("t", every_10s);
  watch.heard(other, "t", now.wall, every_10s, now);
  EXPECT_EQ(watch.known(), 1U);
  EXPECT_EQ(watch.find("attic", "t")->source, "ds18b20");
}

TEST_F(SilenceWatchTest, knows_no_more_than_it_may_and_counts_the_others) {
  watch = SilenceWatch({.max_known = 3});
  driver = watch.source("attic", "bme");
  for (int i = 0; i < 5; ++i) heard("t" + std::to_string(i), every_10s);
  EXPECT_EQ(watch.known(), 3U);
  EXPECT_EQ(watch.not_watched(), 2U);
}

// ---- by property ----

/// Sensors that come, stop and come again, restarts, pauses: silent is exactly who did not come for its limit.
TEST_F(SilenceWatchTest, is_right_about_everybody_at_all_times) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&random](int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random); };
    watch = SilenceWatch(SilenceOptions{});
    driver = watch.source("attic", "bme");
    began.clear();
    ended.clear();
    std::map<std::string, Instant> from;
    std::map<std::string, bool> was_silent;
    std::map<std::string, Millis> interval;
    std::size_t expected_began = 0, expected_ended = 0;
    for (int step = 0; step < 2'000; ++step) {
      const std::string name = "t" + std::to_string(below(8));
      const int what = below(100);
      if (what < 60) {
        interval.try_emplace(name, Millis{1'000 * (1 + below(60))});
        expected_ended += was_silent[name] ? 1 : 0;
        was_silent[name] = false;
        from[name] = now.monotonic;
        heard(name, {.planned = interval[name]});
      } else if (what < 62) {
        std::vector<KnownSensor> kept;
        for (const auto& [known, at] : from) kept.push_back(*watch.find("attic", known));
        watch = SilenceWatch(SilenceOptions{});
        driver = watch.source("attic", "bme");
        watch.restore(
            kept, [&](const KnownSensor& k) { return SilenceWatch::Rhythm{.planned = interval[k.sensor]}; }, now);
        for (auto& [known, at] : from) at = now.monotonic;
      }
      wait(Millis{100 * below(200)});
      for (const auto& [known, at] : from) {
        const Millis since = std::chrono::duration_cast<Millis>(now.monotonic - at);
        const Millis limit = std::max<Millis>(60s, 3 * interval[known]);
        const bool is_silent = watch.find("attic", known)->silent;
        if (was_silent[known]) {
          ASSERT_TRUE(is_silent) << known << ", seed " << seed;
        } else if (is_silent) {
          ASSERT_GE(since, limit) << known << ", seed " << seed;
          was_silent[known] = true;
          ++expected_began;
        } else {
          ASSERT_LT(since, limit + 1s) << known << ", seed " << seed;
        }
      }
    }
    EXPECT_EQ(began.size(), expected_began) << "seed " << seed;
    EXPECT_EQ(ended.size(), expected_ended) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sensors
