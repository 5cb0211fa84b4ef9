// What open() checks and makes in a database file: its kind, version, size, write-ahead log and schema. Internal to
// this adapter. The thread that opens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/adapters/sqlite/database.hpp"

namespace sensors {

/// corrupt when pages are missing that the write-ahead log cannot have.
Result<void> check_size(Database& database, const std::string& path);

/// Whether nothing has been made in the file yet; invalid when it is another program's.
Result<bool> check_kind(Database& database, const std::string& path, std::int64_t version, std::int32_t expected_id);

/// newer_schema for a file whose oldest reader is newer than this program, or invalid for an old file that is opened
/// read-only.
Result<void> check_version(Database& database, const std::string& path, std::int64_t version, std::size_t migrations,
                           bool read_only);

/// Switches to the write-ahead log; io where the file system cannot hold one.
Result<void> use_wal(Database& database, const std::string& path);

/// Applies the migrations from `version` on, each in a transaction of its own.
Result<void> migrate(Database& database, const std::string& path, std::int64_t version,
                     const std::vector<std::string_view>& migrations, std::int32_t application_id);

}  // namespace sensors
