// sensor_of() names the sensor of a field of a series: two series never have one name, and a series has one name
// however its tags come. Part of the wire contract (docs/http.md, ADR 19). Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sensors::bridge {

/// What tells a series of InfluxDB from another one.
struct Series {
  std::string measurement;
  std::map<std::string, std::string> tags;  // neither keys nor values are empty
};

/// "measurement.key-value.field" with the tags in the order of their keys' bytes, and without a field that is named
/// "value", where that can be read in one way only and is a name. Otherwise the same with digits of the exact series in
/// it, as readable_name() has them: before the field, or behind it where the field is not plain.
std::string sensor_of(const Series& series, std::string_view field);

}  // namespace sensors::bridge
