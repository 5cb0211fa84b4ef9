// A refused batch of n rows has a bad one: half of it is asked for, and so on, until the bad row stands alone. Where
// the halves before it were delivered, the search goes on in what is left of the refused batch. Behind the bad row
// nothing is known; the size doubles with each delivery. Both together find k bad rows among n in about 2 k log2(most)
// requests beyond n / most, and in k when they stand side by side.
#include "services/sensor-http-bridge/batch_size.hpp"

#include <algorithm>

namespace sensors::bridge {

namespace {

/// How often a batch larger than the API took is tried again: the limit may be gone.
constexpr std::chrono::minutes ceiling_rise{10};

}  // namespace

void BatchSize::delivered(std::size_t rows, Instant now) {
  if (ceiling_rises_at_.has_value() && now >= *ceiling_rises_at_) {
    ceiling_ = std::min(most_, 2 * ceiling_);
    ceiling_rises_at_.reset();
    if (ceiling_ < most_) ceiling_rises_at_ = now + ceiling_rise;
  }
  const bool is_searching = suspects_ > rows;
  suspects_ = is_searching ? suspects_ - rows : 0;
  next_ = is_searching ? std::max<std::size_t>(1, suspects_ / 2) : 2 * next_;
  next_ = std::min(next_, ceiling_);
}

void BatchSize::refused(std::size_t rows) {
  suspects_ = rows;
  next_ = std::max<std::size_t>(1, rows / 2);
}

void BatchSize::too_large(std::size_t rows, Instant now) {
  if (rows == 1) {  // by itself: that says nothing about batches
    if (ceiling_ == 1) ceiling_ = most_;
    return;
  }
  ceiling_ = rows / 2;
  ceiling_rises_at_ = now + ceiling_rise;
  next_ = ceiling_;
}

void BatchSize::gave_up_row() {
  suspects_ = 0;
  next_ = 1;
}

}  // namespace sensors::bridge
