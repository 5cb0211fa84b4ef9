// The frame of what a service says of itself on its status topic, and how those who watch read all of it. The other
// keys are written by the parts that know the values: each one's describe(). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/disk_figures.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// A service's state in its status topic.
enum class ServiceState { up, degraded, down };
const char* name_of(ServiceState state);

/// The keys that every status payload has; a service adds its own in `details`, as StatusWriter::members() gives them:
/// "\"pace_ms\":10000,\"breaker\":{...}". Empty: none.
struct StatusReport {
  std::string service;
  ServiceState state = ServiceState::up;
  std::string reason;  // empty when up
  WallTime since;      // of the state
  std::string version;
  std::string details;
};
std::string encode_status(const StatusReport& report);

/// How often a breaker went into each state since its service started.
struct BreakerTransitions {
  std::uint64_t closed = 0;
  std::uint64_t open = 0;
  std::uint64_t half_open = 0;
  bool operator==(const BreakerTransitions&) const = default;
};

struct BreakerReport {
  std::string state;  // closed, open or half_open, as name_of() of a breaker's state
  std::string reason;
  std::optional<WallTime> since;
  std::optional<WallTime> next_attempt;
  bool isolated = false;                                         // by an operator; then there is no next attempt
  std::optional<WallTime> failing_since = std::nullopt;          // when it was last closed; nothing while it is
  std::optional<BreakerTransitions> transitions = std::nullopt;  // nothing: the service is older than they are
  bool operator==(const BreakerReport&) const = default;
};

/// What LatencyHistogram counts; the buckets are the sender's.
struct LatencyReport {
  struct Bucket {
    double most_ms = 0;
    std::uint64_t count = 0;  // that took at most so long: never less than that of the bucket before
    bool operator==(const Bucket&) const = default;
  };
  std::vector<Bucket> buckets;  // by rising most_ms, 64 at most
  double sum_ms = 0;
  std::uint64_t count = 0;
  bool operator==(const LatencyReport&) const = default;
};

/// What a store has for a destination.
struct DestinationReport {
  std::optional<std::uint64_t> waiting;  // rows; nothing: the destination is not configured any more
  std::uint64_t dead_letters = 0;        // that do not wait
  bool url_gone = false;                 // it was delivered to, and its bridge has no url any more
  bool operator==(const DestinationReport&) const = default;
};

/// What was dropped, by the gap records that a store has, where the newest of them is less than a day old.
struct GapsReport {
  std::string node;  // of the newest record; so is the reason
  std::string reason;
  std::uint64_t readings = 0;  // of all records since the one at `since`, none of them a day behind the one before
  WallTime since;
  WallTime time;  // of the newest
  bool operator==(const GapsReport&) const = default;
};

struct ServiceReport {
  std::string service;
  ServiceState state = ServiceState::up;
  std::string reason;
  WallTime since;  // of the state
  std::string version;
  std::string instance;                       // of the process, random; empty: the service is older than they are
  bool last_will = false;                     // it ended without a word; `since` is then when it had connected
  std::optional<WallTime> time;               // when it said this, by a clock that somebody vouches for
  std::optional<Millis> interval;             // at which it says how it is
  std::optional<bool> clock_synced;           // publisher and persistence: somebody vouches for their clock
  std::optional<DiskFigures> disk;            // where its database is; publisher and persistence
  std::optional<GapsReport> gaps;             // persistence
  std::optional<WallTime> newest;             // persistence: when it last took readings
  std::optional<BreakerReport> breaker;       // publisher and bridge
  std::optional<Millis> pace;                 // publisher: between two reads of a sensor
  std::string pressure;                       // publisher: why it reads more slowly; empty when it does not
  std::string store;                          // persistence: the store's id; empty when it is not open
  std::optional<std::uint64_t> used_bytes;    // persistence
  std::optional<std::uint64_t> dead_letters;  // persistence: that do not wait
  std::map<std::string, DestinationReport> destinations;  // persistence; empty: the store is older than they are
  std::optional<LatencyReport> puback;                    // publisher: from a message with readings to its PUBACK
  std::optional<bool> delivers;                           // bridge: whether it has a destination
  std::optional<LatencyReport> api;                       // bridge: uploads, failed ones too
  bool operator==(const ServiceReport&) const = default;
};

/// A status as encode_status() writes it. malformed, too_large, or invalid with the key that is wrong.
/// Keys of later versions are ignored.
Result<ServiceReport> decode_status(std::string_view payload);

/// Only the state is decoded: "up", "degraded" or "down".
Result<ServiceState> decode_status_state(std::string_view payload);

/// Only whether somebody waits for what the service does: false for a bridge that says `"delivers":false`, up or down.
Result<bool> decode_status_delivers(std::string_view payload);

}  // namespace sensors
