#include "common/codec/error_answer.hpp"

#include <fmt/format.h>

namespace sensors {

void refuse_error_answer(JsonFields& fields, simdjson::dom::element answer) {
  simdjson::dom::element error;
  if (answer["error"].get(error) != simdjson::SUCCESS) return;
  std::string_view message;
  if (error["message"].get(message) != simdjson::SUCCESS) message = "an error without a message";
  std::string_view code;
  const bool is_in_use = error["code"].get(code) == simdjson::SUCCESS && code == name_of(ErrorCode::in_use);
  fields.refuse(is_in_use ? ErrorCode::in_use : ErrorCode::rejected, fmt::format("the store answered: {}", message));
}

}  // namespace sensors
