#include "common/codec/error_answer.hpp"

#include <fmt/format.h>

namespace sensors {

void refuse_error_answer(JsonFields& fields, simdjson::dom::element answer) {
  simdjson::dom::element error;
  if (answer["error"].get(error) != simdjson::SUCCESS) return;
  std::string_view message;
  if (error["message"].get(message) != simdjson::SUCCESS) message = "an error without a message";
  fields.refuse(ErrorCode::rejected, fmt::format("the store answered: {}", message));
}

}  // namespace sensors
