// quick_check looks for damage in a database at the start of a service, for a bounded time. The thread that opens.
#pragma once

#include "common/adapters/sqlite/database.hpp"

namespace sensors {

/// PRAGMA quick_check, stopped after `limit`. corrupt with the first thing that is wrong; timeout when the time was
/// over before anything was found: the caller says so and goes on. Other errors as of a read. Blocks for about `limit`
/// at most; 0: not checked at all.
Result<void> quick_check(Database& database, Millis limit);

}  // namespace sensors
