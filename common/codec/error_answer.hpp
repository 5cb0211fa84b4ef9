// The answer of the store that says no: {"error":{"code":"...","message":"..."}} instead of what was asked for. Private
// to the codec: simdjson is heavy to include. Pure.
#pragma once

#include "common/codec/json_document.hpp"

namespace sensors {

/// Refuses `fields` with ErrorCode::rejected and the store's message when `answer` is such an answer.
void refuse_error_answer(JsonFields& fields, simdjson::dom::element answer);

}  // namespace sensors
