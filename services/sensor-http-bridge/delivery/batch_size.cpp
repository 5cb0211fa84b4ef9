// A refused batch of n rows has a bad one: half of it is asked for, and so on, until the bad row stands alone. Where
// the halves before it were delivered, the search goes on in what is left of the refused batch. Behind the bad row
// nothing is known; the size doubles with each delivery. Both together find k bad rows among n in about 2 k log2(most)
// requests beyond n / most, and in k when they stand side by side.
#include "services/sensor-http-bridge/delivery/batch_size.hpp"

#include <algorithm>

namespace sensors::bridge {

namespace {

/// How long after a 413 more is tried: doubling with each attempt that is too large as well, as the limit is a real
/// one; the shortest again once more was taken.
constexpr std::chrono::minutes shortest_wait{1};
constexpr std::chrono::minutes longest_wait{10};

}  // namespace

BatchSize::BatchSize(std::size_t most) : most_(most), next_(most), ceiling_(most), wait_(shortest_wait) {}

void BatchSize::delivered(std::size_t rows, Instant now) {
  if (took_before_ > 0 && rows > took_before_) {
    wait_ = shortest_wait;
    raise_ceiling();
  }
  if (tries_more_at_.has_value() && now >= *tries_more_at_) {
    tries_more_at_.reset();
    raise_ceiling();
  }
  const bool is_searching = suspects_ > rows;
  suspects_ = is_searching ? suspects_ - rows : 0;
  next_ = is_searching ? std::max<std::size_t>(1, suspects_ / 2) : 2 * next_;
  next_ = std::min(next_, ceiling_);
}

void BatchSize::raise_ceiling() {
  took_before_ = ceiling_ < most_ ? ceiling_ : 0;
  ceiling_ = std::min(most_, 2 * ceiling_);
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
  if (took_before_ > 0 && rows > took_before_) wait_ = std::min<Millis>(2 * wait_, longest_wait);
  took_before_ = 0;
  ceiling_ = rows / 2;
  tries_more_at_ = now + wait_;
  next_ = ceiling_;
}

void BatchSize::gave_up_row() {
  suspects_ = 0;
  next_ = 1;
}

}  // namespace sensors::bridge
