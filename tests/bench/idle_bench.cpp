#include <fmt/format.h>

#include "tests/bench/measurements.hpp"
#include "tests/rig/process_stats.hpp"

namespace sensors::bench {

void measure_idle(Figures& figures, Millis time) {
  const rig::TempDir folder("sensor-bench");
  rig::RigOptions options;
  options.nodes[0].drivers.set_text("driver.host", "type", "host");
  rig::Rig rig(folder, options);
  rig.start_all();
  rig.wait_until("the first readings are delivered", Millis{60'000}, [&] { return rig.progress().delivered > 0; });
  const std::vector<std::pair<std::string, pid_t>> processes = {
      {"sensor-publisher", rig.publisher().process().pid()},
      {"sensor-persistence", rig.persistence().process().pid()},
      {"sensor-http-bridge", rig.bridge().process().pid()}};
  std::vector<rig::ProcessStats> before;
  for (const auto& [name, pid] : processes) before.push_back(rig::read_process_stats(pid));
  const double seconds = std::chrono::duration<double>(time).count();
  rig::let_pass(time);
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const auto& [name, pid] = processes[i];
    const rig::ProcessStats after = rig::read_process_stats(pid);
    figures["idle_cpu_percent_" + name] = (after.cpu_seconds - before[i].cpu_seconds) * 100 / seconds;
    figures["idle_wake_ups_per_s_" + name] = static_cast<double>(after.wake_ups - before[i].wake_ups) / seconds;
    figures["rss_idle_mb_" + name] = after.resident_mb;
    figures["rss_private_idle_mb_" + name] = after.private_mb;
    fmt::print("idle {}: {:.2f} % CPU, {:.1f} wake-ups/s, {:.1f} MB resident, {:.1f} MB private\n", name,
               figures["idle_cpu_percent_" + name], figures["idle_wake_ups_per_s_" + name], after.resident_mb,
               after.private_mb);
  }
}

}  // namespace sensors::bench
