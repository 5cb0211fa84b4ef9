#include "common/codec/foreign_time.hpp"

#include <gtest/gtest.h>

#include "common/codec/time_text.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;
using WithoutOffset = TimeRule::WithoutOffset;

const WallTime moment = parse_time("2026-01-15T16:09:35Z").value();

/// Central Europe: one hour ahead, two from 2026-03-29 to 2026-10-25.
TimeRule berlin() {
  return {WithoutOffset::local, [](WallTime shown) {
            const WallTime begins = parse_time("2026-03-29T01:00:00Z").value();
            const WallTime ends = parse_time("2026-10-25T01:00:00Z").value();
            std::vector<WallTime> moments;
            if (const WallTime summer = shown - 2h; summer >= begins && summer < ends) moments.push_back(summer);
            if (const WallTime winter = shown - 1h; winter < begins || winter >= ends) moments.push_back(winter);
            return moments;
          }};
}

std::string utc(const Result<WallTime>& time) { return time.has_value() ? time_text(*time) : time.error().message; }

class ForeignTime : public testing::TestWithParam<const char*> {};

TEST_P(ForeignTime, is_one_moment_however_it_is_written) {
  EXPECT_EQ(utc(parse_foreign_time(GetParam(), {}, moment)), "2026-01-15T16:09:35.000Z");
}

INSTANTIATE_TEST_SUITE_P(AllForms, ForeignTime,
                         testing::Values("2026-01-15T16:09:35Z", "2026-01-15 16:09:35",
                                         "2026-01-15T16:09:35.000000+00:00", "2026-01-15T17:09:35+01:00",
                                         "2026-01-15T17:09:35+0100", "2026-01-15T17:09:35+01",
                                         "2026-01-15 17:09:35 +0100", "2026-01-15T16:09:35,000Z", "20260115T160935Z",
                                         "20260115T170935+0100", "2026-01-15 16:09:35 UTC", "2026-01-15 16:09:35 GMT",
                                         "2026-01-15T11:09:35-0500", " 2026-01-15T16:09:35Z ", "15.01.2026 16:09:35",
                                         "15.1.2026 16:09:35", "1768493375", "1768493375.0", "1768493375000",
                                         "1768493375000000", "1768493375000000000"));

TEST(ForeignTimes, may_be_short) {
  EXPECT_EQ(utc(parse_foreign_time("2026-01-15 16:09", {}, moment)), "2026-01-15T16:09:00.000Z");
  EXPECT_EQ(utc(parse_foreign_time("20260115T1609", {}, moment)), "2026-01-15T16:09:00.000Z");
  EXPECT_EQ(utc(parse_foreign_time("2026-01-15", {}, moment)), "2026-01-15T00:00:00.000Z");
  EXPECT_EQ(utc(parse_foreign_time("20260115", {}, moment)), "2026-01-15T00:00:00.000Z");
}

TEST(ForeignTimes, keep_their_decimals) {
  EXPECT_EQ(utc(parse_foreign_time("2026-01-15T16:09:35,5+0000", {}, moment)), "2026-01-15T16:09:35.500Z");
  EXPECT_EQ(utc(parse_foreign_time("1768493375.25", {}, moment)), "2026-01-15T16:09:35.250Z");
}

TEST(ForeignTimes, refuses_what_is_no_time) {
  for (const char* text : {"",
                           " ",
                           "today",
                           "12345",
                           "-1",
                           "1e300",
                           "nan",
                           "inf",
                           "2026-13-01",
                           "01/15/2026 16:09",
                           "T",
                           "2026-01-15T",
                           "2026-01-15T25:00:00Z",
                           "2026-01-15T16:09:35+1",
                           "500000000000",
                           "16:09:35",
                           "2026-01-15T16:09:35 CET",
                           "15.1",
                           "..",
                           "2026-01-15T16:09:35Z+01:00"}) {
    EXPECT_FALSE(parse_foreign_time(text, {}, moment).has_value()) << text;
  }
}

TEST(ForeignTimes, without_an_offset_are_what_the_rule_says) {
  EXPECT_EQ(utc(parse_foreign_time("2026-01-15T17:09:35.5", berlin(), moment)), "2026-01-15T16:09:35.500Z");
  EXPECT_EQ(utc(parse_foreign_time("2026-07-15T18:09:35", berlin(), moment)), "2026-07-15T16:09:35.000Z");
  EXPECT_EQ(utc(parse_foreign_time("2026-01-15T17:09:35Z", berlin(), moment)), "2026-01-15T17:09:35.000Z");
  const Result<WallTime> refused = parse_foreign_time("2026-01-15T17:09:35", {WithoutOffset::refuse}, moment);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("without an offset"), std::string::npos);
  EXPECT_TRUE(parse_foreign_time("1768493375", {WithoutOffset::refuse}, moment).has_value());
}

TEST(ForeignTimes, of_an_hour_that_comes_twice_a_live_one_is_the_nearest) {
  const WallTime first = parse_time("2026-10-25T00:30:01Z").value();
  EXPECT_EQ(utc(parse_foreign_time("2026-10-25T02:30:00", berlin(), first)), "2026-10-25T00:30:00.000Z");
  EXPECT_EQ(utc(parse_foreign_time("2026-10-25T02:30:00", berlin(), first + 1h)), "2026-10-25T01:30:00.000Z");
}

TEST(ForeignTimes, of_an_hour_that_comes_twice_a_row_of_a_file_is_not_before_the_row_above) {
  WallTime above{};
  std::string times;
  for (const char* text :
       {"2026-10-25T01:00:00", "2026-10-25T02:00:00", "2026-10-25T02:00:00", "2026-10-25T03:00:00"}) {
    above = parse_foreign_time(text, berlin(), above + 1ms, TimeRule::Choice::not_before).value();
    times += time_text(above).substr(11, 5) + " ";
  }
  EXPECT_EQ(times, "23:00 00:00 01:00 02:00 ");
}

TEST(ForeignTimes, of_an_hour_that_is_left_out_is_refused) {
  const Result<WallTime> time = parse_foreign_time("2026-03-29T02:30:00", berlin(), moment);
  ASSERT_FALSE(time.has_value());
  EXPECT_EQ(time.error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace sensors
