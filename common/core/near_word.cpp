#include "common/core/near_word.hpp"

#include <algorithm>
#include <vector>

#include "common/core/ascii.hpp"

namespace sensors {

namespace {

/// Edit distance of Levenshtein.
std::size_t distance_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const Words& known) {
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    const std::size_t distance = distance_between(word, candidate);
    if (distance < least && distance < candidate.size()) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

bool is_slip_of(std::string_view word, std::string_view known) {
  if (known.size() < 4 || word == known || word.size() > known.size() + 1) return false;
  const std::string lower = lower_ascii(word);
  if (distance_between(lower, known) <= 1) return true;
  if (lower.size() != known.size()) return false;
  std::size_t at = 0;
  while (lower[at] == known[at]) ++at;
  return at + 1 < known.size() && lower[at] == known[at + 1] && lower[at + 1] == known[at] &&
         std::string_view(lower).substr(at + 2) == known.substr(at + 2);
}

std::string did_you_mean(std::string_view word, const Words& known) {
  const std::string nearest = nearest_word(word, known);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace sensors
