// SmallFile is a whole file read at once: configuration and secrets. Start-up, one thread.
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

}  // namespace sensors
