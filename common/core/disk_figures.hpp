// What a database takes of its disk, and what that disk has left. A plain value, made by a worker, shown in the status.
#pragma once

#include <cstdint>
#include <string>

namespace sensors {

struct DiskFigures {
  std::uint64_t file_bytes = 0;  // blocks of the database and its write-ahead log, free pages included
  std::uint64_t free_bytes = 0;  // of the file system, for this user
  std::uint64_t size_bytes = 0;  // of the file system; 0: not known
  std::string risk{};            // why what is synced there may still be lost, as storage_risk() says it
  bool operator==(const DiskFigures&) const = default;
};

}  // namespace sensors
