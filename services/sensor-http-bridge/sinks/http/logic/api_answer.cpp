#include "services/sensor-http-bridge/sinks/http/logic/api_answer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "common/codec/json_document.hpp"
#include "common/codec/unicode_text.hpp"
#include "common/core/printable.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/answer_text.hpp"

namespace sensors {

namespace {

using simdjson::dom::element;

constexpr std::size_t max_depth = 64;  // of keys that do not matter to us

using namespace std::string_view_literals;
using WordList = std::span<const std::string_view>;

// Keys and texts are compared without regard to case.
constexpr std::array error_keys{"error"sv,  "errors"sv,   "errormessage"sv, "error_message"sv,
                                "failed"sv, "failures"sv, "fault"sv,        "exception"sv};
constexpr std::array status_keys{"status"sv, "statuscode"sv, "status_code"sv, "code"sv};
constexpr std::array success_keys{"success"sv, "succeeded"sv, "ok"sv};
constexpr std::array known_before_keys{"duplicates"sv, "duplicate"sv, "existing"sv,
                                       "ignored"sv,    "skipped"sv,   "unchanged"sv};
constexpr std::array list_keys{"items"sv, "results"sv, "responses"sv};
constexpr std::array texts_of_nothing{""sv,     "0"sv,   "false"sv, "no"sv,      "none"sv,
                                      "null"sv, "nil"sv, "ok"sv,    "success"sv, "no error"sv};
constexpr std::array texts_of_no{"false"sv,  "no"sv,      "0"sv,        "error"sv,  "fail"sv,
                                 "failed"sv, "failure"sv, "rejected"sv, "invalid"sv};
constexpr std::array statuses_of_refusal{"error"sv, "fail"sv, "failed"sv, "failure"sv, "rejected"sv, "invalid"sv};
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_one_of(std::string_view text, WordList words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::string_view text_of(element object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

/// RFC 9457 section 3.1: title says what kind of problem it is, detail what this one is.
std::string reason_of(element object) {
  const std::string_view title = text_of(object, "title");
  const std::string_view detail = text_of(object, "detail");
  std::string reason(title);
  if (!title.empty() && !detail.empty()) reason += ": ";
  reason += detail;
  for (const char* key : {"reason", "message", "error"}) {
    if (reason.empty()) reason = text_of(object, key);
  }
  return printable_line(reason, max_refusal_reason_bytes);
}

/// Neither null, false, 0 nor empty, and no word for that; a list or an object: with such a thing in it.
bool is_something(element value) {
  switch (value.type()) {
    case simdjson::dom::element_type::NULL_VALUE: return false;
    case simdjson::dom::element_type::BOOL: return value.get_bool().value();
    case simdjson::dom::element_type::STRING: return !is_one_of(lower(value.get_string().value()), texts_of_nothing);
    case simdjson::dom::element_type::ARRAY: {
      const simdjson::dom::array list = value.get_array().value();
      return std::any_of(list.begin(), list.end(), [](element each) { return is_something(each); });
    }
    case simdjson::dom::element_type::OBJECT: {
      for (const simdjson::dom::key_value_pair field : simdjson::dom::object(value.get_object().value())) {
        if (is_something(field.value)) return true;
      }
      return false;
    }
    default: return value.get_double().value() != 0;
  }
}

/// The rows that a count or a list stands for. A count may be written as 4, 4.0 or "4"; below 0 there are none.
std::optional<std::uint64_t> count_of(element value) {
  constexpr double most = 1e15;
  std::uint64_t whole = 0;
  double number = 0;
  std::string_view text;
  simdjson::dom::array list;
  if (value.get(whole) == simdjson::SUCCESS) return whole;
  if (value.get(list) == simdjson::SUCCESS) return list.size();
  bool is_number = value.get(number) == simdjson::SUCCESS;
  if (value.get(text) == simdjson::SUCCESS) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    is_number = error == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
  }
  if (!is_number) return std::nullopt;
  return static_cast<std::uint64_t>(std::clamp(number, 0.0, most));
}

/// A status of HTTP, as 500, 500.0, "500" or "500 Internal Server Error"; 0: none.
int status_of(element value) {
  double number = 0;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_all = error == std::errc{} && (end == text.data() + text.size() || *end == ' ');
    if (!is_all) return 0;
  } else if (value.get(number) != simdjson::SUCCESS) {
    return 0;
  }
  return number >= 100 && number < 600 ? static_cast<int>(number) : 0;
}

/// Of a text that is a reason phrase of RFC 9110 and nothing else, as servers and gateways put it into `message`.
int status_of_phrase(element value) {
  static constexpr std::array<std::pair<std::string_view, int>, 9> phrases{{{"bad request", 400},
                                                                            {"unauthorized", 401},
                                                                            {"forbidden", 403},
                                                                            {"not found", 404},
                                                                            {"too many requests", 429},
                                                                            {"internal server error", 500},
                                                                            {"bad gateway", 502},
                                                                            {"service unavailable", 503},
                                                                            {"gateway timeout", 504}}};
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return 0;
  const std::string phrase = lower(text);
  const auto* known =
      std::find_if(phrases.begin(), phrases.end(), [&](const auto& one) { return one.first == phrase; });
  return known == phrases.end() ? 0 : known->second;
}

class AnswerReader {
 public:
  explicit AnswerReader(ApiAnswer& answer) : answer_(answer) {}

