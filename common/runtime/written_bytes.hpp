// WrittenBytes tells how much this process has handed to the disks, which is what wears an SD card out. Of one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/core/time.hpp"

namespace sensors {

/// `write_bytes` of proc(5)'s /proc/PID/io; nothing when that is not in `text`.
std::optional<std::uint64_t> write_bytes_in(std::string_view text);

class WrittenBytes {
 public:
  /// Bytes since the process started, of all its threads, counted when they enter the page cache; 0 where the kernel
  /// does not count. Asked of the kernel at most once a second; does not block.
  std::uint64_t at(Instant now);

 private:
  std::uint64_t bytes_ = 0;
  std::optional<Instant> asked_at_;
};

}  // namespace sensors
