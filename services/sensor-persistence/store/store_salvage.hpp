// StoreSalvage makes a new store of what can be read of a damaged one, beside it, and gives it the damaged one's name.
// The new store has an id of its own; numbers that were acknowledged and cannot be read any more become gap records
// with reason `store_damaged`. Writing worker's thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/logic/lost_numbers.hpp"

namespace sensors::persistence {

struct SalvageOptions {
  std::string path;
  std::vector<std::string> destinations;

  /// Longest time for reading one table. What is not read by then counts as lost.
  Millis time_limit{300'000};

  /// Damaged stores that are kept; the oldest beyond that are deleted. >= 1.
  std::size_t keep_damaged = 3;
};

/// `on_progress` is called every some thousand rows; false ends the salvage, and leaves everything as it was. Errors:
/// disk_full, io, read_only, permission; timeout when it was ended.
Result<SalvageReport> salvage_store(const SalvageOptions& options, const Salvage& how, WallTime now,
                                    const std::function<bool()>& on_progress);

}  // namespace sensors::persistence
