// A fuzz target is one function that takes bytes from outside, as a broker, a device or a file may give them. It must
// neither crash nor loop, and what it accepts must keep its promises: must() says which. fuzz_main.cpp ties it to
// libFuzzer; `./dev fuzz` runs all of them.
#pragma once

#include <string_view>

#include "common/core/reading.hpp"
#include "common/core/result.hpp"

namespace sensors::fuzz {

/// Defined once by each target.
void run(std::string_view input);

/// Ends the run, so that libFuzzer keeps the input, when `holds` is false. `promise` is what was promised.
void must(bool holds, const char* promise);

/// Every reading and gap keeps the rules of docs/protocol.md.
void must_be_valid(const Batch& batch);

/// Whether there is a value; an error must say what it is about.
template <class T>
bool taken(const Result<T>& result) {
  if (!result.has_value()) must(!result.error().message.empty(), "an error has a message");
  return result.has_value();
}

}  // namespace sensors::fuzz
