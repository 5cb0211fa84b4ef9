// BatchSize decides how many rows the next batch has: it finds the row that the destination refuses within a refused
// batch in few requests, and the size that it takes. Owned by Delivery. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "common/core/time.hpp"

namespace sensors::bridge {

class BatchSize {
 public:
  /// `most` rows where nothing speaks against it.
  explicit BatchSize(std::size_t most);

  /// 1 .. most.
  std::size_t next() const { return next_; }

  /// The destination took a batch of `rows`.
  void delivered(std::size_t rows, Instant now);

  /// A row is in this batch of `rows`, more than one, that the destination does not take.
  void refused(std::size_t rows);

  /// A batch of `rows` is more than it takes at once.
  void too_large(std::size_t rows, Instant now);

  /// The batch was a single row that it does not take; it becomes a dead letter.
  void gave_up_row();

 private:
  void raise_ceiling();

  std::size_t most_;
  std::size_t next_;
  std::size_t suspects_ = 0;     // rows from the next one on, among which is one that is refused; 0: not known
  std::size_t ceiling_;          // what has not been called too large
  std::size_t took_before_ = 0;  // while more than that is tried: the ceiling before; 0: it is not
  Millis wait_;                  // until more is tried after the next that is too large
  std::optional<Instant> tries_more_at_;
};

}  // namespace sensors::bridge
