// StreamLedger remembers every stream that a publisher began, read from its outbox before each restart: a confirmed
// stream is forgotten there at the next start. From it follows how long each stream must be in the store.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/rig/databases.hpp"

namespace sensors::rig {

class StreamLedger {
 public:
  /// Call while the publisher is down, before every restart, and at the end.
  void note(const OutboxReader& outbox);

  /// The next outbox that is noted gives other positions to the same streams: two were joined.
  void begin_anew();

  /// Readings of each stream, by its id.
  std::map<std::string, std::uint64_t> lengths() const;

 private:
  std::vector<OutboxReader::Stream> streams_;  // in the order of the runs
  std::uint64_t taken_ = 0;
  std::map<std::string, std::uint64_t> before_;  // lengths in the outboxes that were there before
};

}  // namespace sensors::rig
