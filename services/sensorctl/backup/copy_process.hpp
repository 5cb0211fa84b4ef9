// The copy of a database that its service has open, made by a process of its own: see doctor/owner_process.hpp. It
// opens the database with the rights of the folder's owner, and writes the copy with its own. Blocks.
#pragma once

#include <cstdint>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::backup {

struct CopyOrder {
  std::string from;  // the database
  std::string to;    // a new file
  std::int32_t application_id = 0;
  Millis longest_opening{};  // 1 ms or more
  Millis longest_copy{};
};

/// Errors as of back_up(); timeout when the copy took longer than allowed; io when the database could not even be
/// opened.
Result<void> copy_database(const CopyOrder& order);

inline constexpr const char* copy_database_verb = "copy-database";

/// That process. The exit code, 0 or 1.
int copy_database_as_owner(const CopyOrder& order);

}  // namespace sensors::backup
