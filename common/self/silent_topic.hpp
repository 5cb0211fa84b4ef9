// SilentTopic says on the broker which sensors are silent: the retained message `silent/<service>` when it changes, and
// an event when some begin or end to be. It decides nothing. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/codec/status_writer.hpp"
#include "common/core/common_effects.hpp"
#include "common/core/silence_watch.hpp"
#include "common/self/self.hpp"

namespace sensors {

class SilentTopic {
 public:
  /// What is known to fail of a sensor that is silent: its driver, and what is wrong with it. Empty: nothing.
  struct Failure {
    std::string driver;
    std::string what;
  };
  using FailureOf = std::function<Failure(const KnownSensor&)>;

  /// A new connection: the broker may have forgotten it.
  void connected() { said_.reset(); }

  /// To be called in each step. What there is to say is made only when `watch`, or `failures`, a number that changes
  /// whenever what fails does, is another than at the last call.
  void advance(SilenceWatch& watch, std::uint64_t failures, const FailureOf& failure_of, Self& self, Now now,
               CommonEffects effects);

  /// What the status says: "sensors":{"known":56,"silent":1,"not_watched":0}.
  void describe(const SilenceWatch& watch, StatusWriter& status) const;

 private:
  struct Version {
    std::uint64_t watch = 0;
    std::uint64_t failures = 0;
    bool operator==(const Version&) const = default;
  };
  std::optional<Version> said_;
  std::string payload_;
};

}  // namespace sensors
