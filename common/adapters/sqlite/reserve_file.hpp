// ReserveFile holds space on a disk that others may fill: deleting it makes the room that deletions and the write-ahead
// log need on a full disk. When it goes and when it comes back is decided by DiskReserve. The worker's thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/core/result.hpp"

namespace sensors {

class ReserveFile {
 public:
  /// `size_bytes`: 0 for none, 1 .. 1 GiB. Nothing is made yet.
  ReserveFile(std::string path, std::int64_t size_bytes);

  /// Whether the space is set aside now.
  bool held() const { return held_; }

  /// Sets the space aside, also on the disk; nothing when it is already. disk_full and the like leave no part of it.
  Result<void> restore();

  /// Gives the space back to the file system; nothing when there is none.
  Result<void> release();

 private:
  std::string path_;
  std::int64_t size_bytes_;
  bool held_ = false;
};

}  // namespace sensors
