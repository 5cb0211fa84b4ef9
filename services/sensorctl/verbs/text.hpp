// How values stand in tables as they are stored, and how tables and lines fit a screen. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/core/printable.hpp"
#include "common/core/reading.hpp"

namespace sensors::sensorctl {

/// "21.53 Cel", "true", "door open": on one line, whatever a sensor said.
std::string value_text(const Value& value);
std::string value_with_unit(const Reading& reading);

/// JSON text on one line: its line breaks, which can only stand between its parts, become spaces.
std::string on_one_line(std::string json);

/// `line` with line breaks in place of blanks, so that none of its lines is wider than `most_columns`, where its words
/// allow that; all but the first begin with `hanging` blanks, fewer than `most_columns`.
std::string folded(std::string line, std::size_t most_columns, std::size_t hanging);

inline constexpr std::size_t screen_columns = 80;  // of the terminals that people have

/// Rows of cells as columns, two spaces apart, each as wide as its widest cell; the first row is the heading. The last
/// cell of a row that would be wider than `most_columns` stands below it, and a first cell that leaves no room for
/// those in the middle stands above them.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t most_columns = std::string::npos);

}  // namespace sensors::sensorctl
