// crash_campaign: the campaign in its long form, ./dev crash. Exits 1 when a reading was lost, doubled or changed.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>

#include "tests/system/crash_campaign.hpp"

int main(int argc, char** argv) {
  using namespace sensors::rig;
  CampaignOptions options;
  bool json = false;
  options.rounds = 500;
  options.seed = std::random_device{}();
  options.report_rounds = true;
  CLI::App app("Kills every part of the pipeline at random instants and checks that each reading arrives once",
               "crash_campaign");
  app.add_option("--rounds", options.rounds, "Faults to play")->check(CLI::Range(0, 1'000'000));
  app.add_option("--seed", options.seed, "Of the choice of faults");
  app.add_option("--readings", options.readings, "Readings to take at least");
  app.add_flag("--json", json, "One JSON object on stdout at the end");
  CLI11_PARSE(app, argc, argv);
  std::fprintf(stderr, "crash_campaign: --seed %llu\n", static_cast<unsigned long long>(options.seed));
  try {
    const CampaignOutcome outcome = run_campaign(options);
    std::fputs(outcome.text(options).c_str(), json ? stderr : stdout);
    if (json) std::printf("%s\n", outcome.json(options).c_str());
    return outcome.problems.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crash_campaign: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
