// Times as programs and files of others write them, and what one without an offset means. Pure: the machine's zone
// comes in as a function.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// How a time that says no offset is read.
struct TimeRule {
  enum class WithoutOffset { local, utc, refuse };
  WithoutOffset without_offset = WithoutOffset::utc;

  /// The moments at which a clock on the machine's wall shows `shown` (which is given as if it were UTC), in order: two
  /// of an hour that comes twice, none of one that is left out. Needed for `local` only.
  std::function<std::vector<WallTime>(WallTime shown)> moments_of_local{};

  /// Of two such moments: the one nearest to `near`; or, in a file, the first that is not before it.
  enum class Choice { nearest, not_before };
};

/// ISO 8601, with more freedom than RFC 3339: "2026-01-15T16:09:35.123+01:00", "20260115T160935Z", a blank for the T, a
/// comma before the decimals, +0100 and +01, "UTC" and "GMT", without seconds, a date alone (midnight); "15.1.2026
/// 16:09"; and the number of seconds, ms, us or ns since 1970, by its size. malformed when it is none of these or has
/// no offset and the rule refuses that; invalid for a local time that does not exist.
Result<WallTime> parse_foreign_time(std::string_view text, const TimeRule& rule, WallTime near,
                                    TimeRule::Choice choice = TimeRule::Choice::nearest);

/// Of a number since 1970: seconds below 1e11, ms below 1e14, us below 1e17, then ns. malformed before September 2001,
/// where a number is rather a clock that was never set.
Result<WallTime> time_of_epoch(double number);

}  // namespace sensors
