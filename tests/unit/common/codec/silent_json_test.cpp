#include "common/codec/silent_json.hpp"

#include <gtest/gtest.h>

#include "common/codec/reading_json.hpp"

namespace sensors {
namespace {

constexpr WallTime moment{Millis{1'768'493'375'123}};

SilentReport three() {
  return {56,
          {{"attic", "bme280.temperature", moment, Millis{10'000}},
           {"attic", "bme280.humidity", moment, Millis{10'000}, "bme"}},
          0};
}

TEST(SilentJson, says_what_the_protocol_shows) {
  const SilentReport report{56, {{"attic", "bme280.temperature", moment, Millis{10'000}}}, 0};
  EXPECT_EQ(encode_silent(report), R"({"known":56,"silent":[{"node":"attic","sensor":"bme280.temperature",)"
                                   R"("since":"2026-01-15T16:09:35.123Z","interval_ms":10000}],"more":0})");
}

TEST(SilentJson, survives_the_trip_with_and_without_a_driver) {
  EXPECT_EQ(decode_silent(encode_silent(three())).value(), three());
  EXPECT_EQ(decode_silent(encode_silent({})).value(), SilentReport{});
}

TEST(SilentJson, names_a_thousand_and_counts_the_others) {
  SilentReport report{5'000, std::vector<SilentSensor>(1'500), 7};
  const std::string longest(64, 'x');
  for (SilentSensor& silent : report.silent) silent = {longest, longest, moment, max_usual_interval, longest};
  const std::string payload = encode_silent(report);
  EXPECT_LE(payload.size(), max_payload_bytes);
  const SilentReport fewer = decode_silent(payload).value();
  EXPECT_GT(fewer.silent.size(), 800U);
  EXPECT_EQ(fewer.silent.size() + fewer.more, 1'507U);
  for (SilentSensor& silent : report.silent) silent.driver.clear();
  const SilentReport read = decode_silent(encode_silent(report)).value();
  EXPECT_EQ(read.silent.size(), max_silent_named);
  EXPECT_EQ(read.more, 507U);
}

TEST(SilentJson, refuses_what_breaks_its_rules) {
  for (const char* payload :
       {"", "[]", "{}", R"({"known":1,"silent":{},"more":0})", R"({"known":-1,"silent":[],"more":0})",
        R"({"known":1,"silent":[7],"more":0})",
        R"({"known":1,"silent":[{"node":"a b","sensor":"s","since":"2026-01-15T16:09:35Z","interval_ms":1}],"more":0})",
        R"({"known":1,"silent":[{"node":"a","sensor":"s","since":"yesterday","interval_ms":1}],"more":0})",
        R"({"known":1,"silent":[{"node":"a","sensor":"s","since":"2026-01-15T16:09:35Z","interval_ms":0}],"more":0})",
        R"({"known":1,"silent":[{"node":"a","sensor":"s","since":"2026-01-15T16:09:35Z","interval_ms":1,"driver":7}],)"
        R"("more":0})"}) {
    EXPECT_FALSE(decode_silent(payload).has_value()) << payload;
  }
}

TEST(SilentJson, ignores_keys_of_later_versions) {
  EXPECT_TRUE(decode_silent(R"({"known":1,"silent":[],"more":0,"hum":{"a":[1]}})").has_value());
}

}  // namespace
}  // namespace sensors
