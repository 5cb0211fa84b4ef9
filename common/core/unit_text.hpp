// Units as people write them, and the UCUM codes that they are stored as. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sensors {

/// The UCUM code of a unit as people write it: "Cel" of "°C", "ug/m3" of "µg/m³", "[ppm]" of "ppm", "kW.h" of "kWh",
/// blanks around it gone. What is not known stays as it is, to be checked with is_unit(): a code of UCUM, or a word of
/// one's own.
std::string ucum_unit(std::string_view text);

/// A column's or a quantity's name with its unit behind it in brackets: "temp [°C]", "Luftdruck (hPa)". `unit` is a
/// UCUM code; empty where there are no brackets, and then `name` is the whole text.
struct NameAndUnit {
  std::string name;
  std::string unit;
};
NameAndUnit split_name_and_unit(std::string_view text);

}  // namespace sensors
