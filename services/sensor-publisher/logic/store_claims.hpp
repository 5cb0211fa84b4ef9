// StoreClaims makes sure that the store has every ended stream to its end. The outbox has nothing of them any more but
// their last numbers: each is claimed by a gap record for all of it, of which the store takes what it lacks. One that
// has all takes nothing, and says so. Part of the publisher's Logic. Pure.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/time.hpp"
#include "services/sensor-publisher/logic/outbox_entry.hpp"

namespace sensors::publisher {

class StoreClaims {
 public:
  /// All of `ended` are to be claimed: the store may be as it was before they came.
  explicit StoreClaims(const std::vector<EndedStream>& ended) { restart(ended); }
  void restart(const std::vector<EndedStream>& ended);

  /// The store has confirmed a stream to its end, and its rows are gone.
  void ended(EndedStream stream);

  /// It is another store, or has gone back: all are to be claimed, again.
  void begin();

  /// The claim that is due, if any; the same until it is answered.
  const EndedStream* due() const;
  void sent(Instant now);

  /// Lets one that was sent be due again when it has waited long enough.
  void wait(Instant now);

  /// A watermark of a stream that may be the one that is claimed.
  void committed(const std::string& stream, std::uint64_t through);

  /// The store has the claimed stream as `node`'s. False when that is no news: it is left out then.
  bool belongs_to(const std::string& stream, const std::string& node);

  /// The broker does not take the claim: it comes again behind the others.
  void refused();

  /// What was sent may be lost: it is due again.
  void again() { retry_at_.reset(); }

  std::optional<Instant> wake_at() const;
  std::size_t waiting() const { return ended_.size() - next_; }

  /// The nodes of those that are still to be claimed.
  void add_nodes_to(std::set<std::string>& nodes) const;

 private:
  void advance();

  std::deque<EndedStream> ended_;  // oldest first
  std::size_t next_ = 0;           // the one that is claimed now
  std::optional<Instant> retry_at_;
  Millis wait_{};
};

}  // namespace sensors::publisher
