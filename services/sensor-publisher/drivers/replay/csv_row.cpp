#include "services/sensor-publisher/drivers/replay/csv_row.hpp"

#include <algorithm>

namespace sensors {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes a quoted field, "" inside it being one quote, and what stands between it and the next separator.
std::string take_quoted(std::string_view& line, char separator) {
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
  line.remove_prefix(std::min(line.find(separator, at), line.size()));
  return field;
}

}  // namespace

std::string name_of(CsvFormat format) { return format.separator == '\t' ? "tab" : std::string(1, format.separator); }

std::optional<CsvFormat> csv_format_of(std::string_view header, std::string_view column) {
  for (const char separator : {',', ';', '\t'}) {
    const std::vector<std::string> fields = split_csv_row(header, {separator});
    if (std::find(fields.begin(), fields.end(), column) != fields.end()) return CsvFormat{separator};
  }
  return std::nullopt;
}

std::vector<std::string> split_csv_row(std::string_view record, CsvFormat format) {
  if (record.starts_with("\xef\xbb\xbf")) record.remove_prefix(3);
  std::vector<std::string> fields;
  while (true) {
    if (record.starts_with('"')) {
      fields.push_back(take_quoted(record, format.separator));
    } else {
      const std::size_t end = std::min(record.find(format.separator), record.size());
      fields.emplace_back(trimmed(record.substr(0, end)));
      record.remove_prefix(end);
    }
    if (record.empty()) return fields;
    record.remove_prefix(1);
  }
}

bool has_open_quote(std::string_view record, CsvFormat format) {
  if (record.starts_with("\xef\xbb\xbf")) record.remove_prefix(3);
  enum class At { start, plain, quoted, behind_quote } at = At::start;
  for (const char c : record) {
    if (at == At::quoted) {
      if (c == '"') at = At::behind_quote;
    } else if (c == format.separator) {
      at = At::start;
    } else if (c == '"' && at != At::plain) {
      at = At::quoted;  // of two quotes the second opens the field again
    } else {
      at = At::plain;
    }
  }
  return at == At::quoted;
}

std::string csv_number(std::string_view field, CsvFormat format) {
  std::string number(field);
  const std::size_t comma = number.find(',');
  const bool is_decimal = format.separator != ',' && comma != std::string::npos && comma == number.rfind(',') &&
                          number.find('.') == std::string::npos;
  if (is_decimal) number[comma] = '.';
  return number;
}

}  // namespace sensors
