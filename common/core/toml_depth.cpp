#include "common/core/toml_depth.hpp"

#include <algorithm>
#include <string>

namespace sensors {

namespace {

/// Where the text in quotes ends that begins at `at`; one of a line that is not closed ends with it.
std::size_t behind_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool is_long = text.substr(at).starts_with(three);
  for (std::size_t i = at + (is_long ? 3 : 1); i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (!is_long && text[i] == '\n') {
      return i;
    } else if (!is_long && text[i] == quote) {
      return i + 1;
    } else if (is_long && text.substr(i).starts_with(three)) {
      for (i += 3; i < text.size() && text[i] == quote;) ++i;  // quotes of the text's own, before those that end it
      return i;
    }
  }
  return text.size();
}

TomlMistake mistake_at(std::string_view text, std::size_t at, const char* what) {
  const std::string_view before = text.substr(0, at);
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t start = lines == 0 ? 0 : before.rfind('\n') + 1;
  return {lines + 1, at - start + 1, what};
}

}  // namespace

std::optional<TomlMistake> too_deep_toml(std::string_view text) {
  std::size_t dots = 0;   // of the name at hand
  std::size_t depth = 0;  // of brackets
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = behind_quotes(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++dots >= most_toml_depth)
      return mistake_at(text, at, "a name has at most 32 parts with dots between them: shorten it");
    if (c == '[' || c == '{' || c == ']' || c == '}' || c == '=' || c == ',' || c == '\n') dots = 0;
    if ((c == '[' || c == '{') && ++depth > most_toml_depth)
      return mistake_at(text, at, "brackets stand in one another at most 32 deep: put the rest elsewhere");
    if ((c == ']' || c == '}') && depth > 0) --depth;
    ++at;
  }
  return std::nullopt;
}

}  // namespace sensors
