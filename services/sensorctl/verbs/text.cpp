#include "services/sensorctl/verbs/text.hpp"

#include <algorithm>
#include <array>

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

std::string span_text(Millis span) {
  const auto ms = std::max<Millis::rep>(span.count(), 0);
  if (ms < 1'000) return fmt::format("{} ms", ms);
  const auto s = ms / 1'000;
  const auto pair = [](auto large, const char* large_unit, auto small, const char* small_unit) {
    return small == 0 ? fmt::format("{} {}", large, large_unit)
                      : fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
  };
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3'600) return pair(s / 60, "min", s % 60, "s");
  if (s < 86'400) return pair(s / 3'600, "h", s % 3'600 / 60, "min");
  return pair(s / 86'400, "d", s % 86'400 / 3'600, "h");
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> units{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1'024) return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes) / 1'024;
  std::size_t unit = 0;
  while (size >= 1'023.95 && unit + 1 < units.size()) {
    size /= 1'024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", size, units.at(unit));
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
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
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
      line.append(widths[i] - width_of(row[i]), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
    if (columns < row.size()) out += folded("    " + row.back(), most_columns, 4) + '\n';
  }
  return out;
}

}  // namespace sensors::sensorctl
