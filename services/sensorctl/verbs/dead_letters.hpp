// What `sensorctl dead-letters` asks of the store, and how its answers are told. Pure.
#pragma once

#include "common/codec/store_answer.hpp"
#include "services/sensorctl/verbs/ask_store.hpp"

namespace sensors::sensorctl {

Question dead_letters_question(const DeadLettersRequest& request, bool json);

/// A table, a row for each.
std::string dead_letters_table(const std::vector<DeadLetter>& letters);

}  // namespace sensors::sensorctl
