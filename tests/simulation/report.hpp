// Report sums up simulations for people and for scripts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/simulation.hpp"

namespace sensors::simulation {

class Report {
 public:
  void add(const Outcome& outcome);
  void set_seconds(double seconds) { seconds_ = seconds; }

  std::uint64_t failed() const { return failed_seeds_.size(); }
  std::string text() const;
  std::string json() const;

 private:
  double hours() const { return static_cast<double>(simulated_.count()) / 3.6e6; }
  double hours_per_minute() const { return seconds_ > 0 ? hours() / seconds_ * 60 : 0; }

  std::uint64_t seeds_ = 0;
  std::vector<std::uint64_t> failed_seeds_;
  Millis simulated_{0};
  std::uint64_t events_ = 0;
  std::uint64_t hash_ = 0;
  double seconds_ = 0;
  Ledger::Totals readings_;
  std::array<std::uint64_t, fault_kinds> faults_{};
};

/// The promise that was broken, how to replay it, and what happened last.
std::string describe_failure(const Outcome& outcome, double hours);

}  // namespace sensors::simulation
