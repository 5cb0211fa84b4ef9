// FormerNames clears what runs of a service have left on the broker under names that the machine had before: their last
// status would be shown for ever, as a service that is down, or even as one that is up. Owned by a Logic. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/codec/topic.hpp"
#include "common/core/service_events.hpp"
#include "common/core/sightings.hpp"

namespace sensors {

class FormerNames {
 public:
  struct Options {
    std::string root;
    std::string service;  // "sensor-publisher"
    std::string node;     // ours: what is kept under it is replaced, not cleared
    std::string run_key;  // of a status: what tells whose it is, "stream"
    Millis status_interval{10'000};
    bool tells_of_sensors = false;  // it has a topic `silent` too
    bool shows_alerts = false;      // it has topics `alert`, of names that are not known before they are heard
  };

  /// Alerts under one name that are cleared; what is beyond stays.
  static constexpr std::size_t most_alerts = 1'000;

  explicit FormerNames(Options options) : options_(std::move(options)) {}

  /// An earlier run whose statuses say `run` went by the name of `node`.
  void add(const std::string& node, const std::string& run);

  /// Topics to be heard that were not given before: of statuses, and filters of alerts.
  std::vector<std::string> take_topics();

  /// Takes a message if it is a status, or an alert, under one of the names.
  void take(const TopicView& topic, const MqttMessage& message, Instant now);

  /// What the broker keeps meanwhile is not known; it is heard again with the next connection.
  void disconnected();

  /// Messages that clear what an earlier run left, and nobody has said again meanwhile. To be called while connected.
  std::vector<MqttPublish> advance(Instant now);

  /// When advance() has something to do.
  std::optional<Instant> wake_at() const;

 private:
  struct Name {
    std::map<std::string, Sightings> runs;  // by what their statuses say
    std::set<std::string> alerts;           // topics that have something retained
    bool is_heard = false;                  // its topic was given
    std::optional<Instant> clear_at;        // what is kept there is of one of `runs`, if it was not said again by then
  };

  void take_alert(Name& name, const MqttMessage& message) const;
  Millis longest_silence() const;
  std::string run_in(std::string_view payload) const;

  Options options_;
  std::map<std::string, Name, std::less<>> names_;
};

}  // namespace sensors
