// Demo runs the whole pipeline on real input for people to look at, and checks at the end that nothing was lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/rig/demo_options.hpp"
#include "tests/rig/demo_outcome.hpp"
#include "tests/rig/demo_table.hpp"
#include "tests/rig/faults.hpp"
#include "tests/rig/rig.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class Demo {
 public:
  explicit Demo(const DemoOptions& options);

  /// Runs to its end; the program's exit code.
  int run();

 private:
  void introduce();
  void flow(const MqttProbe& probe);
  void play_chaos();
  DemoOutcome finish();
  void report(const DemoOutcome& outcome) const;
  Millis since_start() const { return monotonic_now() - started_; }

  DemoOptions options_;
  TempDir folder_;
  std::uint16_t page_port_;
  Rig rig_;
  FaultPlan plan_;
  FaultCount faults_;
  std::string note_;
  Millis started_{0};
};

/// SIGINT and SIGTERM end the demo in good order; a second one ends it at once.
void end_demo_on_signals();
bool demo_signalled();

}  // namespace sensors::rig
