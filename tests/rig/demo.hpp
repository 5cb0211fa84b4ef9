// Demo runs the whole pipeline on real input for people to look at, and checks at the end that nothing was lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/rig/demo_options.hpp"
#include "tests/rig/demo_table.hpp"
#include "tests/rig/faults.hpp"
#include "tests/rig/rig.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

/// What came of what the drivers gave, once everything had its time to arrive.
struct DemoOutcome {
  std::uint64_t taken = 0;
  std::uint64_t stored = 0;
  std::uint64_t delivered = 0;
  std::uint64_t duplicates_at_api = 0;
  std::uint64_t lost = 0;
  std::uint64_t gaps = 0;
  double seconds = 0;

  /// Every reading arrived, once.
  bool good() const { return lost == 0 && duplicates_at_api == 0 && stored == taken && delivered == taken; }
  std::string json() const;
};

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
