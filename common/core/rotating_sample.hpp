// RotatingSample lets an invariant of many things cost no more than one of a few: each time a handful is looked at,
// and the next time those that follow. Of a few, all are. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <algorithm>
#include <cstddef>

namespace sensors {

class RotatingSample {
 public:
  static constexpr std::size_t at_once = 16;

  /// Whether `holds` is true of each place that is looked at now, of 0 .. size-1.
  template <class Holds>
  bool all_of(std::size_t size, Holds holds) const {
    for (std::size_t looked = 0; looked < std::min(size, at_once); ++looked)
      if (!holds(next_++ % size)) return false;
    return true;
  }

 private:
  mutable std::size_t next_ = 0;  // where a check looks changes nothing of what it checks
};

}  // namespace sensors
