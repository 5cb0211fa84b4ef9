// The campaign: production of two replaying publishers, the plan of faults, the drain, the check.
#include "tests/system/crash_campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"
#include "tests/system/delivery_check.hpp"

namespace sensors::rig {
namespace {

constexpr std::size_t node_count = 2;
constexpr Millis production_deadline{120'000};
constexpr Millis drain_deadline{120'000};

std::string weather_path() { return source_path("tests/data/seattle-weather-hourly.csv"); }

/// About 2,400 readings/s in all, at a pace that pressure does not slow down, with waits that are short enough for
/// several recoveries in a minute. Nothing is deleted by age: the weather is of 2010.
RigOptions campaign_rig() {
  RigOptions options;
  options.nodes.clear();
  for (std::size_t node = 0; node < node_count; ++node) {
    options.nodes.push_back({"node-" + std::to_string(node + 1), replay_driver("weather", weather_path(), "50ms", 20)});
  }
  options.publisher.set("pace", "steps", R"(["10s"])");
  options.publisher.set_text("send", "resend_after", "1s");
  options.publisher.set_text("send", "resend_longest", "4s");
  options.publisher.set("breaker", "open_times", R"(["500ms", "1s"])");
  options.bridge.set("breaker", "open_times", R"(["500ms", "1s"])");
  options.bridge.set_text("destination", "interval", "200ms");
  options.bridge.set("destination", "max_rate", "0");
  options.persistence.set_text("retention", "max_age", "36500d");
  return options;
}

class Campaign {
 public:
  explicit Campaign(const CampaignOptions& options)
      : options_(options),
        rig_(folder_, campaign_rig()),
        plan_({.nodes = node_count}, options.seed),
        ledgers_(node_count) {}

  CampaignOutcome run() {
    const Millis start = monotonic_now();
    rig_.start_all();
    play_rounds();
    // A publisher that was just started may need its time; the readings must come all the same.
    rig_.wait_until(fmt::format("{} readings are taken (seed {})", options_.readings, options_.seed),
                    production_deadline, [this] { return rig_.taken() >= options_.readings; });
    stop_production();
    const bool drained = rig_.drains_within(drain_deadline);
    note_streams();
    outcome_.seconds = static_cast<double>((monotonic_now() - start).count()) / 1e3;
    outcome_.problems = check_delivery(rig_, ledgers_, WeatherFile(weather_path()));
    if (!drained) outcome_.problems.push_back(fmt::format("not drained after {} s", drain_deadline.count() / 1'000));
    sum_up();
    return std::move(outcome_);
  }

 private:
  void play_rounds() {
    for (int round = 1; round <= options_.rounds; ++round) {
      const Fault fault = plan_.next();
      play(rig_, fault, [this] { note_streams(); });
      outcome_.faults.add(fault);
      if (options_.report_rounds && round % 10 == 0) {
        const Rig::Progress progress = rig_.progress();
        fmt::print(stderr, "round {}: {} taken, {} in outbox, {} stored, {} delivered\n", round, progress.taken,
                   progress.in_outbox, progress.stored, progress.delivered);
      }
    }
  }

  void stop_production() {
    note_streams();
    rig_.stop_production();
  }

  void note_streams() {
    for (std::size_t node = 0; node < node_count; ++node) ledgers_[node].note(rig_.publisher(node).outbox());
  }

  void sum_up() {
    outcome_.readings = rig_.taken();
    outcome_.streams = rig_.store().streams().size();
    outcome_.repeated_requests = rig_.api().repeated_requests();
    if (outcome_.problems.empty()) return;
    folder_.keep();
    outcome_.folder = folder_.path();
    outcome_.problems.push_back("the logs end so:\n" + folder_.log_tails());
  }

  CampaignOptions options_;
  TempDir folder_{"sensor-crash"};
  Rig rig_;
  FaultPlan plan_;
  std::vector<StreamLedger> ledgers_;
  CampaignOutcome outcome_;
};

int total(const std::map<std::string, int>& counts) {
  int sum = 0;
  for (const auto& [part, count] : counts) sum += count;
  return sum;
}

std::string counts_text(const std::map<std::string, int>& counts) {
  std::string text;
  for (const auto& [part, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", part, count);
  return text;
}

}  // namespace

CampaignOutcome run_campaign(const CampaignOptions& options) { return Campaign(options).run(); }

std::string CampaignOutcome::text(const CampaignOptions& options) const {
  std::string text = fmt::format(
      "seed {}: {} rounds, {} kills -9 ({}), {} freezes ({}); {} readings in {} streams, {:.1f} s; {} requests came "
      "again to the API "
      "and changed nothing\n",
      options.seed, options.rounds, total(faults.kills), counts_text(faults.kills), total(faults.freezes),
      counts_text(faults.freezes), readings, streams, seconds, repeated_requests);
  if (problems.empty()) return text + "every reading is in the store and at the API, once, in its place\n";
  for (const std::string& problem : problems) text += problem + "\n";
  return text + "kept: " + folder + "\n";
}

std::string CampaignOutcome::json(const CampaignOptions& options) const {
  std::string per_part;
  for (const auto& [part, count] : faults.kills) per_part += fmt::format(R"("kills_{}":{},)", part, count);
  return fmt::format(R"({{"seed":{},"rounds":{},"kills":{},{}"freezes":{},"readings":{},"streams":{},"seconds":{:.1f},)"
                     R"("repeated_requests":{},"problems":{}}})",
                     options.seed, options.rounds, total(faults.kills), per_part, total(faults.freezes), readings,
                     streams, seconds, repeated_requests, problems.size());
}

}  // namespace sensors::rig
