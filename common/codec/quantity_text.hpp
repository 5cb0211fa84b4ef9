// How quantities are written for people: the same as on the page, whose rules are in page/format.js of
// sensor-http-bridge. Values as they are stored are value_text() of text.hpp. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/core/reading.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// A number with five digits that count, and separators: "21.46", "101,330"; as a power of ten from 1e15 on and below
/// 1e-6: "1E308".
std::string number_text(double value);

/// "12,345".
std::string count_text(std::uint64_t count);

/// A unit of UCUM as people know it: "Cel" is "°C".
std::string unit_text(std::string_view unit);

/// The value of a reading with its unit, bytes and seconds scaled: "21.46 °C", "1.5 GiB", "2 h 5 min"; "true", "door
/// open". Texts are cut, and on one line.
std::string quantity_text(const Reading& reading);

/// "812 B", "12.3 MiB".
std::string size_text(std::uint64_t bytes);

/// The two largest units: "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"; "0 s" below a second and for negative ones.
std::string span_text(Millis span);

/// The largest unit of how long ago something was: "now", "12 s ago", "4 h ago"; "dated 3 d ahead" from a day on.
std::string age_text(Millis age);

}  // namespace sensors
