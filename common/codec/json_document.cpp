#include "common/codec/json_document.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"
#include "common/core/near_word.hpp"

namespace sensors {

namespace {

constexpr std::size_t first_capacity = 4096;  // grows with the payloads that come
constexpr std::size_t safe_digits = 18;       // any integer so long fits 64 bits
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_number_character(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool is_integer(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Appends a number as the parser takes it: an integer beyond 64 bits with a decimal, one beyond double as null.
void append_parsable(std::string& out, std::string_view token) {
  double value = 0;
  const std::from_chars_result result = std::from_chars(token.data(), token.data() + token.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    out += "null";
    return;
  }
  out += token;
  if (token.size() > safe_digits && is_integer(token)) out += ".0";
}

/// Length of the string literal at the start of `text`, quotes included.
std::size_t literal_length(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

/// `text` with the numbers that are JSON, but that simdjson refuses, rewritten. What is not JSON stays so.
std::string with_parsable_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  while (!text.empty()) {
    std::size_t length = 1;
    if (text.front() == '"') {
      length = literal_length(text);
      out += text.substr(0, length);
    } else if (text.front() == '-' || (text.front() >= '0' && text.front() <= '9')) {
      while (length < text.size() && is_number_character(text[length])) ++length;
      append_parsable(out, text.substr(0, length));
    } else {
      out += text.front();
    }
    text.remove_prefix(length);
  }
  return out;
}

/// simdjson 3.12 has an error of its own for an integer beyond 64 bits; 3.0 does not know its name.
template <typename Code>
bool is_about_a_number(Code error) {
  if constexpr (requires { Code::BIGINT_ERROR; }) {
    if (error == Code::BIGINT_ERROR) return true;
  }
  return error == Code::NUMBER_ERROR;
}

}  // namespace

JsonDocument::JsonDocument(std::size_t max_bytes, std::size_t max_depth)
    : max_bytes_(max_bytes), max_depth_(max_depth), parser_(2 * max_bytes) {}

Result<simdjson::dom::element> JsonDocument::parse(std::string_view payload) {
  if (payload.size() > max_bytes_) {
    return fail(ErrorCode::too_large,
                fmt::format("payload of {} bytes; at most {} are taken", payload.size(), max_bytes_));
  }
  // simdjson 3.12 skips the mark, 3.0 does not.
  if (payload.starts_with(byte_order_mark))
    return fail(ErrorCode::malformed, "payload is not the JSON it must be: it begins with a byte order mark");
  simdjson::dom::element root;
  simdjson::error_code error = parse_text(payload, root);
  if (is_about_a_number(error)) error = parse_text(with_parsable_numbers(payload), root);
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::malformed,
                fmt::format("payload is not the JSON it must be: {}", simdjson::error_message(error)));
  }
  return root;
}

simdjson::error_code JsonDocument::parse_text(std::string_view text, simdjson::dom::element& root) {
  if (text.empty()) return simdjson::EMPTY;
  if (parser_.capacity() < text.size()) {
    const simdjson::error_code error = parser_.allocate(std::max(first_capacity, 2 * text.size()), max_depth_);
    if (error != simdjson::SUCCESS) return error;
  }
  return parser_.parse(text.data(), text.size(), true).get(root);  // copies the text: the parser reads beyond its end
}

JsonFields::JsonFields(simdjson::dom::element element, std::initializer_list<std::string_view> keys) {
  assert(keys.size() <= max_keys);
  for (const std::string_view key : keys) slots_[used_++].key = key;
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    refuse(ErrorCode::malformed, "must be a JSON object");
    return;
  }
  for (const simdjson::dom::key_value_pair& field : object) take(field.key, field.value);
}

void JsonFields::take(std::string_view key, simdjson::dom::element element) {
  for (std::size_t i = 0; i < used_; ++i) {
    Slot& slot = slots_[i];
    if (slot.key != key) continue;
    slot.repeated = slot.present;
    slot.present = true;
    slot.element = element;
    if (slot.repeated) refuse(ErrorCode::malformed, fmt::format("{}: comes more than once", key));
    return;
  }
  constexpr std::size_t longest_slip = 16;
  if (key.size() <= longest_slip && unknown_used_ < most_unknown) unknown_[unknown_used_++] = key;
}

std::string JsonFields::misspelt() const {
  for (std::size_t i = 0; i < unknown_used_; ++i) {
    for (std::size_t k = 0; k < used_; ++k) {
      if (!slots_[k].present && is_slip_of(unknown_[i], slots_[k].key))
        return fmt::format("{}: is unknown; did you mean '{}'?", unknown_[i], slots_[k].key);
    }
  }
  return "";
}

const simdjson::dom::element* JsonFields::find(std::string_view key) const {
  for (std::size_t i = 0; i < used_; ++i) {
    const Slot& slot = slots_[i];
    if (slot.key == key) return slot.present && !slot.repeated ? &slot.element : nullptr;
  }
  return nullptr;
}

const simdjson::dom::element* JsonFields::require(std::string_view key) {
  const simdjson::dom::element* element = find(key);
  if (element == nullptr) refuse(ErrorCode::malformed, fmt::format("{}: is missing", key));
  return element;
}

