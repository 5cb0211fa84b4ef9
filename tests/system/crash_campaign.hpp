// The crash campaign: kill -9 and SIGSTOP of every part at random instants while readings flow; at the end each reading
// must be in the store and at the API, once. The choice of faults follows from the seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/rig/faults.hpp"

namespace sensors::rig {

struct CampaignOptions {
  int rounds = 60;  // faults
  std::uint64_t seed = 1;
  std::uint64_t readings = 50'000;  // taken at least, also when the rounds are over sooner
  bool report_rounds = false;       // a line on stderr now and then
};

struct CampaignOutcome {
  std::vector<std::string> problems;  // none: it held
  FaultCount faults;
  std::uint64_t readings = 0;
  std::uint64_t streams = 0;
  std::uint64_t repeated_requests = 0;  // duplicates that the API's idempotency suppressed
  double seconds = 0;
  std::string folder;  // kept when there are problems

  std::string text(const CampaignOptions& options) const;
  std::string json(const CampaignOptions& options) const;
};

/// Runs it; RigError when it cannot go on, with the logs' tails.
CampaignOutcome run_campaign(const CampaignOptions& options);

}  // namespace sensors::rig
