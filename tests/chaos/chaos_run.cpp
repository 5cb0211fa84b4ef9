// The plan draws a fault, its length and the pause before it, whether they are used or not, so that it is a function of
// the seed. A fault whose thing is touched already waits for the end of the other.
#include "tests/chaos/chaos_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "tests/chaos/fault_catalogue.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr std::size_t most_at_once = 2;
constexpr Millis longest_pause{1'500};
constexpr Millis shortest_fault{100};
constexpr Millis drain_deadline{180'000};
constexpr Millis tick{50};
constexpr std::size_t mib = 1024 * 1024;

ConfigText host_driver() {
  ConfigText config;
  config.set_text("driver.host", "type", "host");
  config.set_text("driver.host", "interval", "500ms");
  return config;
}

/// Room for what is stored in that time, and for a copy of it beside a file that was deleted and is still open.
std::size_t small_disk_bytes(double minutes) { return (64 + static_cast<std::size_t>(8 * minutes)) * mib; }

ChaosOptions chaos_options(double minutes) {
  ChaosOptions options;
  options.nodes = {weather_node("node-1", "50ms", 2), weather_node("node-2", "100ms", 2), {"node-3", host_driver()}};
  options.preloads = true;
  if (PrivateWorld::current().entered()) {
    options.small_disk_bytes = small_disk_bytes(minutes);
    options.api_by_name = true;
  }
  return options;
}

class Run {
 public:
  explicit Run(const ChaosRunOptions& options)
      : options_(options),
        rig_(folder_, chaos_options(options.minutes)),
        catalogue_(fault_catalogue(rig_)),
        random_(options.seed) {}

  ChaosOutcome run() {
    note_absences();
    start_ = monotonic_now();
    rig_.start();
    rig_.copy_store();
    play();
    while (!active_.empty()) end_fault(active_.front());
    const Millis calm = monotonic_now();
    wait_for_recovery();
    outcome_.account = rig_.finish(drain_deadline);
    outcome_.vitals = rig_.vitals();
    outcome_.drain_seconds = static_cast<double>((monotonic_now() - calm).count()) / 1e3;
    outcome_.seconds = static_cast<double>((monotonic_now() - start_).count()) / 1e3;
    if (!outcome_.held()) {
      folder_.keep();
      outcome_.folder = folder_.path();
      outcome_.problems.push_back("the logs end so:\n" + folder_.log_tails());
    }
    return std::move(outcome_);
  }

 private:
  struct Active {
    const ChaosFault* fault;
    Millis until;
  };

  void note_absences() {
    if (!PrivateWorld::current().entered()) {
      outcome_.absent.push_back("no network and mounts of our own (" + PrivateWorld::current().why_not() +
                                "): no real full disks, silent DNS or lost packets; the disk faults are played by a "
                                "library, the network's by proxies");
    } else if (!PacketFilter::works()) {
      outcome_.absent.push_back("nft does not work here: no lost packets");
    }
  }

  void play() {
    const Millis end = start_ + Millis{static_cast<Millis::rep>(options_.minutes * 60'000)};
    while (monotonic_now() < end) {
      const ChaosFault& fault = catalogue_[between(0, catalogue_.size() - 1)];
      const Millis lasts{static_cast<Millis::rep>(
          between(static_cast<std::size_t>(shortest_fault.count()), static_cast<std::size_t>(fault.longest.count())))};
      const Millis pause{static_cast<Millis::rep>(between(0, static_cast<std::size_t>(longest_pause.count())))};
      pass_until(monotonic_now() + pause);
      while (active_.size() >= most_at_once || touched(fault.touches)) pass_until(first_end());
      begin_fault(fault, lasts);
    }
  }

  /// Ends the faults whose time comes, and starts again what ended by itself.
  void pass_until(Millis time) {
    do {
      let_pass(std::min(tick, std::max(Millis{0}, time - monotonic_now())));
      revive();
      rig_.look();
      const Millis now = monotonic_now();
      const auto over =
          std::find_if(active_.begin(), active_.end(), [&](const Active& one) { return one.until <= now; });
      if (over != active_.end()) end_fault(*over);
    } while (monotonic_now() < time);
  }

  Millis first_end() const {
    return std::min_element(active_.begin(), active_.end(),
                            [](const Active& a, const Active& b) { return a.until < b.until; })
        ->until;
  }

  bool touched(const std::vector<std::string>& things) const {
    return std::any_of(active_.begin(), active_.end(), [&](const Active& one) {
      return std::find_first_of(things.begin(), things.end(), one.fault->touches.begin(), one.fault->touches.end()) !=
             things.end();
    });
  }

  void begin_fault(const ChaosFault& fault, Millis lasts) {
    const Millis now = monotonic_now();
    if (options_.report_faults) {
      fmt::print(stderr, "{:7.1f} s  {} for {:.1f} s\n", static_cast<double>((now - start_).count()) / 1e3, fault.name,
                 static_cast<double>(lasts.count()) / 1e3);
    }
    ++outcome_.faults[fault.name];
    fault.begin();
    active_.push_back({&fault, now + lasts});
  }

  void end_fault(const Active& one) {
    const ChaosFault* fault = one.fault;
    std::erase_if(active_, [&](const Active& other) { return other.fault == fault; });
    fault->end();
  }

  /// A service may give up, with a disk full at its start, say: then it is started again, as systemd does. It may never
  /// end by a signal of its own.
  void revive() {
    for (const ChaosRig::Ended& ended : rig_.restart_what_ended()) {
      ++outcome_.restarts;
      if (options_.report_faults) fmt::print(stderr, "           {} ended with {}\n", ended.name, ended.code);
      if (ended.code >= 128) outcome_.problems.push_back(fmt::format("{} crashed, code {}", ended.name, ended.code));
    }
  }

  void wait_for_recovery() {
    const std::uint64_t then = rig_.rig().taken();
    const bool recovered = comes_true(drain_deadline, [&] {
      revive();
      return rig_.rig().progress().delivered > then && rig_.all_up();
    });
    if (!recovered) outcome_.problems.emplace_back("not every service says that it is up again");
  }

  std::size_t between(std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(random_);
  }

  ChaosRunOptions options_;
  TempDir folder_{"sensor-chaos"};
  ChaosRig rig_;
  std::vector<ChaosFault> catalogue_;
  std::mt19937_64 random_;
  std::vector<Active> active_;
  Millis start_{0};
  ChaosOutcome outcome_;
};

int total(const std::map<std::string, int>& counts) {
  int sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

}  // namespace

ChaosOutcome run_chaos(const ChaosRunOptions& options) { return Run(options).run(); }

std::string ChaosOutcome::text(const ChaosRunOptions& options) const {
  std::string text;
  for (const auto& [name, count] : faults) text += fmt::format("{:5}  {}\n", count, name);
  for (const std::string& what : absent) text += "not played: " + what + "\n";
  text += fmt::format(
      "seed {}: {:.0f} s, {} faults, {} services gave up and were started again; drained {:.1f} s after the last\n",
      options.seed, seconds, total(faults), restarts, drain_seconds);
  text += account.text() + "\n";
  for (const auto& [service, worst] : vitals.by_service()) {
    text += fmt::format("{}: loop blocked for {} ms at the longest, memory peak {:.1f} MiB\n", service, worst.loop_ms,
                        static_cast<double>(worst.memory_kib) / 1'024);
  }
  for (const std::string& problem : problems) text += problem + "\n";
  if (!folder.empty()) text += "kept: " + folder + "\n";
  return text;
}

std::string ChaosOutcome::json(const ChaosRunOptions& options) const {
  std::string services;
  for (const auto& [service, worst] : vitals.by_service()) {
    services += fmt::format(R"({}"{}":{{"loop_max_ms":{},"memory_peak_kib":{}}})", services.empty() ? "" : ",", service,
                            worst.loop_ms, worst.memory_kib);
  }
  return fmt::format(
      R"({{"seed":{},"seconds":{:.1f},"faults":{},"restarts":{},"taken":{},"stored":{},"delivered":{},)"
      R"("lost":{},"doubled":{},"changed":{},"told_again":{},"in_gaps":{},"dead_lettered":{},"drain_seconds":{:.1f},"services":{{{}}},"problems":{}}})",
      options.seed, seconds, total(faults), restarts, account.taken, account.stored, account.delivered, account.lost,
      account.doubled, account.changed, account.told_again, account.in_gaps, account.dead_lettered, drain_seconds,
      services, problems.size());
}

}  // namespace sensors::rig
