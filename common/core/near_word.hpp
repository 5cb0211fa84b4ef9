// What was meant by a word that nobody knows: the nearest of those that are known. Pure.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace sensors {

using Words = std::set<std::string, std::less<>>;

/// The word of `known` that the fewest changed characters tell from `word`; empty when none is near: two changes are,
/// and a third of a long word. Costs the product of the lengths for each known word: `word` is to be bounded.
std::string nearest_word(std::string_view word, const Words& known);

/// "; did you mean 'status'?", or nothing.
std::string did_you_mean(std::string_view word, const Words& known);

/// Whether `word` is most probably `known`, mistyped: in other cases of letters, or with one character put in, left out
/// or changed, or with two neighbours that changed places. Not so where `known` has less than four characters.
bool is_slip_of(std::string_view word, std::string_view known);

}  // namespace sensors
