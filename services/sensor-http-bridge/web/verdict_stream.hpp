// VerdictStream decides when those who listen are told the verdict again: at once when it is another one, yet not more
// often than they can read; and now and then while all is well, as the newest reading is of another time. Owned by Web.
// Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "common/verdict/pipeline_watch.hpp"

namespace sensors::bridge {

class VerdictStream {
 public:
  /// Least time between two looks; longest one while somebody listens, as time alone changes a verdict; and after so
  /// long it is told again though it says the same.
  static constexpr Millis pause{200};
  static constexpr Millis look_interval{1'000};
  static constexpr Millis tell_interval{5'000};

  /// Something was heard that may change it.
  void changed(Instant now) { look_at_ = std::min(look_at_, std::max(now, last_look_ + pause)); }

  /// What is to be told now, as JSON. To be called in each step while somebody listens.
  std::optional<std::string> next(const verdict::PipelineWatch& watch, Now now);

  /// The verdict as it is now, as JSON, for who begins to listen; whoever listens already is to be told it too.
  std::string tell(const verdict::PipelineWatch& watch, Now now);

  /// While somebody listens.
  Instant wake_at() const { return look_at_; }

 private:
  std::optional<verdict::Verdict> told_;
  Instant told_at_{};
  Instant last_look_{};
  Instant look_at_{};
};

}  // namespace sensors::bridge
