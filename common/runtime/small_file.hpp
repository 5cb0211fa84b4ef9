// SmallFile is a whole file read or written at once: configuration, secrets, and the state of a service between two
// runs. Blocks on the disk: at start-up, or on a worker.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "common/core/result.hpp"

namespace sensors {

struct SmallFile {
  std::string text;
  mode_t mode;  // its permissions when it was read, stat(2)
};

/// not_found, permission, too_large above `largest_bytes`, io (also for what is not a regular file). Never waits for
/// a writer, as a FIFO would.
Result<SmallFile> read_small_file(const std::string& path, std::size_t largest_bytes);

/// Replaces `path` in one step: written beside it, synced, renamed, and the directory synced. Names the file in each
/// error: permission, read_only, disk_full, io.
Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace sensors
