// The values are those of the page's own test, tests/web/modules.test.mjs: there is one rule.
#include <gtest/gtest.h>

#include "common/codec/quantity_text.hpp"

namespace sensors {
namespace {

std::string text(Value value, const std::string& unit) {
  Reading reading;
  reading.value = std::move(value);
  reading.unit = unit;
  return quantity_text(reading);
}

TEST(QuantityText, has_a_value_with_its_unit_and_scales_bytes_and_spans) {
  EXPECT_EQ(text(21.46, "Cel"), "21.46 °C");
  EXPECT_EQ(text(101325.0, "Pa"), "101,330 Pa");
  EXPECT_EQ(text(1'610'612'736.0, "By"), "1.5 GiB");
  EXPECT_EQ(text(1023.0, "By"), "1,023 B");
  EXPECT_EQ(text(1'028'813.0, "By"), "1004.7 KiB");
  EXPECT_EQ(text(7500.0, "s"), "2 h 5 min");
  EXPECT_EQ(text(119.5, "s"), "119.5 s");
  EXPECT_EQ(text(0.04, "{load}"), "0.04");
  EXPECT_EQ(text(true, ""), "true");
  EXPECT_EQ(text(std::string("door open"), ""), "door open");
  EXPECT_EQ(text(std::string("open\n\x1b[2Jdoor"), ""), "open [2Jdoor");
}

TEST(QuantityText, writes_numbers_that_nobody_counts_the_digits_of_as_powers_of_ten) {
  EXPECT_EQ(text(1e308, "Cel"), "1E308 °C");
  EXPECT_EQ(text(-1.5e300, "By"), "-1.3642E288 TiB");
  EXPECT_EQ(text(5e-324, ""), "5E-324");
  EXPECT_EQ(text(0.0, ""), "0");
  EXPECT_EQ(text(1e300, "s"), "1E300 s");
  EXPECT_EQ(text(1.0, "constructor"), "1 constructor");
}

TEST(QuantityText, rounds_halves_away_from_zero_as_a_browser_does) {
  EXPECT_EQ(number_text(12344.5), "12,345");
  EXPECT_EQ(number_text(-12344.5), "-12,345");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.3");
  EXPECT_EQ(number_text(99'999.5), "100,000");
  EXPECT_EQ(number_text(999'999'999'999'999.0), "1,000,000,000,000,000");
  EXPECT_EQ(number_text(1e-6), "0.000001");
  EXPECT_EQ(number_text(0.0123456), "0.012346");
  EXPECT_EQ(number_text(9.9e-7), "9.9E-7");
  EXPECT_EQ(text(1280.0, "By"), "1.3 KiB") << "1.25 of them";
}

TEST(SizeText, has_one_decimal_and_never_1024_of_a_unit) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1'023), "1,023 B");
  EXPECT_EQ(size_text(1'024), "1.0 KiB");
  EXPECT_EQ(size_text(1'048'575), "1.0 MiB");
  EXPECT_EQ(size_text(12'897'484), "12.3 MiB");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(count_text(123), "123");
}

TEST(SpanText, says_the_two_largest_units) {
  EXPECT_EQ(span_text(Millis{-5}), "0 s");
  EXPECT_EQ(span_text(Millis{850}), "0 s");
  EXPECT_EQ(span_text(Millis{59'999}), "59 s");
  EXPECT_EQ(span_text(Millis{60'000}), "1 min");
  EXPECT_EQ(span_text(Millis{200'000}), "3 min 20 s");
  EXPECT_EQ(span_text(Millis{7'500'000}), "2 h 5 min");
  EXPECT_EQ(span_text(Millis{273'600'000}), "3 d 4 h");
}

TEST(AgeText, says_the_largest_unit) {
  EXPECT_EQ(age_text(Millis{1'999}), "now");
  EXPECT_EQ(age_text(Millis{-5'000}), "now");
  EXPECT_EQ(age_text(Millis{12'400}), "12 s ago");
  EXPECT_EQ(age_text(Millis{119'000}), "1 min ago");
  EXPECT_EQ(age_text(Millis{4 * 3'600'000}), "4 h ago");
  EXPECT_EQ(age_text(Millis{3 * 86'400'000}), "3 d ago");
  EXPECT_EQ(age_text(Millis{-3 * 86'400'000}), "dated 3 d ahead");
}

}  // namespace
}  // namespace sensors