std::optional<std::string_view> JsonFields::required_text(std::string_view key) {
  const simdjson::dom::element* element = require(key);
  std::string_view text;
  if (element == nullptr) return std::nullopt;
  if (element->get(text) == simdjson::SUCCESS) return text;
  refuse_type(key, "a text");
  return std::nullopt;
}

void JsonFields::read_text(std::string_view key, std::string& target) {
  if (const std::optional<std::string_view> text = required_text(key)) target.assign(*text);
}

void JsonFields::read_name(std::string_view key, std::string& target) {
  const std::optional<std::string_view> text = required_text(key);
  if (!text.has_value()) return;
  if (!is_name(*text)) refuse(ErrorCode::invalid, fmt::format("{}: must be 1 to 64 of A-Z a-z 0-9 _ . -", key));
  target.assign(*text);
}

void JsonFields::read_time(std::string_view key, WallTime& target) {
  const std::optional<std::string_view> text = required_text(key);
  if (!text.has_value()) return;
  if (const Result<WallTime> time = parse_time(*text); time.has_value()) {
    target = *time;
  } else {
    refuse(time.error().code, fmt::format("{}: {}", key, time.error().message));
  }
}

void JsonFields::read_foreign_time(std::string_view key, WallTime& target, const TimeRule& rule, WallTime near) {
  const simdjson::dom::element* element = require(key);
  if (element == nullptr) return;
  double number = 0;
  std::string_view text;
  Result<WallTime> time;
  if (element->get(number) == simdjson::SUCCESS) {
    time = time_of_epoch(number);
  } else if (element->get(text) == simdjson::SUCCESS) {
    time = parse_foreign_time(text, rule, near);
  } else {
    return refuse_type(key, "a text or a number of seconds since 1970");
  }
  if (!time.has_value()) return refuse(time.error().code, fmt::format("{}: {}", key, time.error().message));
  target = *time;
}

void JsonFields::read_bool(std::string_view key, bool& target) {
  const simdjson::dom::element* element = require(key);
  if (element != nullptr && element->get(target) != simdjson::SUCCESS) refuse_type(key, "true or false");
}

void JsonFields::read_not_negative(std::string_view key, double& target) {
  const simdjson::dom::element* element = require(key);
  if (element == nullptr) return;
  if (element->get(target) != simdjson::SUCCESS) {
    refuse_type(key, "a number");
  } else if (target < 0) {
    refuse(ErrorCode::invalid, fmt::format("{}: must not be negative", key));
  }
}

void JsonFields::read_value(std::string_view key, Value& target) {
  const simdjson::dom::element* element = require(key);
  double number = 0;
  bool boolean = false;
  std::string_view text;
  if (element == nullptr) return;
  if (element->get(number) == simdjson::SUCCESS) {
    target = number;
  } else if (element->get(boolean) == simdjson::SUCCESS) {
    target = boolean;
  } else if (element->get(text) == simdjson::SUCCESS) {
    target = std::string(text);
  } else {
    refuse_type(key, "a finite number, true, false or a text");
  }
}

void JsonFields::read_array(std::string_view key, simdjson::dom::array& target) {
  const simdjson::dom::element* element = require(key);
  if (element != nullptr && element->get(target) != simdjson::SUCCESS) refuse_type(key, "an array");
}

void JsonFields::read_whole(std::string_view key, std::uint64_t& target, std::uint64_t least, std::uint64_t most) {
  const simdjson::dom::element* element = require(key);
  if (element == nullptr) return;
  if (const std::optional<std::uint64_t> number = peek_whole(key, least, most); number.has_value()) {
    target = *number;
  } else if (element->is<std::int64_t>() || element->is<std::uint64_t>()) {
    refuse(ErrorCode::invalid, fmt::format("{}: must be {} .. {}", key, least, most));
  } else {
    refuse_type(key, "a whole number");
  }
}

void JsonFields::read_size(std::string_view key, std::size_t& target, std::size_t most) {
  std::uint64_t number = target;
  read_whole(key, number, 1, most);
  target = static_cast<std::size_t>(number);  // at most `most`
}

std::optional<std::uint64_t> JsonFields::peek_whole(std::string_view key, std::uint64_t least,
                                                    std::uint64_t most) const {
  const simdjson::dom::element* element = find(key);
  std::uint64_t number = 0;
  if (element == nullptr || element->get(number) != simdjson::SUCCESS || number < least || number > most)
    return std::nullopt;
  return number;
}

std::optional<WallTime> JsonFields::peek_time(std::string_view key) const {
  const simdjson::dom::element* element = find(key);
  std::string_view text;
  if (element == nullptr || element->get(text) != simdjson::SUCCESS) return std::nullopt;
  const Result<WallTime> time = parse_time(text);
  return time.has_value() ? std::optional(*time) : std::nullopt;
}

void JsonFields::refuse(ErrorCode code, std::string message) {
  if (!error_.has_value()) error_ = Error{code, std::move(message)};
}

void JsonFields::refuse_type(std::string_view key, std::string_view wanted) {
  refuse(ErrorCode::malformed, fmt::format("{}: must be {}", key, wanted));
}

void JsonFields::check(Result<void> result) {
  if (!result.has_value()) refuse(result.error().code, std::move(result.error().message));
}

Result<void> JsonFields::finish() const {
  if (error_.has_value()) return tl::unexpected<Error>(*error_);
  return {};
}

}  // namespace sensors
