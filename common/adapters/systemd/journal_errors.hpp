// What units of systemd wrote into the journal as errors, sd-journal(3). Blocks for at most about `deadline`. Any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

struct JournalErrors {
  std::uint64_t count = 0;  // lines of priority 0 .. 3
  std::string newest;       // its message, at most 4 KiB
};

/// Those of `units` since `since`. not_found where there is no journal that this user may read, timeout, io.
Result<JournalErrors> read_journal_errors(const std::vector<std::string>& units, WallTime since, Millis deadline);

}  // namespace sensors
