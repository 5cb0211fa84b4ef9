// DemoTable shows how far everything is: a table that is drawn anew on a terminal, a line a time elsewhere.
#pragma once

#include <string>
#include <vector>

#include "common/core/time.hpp"
#include "tests/rig/rig.hpp"

namespace sensors::rig {

/// What a service says of itself in its status topic.
struct ServiceView {
  std::string state = "-";
  std::string breaker = "-";
  std::string pace = "-";  // "1 s"
};

/// From a status payload; "-" for what it does not say.
ServiceView view_of_status(const std::string& payload);

class DemoTable {
 public:
  /// `terminal`: draw over the last drawing.
  explicit DemoTable(bool terminal) : terminal_(terminal) {}

  /// Shows `rig` as it is, with the services' own words from `probe`. `note` is a last line, such as what was killed.
  void show(const Rig& rig, const MqttProbe& probe, Millis since_start, const std::string& note);

 private:
  struct Row {
    std::string part, readings, waiting, state, breaker, pace;
  };
  std::vector<Row> rows(const Rig& rig, const MqttProbe& probe) const;

  bool terminal_;
  std::size_t drawn_lines_ = 0;
};

}  // namespace sensors::rig
