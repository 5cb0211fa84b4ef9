// PipelineWatch remembers what the services of all machines say of themselves, and judges how it all is. It has room
// for so many services as its owner wants: those of the own node always fit; of the others one that has been silent for
// long gives way. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/codec/json_object.hpp"
#include "common/codec/topic.hpp"
#include "common/core/time.hpp"
#include "common/verdict/verdict.hpp"
#include "common/verdict/watched_service.hpp"

namespace sensors::verdict {

/// What only the topic says: a payload's own could make one machine look like another.
inline constexpr auto topic_keys = std::to_array<std::string_view>({"node", "name"});

struct WatchOptions {
  std::string node = {};           // of who looks; empty: of no machine in particular
  std::string service = {};        // of who looks, when it is one
  std::size_t max_services = 256;  // those of the own node come on top
};

class PipelineWatch {
 public:
  /// Of one payload of status and queue.
  static constexpr std::size_t max_payload_bytes = 16 * 1024;

  /// A service that has said nothing for so long gives way to another when there are `max_services`.
  static constexpr Millis long_silence{600'000};

  /// Problems of one verdict; what is beyond is counted.
  static constexpr std::size_t max_problems = 200;

  /// Silent sensors that are named of what one service says: a machine that fell silent leaves room for the others.
  static constexpr std::size_t max_silent = 100;

  using Name = std::pair<std::string, std::string>;  // node and service

  explicit PipelineWatch(WatchOptions options) : options_(std::move(options)) {}

  /// Takes a message of the kinds status, queue, silent and reading; others are passed over. False when it cannot be
  /// read, or there is no room for it: then nothing changes. An empty one takes off what was retained there.
  /// `retained`: the broker had it already, so it may be old.
  bool take(const TopicView& topic, std::string_view payload, Now now, bool retained = false);

  void connected(Now now);
  void disconnected(Now now);
  bool is_connected() const { return connected_at_.has_value(); }

  /// A store of these nodes was asked something, and has not answered. Nobody tells unless he asks.
  void stores_are_silent(std::set<std::string> nodes) { silent_stores_ = std::move(nodes); }

  Verdict judge(Now now) const;

  const std::map<Name, WatchedService>& services() const { return services_; }

 private:
  friend class Judge;

  bool is_own(const Name& name) const;
  bool make_room(const Name& name, Instant now);
  bool take_report(const Name& name, std::string_view kind, std::string_view payload, Now now, bool retained);
  bool take_silent(const Name& name, std::string_view payload, Now now);
  void take_off(const Name& name, std::string_view kind, WallTime now);

  const WatchOptions options_;
  JsonObjectReader reader_;
  std::map<Name, WatchedService> services_;
  std::set<std::string> silent_stores_;
  std::optional<Instant> connected_at_;  // nothing: there is no connection
  WallTime connected_since_{};           // the same, as data
  std::optional<Instant> lost_at_;       // the connection before; what came later is of this one
  std::optional<WallTime> away_since_;
  std::optional<WallTime> newest_;  // when a reading passed last
};

}  // namespace sensors::verdict
