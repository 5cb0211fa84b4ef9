// What destinations are given and confirm: the part of StoreModel that store_uploads.cpp of the service is.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "tests/simulation/store_model.hpp"

namespace sensors::simulation {

using persistence::CommitReport;
using persistence::CommitTransaction;
using persistence::Confirmation;
using persistence::DeadLetterChange;
using persistence::DeadLetterReport;
using persistence::DestinationState;
using persistence::HandOut;

DestinationState* StoreModel::destination(const std::string& name) {
  const auto found = std::find_if(file_.destinations.begin(), file_.destinations.end(),
                                  [&](const DestinationState& state) { return state.name == name; });
  return found == file_.destinations.end() ? nullptr : &*found;
}

void StoreModel::settle_uploads(const CommitTransaction& transaction, CommitReport& report) {
  DeadLetterReport letters;
  bool has_rejected = false;
  for (const Confirmation& confirmation : transaction.confirmations) {
    if (confirm(confirmation, transaction.time, letters)) has_rejected |= !confirmation.rejected.empty();
  }
  for (const DeadLetterChange& change : transaction.dead_letter_changes) {
    const std::uint64_t before = file_.last_id;
    letters.changed.push_back({change.call, file_.dead_letters.change(world_.ledger, change.request, file_.last_id)});
    file_.dead_letters.stamp(before, file_.boots);
  }
  if (!has_rejected && transaction.dead_letter_changes.empty()) return;
  letters.dropped = file_.dead_letters.trim(world_.ledger, transaction.max_dead_letters);
  letters.left = file_.dead_letters.counts();
  report.dead_letters = std::move(letters);
}

bool StoreModel::confirm(const Confirmation& confirmation, WallTime now, DeadLetterReport& report) {
  DestinationState* const state = destination(confirmation.destination);
  if (state == nullptr || state->batch_first != confirmation.first || state->batch_last != confirmation.last)
    return false;
  std::map<std::pair<std::string, std::uint64_t>, const RejectedRow*> rejected;
  for (const RejectedRow& row : confirmation.rejected) rejected.try_emplace({row.row.stream, row.row.seq}, &row);
  const auto settle = [&](const RowRange& range, auto row) {
    if (const auto found = rejected.find({range.stream, range.first}); found != rejected.end()) {
      file_.dead_letters.refuse(world_.ledger, state->name, row(), *found->second, now);
      rejected.erase(found);
      ++report.added;
    } else {
      world_.ledger.cursor_passes(state->name, range);
    }
  };
  for (auto at = file_.rows.lower_bound(confirmation.first); at != file_.rows.end() && at->first <= confirmation.last;
       ++at) {
    const Gap* const gap = std::get_if<Gap>(&at->second.what);
    const std::uint64_t last = gap != nullptr ? gap->last : at->second.first;
    settle({at->second.stream, at->second.first, last, gap != nullptr}, [&] { return stored(at->first, at->second); });
  }
  for (const auto& [id, letter] : file_.dead_letters.queue(state->name, confirmation.first, confirmation.last)) {
    const StoredRow row = file_.dead_letters.row_at(id);
    settle(range_of(row), [&] { return row; });
    file_.dead_letters.delivered(id);
  }
  report.unknown += rejected.size();
  if (!rejected.empty()) {
    world_.ledger.violate("a rejected row is one of its range",
                          fmt::format("{}..{} has no ({}, {})", confirmation.first, confirmation.last,
                                      rejected.begin()->first.first, rejected.begin()->first.second));
  }
  state->cursor = confirmation.last;
  state->batch_first = state->batch_last = state->refusals = 0;
  return true;
}

/// Up to the first row that waits for its time.
UploadBatch StoreModel::hand_out(const HandOut& request) {
  const DestinationState* const state = destination(request.destination);
  const std::uint64_t given = state == nullptr ? 0 : std::max(state->cursor, state->batch_last);
  const std::uint64_t held = file_.boots.first_held(given);
  const std::uint64_t up_to = held != 0 ? held - 1 : file_.last_id;
  UploadBatch batch = hand_out(request, up_to);
  batch.remaining += file_.last_id - up_to;
  return batch;
}

/// What was deleted while nobody wanted it is no part of a range.
void StoreModel::pass_deleted(DestinationState& state, std::uint64_t last_id) const {
  state.cursor = std::max(state.cursor, std::min(before_oldest(), last_id));
  if (state.batch_last <= state.cursor) state.batch_last = 0;
}

UploadBatch StoreModel::hand_out(const HandOut& request, std::uint64_t last_id) {
  UploadBatch batch;
  batch.store = file_.id;
  batch.destination = request.destination;
  DestinationState* const state = destination(request.destination);
  if (state == nullptr) return batch;
  const bool was_withdrawn = std::exchange(state->withdrawn, false);
  if (was_withdrawn) pass_deleted(*state, last_id);
  const bool is_out = state->batch_last != 0;
  const bool is_retry = is_out && state->batch_last != request.refused;
  batch.refusals = state->refusals + (is_out && !is_retry ? 1 : 0);
  const HandOut everything{0, request.destination, std::numeric_limits<std::size_t>::max(),
                           std::numeric_limits<std::size_t>::max(), 0};
  const std::uint64_t from = state->cursor + 1;
  read_rows(from, is_retry ? state->batch_last : last_id, is_retry ? everything : request, batch);
  if (!batch.readings.empty()) batch.last = batch.readings.back().id;
  if (!batch.gaps.empty()) batch.last = std::max(batch.last, batch.gaps.back().id);
  if (is_retry) batch.last = state->batch_last;
  if (batch.last != 0) batch.first = from;
  batch.remaining = last_id - (batch.last != 0 ? batch.last : last_id);
  if (is_retry && !was_withdrawn) return batch;
  if (batch.last == 0) state->cursor = last_id;
  state->batch_first = batch.first;
  state->batch_last = batch.last;
  state->refusals = batch.refusals;
  return batch;
}

StoredRow StoreModel::stored(std::uint64_t id, const Row& row) const {
  const std::string& node = file_.streams.at(row.stream).node;
  if (const Gap* gap = std::get_if<Gap>(&row.what)) return StoredGap{id, node, row.stream, *gap};
  return StoredReading{id, node, row.stream, {row.first, std::get<Reading>(row.what)}};
}

/// Rows, and those that wait again, in the order of their numbers, until there is no more room.
void StoreModel::read_rows(std::uint64_t from, std::uint64_t to, const HandOut& limits, UploadBatch& batch) const {
  const auto queue = file_.dead_letters.queue(limits.destination, from, to);
  auto row = file_.rows.lower_bound(from);
  auto again = queue.begin();
  std::size_t rows = 0;
  std::size_t bytes = 0;
  for (;;) {
    const bool has_row = row != file_.rows.end() && row->first <= to;
    const bool has_again = again != queue.end();
    if (!has_row && !has_again) return;
    const bool takes_row = has_row && (!has_again || row->first < again->first);
    StoredRow next = takes_row ? stored(row->first, row->second) : file_.dead_letters.row_at(again->first);
    const StoredReading* const reading = std::get_if<StoredReading>(&next);
    bytes += reading != nullptr
                 ? encoded_size_bound(reading->reading) + reading->node.size() + reading->stream.size() + 24
                 : 320;
    if (rows > 0 && (rows >= limits.max_readings || bytes > limits.max_bytes)) return;
    ++rows;
    if (reading != nullptr) {
      batch.readings.push_back(std::get<StoredReading>(std::move(next)));
    } else {
      batch.gaps.push_back(std::get<StoredGap>(std::move(next)));
    }
    if (takes_row) {
      ++row;
    } else {
      ++again;
    }
  }
}

}  // namespace sensors::simulation
