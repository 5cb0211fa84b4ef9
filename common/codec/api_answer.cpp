#include "common/codec/api_answer.hpp"

#include "common/codec/json_document.hpp"
#include "common/core/printable.hpp"

namespace sensors {

namespace {

constexpr std::size_t max_depth = 64;  // of keys that do not matter to us

std::string_view text_of(simdjson::dom::element object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

/// RFC 9457 section 3.1: title says what kind of problem it is, detail what this one is.
std::string reason_of(simdjson::dom::element object) {
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

void read_row(simdjson::dom::element element, ApiAnswer& answer) {
  std::string_view stream;
  std::uint64_t seq = 0;
  std::uint64_t status = 0;
  const bool is_named = element["stream"].get(stream) == simdjson::SUCCESS && is_name(stream) &&
                        element["seq"].get(seq) == simdjson::SUCCESS && seq >= 1 && seq <= max_seq;
  if (!is_named || answer.rejected.size() == max_upload_readings) {
    ++answer.unnamed;
    return;
  }
  if (element["status"].get(status) != simdjson::SUCCESS || status < 100 || status > 599) status = 0;
  answer.rejected.push_back({{std::string(stream), seq}, static_cast<int>(status), reason_of(element)});
}

}  // namespace

ApiAnswer read_api_answer(std::string_view body) {
  ApiAnswer answer;
  JsonDocument document(max_api_answer_bytes, max_depth);
  const Result<simdjson::dom::element> root = document.parse(body);
  if (!root.has_value() || !root->is_object()) return answer;
  answer.reason = reason_of(*root);
  simdjson::dom::array rows;
  if ((*root)["rejected"].get(rows) != simdjson::SUCCESS) return answer;
  for (const simdjson::dom::element row : rows) read_row(row, answer);
  return answer;
}

}  // namespace sensors
