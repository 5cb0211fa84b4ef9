#include "common/codec/json_object.hpp"

#include <algorithm>

#include "common/codec/json_document.hpp"
#include "common/codec/reading_json.hpp"

namespace sensors {

namespace {

// NOLINTNEXTLINE(misc-no-recursion): as deep as JsonDocument lets a document be
void collect(simdjson::dom::object object, const std::string& prefix, std::vector<JsonNumber>& found) {
  for (const simdjson::dom::key_value_pair& field : object) {
    if (found.size() >= JsonObjectReader::max_numbers) return;
    const std::string path = prefix + std::string(field.key);
    double number = 0;
    bool flag = false;
    simdjson::dom::object inner;
    if (field.value.get(number) == simdjson::SUCCESS) {
      found.push_back({path, number});
    } else if (field.value.get(flag) == simdjson::SUCCESS) {
      found.push_back({path, flag ? 1.0 : 0.0});
    } else if (field.value.get(inner) == simdjson::SUCCESS) {
      collect(inner, path + ".", found);
    }
  }
}

bool contains(std::span<const std::string_view> keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// `object` as text, without the keys `left_out`.
std::string text_without(simdjson::dom::object object, std::span<const std::string_view> left_out) {
  std::string text = "{";
  for (const simdjson::dom::key_value_pair field : object) {
    if (contains(left_out, field.key)) continue;
    if (text.size() > 1) text += ',';
    append_json_string(text, field.key);
    text += ':' + simdjson::minify(field.value);
  }
  return text + '}';
}

}  // namespace

class JsonObjectReader::Parser : public JsonDocument {
 public:
  Parser() : JsonDocument(max_bytes) {}
};

JsonObjectReader::JsonObjectReader() : parser_(std::make_unique<Parser>()) {}
JsonObjectReader::~JsonObjectReader() = default;

Result<std::string> JsonObjectReader::one_line(std::string_view payload, std::span<const std::string_view> left_out) {
  TRY_ASSIGN(const simdjson::dom::element root, parser_->parse(payload));
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return fail(ErrorCode::malformed, "must be a JSON object");
  const bool has_some = std::any_of(object.begin(), object.end(), [&](const simdjson::dom::key_value_pair& field) {
    return contains(left_out, field.key);
  });
  if (has_some) return text_without(object, left_out);
  std::string text(payload.substr(payload.find('{')));
  // Inside a string JSON has no such character (RFC 8259 section 7), so these only stand between its parts.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::vector<JsonNumber> JsonObjectReader::numbers(std::string_view payload) {
  std::vector<JsonNumber> found;
  const Result<simdjson::dom::element> root = parser_->parse(payload);
  simdjson::dom::object object;
  if (root.has_value() && root->get(object) == simdjson::SUCCESS) collect(object, "", found);
  return found;
}

}  // namespace sensors
