// DeadLetterModel is what services/sensor-persistence/store/store_dead_letters.cpp does, without SQLite: the table of
// dead letters, of which some wait again under a row number. Part of the file of a StoreModel, so a value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "services/sensor-persistence/events.hpp"
#include "tests/simulation/boot_model.hpp"
#include "tests/simulation/ledger.hpp"

namespace sensors::simulation {

RowRange range_of(const StoredRow& row);

class DeadLetterModel {
 public:
  /// `row` is in a confirmed range, and was rejected: it becomes a dead letter, or one again.
  void refuse(Ledger& ledger, const std::string& destination, StoredRow row, const RejectedRow& why, WallTime now);

  /// The row that waited under `queue_id` is delivered.
  void delivered(std::uint64_t queue_id);

  /// Requeued ones get the next row numbers after `last_id`, which moves.
  std::uint64_t change(Ledger& ledger, const DeadLettersRequest& request, std::uint64_t& last_id);

  /// Those that wait behind `after_id` get their times, if their boots are known.
  void stamp(std::uint64_t after_id, const BootModel& boots);

  /// Deletes the oldest beyond `most`; how many.
  std::uint64_t trim(Ledger& ledger, std::size_t most);

  persistence::DeadLetterRows list(const DeadLettersRequest& request) const;

  /// Those that wait, by row number, and the row with it.
  const std::map<std::uint64_t, std::uint64_t>& queue() const { return queue_; }
  std::map<std::uint64_t, std::uint64_t> queue(const std::string& destination, std::uint64_t first,
                                               std::uint64_t last) const;
  StoredRow row_at(std::uint64_t queue_id) const;

  const std::map<std::uint64_t, DeadLetter>& letters() const { return letters_; }

  /// Those that do not wait.
  std::uint64_t count() const { return letters_.size() - queue_.size(); }
  persistence::DeadLetterCounts counts() const;

 private:
  using Name = std::tuple<std::string, std::string, std::uint64_t>;  // destination, stream, first number

  static Name name_of(const DeadLetter& letter);
  void erase(std::uint64_t id);
  void requeue(Ledger& ledger, DeadLetter& letter, std::uint64_t queue_id);

  std::map<std::uint64_t, DeadLetter> letters_;   // by id
  std::map<Name, std::uint64_t> ids_;             // a row has one dead letter at most
  std::map<std::uint64_t, std::uint64_t> queue_;  // row number to id
  std::uint64_t last_ = 0;
};

}  // namespace sensors::simulation
