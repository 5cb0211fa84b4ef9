// A stream ends where the first position of the next one is, which lies behind what the next one sent from memory.
#include "tests/system/stream_ledger.hpp"

#include <algorithm>

namespace sensors::rig {

void StreamLedger::note(const OutboxReader& outbox) {
  if (!outbox.exists()) return;  // killed before it had made its outbox
  for (const OutboxReader::Stream& stream : outbox.streams()) {
    if (std::find(streams_.begin(), streams_.end(), stream) == streams_.end()) streams_.push_back(stream);
  }
  taken_ = std::max(taken_, outbox.taken());
}

void StreamLedger::begin_anew() {
  before_ = lengths();
  streams_.clear();
  taken_ = 0;
}

std::map<std::string, std::uint64_t> StreamLedger::lengths() const {
  std::map<std::string, std::uint64_t> lengths = before_;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const std::uint64_t end = i + 1 < streams_.size() ? streams_[i + 1].base + streams_[i + 1].skipped : taken_;
    std::uint64_t& length = lengths[streams_[i].id];
    length = std::max(length, end - streams_[i].base);
  }
  return lengths;
}

}  // namespace sensors::rig
