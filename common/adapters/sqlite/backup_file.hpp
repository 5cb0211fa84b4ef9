// Copies of a database for keeps: made while a service writes, checked, read and changed without that service. For
// programs with more rights than the file's owner has: links are not followed. Any thread; blocks for as long as the
// copying takes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// Copies the database `from`, of one moment, to the new file `to`, and syncs that. `go_on` is asked every few MiB;
/// false ends it, as a timeout; `opened` is called when all files of `from` are open, and none of `to`. invalid when it
/// is not a database of the kind `application_id`; errors as of plain_file() and Database::copy_to().
Result<void> back_up(
    const std::string& from, const std::string& to, std::int32_t application_id, const std::function<bool()>& go_on,
    const std::function<void()>& opened = [] {});

/// Looks through all of a copy: corrupt with the first thing that is wrong; timeout after `limit`, when nothing was
/// found so far; invalid when it is of another kind.
Result<void> check_backup(const std::string& path, std::int32_t application_id, Millis limit);

/// The integers that `queries` answer with, one each; 0 for an answer without a row. Of a copy.
Result<std::vector<std::int64_t>> integers_of(const std::string& path, const std::vector<std::string>& queries);

/// The text that `query` answers with. Of a copy.
Result<std::string> text_of(const std::string& path, const std::string& query);

/// Carries out `sql` in one transaction on a copy, and syncs it.
Result<void> change_backup(const std::string& path, const std::string& sql);

}  // namespace sensors
