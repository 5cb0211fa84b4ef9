// What GET /v1/status says: how each service says that it is. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "common/verdict/pipeline_watch.hpp"

namespace sensors::bridge {

/// {"time":"...","broker":{"connected":true},"services":[...]}
std::string status_answer(const verdict::PipelineWatch& watch, Now now);

/// About what status_answer() takes.
std::size_t status_answer_bytes(const verdict::PipelineWatch& watch);

}  // namespace sensors::bridge
