// PipelineWatch remembers what the services of all machines say of themselves, and judges how it all is. It has room
// for so many services as its owner wants: those of the own node always fit; of the others one that has been silent for
// long gives way. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/codec/control_json.hpp"
#include "common/codec/json_object.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/topic.hpp"
#include "common/core/time.hpp"
#include "common/verdict/verdict.hpp"

namespace sensors::verdict {

struct WatchOptions {
  std::string node;                // of who looks; empty: of no machine in particular
  std::string service;             // of who looks, when it is one
  std::size_t max_services = 256;  // those of the own node come on top
};

/// A service as its topics have it.
struct WatchedService {
  template <class Value>
  struct Heard {
    Value value;
    std::string payload;  // a JSON object on one line
    Instant at{};         // when it came
  };
  std::optional<Heard<ServiceReport>> status;
  std::optional<Heard<QueueDepth>> queue;
};

class PipelineWatch {
 public:
  /// Of one payload of status and queue.
  static constexpr std::size_t max_payload_bytes = 16 * 1024;

  /// A service that has said nothing for so long gives way to another when there are `max_services`.
  static constexpr Millis long_silence{600'000};

  /// Problems of one verdict; what is beyond is counted.
  static constexpr std::size_t max_problems = 200;

  using Name = std::pair<std::string, std::string>;  // node and service

  explicit PipelineWatch(WatchOptions options);

  /// Takes a message of the kinds status, queue, silent and reading; others are passed over. False when it cannot be
  /// read, or there is no room for it: then nothing changes. An empty one takes off what was retained there.
  /// `retained`: the broker had it already, so it may be old.
  bool take(const TopicView& topic, std::string_view payload, Now now, bool retained = false);

  void connected(Now now);
  void disconnected(Now now);
  bool is_connected() const;

  Verdict judge(Now now) const;

  const std::map<Name, WatchedService>& services() const;
};

}  // namespace sensors::verdict
