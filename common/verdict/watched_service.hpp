// WatchedService is a service as its topics have it, and since when something is so that no topic says the time of.
// Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/codec/control_json.hpp"
#include "common/codec/silent_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/time.hpp"

namespace sensors::verdict {

inline constexpr std::string_view publisher_service = "sensor-publisher";
inline constexpr std::string_view store_service = "sensor-persistence";

/// What may be wrong with a service by its own words.
enum class Condition {
  down,
  degraded,
  queue_full,
  queue_grows,
  dead_letters,
  destination_gone,
  disk,
  disk_at_risk,
  clock,
  pace,
};
inline constexpr std::size_t conditions = 10;

struct WatchedService {
  struct Status {
    std::optional<ServiceReport> report;  // nothing: it is an object, but no status
    std::string payload;                  // on one line
    Instant heard_at{};
    Instant said_at{};      // as far as is known: before heard_at for one that was retained
    WallTime said{};        // the same
    bool retained = false;  // the broker had it already
  };
  struct Queue {
    std::optional<QueueDepth> depth;  // nothing: it is an object, but no queue
    std::string payload;
    Instant heard_at{};
  };

  std::optional<Status> status;
  std::optional<Queue> queue;
  std::optional<SilentReport> silent;
  Instant silent_heard_at{};

  /// Since when each Condition holds; nothing: it does not.
  std::array<std::optional<WallTime>, conditions> since;

  /// Its status, where it has said one that can be read.
  const ServiceReport* report() const;
  std::optional<QueueDepth> depth() const;

  /// It is a last will that the broker had already: how old it is, nothing says.
  bool is_old_will() const;

  /// When it last said anything.
  Instant heard_at() const;

  /// Brings `since` up to date with what it says.
  void note(WallTime now);

  std::optional<WallTime> when(Condition condition) const { return since.at(static_cast<std::size_t>(condition)); }
};

/// Below both, the share and the bytes, a disk is short.
inline constexpr double disk_short = 0.10;
inline constexpr std::uint64_t disk_short_bytes = 1ULL << 30;
inline constexpr double disk_full = 0.02;
inline constexpr std::uint64_t disk_full_bytes = 64ULL << 20;
bool is_short(const DiskFigures& disk);
bool is_nearly_full(const DiskFigures& disk);

/// Share of a queue's limit from which it is full.
inline constexpr double queue_full_share = 0.9;

}  // namespace sensors::verdict
