// Silence knows how often the sensors usually come whose readings the store takes, and judges those that no publisher
// does: what is handed in over HTTP, and what came of publishers that the broker knows nothing of. Part of Logic. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/codec/silent_json.hpp"
#include "common/codec/topic.hpp"
#include "common/core/silence_watch.hpp"
#include "common/self/silent_topic.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

class Silence {
 public:
  explicit Silence(SilenceOptions options) : most_sources_(options.max_known), watch_(options) {}

  /// The store was opened, and has kept these.
  void restart(const std::vector<KnownSensor>& kept, Now now);

  /// New rows, as they are about to be stored.
  void heard(const StreamRows& rows, Now now);

  // ---- who judges ----

  /// The broker is there: what it keeps of publishers comes next.
  void connected(Now now);

  /// A status of a sensor-publisher or of the bridge, empty when it was taken off the broker.
  void take_status(const TopicView& topic, const MqttMessage& message, Now now, std::vector<Effect>& effects);

  /// What a publisher says of its own sensors; the error of a message that cannot be read.
  Result<void> take_silent(const TopicView& topic, const MqttMessage& message);

  /// False: no such sensor is known.
  bool forget(const ForgetOrder& order) { return watch_.forget(order.node, order.sensor); }

  /// To be called in each step. `can_hear`: readings come through, and are taken.
  void advance(bool can_hear, Self& self, Now now, std::vector<Effect>& effects);
  std::optional<Instant> wake_at() const;
  void describe(StatusWriter& status) const { topic_.describe(watch_, status); }

  /// Adds to the newest reading of each sensor how often it comes, and since when it is silent.
  void tell(std::vector<StoredReading>& newest) const;

  /// What is to be written of known sensors.
  SilenceWatch& watch() { return watch_; }
  const SilenceWatch& watch() const { return watch_; }

 private:
  struct Publisher {
    std::optional<SilenceWatch::Source> source;           // once something came of it
    bool is_known = false;                                // to the broker
    std::optional<Instant> gone_at;                       // when it counts as gone, unless the broker tells of it
    std::map<std::string, WallTime, std::less<>> silent;  // of its sensors, since when, as it says
  };
  std::optional<SilenceWatch::Source> source_of(const std::string& node, const std::string& publisher);
  SilenceWatch::Judged judged(const Publisher& publisher) const;
  bool bridge_is_away() const;
  void judge_all(Now now);

  std::size_t most_sources_;
  SilenceWatch watch_;
  SilentTopic topic_;
  std::map<std::string, Publisher, std::less<>> publishers_;          // sensor-publisher, by node
  std::map<std::string, SilenceWatch::Source, std::less<>> by_http_;  // by node
  std::map<std::string, bool, std::less<>> bridges_;                  // whether it is down, by node
  bool can_hear_ = false;
  bool is_to_judge_ = true;
};

}  // namespace sensors::persistence
