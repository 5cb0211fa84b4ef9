#include "tests/simulation/dead_letter_model.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sensors::simulation {

namespace {

bool is_meant(const DeadLettersRequest& request, const DeadLetter& letter) {
  const bool is_named =
      request.all || std::find(request.ids.begin(), request.ids.end(), letter.id) != request.ids.end();
  return is_named && !letter.waits && (request.destination.empty() || request.destination == letter.destination);
}

std::uint64_t& id_of(StoredRow& row) {
  return std::visit([](auto& known) -> std::uint64_t& { return known.id; }, row);
}

}  // namespace

RowRange range_of(const StoredRow& row) {
  if (const auto* reading = std::get_if<StoredReading>(&row))
    return {reading->stream, reading->reading.seq, reading->reading.seq, false};
  const StoredGap& gap = std::get<StoredGap>(row);
  return {gap.stream, gap.gap.first, gap.gap.last, true};
}

void DeadLetterModel::refuse(Ledger& ledger, const std::string& destination, StoredRow row, const RejectedRow& why,
                             WallTime now) {
  const RowRange range = range_of(row);
  ledger.dead_lettered(destination, range, why.reason);
  const auto [id, is_new] = ids_.try_emplace(Name{destination, range.stream, range.first}, last_ + 1);
  DeadLetter& letter = letters_[id->second];
  if (is_new) {
    letter.id = ++last_;
    letter.destination = destination;
    letter.row = std::move(row);
  }
  if (std::exchange(letter.waits, false)) queue_.erase(id_of(letter.row));
  id_of(letter.row) = 0;
  letter.status = why.status;
  letter.reason = why.reason;
  letter.refused = now;
  ++letter.refusals;
}

void DeadLetterModel::delivered(std::uint64_t queue_id) {
  if (const auto node = queue_.extract(queue_id); !node.empty()) erase(node.mapped());
}

DeadLetterModel::Name DeadLetterModel::name_of(const DeadLetter& letter) {
  const RowRange range = range_of(letter.row);
  return {letter.destination, range.stream, range.first};
}

void DeadLetterModel::erase(std::uint64_t id) {
  ids_.erase(name_of(letters_.at(id)));
  letters_.erase(id);
}

void DeadLetterModel::requeue(Ledger& ledger, DeadLetter& letter, std::uint64_t queue_id) {
  letter.waits = true;
  id_of(letter.row) = queue_id;
  queue_[queue_id] = letter.id;
  ledger.requeued(letter.destination, range_of(letter.row));
}

std::uint64_t DeadLetterModel::change(Ledger& ledger, const DeadLettersRequest& request, std::uint64_t& last_id) {
  std::uint64_t changed = 0;
  for (auto at = letters_.begin(); at != letters_.end();) {
    DeadLetter& letter = (at++)->second;
    if (!is_meant(request, letter)) continue;
    ++changed;
    if (request.action == DeadLettersRequest::Action::requeue) {
      requeue(ledger, letter, ++last_id);
    } else {
      ledger.purged_dead_letter(letter.destination, range_of(letter.row));
      erase(letter.id);
    }
  }
  return changed;
}

void DeadLetterModel::stamp(std::uint64_t after_id, const BootModel& boots) {
  for (auto at = queue_.upper_bound(after_id); at != queue_.end(); ++at) {
    auto* const row = std::get_if<StoredReading>(&letters_.at(at->second).row);
    if (row == nullptr || !row->reading.reading.uptime.has_value()) continue;
    const std::optional<WallTime> began = boots.began(row->stream);
    if (began.has_value())
      row->reading.reading.time = time_at_uptime(*began, *std::exchange(row->reading.reading.uptime, {}));
  }
}

std::uint64_t DeadLetterModel::trim(Ledger& ledger, std::size_t most) {
  std::uint64_t dropped = 0;
  for (auto at = letters_.begin(); at != letters_.end() && count() > most;) {
    const DeadLetter& letter = (at++)->second;
    if (letter.waits) continue;
    ledger.purged_dead_letter(letter.destination, range_of(letter.row));
    erase(letter.id);
    ++dropped;
  }
  return dropped;
}

persistence::DeadLetterRows DeadLetterModel::list(const DeadLettersRequest& request) const {
  persistence::DeadLetterRows found;
  for (auto at = letters_.upper_bound(request.after); at != letters_.end(); ++at) {
    if (!request.destination.empty() && request.destination != at->second.destination) continue;
    if (found.letters.size() == request.limit) {
      found.truncated = true;
      break;
    }
    found.letters.push_back(at->second);
  }
  return found;
}

persistence::DeadLetterCounts DeadLetterModel::counts() const {
  persistence::DeadLetterCounts counts;
  for (const auto& [id, letter] : letters_) {
    if (!letter.waits) ++counts[letter.destination];
  }
  return counts;
}

std::map<std::uint64_t, std::uint64_t> DeadLetterModel::queue(const std::string& destination, std::uint64_t first,
                                                              std::uint64_t last) const {
  std::map<std::uint64_t, std::uint64_t> found;
  for (auto at = queue_.lower_bound(first); at != queue_.end() && at->first <= last; ++at) {
    if (letters_.at(at->second).destination == destination) found.emplace_hint(found.end(), *at);
  }
  return found;
}

StoredRow DeadLetterModel::row_at(std::uint64_t queue_id) const { return letters_.at(queue_.at(queue_id)).row; }

}  // namespace sensors::simulation
