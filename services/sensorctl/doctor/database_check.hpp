// A database is a service's file, and the doctor is root: what a service put in its place must lead root nowhere. So a
// process of its own looks at it, with no more rights than the owner of its folder has, and is killed when it takes too
// long. Blocks.
#pragma once

#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::doctor {

/// corrupt: damage; timeout: none was found within `limit`; other errors: it could not be read, or is not a file.
Result<void> check_database(const std::string& path, Millis limit);

inline constexpr const char* check_database_verb = "check-database";

/// That process: says the error's code and message. The exit code, 0 or 1.
int check_database_as_owner(const std::string& path, Millis limit);

}  // namespace sensors::doctor
