// What an API says in plain words in the body of a 2xx. Pure.
#pragma once

#include <string_view>

namespace sensors {

/// `text` without the blanks and byte order marks that it begins with, and without the blanks at its end.
std::string_view without_blanks(std::string_view text);

/// Whether `text`, without_blanks(), says yes: it is empty or "null", a whole number above 0 (a count or an id), or one
/// line of at most 120 bytes that has a word such as ok, accepted or inserted, or "0 errors" or "no errors", and
/// nothing else but a few words that refuse nothing, such as "rows" and "the", at most one whole number above 0, and
/// the marks of a sentence. What has any other word is none.
bool says_yes(std::string_view text);

/// Whether `text` begins with a word that refuses the data: error, failed, invalid and the like.
bool begins_with_refusal(std::string_view text);

}  // namespace sensors
