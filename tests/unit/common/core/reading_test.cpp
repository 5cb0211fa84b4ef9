// The grammar of names and units, UTF-8, and the rules that every reading keeps.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

constexpr WallTime year_10000 = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};

Reading good_reading() { return {"bme280.temperature", 21.5, "Cel", WallTime{Millis{1'768'493'375'123}}}; }

std::string encode_utf8(char32_t c) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
  if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
  return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
}

TEST(Name, takes_letters_digits_and_three_signs) {
  EXPECT_TRUE(is_name("A"));
  EXPECT_TRUE(is_name("bme280.temperature_2-z"));
  EXPECT_TRUE(is_name(std::string(64, 'x')));
}

TEST(Name, refuses_what_a_topic_or_a_file_could_misread) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "a b"sv, "a/b"sv, "+"sv, "#"sv, "$SYS"sv, "a\0b"sv, "\xc3\xa9"sv, "a\n"sv}) {
    EXPECT_FALSE(is_name(name)) << name;
  }
  EXPECT_FALSE(is_name(std::string(65, 'x')));
}

TEST(Unit, takes_ucum_codes_and_nothing_that_needs_escaping) {
  for (const char* unit : {"", "Cel", "%", "m/s2", "[degF]", "10*-6.m", "{count}"}) EXPECT_TRUE(is_unit(unit)) << unit;
  for (const char* unit : {" ", "a b", "\"", "\\", "\xc2\xb0", "\x7f"}) EXPECT_FALSE(is_unit(unit)) << unit;
  EXPECT_FALSE(is_unit(std::string(33, 'm')));
}

TEST(Utf8, takes_every_scalar_value_and_no_surrogate) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    const bool surrogate = c >= 0xd800 && c <= 0xdfff;
    ASSERT_EQ(is_utf8(encode_utf8(c)), !surrogate) << static_cast<std::uint32_t>(c);
  }
  EXPECT_FALSE(is_utf8(encode_utf8(0x110000)));
}

TEST(Utf8, refuses_broken_sequences) {
  for (const char* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80",
                           "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xff", "a\xc3(", "\xe2\x28\xa1"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(ReadingRules, take_a_number_a_boolean_and_a_text) {
  for (const Value& value : {Value{-0.0}, Value{true}, Value{std::string(256, 'x')}, Value{std::string{}}}) {
    Reading reading = good_reading();
    reading.value = value;
    EXPECT_TRUE(validate(reading).has_value());
  }
}

TEST(ReadingRules, refuse_what_is_not_a_finite_number) {
  using limits = std::numeric_limits<double>;
  for (const double number : {limits::quiet_NaN(), limits::infinity(), -limits::infinity()}) {
    Reading reading = good_reading();
    reading.value = number;
    const Result<void> result = validate(reading);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::invalid);
    EXPECT_NE(result.error().message.find("bme280.temperature"), std::string::npos);
  }
}

TEST(ReadingRules, refuse_long_and_broken_texts) {
  for (const std::string& text : {std::string(257, 'x'), std::string("\xff")}) {
    Reading reading = good_reading();
    reading.value = text;
    EXPECT_FALSE(validate(reading).has_value());
  }
}

TEST(ReadingRules, refuse_times_before_1970_and_after_9999) {
  Reading reading = good_reading();
  for (const WallTime time : {WallTime{Millis{-1}}, year_10000, WallTime::max(), WallTime::min()}) {
    reading.time = time;
    EXPECT_FALSE(validate(reading).has_value());
  }
  for (const WallTime time : {WallTime{}, year_10000 - Millis{1}}) {
    reading.time = time;
    EXPECT_TRUE(validate(reading).has_value());
  }
}

TEST(ReadingRules, refuse_names_and_units_out_of_the_grammar) {
  Reading reading = good_reading();
  reading.sensor = "a/b";
  EXPECT_FALSE(validate(reading).has_value());
  reading = good_reading();
  reading.unit = "degrees C";
  EXPECT_FALSE(validate(reading).has_value());
}

TEST(ReadingRules, refuse_an_uptime_that_no_machine_has) {
  Reading reading = good_reading();
  for (const Millis uptime : {Millis{-1}, max_uptime + Millis{1}, Millis::max()}) {
    reading.uptime = uptime;
    EXPECT_FALSE(validate(reading).has_value());
  }
  for (const Millis uptime : {Millis{0}, max_uptime}) {
    reading.uptime = uptime;
    EXPECT_TRUE(validate(reading).has_value());
  }
}

TEST(TimeAtUptime, counts_from_the_boot_and_stays_within_the_years_of_readings) {
  const WallTime boot{Millis{1'768'493'375'123}};
  EXPECT_EQ(time_at_uptime(boot, Millis{877}), WallTime{Millis{1'768'493'376'000}});
  EXPECT_EQ(time_at_uptime(WallTime{Millis{-10}}, Millis{3}), WallTime{});
  EXPECT_EQ(time_at_uptime(year_10000 - Millis{1}, max_uptime), year_10000 - Millis{1});
  EXPECT_EQ(time_at_uptime(WallTime::max(), max_uptime), year_10000 - Millis{1});
}

TEST(Result, names_every_code) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::rejected); ++code) {
    EXPECT_STRNE(name_of(static_cast<ErrorCode>(code)), "unknown");
  }
}

}  // namespace
}  // namespace sensors
