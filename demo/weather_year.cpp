#include "demo/weather_year.hpp"

#include <algorithm>
#include <vector>

#include "common/codec/time_text.hpp"

namespace sensors::demo {

namespace {

constexpr std::chrono::hours between_rows{1};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

Result<std::string> past_year(std::string_view csv, std::size_t hour_of_year, WallTime end) {
  std::string out = std::string(take_line(csv)) + '\n';
  std::vector<std::string_view> values;  // of each row what stands behind its time, the comma included
  while (!csv.empty()) {
    const std::string_view row = take_line(csv);
    const std::size_t comma = row.find(',');
    if (comma == std::string_view::npos) return fail(ErrorCode::malformed, "a row of the weather has no comma");
    values.push_back(row.substr(comma));
  }
  if (values.empty()) return fail(ErrorCode::malformed, "the weather has no row");
  // The first row is that of one o'clock.
  const std::size_t last = std::clamp<std::size_t>(hour_of_year, 1, values.size()) - 1;
  for (std::size_t i = 1; i <= values.size(); ++i) {
    append_time(out, end - between_rows * static_cast<int>(values.size() - i));
    out.append(values[(last + i) % values.size()]) += '\n';
  }
  return out;
}

}  // namespace sensors::demo
