// Ids and numbers of a stream ascend together, so the rows that are missing between two of its rows had ids between
// theirs. Of a hole of n numbers with m missing ids, the last min(n, m) numbers may be lost: those before were uploaded
// by all, since their ids are lower. With more than one stream in the same place this claims too much, never too
// little.
#include "services/sensor-persistence/logic/lost_numbers.hpp"

#include <algorithm>

namespace sensors::persistence {

void MissingIds::present(std::uint64_t id) {
  if (id < next_) return;
  if (id > next_) {
    const std::uint64_t before =
        runs_.empty() ? 0 : runs_.back().before + runs_.back().ids.last - runs_.back().ids.first + 1;
    runs_.push_back(Run{{next_, id - 1}, before});
  }
  next_ = id + 1;
}

std::uint64_t MissingIds::up_to(std::uint64_t id) const {
  const auto behind = std::upper_bound(runs_.begin(), runs_.end(), id,
                                       [](std::uint64_t a, const Run& run) { return a < run.ids.first; });
  if (behind == runs_.begin()) return 0;
  const Run& run = *std::prev(behind);
  return run.before + std::min(id, run.ids.last) - run.ids.first + 1;
}

std::uint64_t MissingIds::between(std::uint64_t after, std::uint64_t before) const {
  return before <= after + 1 ? 0 : up_to(before - 1) - up_to(after);
}

bool LostNumbers::present(NumberRange numbers, std::uint64_t id) {
  const bool goes_beyond = numbers.last > through_ && numbers.first != std::max(last_, through_) + 1;
  if (numbers.first <= last_ || numbers.last < numbers.first || id <= last_id_ || goes_beyond) return false;
  find_lost(numbers.first - 1, id);
  last_ = numbers.last;
  last_id_ = id;
  return true;
}

LostNumbers::Finding LostNumbers::end(std::uint64_t end_id) {
  // Behind a row that waits each number had an id of its own: a watermark beyond those was not read right.
  const std::uint64_t missing = missing_.between(last_id_, end_id);
  std::uint64_t through = std::max(through_, last_);
  if (last_id_ > missing_.uploaded()) through = std::min(through, last_ + missing);
  find_lost(through, end_id);
  return Finding{through, std::move(lost_)};
}

void LostNumbers::find_lost(std::uint64_t last, std::uint64_t before_id) {
  if (last <= last_) return;
  // All that follows a row that waits has waited too, whatever the ids say.
  const bool all_waited = last_id_ > missing_.uploaded();
  const std::uint64_t hole = last - last_;
  const std::uint64_t lost = all_waited ? hole : std::min(hole, missing_.between(last_id_, before_id));
  if (lost > 0) lost_.push_back({last - lost + 1, last});
}

}  // namespace sensors::persistence
