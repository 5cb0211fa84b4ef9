#include "common/core/unit_text.hpp"

#include <utility>

#include <gtest/gtest.h>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

TEST(UnitText, becomes_the_code_of_ucum) {
  for (const auto& [text, code] : std::initializer_list<std::pair<const char*, const char*>>{
           {"°C", "Cel"},      {" °C ", "Cel"},    {"ºC", "Cel"},      {"℃", "Cel"},
           {"degC", "Cel"},    {"°F", "[degF]"},   {"%", "%"},         {"hPa", "hPa"},
           {"µg/m³", "ug/m3"}, {"μg/m³", "ug/m3"}, {"ug/m3", "ug/m3"}, {"µg/m3", "ug/m3"},
           {"ppm", "[ppm]"},   {"lux", "lx"},      {"lx", "lx"},       {"V", "V"},
           {"mV", "mV"},       {"W", "W"},         {"kWh", "kW.h"},    {"km/h", "km/h"},
           {"m/s", "m/s"},     {"m/s²", "m/s2"},   {"W/m²", "W/m2"},   {"m³/h", "m3/h"},
           {"dB", "dB"},       {"µS/cm", "uS/cm"}, {"kΩ", "kOhm"},     {"inHg", "[in_i'Hg]"},
           {"rpm", "/min"},    {"N·m", "N.m"}}) {
    EXPECT_EQ(ucum_unit(text), code) << text;
    EXPECT_TRUE(is_unit(ucum_unit(text))) << text;
  }
}

TEST(UnitText, that_is_a_code_already_stays) {
  for (const char* code : {"", "Cel", "[degF]", "C", "F", "By", "kW.h", "[ppm]", "widgets", "1", "pH"})
    EXPECT_EQ(ucum_unit(code), code);
}

TEST(UnitText, that_nobody_knows_stays_to_be_refused) {
  EXPECT_FALSE(is_unit(ucum_unit("a b")));
  EXPECT_FALSE(is_unit(ucum_unit("Grad Öchsle")));
  EXPECT_FALSE(is_unit(ucum_unit(std::string(100'000, 'x'))));
}

TEST(UnitText, stands_in_brackets_behind_a_name) {
  const auto split = [](std::string_view text) {
    const NameAndUnit both = split_name_and_unit(text);
    return both.name + "|" + both.unit;
  };
  EXPECT_EQ(split("temp [°C]"), "temp|Cel");
  EXPECT_EQ(split("Luftdruck (hPa)"), "Luftdruck|hPa");
  EXPECT_EQ(split(" temp"), "temp|");
  EXPECT_EQ(split("co2 [[ppm]]"), "co2|[ppm]");
  EXPECT_EQ(split("temp (in the garden)"), "temp (in the garden)|");
  EXPECT_EQ(split("[°C]"), "[°C]|");
  EXPECT_EQ(split("temp []"), "temp []|");
  EXPECT_EQ(split(""), "|");
}

}  // namespace
}  // namespace sensors
