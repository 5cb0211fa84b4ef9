// The demo: two nodes with real input, the services as they are shipped, and the sums at the end.
#include "tests/rig/demo.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr Millis tick{50};
constexpr Millis show_every{1'000};
constexpr Millis chaos_every{2'000};
constexpr Millis drain_deadline{30'000};

volatile std::sig_atomic_t signalled = 0;

/// The weather of a year, 26,277 readings, in about 15 s: then it begins again.
NodeOptions weather_node() {
  NodeOptions node{"demo-weather", weather_driver("100ms", 60)};
  node.drivers.set_text("driver.weather", "stamp", "now");
  node.drivers.set("driver.weather", "units", R"(["pressure=hPa", "temperature=Cel", "wind=m/s"])");
  return node;
}

NodeOptions host_node() {
  NodeOptions node{"demo-host", {}};
  node.drivers.set_text("driver.host", "type", "host");
  node.drivers.set_text("driver.host", "interval", "500ms");
  return node;
}

/// The shipped defaults, with shorter waits so that a person sees something happen.
RigOptions demo_rig(std::uint16_t page_port) {
  RigOptions options;
  options.nodes = {host_node(), weather_node()};
  options.publisher.set("pace", "steps", R"(["1s", "3s", "6s"])");
  options.publisher.set_text("", "status_interval", "1s");
  options.publisher.set("breaker", "open_times", R"(["2s", "5s"])");
  options.publisher.set_text("send", "resend_after", "2s");
  options.bridge.set("breaker", "open_times", R"(["2s", "5s"])");
  options.bridge.set_text("destination", "interval", "500ms");
  options.bridge.set_text("", "status_interval", "1s");
  options.bridge.set_text("http", "listen", fmt::format("127.0.0.1:{}", page_port));
  return options;
}

TempDir make_folder(const DemoOptions& options) {
  return options.keep.empty() ? TempDir("sensor-demo") : TempDir(TempDir::At{options.keep});
}

FaultPlan make_plan(const DemoOptions& options) {
  FaultPlan::Options plan;
  plan.nodes = 2;
  plan.freeze_share = 0;
  plan.wait_most = plan.wait_least = Millis{0};
  return FaultPlan(plan, options.seed);
}

}  // namespace

Demo::Demo(const DemoOptions& options)
    : options_(options),
      folder_(make_folder(options)),
      page_port_(free_port()),
      rig_(folder_, demo_rig(page_port_)),
      plan_(make_plan(options)) {}

int Demo::run() {
  started_ = monotonic_now();
  rig_.start_all();
  introduce();
  const std::unique_ptr<MqttProbe> probe = rig_.probe({"sensors/+/status/+"});
  flow(*probe);
  const DemoOutcome outcome = finish();
  report(outcome);
  if (!outcome.good()) folder_.keep();
  return outcome.exit_code();
}

void Demo::introduce() {
  if (options_.chaos) fmt::print(stderr, "chaos: a part is killed -9 every 2 s, --seed {}\n", options_.seed);
  if (options_.json) return;
  fmt::print(stderr,
             "Everything runs in {}.\nLook at it:\n  http://127.0.0.1:{}/\nWatch it pass:\n  {}\n"
             "Ctrl-C ends the demo and counts.\n\n",
             folder_.path(), page_port_, rig_.broker().watch_command());
}

/// Until the time is over or somebody asks to end.
void Demo::flow(const MqttProbe& probe) {
  DemoTable table(isatty(STDERR_FILENO) != 0);
  Millis next_show{0};
  Millis next_chaos = chaos_every;
  while (!demo_signalled() && (!options_.run_for.has_value() || since_start() < *options_.run_for)) {
    if (options_.chaos && since_start() >= next_chaos) {
      play_chaos();
      next_chaos += chaos_every;
    }
    if (!options_.json && since_start() >= next_show) {
      table.show(rig_, probe, since_start(), note_);
      next_show = since_start() + show_every;
    }
    let_pass(tick);
  }
}

void Demo::play_chaos() {
  const Fault fault = plan_.next();
  note_ = fmt::format("killed {} for {} ms", name_of(fault.part), fault.down.count());
  play(rig_, fault);
  faults_.add(fault);
}

DemoOutcome Demo::finish() {
  if (!options_.json) fmt::print(stderr, "\nNo more readings are taken; what is on its way arrives now.\n");
  DemoOutcome outcome;
  outcome.seconds = static_cast<double>(since_start().count()) / 1e3;
  rig_.stop_production();
  rig_.drains_within(drain_deadline);
  const Rig::Progress progress = rig_.progress();
  outcome.taken = progress.taken;
  outcome.stored = progress.stored;
  outcome.delivered = progress.delivered;
  outcome.gaps = progress.gaps;
  outcome.duplicates_at_api = rig_.api().duplicates();
  outcome.lost = outcome.taken - std::min({outcome.taken, outcome.stored, outcome.delivered});
  return outcome;
}

void Demo::report(const DemoOutcome& outcome) const {
  if (options_.json) {
    fmt::print("{}\n", outcome.json());
    std::fflush(stdout);
    return;
  }
  for (const auto& [part, times] : faults_.kills) fmt::print(stderr, "killed -9: {} {} times\n", part, times);
  fmt::print(stderr, "{} readings taken, {} stored, {} delivered; {} lost, {} doubled, {} gap records. {}\n",
             outcome.taken, outcome.stored, outcome.delivered, outcome.lost, outcome.duplicates_at_api, outcome.gaps,
             outcome.good() ? "Every reading arrived, once." : "THIS IS WRONG: see the logs.");
}

void end_demo_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    if (signalled != 0) _exit(130);
    signalled = 1;
  };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool demo_signalled() { return signalled != 0; }

}  // namespace sensors::rig
