#include "services/sensor-publisher/drivers/replay/csv_row.hpp"

#include <algorithm>

namespace sensors {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes a quoted field, "" inside it being one quote, and what stands between it and the next comma.
std::string take_quoted(std::string_view& line) {
  std::string field;
  std::size_t at = 1;
  for (; at < line.size(); ++at) {
    if (line[at] != '"') {
      field += line[at];
    } else if (at + 1 < line.size() && line[at + 1] == '"') {
      field += line[++at];
    } else {
      break;
    }
  }
  line.remove_prefix(std::min(line.find(',', at), line.size()));
  return field;
}

}  // namespace

std::vector<std::string> split_csv_row(std::string_view line) {
  if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  std::vector<std::string> fields;
  while (true) {
    if (line.starts_with('"')) {
      fields.push_back(take_quoted(line));
    } else {
      const std::size_t comma = std::min(line.find(','), line.size());
      fields.emplace_back(trimmed(line.substr(0, comma)));
      line.remove_prefix(comma);
    }
    if (line.empty()) return fields;
    line.remove_prefix(1);
  }
}

}  // namespace sensors
