// chaos: the run in its long form, ./dev chaos. Exits 1 when a reading was lost, doubled or changed.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>

#include "tests/chaos/chaos_run.hpp"
#include "tests/rig/private_world.hpp"

int main(int argc, char** argv) {
  using namespace sensors::rig;
  PrivateWorld::enter();
  ChaosRunOptions options;
  bool json = false;
  options.seed = std::random_device{}();
  options.report_faults = true;
  CLI::App app("Plays every fault that it knows on the whole pipeline, and checks that each reading arrives once",
               "chaos");
  app.add_option("--minutes", options.minutes, "How long faults are played")->check(CLI::Range(0.1, 100'000.0));
  app.add_option("--seed", options.seed, "Of the choice of faults");
  app.add_flag("--json", json, "The figures as one JSON object on stdout, the rest on stderr");
  CLI11_PARSE(app, argc, argv);
  std::fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(options.seed));
  try {
    const ChaosOutcome outcome = run_chaos(options);
    std::fputs(outcome.text(options).c_str(), json ? stderr : stdout);
    if (json) std::printf("%s\n", outcome.json(options).c_str());
    return outcome.held() ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
