#include "common/codec/answer_text.hpp"

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

constexpr std::array yes_words{
    "accepted"sv,     "ack"sv,       "acknowledged"sv, "added"sv,     "appended"sv,  "complete"sv, "completed"sv,
    "created"sv,      "delivered"sv, "done"sv,         "enqueued"sv,  "imported"sv,  "ingested"sv, "inserted"sv,
    "ok"sv,           "okay"sv,      "posted"sv,       "processed"sv, "published"sv, "queued"sv,   "received"sv,
    "recorded"sv,     "saved"sv,     "stored"sv,       "submitted"sv, "succeeded"sv, "success"sv,  "successful"sv,
    "successfully"sv, "thanks"sv,    "true"sv,         "updated"sv,   "uploaded"sv,  "written"sv,  "yes"sv};
constexpr std::array no_words{"0"sv,         "bad"sv,          "cannot"sv,      "could"sv,        "couldn"sv,
                              "denied"sv,    "down"sv,         "false"sv,       "forbidden"sv,    "gateway"sv,
                              "never"sv,     "no"sv,           "none"sv,        "not"sv,          "nothing"sv,
                              "partially"sv, "partly"sv,       "refused"sv,     "timed"sv,        "timeout"sv,
                              "unable"sv,    "unauthorized"sv, "unavailable"sv, "unsuccessful"sv, "warning"sv,
                              "without"sv};
constexpr std::array beginnings_of_no{"error"sv, "exception"sv, "fail"sv, "fatal"sv, "invalid"sv, "reject"sv};
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
  return words;
}

/// "0 errors", "no error", "Errors: 0", "Error: none".
bool is_counted_as_none(const std::vector<std::string>& words, std::size_t at) {
  const bool before = at > 0 && is_among(words[at - 1], std::array{"0"sv, "no"sv});
  return before || (at + 1 < words.size() && is_among(words[at + 1], nothings));
}

bool has_a_yes_and_no_no(const std::vector<std::string>& words) {
  const auto is_error = [&](std::size_t at) {
    return at < words.size() && begins_with_one_of(words[at], beginnings_of_no);
  };
  bool is_yes = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_beside_error = is_error(i + 1) || (i > 0 && is_error(i - 1));
    if (is_error(i) ? !is_counted_as_none(words, i) : is_among(words[i], no_words) && !is_beside_error) return false;
    is_yes = is_yes || is_error(i) || is_among(words[i], yes_words);
  }
  return is_yes;
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
  if (text.size() > most_text_bytes || text.front() == '<' || text.find('\n') != std::string_view::npos) return false;
  if (std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
    return text.find_first_not_of('0') != std::string_view::npos;
  return has_a_yes_and_no_no(words_of(text));
}

bool begins_with_refusal(std::string_view text) {
  const std::vector<std::string> words = words_of(text.substr(0, most_text_bytes));
  const bool starts = !text.empty() && (std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text[0] == '"');
  return starts && begins_with_one_of(words.front(), beginnings_of_refusal) && !is_counted_as_none(words, 0);
}

}  // namespace sensors
