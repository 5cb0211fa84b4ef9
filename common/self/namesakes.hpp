// Namesakes notices other processes that do a service's work on the same broker: machines that are called alike, a
// second store. It listens to the status topics that a service publishes itself. Owned by a Logic. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/codec/topic.hpp"
#include "common/core/service_events.hpp"
#include "common/core/sightings.hpp"

namespace sensors {

class Namesakes {
 public:
  struct Options {
    std::string service;   // "sensor-publisher"
    std::string node;      // ours
    std::string instance;  // what our own statuses say; each process has its own
    Millis status_interval{10'000};
  };

  explicit Namesakes(Options options) : options_(std::move(options)), others_(options_.status_interval) {}

  /// Takes a message if it is a status of this kind of service.
  /// `say_again`: somebody else has just said that this service is down; the retained status is theirs now.
  struct Heard {
    bool say_again = false;
    std::optional<LogLine> line;
  };
  Heard take(const TopicView& topic, const MqttMessage& message, Instant now);

  /// What there is to say when nobody has been heard for long.
  std::optional<LogLine> advance(Instant now);

  /// What is wrong and what to do, for the status; empty: nothing.
  const std::string& trouble() const { return others_.what(); }

  std::optional<Instant> wake_at() const { return others_.wake_at(); }

 private:
  std::string text_of(const std::string& node, const std::string& store) const;

  Options options_;
  Sightings others_;
};

}  // namespace sensors
