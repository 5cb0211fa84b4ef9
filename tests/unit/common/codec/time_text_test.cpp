// Times on the wire: what is written, what is read, what is refused.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/codec/time_text.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

TEST(TimeText, writes_utc_with_milliseconds) {
  EXPECT_EQ(time_text(moment), "2026-01-15T16:09:35.123Z");
  EXPECT_EQ(time_text(WallTime{}), "1970-01-01T00:00:00.000Z");
}

TEST(TimeText, cuts_times_out_of_range_to_it) {
  EXPECT_EQ(time_text(WallTime::min()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_text(WallTime::max()), "9999-12-31T23:59:59.999Z");
}

TEST(TimeText, reads_back_what_it_wrote) {
  EXPECT_TRUE(rc::check("parse_time(time_text(t)) == t", [] {
    const WallTime time = any_time();
    RC_ASSERT(parse_time(time_text(time)).value() == time);
  }));
}

TEST(TimeText, reads_any_offset_and_any_decimals) {
  for (const char* text : {"2026-01-15T16:09:35.123Z", "2026-01-15t16:09:35.123z", "2026-01-15 16:09:35.123",
                           "2026-01-15T17:09:35.123+01:00", "2026-01-15T10:39:35.123-05:30",
                           "2026-01-15T16:09:35.123456789Z", "2026-01-15T16:09:35.1239-00:00"}) {
    const Result<WallTime> time = parse_time(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(*time, moment) << text;
  }
  EXPECT_EQ(parse_time("2026-01-15T16:09:35Z").value(), moment - Millis{123});
  EXPECT_EQ(parse_time("2026-01-15T16:09:35.1Z").value(), moment - Millis{23});
}

TEST(TimeText, reads_leap_days_and_leap_seconds) {
  EXPECT_EQ(time_text(parse_time("2024-02-29T00:00:00Z").value()), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(time_text(parse_time("2016-12-31T23:59:60Z").value()), "2017-01-01T00:00:00.000Z");
  EXPECT_EQ(time_text(parse_time("2017-01-01T00:59:60+01:00").value()), "2017-01-01T00:00:00.000Z");
}

TEST(TimeText, reads_the_ends_of_the_range_in_any_offset) {
  EXPECT_EQ(parse_time("1969-12-31T23:00:00-01:00").value(), WallTime{});
  EXPECT_FALSE(parse_time("1970-01-01T00:00:00+00:01").has_value());
  EXPECT_FALSE(parse_time("9999-12-31T23:59:59-00:01").has_value());
  EXPECT_FALSE(parse_time("9999-12-31T23:59:60Z").has_value());
}

class BadTime : public testing::TestWithParam<const char*> {};

TEST_P(BadTime, is_malformed) {
  const Result<WallTime> time = parse_time(GetParam());
  ASSERT_FALSE(time.has_value()) << GetParam();
  EXPECT_EQ(time.error().code, ErrorCode::malformed);
}

INSTANTIATE_TEST_SUITE_P(TimeText, BadTime,
                         testing::Values("", "now", "2026", "2026-01-15", "2026-01-15T16:09Z", "2026-01-15T16:09:35.Z",
                                         "2026-01-15T16:09:35.1234567890Z", "2026-1-15T16:09:35Z",
                                         "2026-13-15T16:09:35Z", "2026-00-15T16:09:35Z", "2026-02-29T16:09:35Z",
                                         "2026-04-31T16:09:35Z", "2026-01-00T16:09:35Z", "2026-01-15T24:00:00Z",
                                         "2026-01-15T16:60:00Z", "2026-01-15T16:09:60Z", "2026-01-15T16:09:61Z",
                                         "2026-01-15T16:09:35+24:00", "2026-01-15T16:09:35+01",
                                         "2026-01-15T16:09:35+0100", "2026-01-15T16:09:35+01:60",
                                         "2026-01-15T16:09:35ZZ", "2026-01-15T16:09:35Z ", " 2026-01-15T16:09:35Z",
                                         "2026-01-15X16:09:35Z", "1969-12-31T23:59:59.999Z", "0000-01-01T00:00:00Z",
                                         "-026-01-15T16:09:35Z", "10000-01-01T00:00:00Z", "2026-01-15T16:09:35,123Z",
                                         "+2026-01-15T16:09:35Z"));

}  // namespace
}  // namespace sensors
