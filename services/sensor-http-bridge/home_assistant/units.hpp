// What Home Assistant calls a unit, and which of its device classes a value of that unit has when there is only one.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace sensors::bridge {

struct HomeUnit {
  std::string unit;          // as Home Assistant writes it
  std::string device_class;  // of its component `sensor`; empty where the unit alone does not say
  bool is_total = false;     // its class is of what adds up, so that no mean is taken of it

  bool operator==(const HomeUnit&) const = default;
};

/// Of a UCUM code or a name of RFC 8428; one that is not known stays as it is, without a class.
HomeUnit home_unit(std::string_view unit);

}  // namespace sensors::bridge
