// LostNumbers tells which acknowledged numbers of a stream a damaged store has lost, from what could be read of it: the
// numbers with no row, without those that every destination has and that retention may have deleted. Used by the
// salvage of a store. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace sensors::persistence {

/// First and last, both included.
struct NumberRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  bool operator==(const NumberRange&) const = default;
};

/// The ids behind `uploaded` that no row has any more. Each id was given to one row, so each of these was one that some
/// destination does not have.
class MissingIds {
 public:
  explicit MissingIds(std::uint64_t uploaded) : uploaded_(uploaded), next_(uploaded + 1) {}

  /// In ascending order; those up to `uploaded` change nothing.
  void present(std::uint64_t id);

  /// The last id that was given to a row.
  void end(std::uint64_t last_id) { present(last_id + 1); }

  /// How many there are between the two, both excluded.
  std::uint64_t between(std::uint64_t after, std::uint64_t before) const;

  std::uint64_t uploaded() const { return uploaded_; }

 private:
  struct Run {
    NumberRange ids;
    std::uint64_t before = 0;  // missing ids before it
  };
  std::uint64_t up_to(std::uint64_t id) const;

  std::uint64_t uploaded_;
  std::uint64_t next_;
  std::vector<Run> runs_;
};

class LostNumbers {
 public:
  /// `through`: the stream's watermark as it was read.
  LostNumbers(const MissingIds& missing, std::uint64_t through) : missing_(missing), through_(through) {}

  /// A row of the stream that was read, in ascending order of numbers. False when it cannot be right: a number that was
  /// never acknowledged and does not continue the stream, one that another row has, an id out of order. Such a row has
  /// to go, and its id is missing then.
  bool present(NumberRange numbers, std::uint64_t id);

  struct Finding {
    std::uint64_t through = 0;
    std::vector<NumberRange> lost;
  };
  /// `end_id` is behind the last id that was given to a row.
  Finding end(std::uint64_t end_id);

 private:
  void find_lost(std::uint64_t last, std::uint64_t before_id);

  const MissingIds& missing_;
  std::uint64_t through_;
  std::uint64_t last_ = 0;  // the highest number that was read
  std::uint64_t last_id_ = 0;
  std::vector<NumberRange> lost_;
};

}  // namespace sensors::persistence
