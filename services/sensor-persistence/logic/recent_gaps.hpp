// RecentGaps says what was dropped lately, from the gap records that come to the store: whoever looks at the machine a
// few hours later is to see it. A row of records that is nowhere interrupted for a day is one story. Owned by Logic, on
// the loop thread. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "common/codec/status_json.hpp"
#include "common/codec/status_writer.hpp"
#include "common/core/time.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

class RecentGaps {
 public:
  /// So long after the newest record it is said.
  static constexpr std::chrono::hours said_for{24};

  /// What a store has that was opened: the newest records, oldest first.
  void restart(const std::vector<GapSeen>& gaps, WallTime now);

  /// What the commit that begins now has, and that it succeeded; one that failed is followed by the next begin().
  void begin(const std::vector<StreamRows>& streams);
  void committed(WallTime now);

  /// "gaps":{"node":"attic","reason":"outbox_full","readings":5,"since":"...","time":"..."}; nothing a day after the
  /// newest record.
  void describe(WallTime now, StatusWriter& status) const;

 private:
  void add(const GapSeen& gap);

  std::optional<GapsReport> story_;
  std::vector<GapSeen> committing_;
};

}  // namespace sensors::persistence
