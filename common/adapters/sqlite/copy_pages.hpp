// A copy of a database that others write to, by SQLite's backup interface. Internal to this adapter; the thread that
// owns the connection.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/core/result.hpp"

struct sqlite3;

namespace sensors {

struct CloseHandle {
  void operator()(sqlite3* handle) const;
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

/// As Database::copy_to(): what is committed in `from`, of one moment, goes into the new file `path`. `opened` is
/// called when all files of `from` are open, and none of `path`.
Result<void> copy_at_one_moment(
    sqlite3* from, const std::string& path, const std::function<bool()>& go_on,
    const std::function<void()>& opened = [] {});

}  // namespace sensors
