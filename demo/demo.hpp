// Demo runs the whole pipeline on real input for people to look at, and checks at the end that nothing was lost.
#pragma once

#include <string>

#include "common/verdict/pipeline_watch.hpp"
#include "demo/demo_folder.hpp"
#include "demo/demo_options.hpp"
#include "demo/demo_outcome.hpp"
#include "demo/demo_picture.hpp"
#include "demo/page_port.hpp"
#include "demo/thermometer.hpp"
#include "services/sensorctl/shell/terminal.hpp"
#include "tests/rig/faults.hpp"
#include "tests/rig/rig.hpp"

namespace sensors::demo {

class Demo {
 public:
  /// RigError when something is missing, on one line where a person can do something about it.
  explicit Demo(const DemoOptions& options);

  /// Runs to its end; the program's exit code.
  int run();

 private:
  int run_to_its_end();
  int end_at_once() const;
  void introduce();
  bool is_over() const;
  void flow(rig::MqttProbe& probe);
  View view(rig::MqttProbe& probe);
  std::string verdict_of(rig::MqttProbe& probe);
  void play_unplugged();
  void show(const View& view);
  void say(const std::string& text);
  std::string part_name(rig::Part part, std::size_t node) const;
  void revive();
  void play_chaos();
  DemoOutcome finish();
  void report(const DemoOutcome& outcome);
  Millis since_start() const { return rig::monotonic_now() - started_; }

  DemoOptions options_;
  DemoFolder folder_;
  PagePort page_;
  Thermometer thermometer_;
  rig::Rig rig_;
  rig::FaultPlan plan_;
  rig::FaultCount faults_;
  sensorctl::Terminal terminal_;
  verdict::PipelineWatch watch_{verdict::WatchOptions{}};
  bool nobody_reads_ = false;
  bool has_no_room_ = false;
  bool is_draining_ = false;
  int revived_ = 0;
  std::string note_;
  Millis started_{0};
};

/// SIGINT, SIGTERM and SIGHUP end the demo in good order; a second one ends it at once, without a count, and removes
/// its folder as well.
void end_demo_on_signals();
bool demo_signalled();
bool demo_is_cut_off();

}  // namespace sensors::demo
