#include "services/sensor-persistence/logic/recent_gaps.hpp"

#include <algorithm>

namespace sensors::persistence {

void RecentGaps::restart(const std::vector<GapSeen>& gaps, WallTime now) {
  story_.reset();
  for (const GapSeen& gap : gaps) {
    if (gap.time <= now && now - gap.time < said_for) add(gap);
  }
}

void RecentGaps::begin(const std::vector<StreamRows>& streams) {
  committing_.clear();
  for (const StreamRows& rows : streams) {
    for (const Gap& gap : rows.gaps) {
      GapSeen seen{rows.node, gap.reason, gap.last - gap.first + 1, gap.time};
      if (committing_.empty() || committing_.back().node != seen.node || committing_.back().reason != seen.reason) {
        committing_.push_back(std::move(seen));
      } else {
        committing_.back().readings += seen.readings;
      }
    }
  }
}

/// It counts from when the store heard of it: the record may have waited for days at a machine that was away.
void RecentGaps::committed(WallTime now) {
  for (GapSeen& gap : committing_) {
    gap.time = now;
    add(gap);
  }
  committing_.clear();
}

void RecentGaps::add(const GapSeen& gap) {
  if (!story_.has_value() || gap.time - story_->time >= said_for) story_.emplace().since = gap.time;
  story_->node = gap.node;
  story_->reason = gap.reason;
  story_->readings += gap.readings;
  story_->time = std::max(story_->time, gap.time);
}

void RecentGaps::describe(WallTime now, StatusWriter& status) const {
  if (!story_.has_value() || now - story_->time >= said_for) return;
  StatusWriter& object = status.in("gaps");
  object.add("node", story_->node);
  object.add("reason", story_->reason);
  object.add("readings", story_->readings);
  object.add("since", story_->since);
  object.add("time", story_->time);
}

}  // namespace sensors::persistence
