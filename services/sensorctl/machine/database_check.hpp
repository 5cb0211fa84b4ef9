// Looks for damage in a service's database, in a process of its own: see owner_process.hpp. Blocks.
#pragma once

#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::doctor {

/// corrupt: damage; timeout: none was found within `limit`; other errors: it could not be read, or is not a file.
Result<void> check_database(const std::string& path, Millis limit);

inline constexpr const char* check_database_verb = "check-database";

/// That process. The exit code, 0 or 1.
int check_database_as_owner(const std::string& path, Millis limit);

}  // namespace sensors::doctor
