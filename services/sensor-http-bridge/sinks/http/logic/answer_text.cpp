#include "services/sensor-http-bridge/sinks/http/logic/answer_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace sensors {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t most_text_bytes = 120;
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view mark = "\xEF\xBB\xBF";

constexpr std::string_view harmless_marks = " \t.,:;!\"";
constexpr std::array yes_words{"accepted"sv, "added"sv,   "created"sv,  "done"sv,       "inserted"sv,
                               "ok"sv,       "okay"sv,    "queued"sv,   "received"sv,   "recorded"sv,
                               "saved"sv,    "stored"sv,  "success"sv,  "successful"sv, "successfully"sv,
                               "true"sv,     "updated"sv, "uploaded"sv, "written"sv};
constexpr std::array harmless_words{"all"sv,      "and"sv,  "been"sv, "data"sv,   "entries"sv, "entry"sv,
                                    "has"sv,      "have"sv, "new"sv,  "point"sv,  "points"sv,  "reading"sv,
                                    "readings"sv, "row"sv,  "rows"sv, "record"sv, "records"sv, "the"sv,
                                    "value"sv,    "was"sv,  "were"sv, "values"sv};
constexpr std::array beginnings_of_refusal{"error"sv,  "fail"sv,     "fatal"sv, "exception"sv,    "invalid"sv,
                                           "denied"sv, "rejected"sv, "false"sv, "unauthorized"sv, "forbidden"sv};
constexpr std::array nothings{"0"sv, "none"sv, "null"sv, "nil"sv};

template <class Words>
bool is_among(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <class Words>
bool begins_with_one_of(std::string_view word, const Words& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view each) { return word.starts_with(each); });
}

/// Runs of letters, digits and points within them, in lower case.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words{""};
  for (const char each : text) {
    const auto c = static_cast<unsigned char>(each);
    if (std::isalnum(c) != 0 || c >= 0x80 || each == '.') {
      words.back() += static_cast<char>(std::tolower(c));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  for (std::string& word : words) word.erase(word.find_last_not_of('.') + 1);
  while (words.size() > 1 && words.back().empty()) words.pop_back();
  return words;
}

bool is_whole_number(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_above_0(std::string_view word) {
  return is_whole_number(word) && word.find_first_not_of('0') != std::string_view::npos;
}

/// "0 errors", "no error".
bool says_that_there_is_no_error(std::string_view word, std::string_view next) {
  return is_among(word, std::array{"0"sv, "no"sv}) && is_among(next, std::array{"error"sv, "errors"sv});
}

/// Of two numbers one may count what was not taken: "5 received, 3 stored".
bool all_say_yes_or_nothing(const std::vector<std::string>& words) {
  bool is_yes = false;
  int numbers = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (i + 1 < words.size() && says_that_there_is_no_error(word, words[i + 1])) {
      is_yes = true;
      ++i;
    } else if (is_among(word, yes_words)) {
      is_yes = true;
    } else if (is_above_0(word)) {
      ++numbers;
    } else if (!is_among(word, harmless_words)) {
      return false;
    }
  }
  return is_yes && numbers <= 1;
}

bool has_harmless_marks_only(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || harmless_marks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

std::string_view without_blanks(std::string_view text) {
  while (!text.empty()) {
    if (text.starts_with(mark)) {
      text.remove_prefix(mark.size());
    } else if (blanks.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else {
      break;
    }
  }
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

bool says_yes(std::string_view text) {
  if (text.empty() || text == "null" || text == "\"\"") return true;
  if (text.size() > most_text_bytes || !has_harmless_marks_only(text)) return false;
  return is_whole_number(text) ? is_above_0(text) : all_say_yes_or_nothing(words_of(text));
}

bool begins_with_refusal(std::string_view text) {
  const std::vector<std::string> words = words_of(text.substr(0, most_text_bytes));
  const bool starts = !text.empty() && (std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text[0] == '"');
  const bool is_followed_by_none = words.size() > 1 && is_among(words[1], nothings);  // "Errors: 0"
  return starts && begins_with_one_of(words.front(), beginnings_of_refusal) && !is_followed_by_none;
}

}  // namespace sensors
