// Sightings tells what is there from what was there: a thing counts once it has been seen again after a while, and no
// longer when it has not been seen for long. The last words of a process that is gone come all at once, and never
// again. Owned by a Logic. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/core/time.hpp"

namespace sensors {

class Sightings {
 public:
  /// Between two sightings that count.
  static constexpr Millis apart{5'000};

  /// A thing that is there shows itself at least every `longest_silence`. 1 s and more.
  explicit Sightings(Millis longest_silence) : forget_after_(std::max(longest_silence * 3, Millis{60'000})) {}

  /// It was seen, and this is what is to be said of it. True: from now on it is there.
  bool seen(std::string what, Instant now) {
    const bool is_recent = last_.has_value() && now - *last_ < forget_after_;
    if (!is_recent) first_ = now;
    last_ = now;
    if (now - first_ < apart) return false;
    const bool is_new = what_.empty();
    what_ = std::move(what);
    return is_new;
  }

  /// True: from now on it is not there any more.
  bool advance(Instant now) {
    if (what_.empty() || now < *last_ + forget_after_) return false;
    what_.clear();
    return true;
  }

  /// What was said of it when it was last seen; empty: it is not there.
  const std::string& what() const { return what_; }

  /// When advance() may have something to do.
  std::optional<Instant> wake_at() const {
    return what_.empty() ? std::nullopt : std::optional(*last_ + forget_after_);
  }

 private:
  Millis forget_after_;
  Instant first_{};
  std::optional<Instant> last_;
  std::string what_;
};

}  // namespace sensors
