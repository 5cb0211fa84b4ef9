#include "services/sensorctl/setup/toml_edit.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "common/core/toml_words.hpp"

namespace sensors::sensorctl {

namespace {

using toml_words::blanks;
using toml_words::trimmed;

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string text_of(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

bool is_head(std::string_view line) { return trimmed(line).starts_with('['); }

bool is_head_of(std::string_view line, std::string_view table) {
  const std::string_view head = trimmed(line);
  const std::size_t end = head.find(']');
  if (!head.starts_with('[') || end == std::string_view::npos || trimmed(head.substr(1, end - 1)) != table)
    return false;
  const std::string_view behind = trimmed(head.substr(end + 1));
  return behind.empty() || behind.starts_with('#');
}

/// [first, last) of the lines below the head of `table`; nothing without it.
struct Section {
  std::size_t first;
  std::size_t last;
};
std::optional<Section> section_of(const Lines& lines, std::string_view table) {
  const auto head = std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return is_head_of(line, table); });
  if (head == lines.end()) return std::nullopt;
  const auto next = std::find_if(head + 1, lines.end(), is_head);
  return Section{static_cast<std::size_t>(head - lines.begin()) + 1, static_cast<std::size_t>(next - lines.begin())};
}

/// Whether `line` is "KEY = ...".
bool has_key(std::string_view line, std::string_view key) {
  const std::string_view all = trimmed(line);
  return all.starts_with(key) && trimmed(all.substr(key.size())).starts_with('=');
}

/// Whether `line` is "#KEY = ...", an example that waits to be used.
bool has_key_as_comment(std::string_view line, std::string_view key) {
  std::string_view all = trimmed(line);
  if (!all.starts_with('#')) return false;
  all.remove_prefix(1);
  return has_key(all, key);
}

std::optional<std::size_t> line_with(const Lines& lines, const Section& section, std::string_view key,
                                     bool (*is_it)(std::string_view, std::string_view)) {
  for (std::size_t i = section.first; i < section.last; ++i) {
    if (is_it(lines[i], key)) return i;
  }
  return std::nullopt;
}

/// Where the value ends that begins at `at` of `line`; nothing when that is in another line.
std::optional<std::size_t> end_of_value(std::string_view line, std::size_t at) {
  std::size_t depth = 0;
  char quote = 0;
  for (std::size_t i = at; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      if (line.substr(i, 3) == std::string(3, c)) return std::nullopt;
      quote = c;
    } else if (c == '[' || c == ']') {
      depth += c == '[' ? 1 : 0;
      depth -= c == ']' && depth > 0 ? 1 : 0;
    } else if (c == '#' || (depth == 0 && blanks.find(c) != std::string_view::npos)) {
      return depth == 0 ? std::optional(i) : std::nullopt;
    }
  }
  return depth == 0 && quote == 0 ? std::optional(line.size()) : std::nullopt;
}

/// "KEY = VALUE" in the place of what `line` has, with what stands behind it. `line` may be a comment.
Result<std::string> changed(std::string_view line, std::string_view key, std::string_view value) {
  const std::size_t equals = line.find('=');
  const std::size_t at = std::min(line.find_first_not_of(blanks, equals + 1), line.size());
  const std::optional<std::size_t> end = end_of_value(line, at);
  if (!end.has_value())
    return fail(ErrorCode::invalid, fmt::format("{} has a value of several lines: change it by hand", key));
  return fmt::format("{} = {}{}", key, value, line.substr(*end));
}

}  // namespace

Result<std::string> with_key(std::string_view text, std::string_view table, std::string_view key,
                             std::string_view value) {
  Lines lines = lines_of(text);
  const std::optional<Section> section = section_of(lines, table);
  if (!section.has_value()) return with_table(text, fmt::format("[{}]\n{} = {}\n", table, key, value));
  std::optional<std::size_t> at = line_with(lines, *section, key, has_key);
  if (!at.has_value()) at = line_with(lines, *section, key, has_key_as_comment);
  if (at.has_value()) {
    TRY_ASSIGN(lines[*at], changed(lines[*at], key, value));
  } else {
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(section->first), fmt::format("{} = {}", key, value));
  }
  return text_of(lines);
}

Result<std::string> without_key(std::string_view text, std::string_view table, std::string_view key) {
  Lines lines = lines_of(text);
  const std::optional<Section> section = section_of(lines, table);
  const std::optional<std::size_t> at = section.has_value() ? line_with(lines, *section, key, has_key) : std::nullopt;
  if (!at.has_value()) return std::string(text);
  TRY_ASSIGN(std::ignore, changed(lines[*at], key, ""));
  lines[*at] = "#" + std::string(trimmed(lines[*at]));
  return text_of(lines);
}

std::string with_table(std::string_view text, std::string_view lines) {
  const std::string gap = text.empty() ? "" : text.ends_with('\n') ? "\n" : "\n\n";
  return std::string(text) + gap + std::string(lines);
}

std::string without_table(std::string_view text, std::string_view table) {
  Lines lines = lines_of(text);
  const std::optional<Section> section = section_of(lines, table);
  if (!section.has_value()) return std::string(text);
  std::size_t last = section->first;  // behind the last key
  for (std::size_t i = section->first; i < section->last; ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (!line.empty() && !line.starts_with('#')) last = i + 1;
  }
  std::size_t first = section->first - 1;
  if (first > 0 && trimmed(lines[first - 1]).empty()) --first;
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.begin() + static_cast<std::ptrdiff_t>(last));
  return text_of(lines);
}

}  // namespace sensors::sensorctl