  void read(element root) {
    simdjson::dom::object object;
    if (root.get(object) == simdjson::SUCCESS) {
      for (const simdjson::dom::key_value_pair field : object) {
        const std::string key = lower(field.key);
        take_verdict(key, field.value);
        take_rows(key, field.value);
      }
      if (answer_.accepted.has_value()) *answer_.accepted += known_before_;
    } else {
      read_list(root);
    }
  }

 private:
  /// Of the batch, or of one row in a list.
  void take_verdict(const std::string& key, element value) {
    const bool is_error = is_one_of(key, error_keys) && is_something(value);
    const bool is_no_success = is_one_of(key, success_keys) && says_no(value);
    const bool is_verdict = key == "status" || key == "result";
    if (is_error || is_no_success || (is_verdict && is_status_of_refusal(value))) refuse(key, value);
    if (is_one_of(key, status_keys)) take_status(status_of(value));
    if (key == "message") take_status(status_of_phrase(value));
  }

  void take_rows(const std::string& key, element value) {
    if (key == "rejected") take_rejected(value);
    if (key == "accepted") {
      answer_.accepted = count_of(value);
      answer_.is_about_rows = answer_.is_about_rows || answer_.accepted.has_value();
      if (!answer_.accepted.has_value() && says_no(value)) refuse(key, value);
    }
    if (is_one_of(key, known_before_keys)) known_before_ += std::min(count_of(value).value_or(0), most_counted);
    if (is_one_of(key, list_keys)) read_list(value);
  }

  void take_rejected(element value) {
    simdjson::dom::array rows;
    if (value.get(rows) == simdjson::SUCCESS) {
      answer_.is_about_rows = true;
      for (const element row : rows) read_row(row);
    } else if (is_something(value)) {
      refuse("rejected", value);
    }
  }

  void read_row(element row) {
    std::string_view stream;
    std::uint64_t seq = 0;
    const bool is_named = row["stream"].get(stream) == simdjson::SUCCESS && is_name(stream) &&
                          row["seq"].get(seq) == simdjson::SUCCESS && seq >= 1 && seq <= max_seq;
    element told;
    const int status = row["status"].get(told) == simdjson::SUCCESS ? status_of(told) : 0;
    if (is_for_now(status)) take_status(status);
    if (!is_named || answer_.rejected.size() == max_upload_readings) {
      ++answer_.unnamed;
      return;
    }
    if (!named_.emplace(stream, seq).second)
      return;  // one row may be told of once for each thing that is wrong with it
    answer_.rejected.push_back({{std::string(stream), seq}, status, reason_of(row)});
  }

  /// [{"status":201},{"status":422,"error":"..."}], or as Elasticsearch has it, [{"index":{"status":201}}].
  void read_list(element value) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return;
    answer_.is_about_rows = true;
    for (const element each : list) {
      simdjson::dom::object object;
      if (each.get(object) != simdjson::SUCCESS) continue;
      for (const simdjson::dom::key_value_pair field : object) {
        take_verdict_of_row(lower(field.key), field.value);
        simdjson::dom::object inner;
        if (object.size() != 1 || field.value.get(inner) != simdjson::SUCCESS) continue;
        for (const simdjson::dom::key_value_pair part : inner) take_verdict_of_row(lower(part.key), part.value);
      }
    }
  }

  /// A row's 409 (it is there already, or in conflict with what is) is about its data, and the same at each attempt; a
  /// batch's may be about the request.
  void take_verdict_of_row(const std::string& key, element value) {
    constexpr int conflict = 409;
    if (is_one_of(key, status_keys) && status_of(value) == conflict) return refuse(key, value);
    take_verdict(key, value);
  }

  static bool says_no(element value) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return is_one_of(lower(text), texts_of_no);
    return !value.is_null() && !is_something(value);
  }

  static bool is_status_of_refusal(element value) {
    std::string_view text;
    bool is_true = true;
    if (value.get(is_true) == simdjson::SUCCESS) return !is_true;
    return value.get(text) == simdjson::SUCCESS && is_one_of(lower(text), statuses_of_refusal);
  }

  void take_status(int status) {
    if (status < 400 || status > 599) return;
    if (answer_.status == 0 || is_for_now(status)) answer_.status = status;
  }

  void refuse(std::string_view key, element value) {
    if (!answer_.refusal.empty()) return;
    answer_.refusal = printable_line(fmt::format("{}: {}", key, simdjson::minify(value)), max_refusal_reason_bytes);
  }

  static constexpr std::uint64_t most_counted = 1'000'000'000;

  ApiAnswer& answer_;
  std::uint64_t known_before_ = 0;
  std::set<std::pair<std::string, std::uint64_t>> named_;  // of `rejected`
};

}  // namespace

bool is_for_now(int status) { return status == 408 || status == 429 || status >= 500; }

ApiAnswer read_api_answer(std::string_view body) {
  ApiAnswer answer;
  const std::string converted = utf8_of(body);
  const std::string_view text = without_blanks(converted);
  if (!text.starts_with('{') && !text.starts_with('[')) {
    answer.is_unknown = !says_yes(text);
    if (answer.is_unknown && begins_with_refusal(text)) {
      answer.is_unknown = false;
      answer.refusal = printable_line(text, max_refusal_reason_bytes);
    }
    return answer;
  }
  JsonDocument document(2 * max_api_answer_bytes, max_depth);  // UTF-8 may be longer than what came
  const Result<element> root = document.parse(text);
  answer.is_unreadable = !root.has_value();
  if (!root.has_value()) return answer;
  if (root->is_object()) answer.reason = reason_of(*root);
  AnswerReader(answer).read(*root);
  return answer;
}

}  // namespace sensors
