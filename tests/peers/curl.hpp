// curl as a person runs it.
#pragma once

#include <string>
#include <vector>

#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

/// What `curl ARGUMENTS...` prints. RigError with its message when it fails; a status of 400 and above is a failure
/// (--fail-with-body).
std::string curl(const TempDir& folder, const std::vector<std::string>& arguments);

}  // namespace sensors::rig
