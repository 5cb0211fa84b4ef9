// Measures DiskFigures of a database. Asks the file system, which may block: for a worker.
#pragma once

#include <string>

#include "common/core/disk_figures.hpp"

namespace sensors {

/// Of the database `path` as it is now; zero in what cannot be measured.
DiskFigures measure_disk(const std::string& path);

}  // namespace sensors
