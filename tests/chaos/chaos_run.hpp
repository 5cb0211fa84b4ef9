// The chaos run: faults of every kind, up to two at a time, in an order that follows from a seed, while readings flow;
// at the end they cease, everything drains without help, and each reading must be in the store and at the API exactly
// once, or be covered by a gap record.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/chaos/account.hpp"
#include "tests/chaos/vitals.hpp"

namespace sensors::rig {

struct ChaosRunOptions {
  double minutes = 5;
  std::uint64_t seed = 1;
  bool report_faults = false;  // a line on stderr for each
};

struct ChaosOutcome {
  std::map<std::string, int> faults;  // how often each was played
  int restarts = 0;                   // of services that ended by themselves and were started again, as systemd does
  Account account;
  Vitals vitals;
  double seconds = 0;
  double drain_seconds = 0;           // from the end of the last fault
  std::vector<std::string> problems;  // beyond those of the account
  std::vector<std::string> absent;    // what this machine did not allow, and why
  std::string folder;                 // kept when it did not hold

  bool held() const { return account.whole() && problems.empty(); }
  std::string text(const ChaosRunOptions& options) const;
  std::string json(const ChaosRunOptions& options) const;
};

/// Runs it; RigError when it cannot go on, with the logs' tails.
ChaosOutcome run_chaos(const ChaosRunOptions& options);

}  // namespace sensors::rig
