// The answer of the store that says no: {"error":{"code":"...","message":"..."}} instead of what was asked for. Private
// to the codec: simdjson is heavy to include. Pure.
#pragma once

#include "common/codec/json_document.hpp"

namespace sensors {

/// Refuses `fields` with the store's message when `answer` is such an answer: with ErrorCode::in_use when the store
/// says that, else with ErrorCode::rejected.
void refuse_error_answer(JsonFields& fields, simdjson::dom::element answer);

}  // namespace sensors
