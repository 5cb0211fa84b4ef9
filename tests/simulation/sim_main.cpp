// ./dev sim: simulates one seed, or seed after seed for as many hours as are asked for. A seed that fails is replayed
// with a timeline.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "tests/simulation/alerts_simulation.hpp"
#include "tests/simulation/report.hpp"
#include "tests/simulation/simulation.hpp"

namespace {

using namespace sensors;
using namespace sensors::simulation;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulates the whole pipeline on virtual time, under faults that come from a seed"};
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  double hours = 10;
  std::size_t lines = 40;
  bool json = false;
  bool until_failure = false;
  app.add_option("--seed", seed, "the first seed")->capture_default_str();
  app.add_option("--seeds", seeds, "how many seeds, each for --hours")->capture_default_str();
  app.add_option("--hours", hours, "simulated hours with faults, 0.1 .. 10,000")
      ->check(CLI::Range(0.1, 10'000.0))
      ->capture_default_str();
  app.add_option("--timeline", lines, "lines to show of a seed that fails")->capture_default_str();
  app.add_flag("--until-failure", until_failure, "end with the first seed that fails");
  app.add_flag("--json", json, "print the outcome as one JSON object");
  CLI11_PARSE(app, argc, argv);

  Report report;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < seeds; ++i) {
    SimulationOptions options;
    options.seed = seed + i;
    options.time = Millis{static_cast<Millis::rep>(hours * 3'600'000)};
    Outcome outcome = simulate(options);
    if (outcome.violation.has_value()) {
      options.timeline_lines = lines;
      outcome = simulate(options);
    }
    if (!outcome.violation.has_value()) outcome.violation = simulate_alerts(options.seed, options.time).violation;
    report.add(outcome);
    if (outcome.violation.has_value()) fmt::print(stderr, "{}", describe_failure(outcome, hours));
    if (outcome.violation.has_value() && until_failure) break;
  }
  report.set_seconds(seconds_since(start));
  std::fputs((json ? report.json() : report.text()).c_str(), stdout);
  return report.failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
