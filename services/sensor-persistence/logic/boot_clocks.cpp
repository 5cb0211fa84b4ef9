#include "services/sensor-persistence/logic/boot_clocks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sensors::persistence {

void BootClocks::restart(const std::vector<BootState>& waiting, Instant now) {
  held_until_.clear();
  repairs_.clear();
  sent_ = Sent{};
  for (const BootState& boot : waiting) {
    held_until_.emplace(boot.key, now + options_.hold);
    if (boot.is_known) repairs_.push_back({boot.key});
  }
}

void BootClocks::rows_come(const StreamRows& rows, Instant now) {
  if (rows.boot.empty()) return;
  counters_.unsynced += static_cast<std::uint64_t>(std::count_if(
      rows.readings.begin(), rows.readings.end(), [](const auto& row) { return row.reading.uptime.has_value(); }));
  // One too many does not wait.
  const Instant until = held_until_.size() < max_boots ? now + options_.hold : now;
  held_until_.try_emplace(BootKey{rows.node, rows.publisher, rows.boot}, until);
}

bool BootClocks::learn(BootKey boot, WallTime time) {
  if (learned_.size() >= max_boots && !learned_.contains(boot)) return false;
  if (learned_.insert_or_assign(std::move(boot), time).second) ++times_heard_;
  return true;
}

bool BootClocks::is_due(Instant now) const {
  const std::optional<Instant> due = due_at();
  return due.has_value() && now >= *due;
}

std::optional<Instant> BootClocks::due_at() const {
  if (!learned_.empty() || !repairs_.empty()) return Instant{};
  std::optional<Instant> due;
  for (const auto& [boot, until] : held_until_) due = std::min(due.value_or(until), until);
  return due;
}

void BootClocks::fill(CommitTransaction& transaction, Instant now) {
  sent_ = Sent{};
  for (const auto& [boot, time] : learned_) sent_.learned.push_back({boot, time});
  for (const auto& [boot, until] : held_until_) {
    if (now >= until) sent_.released.push_back(boot);
  }
  transaction.boot_times = sent_.learned;
  transaction.released = sent_.released;
  if (!repairs_.empty()) transaction.restamp = RestampStep{repairs_.front().boot, options_.step_rows};
}

std::string BootClocks::committed(const CommitReport& report) {
  for (const BootLearned& done : sent_.learned) {
    const auto found = learned_.find(done.boot);
    if (found != learned_.end() && found->second == done.time) {
      learned_.erase(found);
      ++times_committed_;
    }
    repairs_.push_back({done.boot});
  }
  for (const BootKey& done : sent_.released) held_until_.erase(done);
  counters_.released += report.released;
  counters_.restamped += report.stamped;
  sent_ = Sent{};
  return report.restamp.has_value() && !repairs_.empty() ? take_step(*report.restamp) : std::string();
}

void BootClocks::describe(StatusWriter& status) const {
  StatusWriter& clock = status.in("clock");
  clock.add("unsynced_readings", counters_.unsynced);
  clock.add("restamped", counters_.restamped);
  clock.add("released_boots", counters_.released);
}

std::string BootClocks::broken_invariant() const {
  if (times_heard_ != times_committed_ + learned_.size()) return "a boot time that was heard is committed, or waits";
  const bool keep_all = checked_sent_.all_of(sent_.learned.size(),
                                             [&](std::size_t i) { return learned_.contains(sent_.learned[i].boot); });
  return keep_all ? "" : "a boot time waits until its commit is done";
}

std::string BootClocks::take_step(const RestampReport& report) {
  Repair& repair = repairs_.front();
  repair.readings += report.restamped;
  repair.largest_shift = std::max(repair.largest_shift, report.largest_shift);
  counters_.restamped += report.restamped;
  if (!report.is_done) return {};
  const Repair done = std::move(repair);
  repairs_.pop_front();
  held_until_.erase(done.boot);
  if (done.readings == 0) return {};
  return fmt::format("{}/{}: its clock is right now; {} readings got their times, which moved by up to {:.3f} s",
                     done.boot.node, done.boot.publisher, done.readings,
                     static_cast<double>(done.largest_shift.count()) / 1e3);
}

}  // namespace sensors::persistence
