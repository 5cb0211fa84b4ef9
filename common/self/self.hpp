// Self is what a service says of itself, in one dialect for all services: how it is (the retained status and queue
// depth, systemd's STATUS=), what happened (events, which wait while the broker is away), what goes wrong again and
// again (each kind seldom), and its last word. It knows the link to the broker, and notices others that say they are
// this service. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/status_writer.hpp"
#include "common/codec/topic.hpp"
#include "common/core/circuit_breaker.hpp"
#include "common/core/common_effects.hpp"
#include "common/core/log_throttle.hpp"
#include "common/core/service_run.hpp"
#include "common/self/broker_link.hpp"
#include "common/self/event_queue.hpp"
#include "common/self/former_names.hpp"
#include "common/self/namesakes.hpp"

namespace sensors {

struct SelfOptions {
  std::string service;  // "sensor-publisher"
  std::string root;
  std::string node;
  std::string instance;  // of this process, random: what tells its statuses from those of a namesake
  Millis status_interval{10'000};

  /// It says which sensors are silent.
  bool tells_of_sensors = false;

  /// It shows alerts; what is heard of them under former names goes to hear().
  bool shows_alerts = false;

  /// One is enough for a broker: another is a namesake whatever its node.
  bool is_only_one = false;

  /// The key of a status that tells runs of the service apart, and its value for this one: `instance`, unless readings
  /// have it already. It stands in the last word too.
  std::string run_key = "instance";
  std::string run;

  /// Between two lines of the log about one kind of thing.
  Millis seldom = LogThrottle::default_pause;
};

/// How a service is at one moment.
struct Condition {
  ServiceState state = ServiceState::up;
  std::string reason;     // what is wrong and what to do; while up, what is worth knowing
  bool pressure = false;  // publishers are asked to slow down
  bool operator==(const Condition&) const = default;
};

class Self {
 public:
  explicit Self(SelfOptions options);

  /// An earlier run of this service went by the name of `run.node`: what it left at the broker is cleared.
  void add_former_run(const ServiceRun& run) { former_names_.add(run.node, run.instance); }

  /// Status topics to be heard, each once: of the names that the machine had before.
  std::vector<std::string> take_topics() { return former_names_.take_topics(); }

  // ---- the link ----
  void connected(Now now, CommonEffects effects);
  void disconnected(const MqttDisconnected& event, Now now, CommonEffects effects);
  bool is_connected() const { return link_.is_connected(); }

  /// Why there is no connection; empty while there is one.
  const std::string& why_away() const { return link_.reason(); }

  // ---- what is heard ----

  /// Takes a status that others, or an earlier run, published in this service's place.
  void hear(const TopicView& topic, const MqttMessage& message, Now now, CommonEffects effects);

  /// Carries out an order to the service's breaker. Of one that cannot be read a warning says so.
  void take_order(const MqttMessage& message, CircuitBreaker& breaker, Now now, CommonEffects effects);

  // ---- what is said when it happens ----

  /// An event, a line of the service's history. `details`: further keys, as in encode_event().
  void tell(std::string_view type, std::string_view text, Now now, CommonEffects effects,
            std::string_view details = {});

  /// The event and the line of the log that say the same.
  void announce(std::string_view type, LogLine line, Now now, CommonEffects effects, std::string_view details = {});
  void announce(const std::vector<CircuitBreaker::Transition>& transitions, Now now, CommonEffects effects);

  /// "KIND: TEXT" in the log, unless a line of that kind was written within SelfOptions::seldom. True when it is
  /// written. The kinds are few, as in LogThrottle.
  bool say_seldom(LogLevel level, std::string_view kind, const std::string& text, Now now, CommonEffects effects);
  void warn(std::string_view kind, const std::string& text, Now now, CommonEffects effects);

  /// The same, and the line is an event of type `kind` too.
  void announce_seldom(LogLevel level, std::string_view kind, const std::string& text, Now now, CommonEffects effects);

  // ---- how it is ----

  /// What time brings. To be called in each step.
  void advance(Now now, CommonEffects effects);

  /// True when the condition is to be reported: it is another than the last reported, the broker is back, an interval
  /// is over. To be called in each step.
  bool update(Condition condition, Now now);

  /// As last updated.
  const Condition& condition() const { return condition_; }

  /// The next update() wants a report, whatever has changed.
  void report_again() { is_due_ = true; }

  /// Publishes the condition with `details` and `queue`, if the broker is there, and tells systemd. The queue's
  /// pressure is the condition's. `line` is for STATUS=; empty: the state and its reason.
  void report(const StatusWriter& details, QueueDepth queue, std::string line, Now now, CommonEffects effects);

  /// Publishes `payload` on <root>/<node>/<kind>/<service>, retained, if the broker is there.
  void say(std::string_view kind, std::string payload, CommonEffects effects) const;

  /// The last word of this run, if the broker is there.
  void say_down(std::string_view reason, StatusWriter details, Now now, CommonEffects effects) const;

  /// The retained status "down": the last word. `details`: what it says beside whose it is.
  static MqttPublish down_message(const SelfOptions& options, std::string_view reason, WallTime since,
                                  StatusWriter details = {});

  /// The last will of the connection: it says that it is one, as nobody knows beforehand when it will be true.
  /// `connected_at`: its "since".
  static MqttPublish last_will(const SelfOptions& options, std::string_view reason, WallTime connected_at,
                               StatusWriter details = {});

  /// What others do in this service's place, for its condition; empty: nothing.
  const std::string& trouble() const { return namesakes_.trouble(); }

  /// What every service has in its status: its process, its link, and in "counters" the events that gave way to newer
  /// ones while the broker was away.
  void describe(Now now, StatusWriter& status) const;

  std::optional<Instant> wake_at() const;

 private:
  struct Reported {
    Condition condition;
    bool connected = false;
    bool operator==(const Reported&) const = default;
  };

  void say_status(const StatusWriter& details, Now now, CommonEffects effects) const;

  SelfOptions options_;
  BrokerLink link_;
  EventQueue events_;
  LogThrottle throttle_;
  Namesakes namesakes_;
  FormerNames former_names_;
  Condition condition_;
  std::optional<Instant> since_;      // of its state
  std::optional<Reported> reported_;  // last
  bool is_due_ = false;
  Instant next_at_{};  // once there was a report
  std::string line_;   // of STATUS=, last
};

}  // namespace sensors
