// Counters is what the delivery counts since the start. Owned by Delivery, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/codec/status_writer.hpp"
#include "common/core/latency_histogram.hpp"

namespace sensors::bridge {

struct Counters {
  std::uint64_t delivered = 0;                    // readings that the destination took
  std::uint64_t rejected = 0;                     // rows that became dead letters
  std::uint64_t splits = 0;                       // batches that were refused, and cut
  std::uint64_t holds = 0;                        // times that too many rows were refused in a row
  std::uint64_t batches = 0;                      // delivered
  std::uint64_t bytes = 0;                        // of delivered batches, before compression
  std::uint64_t unanswered = 0;                   // requests that the store did not answer, or refused
  std::uint64_t late_outcomes = 0;                // of attempts that had been given up
  std::map<std::string, std::uint64_t> failures;  // attempts, by class
  LatencyHistogram latency;                       // of attempts, failed ones too

  void describe(StatusWriter& status) const;
};

}  // namespace sensors::bridge
