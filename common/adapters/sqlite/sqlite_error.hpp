// What SQLite's codes and errno mean to us, and the sentence an operator reads. Internal to this adapter.
#pragma once

#include <string>

#include "common/core/result.hpp"
#include "common/runtime/file_error.hpp"

struct sqlite3;

namespace sensors {

/// "; " and what the operator can do about it; empty when nothing is known.
const char* advice(ErrorCode code);

/// What an operator can do about a file that must not be written, beyond advice(): under systemd, how to let the unit's
/// sandbox have its folder. Empty otherwise.
std::string sandbox_advice(ErrorCode code, const std::string& path);

/// The last error of `database`, as "PATH: doing: what; what to do".
tl::unexpected<Error> last_error(sqlite3* database, const std::string& path, const std::string& doing);

/// The same, with the path that `database` was opened with.
tl::unexpected<Error> last_error(sqlite3* database, const std::string& doing);

}  // namespace sensors
