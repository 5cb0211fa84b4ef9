#include "services/sensorctl/verbs/text.hpp"

#include <algorithm>
#include <utility>

namespace sensors::sensorctl {

namespace {

constexpr std::size_t most_value_bytes = 80;

/// Characters of UTF-8: continuation bytes do not count.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Where in `text` its first `columns` characters end.
std::size_t bytes_of_columns(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  while (at < text.size() && columns > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    --columns;
  }
  return at;
}

std::vector<std::size_t> widths_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  return widths;
}

/// Leaves the first column what the others leave of `most_columns`; a wide last one has room below.
void narrow_first(std::vector<std::size_t>& widths, std::size_t most_columns) {
  constexpr std::size_t least = 8;
  constexpr std::size_t wide = 20;
  if (widths.size() < 3 || most_columns == std::string::npos) return;
  std::size_t others = widths.back() > wide ? 0 : 2 + widths.back();
  for (std::size_t i = 1; i + 1 < widths.size(); ++i) others += 2 + widths[i];
  widths[0] = std::min(widths[0], std::max(least, most_columns - std::min(most_columns, others)));
}

}  // namespace

std::string value_text(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const bool* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  return printable_line(std::get<std::string>(value), most_value_bytes);
}

std::string value_with_unit(const Reading& reading) {
  const std::string value = value_text(reading.value);
  return reading.unit.empty() ? value : value + " " + reading.unit;
}

std::string on_one_line(std::string json) {
  std::replace_if(
      json.begin(), json.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return json;
}

std::string folded(std::string line, std::size_t most_columns, std::size_t hanging) {
  std::string out;
  while (width_of(line) > most_columns) {
    const std::size_t start = line.find_first_not_of(' ');
    std::size_t at = line.rfind(' ', bytes_of_columns(line, most_columns));
    if (at == std::string::npos || at < start) at = line.find(' ', start);  // a long word has a line of its own
    if (at == std::string::npos) break;
    out += line.substr(0, at) + '\n';
    line.replace(0, at + 1, hanging, ' ');
  }
  return out + line;
}

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t most_columns) {
  std::vector<std::size_t> widths = widths_of(rows);
  narrow_first(widths, most_columns);
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    std::size_t columns = row.size();
    std::size_t width = 0;
    for (std::size_t i = 0; i < columns; ++i)
      width += (i == 0 ? 0 : 2) + (i + 1 < columns ? widths[i] : width_of(row[i]));
    if (width > most_columns && columns > 1) --columns;  // the last one goes below
    for (std::size_t i = 0; i < columns; ++i) {
      if (i > 0) line += "  ";
      line += row[i];
      if (width_of(row[i]) <= widths[i]) {
        line.append(widths[i] - width_of(row[i]), ' ');
      } else if (i == 0) {  // the others stand below it
        out += folded(std::exchange(line, std::string(widths[0], ' ')), most_columns, 4) + '\n';
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
    if (columns < row.size()) out += folded("    " + row.back(), most_columns, 4) + '\n';
  }
  return out;
}

}  // namespace sensors::sensorctl
