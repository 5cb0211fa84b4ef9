// Salvage reads what can still be read of a damaged database, table by table. The thread that owns the connection,
// which blocks for at most the time it is given, system calls that hang apart.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"

namespace sensors {

/// Rowids, both ends included.
struct RowRange {
  std::int64_t first;
  std::int64_t last;
};

struct SalvagedRows {
  std::uint64_t rows = 0;            // that were visited
  std::vector<RowRange> unreadable;  // in order; where there may have been rows and none could be read
  bool out_of_time = false;          // unreadable then includes what was not tried
};

/// Calls `visit` for each row of `table` with a rowid in `range` that can be read: column 0 is the rowid, `columns`
/// follow it. Each row comes once, in no particular order; what a row says may be wrong, since SQLite keeps no
/// checksums. `damaged`: of Database::open_damaged(). Fails only with an error of `visit`, which ends the visit.
Result<SalvagedRows> visit_readable_rows(Database& damaged, const std::string& table, const std::string& columns,
                                         RowRange range, Millis limit,
                                         const std::function<Result<void>(const Statement&)>& visit);

}  // namespace sensors
