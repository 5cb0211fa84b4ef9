// Measures DiskFigures of a database. Asks the file system, which may block: for a worker.
#pragma once

#include <string>

#include "common/core/disk_figures.hpp"
#include "common/core/result.hpp"

namespace sensors {

/// Of the database `path` as it is now; zero in what cannot be measured.
DiskFigures measure_disk(const std::string& path);

/// Whether a file of `bytes` fits beside the database `path`: one that does not would fill the disk for nothing. Error:
/// disk_full, with both numbers; others when the file system does not say.
Result<void> require_room_beside(const std::string& path, std::int64_t bytes);

}  // namespace sensors
