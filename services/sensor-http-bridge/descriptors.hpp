// How many descriptors (files, sockets) this process may have open: RLIMIT_NOFILE.
#pragma once

#include <cstddef>

namespace sensors {

/// What raise_descriptors() would reach.
std::size_t most_descriptors();

/// Makes the limit as large as the process may, which is more than the 1,024 that programs begin with; nothing when it
/// may not. Once, at the start.
void raise_descriptors();

}  // namespace sensors
