// The words and characters of a TOML file as people write them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sensors::toml_words {

/// Between the words of a line; \r where it was written on Windows.
inline constexpr std::string_view blanks = " \t\r";

/// Without blanks at its ends.
std::string_view trimmed(std::string_view text);

/// As a message quotes it: on one line, and not long.
std::string shown(std::string_view text);

/// Where the first quote stands that word processors and web pages make of " and '; npos: nowhere.
std::size_t odd_quote_in(std::string_view text);

/// Where the first character stands that looks like a blank, or like nothing; npos: nowhere.
std::size_t odd_blank_in(std::string_view text);

/// With " for each odd quote; no longer than a message quotes it.
std::string with_straight_quotes(std::string_view text);

/// Whether it stands in a key without quotes.
bool is_of_name(char c);

/// With '_' for each character that stands in no key and is no dot.
std::string plain_name(std::string_view name);

/// Whether it is a number, a time, a date, true or false, as far as people write them: what is none of those is a text
/// without quotes.
bool is_bare_value(std::string_view word);

/// What to write instead of `word`, which is no value, where a text in quotes is not what was meant; empty: it is.
std::string instead_of(std::string_view word);

/// What to do about `rest`, which stands behind a value or a table; empty: it is none of the slips of those who write
/// other languages, a comma or a semicolon at the end and their comments.
std::string instead_behind(std::string_view rest);

/// A command line "/bin/a -u b" as the list that was meant, ["/bin/a", "-u", "b"]; empty: it is not that plain, is
/// long, or may hold a secret.
std::string list_meant_by(const std::string& line);

/// Where the value without quotes ends that begins in `word`, before such a slip.
std::size_t end_of_bare(std::string_view word);

/// Where the first byte stands that is not UTF-8; npos: nowhere.
std::size_t first_odd_byte(std::string_view text);

}  // namespace sensors::toml_words
