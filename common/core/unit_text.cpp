// First the words that are not spelt like their codes, then what any unit may have in it: the signs of micro, square,
// cube and product, and the capital omega.
#include "common/core/unit_text.hpp"

#include <array>

#include "common/core/reading.hpp"

namespace sensors {

namespace {

struct Spelling {
  std::string_view text;
  std::string_view code;
};

constexpr std::array words{
    Spelling{"°C", "Cel"},
    Spelling{"℃", "Cel"},
    Spelling{"ºC", "Cel"},
    Spelling{"° C", "Cel"},
    Spelling{"degC", "Cel"},
    Spelling{"deg C", "Cel"},
    Spelling{"celsius", "Cel"},
    Spelling{"Celsius", "Cel"},
    Spelling{"°F", "[degF]"},
    Spelling{"℉", "[degF]"},
    Spelling{"ºF", "[degF]"},
    Spelling{"° F", "[degF]"},
    Spelling{"degF", "[degF]"},
    Spelling{"deg F", "[degF]"},
    Spelling{"fahrenheit", "[degF]"},
    Spelling{"Fahrenheit", "[degF]"},
    Spelling{"kelvin", "K"},
    Spelling{"Kelvin", "K"},
    Spelling{"percent", "%"},
    Spelling{"Percent", "%"},
    Spelling{"% RH", "%RH"},
    Spelling{"%rH", "%RH"},
    Spelling{"% rH", "%RH"},
    Spelling{"hpa", "hPa"},
    Spelling{"inHg", "[in_i'Hg]"},
    Spelling{"mmHg", "mm[Hg]"},
    Spelling{"psi", "[psi]"},
    Spelling{"PSI", "[psi]"},
    Spelling{"ppm", "[ppm]"},
    Spelling{"PPM", "[ppm]"},
    Spelling{"ppb", "[ppb]"},
    Spelling{"PPB", "[ppb]"},
    Spelling{"lux", "lx"},
    Spelling{"Lux", "lx"},
    Spelling{"Wh", "W.h"},
    Spelling{"kWh", "kW.h"},
    Spelling{"MWh", "MW.h"},
    Spelling{"Ah", "A.h"},
    Spelling{"mAh", "mA.h"},
    Spelling{"VAr", "var"},
    Spelling{"kmh", "km/h"},
    Spelling{"kph", "km/h"},
    Spelling{"km/hr", "km/h"},
    Spelling{"mph", "[mi_i]/h"},
    Spelling{"knots", "[kn_i]"},
    Spelling{"kn", "[kn_i]"},
    Spelling{"rpm", "/min"},
    Spelling{"RPM", "/min"},
    Spelling{"ohm", "Ohm"},
    Spelling{"°", "deg"},
    Spelling{"°/s", "deg/s"},
    Spelling{"L", "l"},
    Spelling{"L/min", "l/min"},
    Spelling{"L/h", "l/h"},
    Spelling{"mL", "ml"},
    Spelling{"sec", "s"},
};

constexpr std::array signs{
    Spelling{"µ", "u"}, Spelling{"μ", "u"}, Spelling{"²", "2"},   Spelling{"³", "3"},  // micro sign, and the letter mu
    Spelling{"·", "."}, Spelling{"⋅", "."}, Spelling{"Ω", "Ohm"}, Spelling{"Ω", "Ohm"},  // omega, and the ohm sign
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::string ucum_unit(std::string_view text) {
  text = trimmed(text);
  for (const Spelling& word : words) {
    if (word.text == text) return std::string(word.code);
  }
  std::string code(text.substr(0, 2 * max_unit_length));  // longer ones are refused, however they are spelt
  if (code.size() < text.size()) return std::string(text);
  for (const Spelling& sign : signs) {
    for (std::size_t at = 0; (at = code.find(sign.text, at)) != std::string::npos; at += sign.code.size())
      code.replace(at, sign.text.size(), sign.code);
  }
  return code;
}

NameAndUnit split_name_and_unit(std::string_view text) {
  text = trimmed(text);
  if (text.ends_with(']') || text.ends_with(')')) {
    const std::size_t open = text.find(text.back() == ']' ? '[' : '(');
    const std::string unit = open == std::string_view::npos || open == 0
                                 ? std::string()
                                 : ucum_unit(text.substr(open + 1, text.size() - open - 2));
    if (!unit.empty() && is_unit(unit)) return {std::string(trimmed(text.substr(0, open))), unit};
  }
  return {std::string(text), ""};
}

}  // namespace sensors
