// What looks like a secret. Private to the bundle. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace sensors::bundle {

inline constexpr std::string_view removed = "[removed]";

template <class Range>
bool contains(const Range& range, std::string_view text) {
  return std::find(range.begin(), range.end(), text) != range.end();
}

/// Of every URL: scheme and host stay, and words of the path that are usual in APIs.
std::string without_urls(std::string_view line);

/// Words that look as if made by chance: 12 characters and more with digits, capitals and small letters; 18 and more
/// with digits and letters; UUIDs; and what is joined to such a word by the characters of base64, unless it is a path.
/// The digests of our batches, 16 hexadecimal digits, stay.
std::string without_random_words(std::string_view line);

}  // namespace sensors::bundle
