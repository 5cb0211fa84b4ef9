#include "services/sensor-publisher/logic/outbox_budget.hpp"

#include <algorithm>
#include <utility>

#include "services/sensor-publisher/logic/spool_policy.hpp"

namespace sensors::publisher {

namespace {

// Entries of one step: some ten milliseconds of work, so that commits of new readings wait no longer.
constexpr std::size_t step_entries = 4'000;

// A full outbox is brought this far below its limit, so that it is not full again at once.
constexpr std::int64_t headroom_share = 32;

// A pass that thinned out less than one reading of so many was of no use.
constexpr std::uint64_t least_share = 10;

// Dropped in one step at most: each of them is a row to delete.
constexpr std::uint64_t drop_entries = 20'000;

}  // namespace

OutboxBudget::OutboxBudget(const OutboxOptions& options) : options_(options) {}

void OutboxBudget::measured(std::int64_t used_bytes, std::uint64_t waiting) {
  if (used_bytes == 0) return;
  used_bytes_ = used_bytes;
  if (used_bytes > options_.max_bytes) over_ = true;
  if (used_bytes <= options_.max_bytes - options_.max_bytes / headroom_share || waiting == 0) {
    over_ = false;
    exhausted_ = false;
    cursor_.reset();
  }
}

std::optional<OutboxScan> OutboxBudget::next_scan(Position sent, Position written) {
  if (!over_ || exhausted_ || busy_ || options_.when_full != OutboxOptions::WhenFull::thin) return std::nullopt;
  if (cursor_.has_value() && std::max(*cursor_, sent + 1) > pass_end_) end_pass();
  if (exhausted_) return std::nullopt;
  if (!cursor_.has_value()) {
    cursor_ = sent + 1;
    pass_end_ = written - std::min(written, (written - std::min(sent, written)) / 4 + 1);
    pass_looked_at_ = pass_gone_ = 0;
  }
  cursor_ = std::max(*cursor_, sent + 1);
  if (*cursor_ > pass_end_) {
    exhausted_ = true;  // all that is left is new, or sent
    return std::nullopt;
  }
  busy_ = true;
  return OutboxScan{*cursor_, static_cast<std::size_t>(std::min<Position>(step_entries, pass_end_ - *cursor_ + 1))};
}

/// The next pass starts at the oldest again, when this one was of use.
void OutboxBudget::end_pass() {
  exhausted_ = pass_gone_ * least_share < pass_looked_at_ || pass_gone_ == 0;
  cursor_.reset();
}

std::optional<ThinnedRange> OutboxBudget::scanned(OutboxScanned scan, WallTime now) {
  busy_ = false;
  if (!scan.entries || scan.entries->empty() || !cursor_.has_value()) {
    cursor_ = pass_end_ + 1;  // nothing there, or it cannot be read: the end of this pass
    return std::nullopt;
  }
  std::vector<OutboxEntry> entries = std::move(*scan.entries);
  std::erase_if(entries, [&](const OutboxEntry& entry) { return entry.first > pass_end_; });
  const Position last = entries.empty() ? pass_end_ : entries.back().last;
  cursor_ = last + 1;
  std::erase_if(entries, [&](const OutboxEntry& entry) { return !std::holds_alternative<Reading>(entry.what); });
  std::vector<const Reading*> readings;
  for (const OutboxEntry& entry : entries) readings.push_back(&std::get<Reading>(entry.what));
  const std::vector<bool> goes = thin_out(readings);
  step_gone_ = static_cast<std::uint64_t>(std::count(goes.begin(), goes.end(), true));
  pass_looked_at_ += entries.size();
  pass_gone_ += step_gone_;
  if (step_gone_ == 0) return std::nullopt;
  ThinnedRange range{entries.front().first, entries.back().last, {}, now};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!goes[i]) range.keep.push_back(std::move(entries[i]));
  }
  busy_ = true;
  return range;
}

void OutboxBudget::thinned(bool is_written) {
  busy_ = false;
  if (is_written) readings_thinned_ += step_gone_;
}

std::uint64_t OutboxBudget::to_drop(std::uint64_t waiting) const {
  const bool dropping = options_.when_full == OutboxOptions::WhenFull::drop_oldest || exhausted_;
  if (!over_ || !dropping || waiting == 0) return 0;
  const std::int64_t too_many = used_bytes_ - (options_.max_bytes - options_.max_bytes / headroom_share);
  const double share = static_cast<double>(std::max<std::int64_t>(too_many, 0)) / static_cast<double>(used_bytes_);
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(waiting)) + 1;
  return std::min({wanted, drop_entries, waiting});
}

}  // namespace sensors::publisher
