#include "services/sensorctl/shell/time_option.hpp"

#include <ctime>

#include <gtest/gtest.h>

namespace sensors::sensorctl {
namespace {

constexpr WallTime now{Millis{1'768'493'375'000}};

TEST(TimeOption, is_a_point_in_time_or_how_long_ago_it_was) {
  EXPECT_EQ(parse_time_option("2026-01-15T16:09:35Z", now).value(), now);
  EXPECT_EQ(parse_time_option("2026-01-15T17:09:35+01:00", now).value(), now);
  EXPECT_EQ(parse_time_option("2h", now).value(), now - std::chrono::hours{2});
  EXPECT_EQ(parse_time_option("0s", now).value(), now);
}

TEST(TimeOption, may_be_a_day_which_begins_at_midnight_here) {
  const WallTime midnight = parse_time_option("2026-01-15", now).value();
  const std::time_t seconds = midnight.time_since_epoch().count() / 1'000;
  std::tm shown{};
  ::localtime_r(&seconds, &shown);
  EXPECT_EQ(shown.tm_mday, 15);
  EXPECT_EQ(shown.tm_hour, 0);
  EXPECT_EQ(shown.tm_min, 0);
}

TEST(TimeOption, is_nothing_else) {
  for (const char* text : {"", "yesterday", "-2h", "2", "1000000d", "2026-02-30", "2026-01"}) {
    EXPECT_FALSE(parse_time_option(text, now).has_value()) << text;
  }
}

}  // namespace
}  // namespace sensors::sensorctl
