// The answers that every part of the HTTP side gives: texts, JSON, and errors as problem documents (RFC 9457). Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/core/time.hpp"
#include "common/core/web_events.hpp"

namespace sensors::bridge {

struct RowProblem {
  std::size_t row = 0;  // from 0
  std::string detail;
};

struct Problem {
  int status = 400;
  std::string detail;
  std::vector<RowProblem> errors = {};
  Millis retry_after{0};       // 0: it would not help
  bool is_for_agents = false;  // says the detail again where agents for InfluxDB 1 and 2 look for it
  Problem for_agents(bool are_asking) && {
    is_for_agents = is_for_agents || are_asking;
    return std::move(*this);
  }
};

/// "Unprocessable Content", as RFC 9110 section 15 names them.
const char* title_of(int status);

WebResponse problem_answer(std::uint64_t id, const Problem& problem);
/// 204.
WebResponse empty_answer(std::uint64_t id);
WebResponse text_answer(std::uint64_t id, int status, std::string text);
/// 204.
WebResponse no_content_answer(std::uint64_t id);
WebResponse json_answer(std::uint64_t id, int status, std::string text);

}  // namespace sensors::bridge
