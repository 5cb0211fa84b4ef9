#include "common/codec/retry_after.hpp"

#include <gtest/gtest.h>

#include <string>

#include "common/codec/time_text.hpp"

namespace sensors {
namespace {

const WallTime asked_at = *parse_time("1994-11-06T08:49:07Z");

TEST(RetryAfter, understands_seconds_and_the_three_forms_of_a_date) {
  EXPECT_EQ(parse_retry_after("120", asked_at), Millis{120'000});
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", asked_at), Millis{30'000});
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", asked_at), Millis{30'000});
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 1994", asked_at), Millis{30'000});
}

TEST(RetryAfter, takes_a_date_that_has_passed_for_no_wait) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", asked_at), Millis{0});
}

TEST(RetryAfter, survives_nonsense_and_huge_numbers) {
  for (const char* text : {"", "soon", "-5", "1.5", "Sun, 31 Feb 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_retry_after(text, asked_at).has_value()) << text;
  }
  EXPECT_TRUE(parse_retry_after("99999999999999999999999", asked_at).has_value());
}

}  // namespace
}  // namespace sensors
