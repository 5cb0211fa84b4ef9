// What backup and restore ask of a file system, with errors that name the file. Any thread; may block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "common/runtime/file_error.hpp"

namespace sensors::backup {

/// For looking through one database.
inline constexpr Millis longest_check{3'600'000};

/// Makes the file `path` with `text` in it, synced. A file that is there already is an error, and so is whatever keeps
/// any of `text` from the disk.
Result<void> write_new_file(const std::string& path, std::string_view text);

/// Syncs a file or a folder.
Result<void> sync_file(const std::string& path);

/// disk_full when `folder` has less room than `bytes` and a little more.
Result<void> require_room(const std::string& folder, std::int64_t bytes);

std::string parent_of(const std::string& path);
std::string without_last_slash(std::string path);

}  // namespace sensors::backup
