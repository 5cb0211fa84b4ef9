#include "demo/weather_year.hpp"

#include <gtest/gtest.h>

#include "common/codec/time_text.hpp"

namespace sensors::demo {
namespace {

const WallTime end = *parse_time("2026-03-01T02:30:00Z");
constexpr const char* four_hours =
    "date,temperature\n2010-01-01T01:00:00,1\n2010-01-01T02:00:00,2\n"
    "2010-01-01T03:00:00,3\n2010-01-01T04:00:00,4\n";

TEST(PastYear, ends_with_the_row_of_the_hour_and_begins_with_the_one_behind_it) {
  const Result<std::string> year = past_year(four_hours, 2, end);
  ASSERT_TRUE(year.has_value());
  EXPECT_EQ(*year,
            "date,temperature\n2026-02-28T23:30:00.000Z,3\n2026-03-01T00:30:00.000Z,4\n2026-03-01T01:30:00.000Z,1\n"
            "2026-03-01T02:30:00.000Z,2\n");
}

TEST(PastYear, takes_the_last_row_at_the_end_of_a_leap_year_and_the_first_at_midnight_of_its_first_day) {
  EXPECT_TRUE(past_year(four_hours, 8'783, end)->ends_with("2026-03-01T02:30:00.000Z,4\n"));
  EXPECT_TRUE(past_year(four_hours, 0, end)->ends_with("2026-03-01T02:30:00.000Z,1\n"));
}

TEST(PastYear, takes_a_last_row_without_a_line_end) {
  EXPECT_EQ(*past_year("date,wind\nx,1\ny,2", 2, end),
            "date,wind\n2026-03-01T01:30:00.000Z,1\n2026-03-01T02:30:00.000Z,2\n");
}

TEST(PastYear, refuses_what_has_no_rows_or_a_row_without_a_comma) {
  for (const char* csv : {"", "date,wind\n", "date,wind\nx,1\nnothing\n"}) {
    const Result<std::string> year = past_year(csv, 2, end);
    ASSERT_FALSE(year.has_value()) << csv;
    EXPECT_EQ(year.error().code, ErrorCode::malformed);
  }
}

}  // namespace
}  // namespace sensors::demo
