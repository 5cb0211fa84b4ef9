// A plain name is taken apart in one way only, at its dots: the first part is the measurement; one with a '-' begins a
// tag, up to the first '-' its key; one without belongs to the tag before it, but the last one, which is the field. So
// no two series have the same plain name.
#include "services/sensor-http-bridge/web/series_name.hpp"

#include <algorithm>

#include "common/core/reading.hpp"
#include "common/core/sensor_name.hpp"

namespace sensors::bridge {

namespace {

bool has_only_name_characters_but(std::string_view excluded, std::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](const char& c) {
    return excluded.find(c) == std::string_view::npos && is_name(std::string_view(&c, 1));
  });
}

/// Whether a tag's value may stand in a plain name: behind its first dot it has no '-'.
bool is_plain_value(std::string_view value) {
  const std::size_t dot = std::min(value.find('.'), value.size());
  return has_only_name_characters_but("", value) && value.find('-', dot) == std::string_view::npos;
}

bool is_plain(const Series& series, std::string_view field) {
  const bool are_plain = std::all_of(series.tags.begin(), series.tags.end(), [](const auto& tag) {
    return has_only_name_characters_but(".-", tag.first) && is_plain_value(tag.second);
  });
  // Without a field the last part would be taken for one.
  const bool ends_plainly =
      field != "value" || series.tags.empty() || series.tags.rbegin()->second.find('.') == std::string::npos;
  return are_plain && ends_plainly && has_only_name_characters_but(".", series.measurement) &&
         has_only_name_characters_but(".-", field);
}

/// A backslash before each ',', '=', ' ' and backslash, so that the parts of a series stay apart.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '=' || c == ' ' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string exact_text(const Series& series, std::string_view field) {
  std::string text = escaped(series.measurement);
  for (const auto& [key, value] : series.tags) text += "," + escaped(key) + "=" + escaped(value);
  return text + " " + escaped(field);
}

}  // namespace

std::string sensor_of(const Series& series, std::string_view field) {
  std::string shown = series.measurement;
  for (const auto& [key, value] : series.tags) shown += "." + key + "-" + value;
  const std::string end = field == "value" ? "" : "." + std::string(field);
  if (is_plain(series, field) && is_name(shown + end)) return shown + end;
  constexpr std::size_t most_of_field = 32;
  if (!has_only_name_characters_but(".-", field) || end.size() > most_of_field)
    return readable_name(shown + end, exact_text(series, field));
  return readable_name(shown, exact_text(series, field), max_name_length - end.size()) + end;
}

}  // namespace sensors::bridge
