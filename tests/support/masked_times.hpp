// For tests that run a Logic twice, with and without steps of the wall clock: what must be alike is all but the times.
#pragma once

#include <regex>
#include <string>

namespace sensors {

/// `text` with every RFC 3339 time replaced by one and the same.
inline std::string masked_times(const std::string& text) {
  static const std::regex time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)");
  return std::regex_replace(text, time, "TIME");
}

}  // namespace sensors
