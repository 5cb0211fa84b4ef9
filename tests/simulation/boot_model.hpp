// BootModel is what services/sensor-persistence/store/store_clocks.cpp does, without SQLite: the boots of the
// publishers' machines, and which rows wait to learn when theirs began. Part of the file of a StoreModel, so a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/sensor-persistence/events.hpp"

namespace sensors::simulation {

class BootModel {
 public:
  /// Those with rows that wait.
  std::vector<persistence::BootState> waiting() const;

  std::optional<WallTime> began(const persistence::BootKey& boot) const;
  std::optional<WallTime> began(const std::string& stream) const;

  /// Rows of this stream have come without a time that can be relied on.
  void hold(const persistence::StreamRows& rows);

  void learn(const persistence::BootLearned& learned) { boots_[learned.boot].began = learned.time; }
  /// False when none of its rows waited, or when they are about to get their times.
  bool release(const persistence::BootKey& boot);

  /// Row `id` has no time that can be relied on; it has one, or is gone.
  void add_row(std::uint64_t id, const std::string& stream) { rows_.emplace(id, stream); }
  void remove_row(std::uint64_t id) { rows_.erase(id); }

  /// Rows behind `after_id` that can get their times in this step.
  std::vector<std::uint64_t> to_stamp(const persistence::RestampStep& step, std::uint64_t after_id) const;

  /// All rows of this boot have got their times.
  void done(const persistence::BootKey& boot);

  /// The first row behind `after_id` that waits; 0: there is none.
  std::uint64_t first_held(std::uint64_t after_id) const;

 private:
  enum class Hold { none, waits, released };
  struct Boot {
    std::optional<WallTime> began;
    Hold hold = Hold::none;
  };

  std::map<persistence::BootKey, Boot> boots_;
  std::map<std::string, persistence::BootKey> of_stream_;
  std::map<std::uint64_t, std::string> rows_;  // and the stream of each
};

}  // namespace sensors::simulation
