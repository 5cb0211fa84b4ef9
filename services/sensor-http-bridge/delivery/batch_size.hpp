// BatchSize decides how many rows the next batch has: it finds the row that the API refuses within a refused batch in
// few requests, and the size that the API takes. Owned by Logic. Pure.
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

  /// The API took a batch of `rows`.
  void delivered(std::size_t rows, Instant now);

  /// 400 or 422: a row is in this batch of `rows`, more than one, that the API does not take.
  void refused(std::size_t rows);

  /// 413 for a batch of `rows`.
  void too_large(std::size_t rows, Instant now);

  /// The batch was a single row that the API does not take; it becomes a dead letter.
  void gave_up_row();

 private:
  void raise_ceiling();

  std::size_t most_;
  std::size_t next_;
  std::size_t suspects_ = 0;     // rows from the next one on, among which is one that the API refuses; 0: not known
  std::size_t ceiling_;          // what the API has not called too large
  std::size_t took_before_ = 0;  // while more than that is tried: the ceiling before; 0: it is not
  Millis wait_;                  // until more is tried after the next 413
  std::optional<Instant> tries_more_at_;
};

}  // namespace sensors::bridge
