// ThresholdRules finds what the owner's own rules look for in the readings: a value above or below a limit, or one that
// changes too much in a time. A limit that was passed is passed until the value is behind it by the hysteresis.
// Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/core/reading.hpp"
#include "services/sensor-alerts/logic/episode.hpp"

namespace sensors::alerts {

struct ThresholdRule {
  std::string name;
  std::string sensor;  // '*' in it stands for any text
  std::string node;    // empty: of any machine
  std::optional<double> above{};
  std::optional<double> below{};
  double hysteresis = 0;
  std::optional<double> change{};  // between the least and the greatest value `within` a time
  Millis within{600'000};
  Millis lasts{300'000};
  bool is_critical = false;
  std::string text;  // in the owner's words; may be empty
};

/// Whether `pattern`, in which each '*' stands for any text, is all of `text`.
bool matches(std::string_view pattern, std::string_view text);

class ThresholdRules {
 public:
  /// Sensors of all rules; what is beyond is not judged, and counted.
  static constexpr std::size_t max_sensors = 5'000;

  /// A reading that is older says nothing of now.
  static constexpr Millis oldest{600'000};

  /// One that is further ahead of a clock that is right has a wrong time.
  static constexpr Millis most_ahead{60'000};

  explicit ThresholdRules(std::vector<ThresholdRule> rules);

  bool has_rules() const { return !rules_.empty(); }

  /// A reading with a number or a boolean; others, those that are not newer, and those from the future say nothing.
  void take(std::string_view node, const Reading& reading, Now now);

  void add_troubles(std::vector<Trouble>& troubles) const;

  /// Whether nothing was heard yet of what `alert`, of a rule that there still is, is about.
  bool is_unknown(const Alert& alert) const;

  std::uint64_t ignored() const { return ignored_; }

 private:
  using Key = std::tuple<std::size_t, std::string, std::string>;  // rule, node, sensor

  struct Watched {
    std::string name;                                // of the alert
    std::deque<std::pair<WallTime, double>> values;  // of `within`, thinned out
    WallTime newest{};                               // of those with a time of their own
    std::string said;                                // what is wrong; empty: nothing
    WallTime since{};
  };

  static constexpr std::size_t max_values = 128;

  static bool is_passed(WallTime time, WallTime newest, Now now);
  static void judge(const ThresholdRule& rule, const Reading& reading, double value, WallTime time, Watched& watched);
  static double spread(const ThresholdRule& rule, WallTime time, double value, Watched& watched);

  std::vector<ThresholdRule> rules_;
  std::map<Key, Watched> watched_;
  std::uint64_t ignored_ = 0;
};

}  // namespace sensors::alerts
