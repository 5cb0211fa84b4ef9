// Logic is sensor-alerts: it hears what the services say and what sensors read, makes episodes of what is wrong for
// long enough, and sees that each channel is told of each episode once, and once of its end.
// An episode and the messages about it are written together, and nothing is sent before. What was sent is sent again
// after a crash, with the same key, unless its arrival was written. While the database cannot be written alerts go out
// nevertheless: then they may come twice.
// On the loop thread. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "common/core/backoff.hpp"
#include "common/core/liveness.hpp"
#include "common/self/self.hpp"
#include "common/verdict/pipeline_watch.hpp"
#include "services/sensor-alerts/events.hpp"
#include "services/sensor-alerts/logic/alert_options.hpp"
#include "services/sensor-alerts/logic/channel_queue.hpp"
#include "services/sensor-alerts/logic/episodes.hpp"
#include "services/sensor-alerts/logic/telling.hpp"
#include "services/sensor-alerts/logic/threshold_rules.hpp"
#include "services/sensor-alerts/logic/witnesses.hpp"

namespace sensors::alerts {

SelfOptions self_options(const AlertOptions& options);

/// Filters of what the Logic wants to hear.
std::vector<std::string> subscriptions_of(const AlertOptions& options);

class Logic {
 public:
  /// How often it is judged whether all is well, when nothing is heard; and at most, when something is.
  static constexpr Millis judge_every{5'000};
  static constexpr Millis judge_spacing{1'000};

  /// The database may take so long for a transaction.
  static constexpr Millis write_deadline{60'000};

  /// While it cannot be written for longer, nothing waits for it.
  static constexpr Millis patience_with_disk{10'000};

  /// At the end of the service: for what is being sent.
  static constexpr Millis last_wait{3'000};

  Logic(AlertOptions options, KnownAlerts known);

  Effects step(Event event, Now now);
  std::optional<Instant> wake_at() const;
  const Liveness& liveness() const { return liveness_; }

 private:
  void handle(const Tick&) {}
  void handle(const StopRequested&);
  void handle(const MqttConnected&);
  void handle(const MqttDisconnected& event);
  void handle(const MqttPublished&) {}
  void handle(const MqttMessage& message);
  void handle(const AlertsWritten& event);
  void handle(const MessageSent& event);
  void handle(const BeatSent& event);

  void take_readings(const TopicView& topic, const MqttMessage& message);
  void take_order(const MqttMessage& message);
  void test_channel(const std::string& name);
  void clear_if_unknown(const TopicView& topic, const MqttMessage& message);

  void advance();
  void judge();
  std::vector<Trouble> troubles();
  bool is_unknown(const Alert& alert) const;
  bool is_machine_silent(const std::string& node) const;
  void take_changes();
  void tell();
  void make_messages(const Group& group, ChannelQueue& channel);
  void add_messages(Message::Kind kind, std::string_view word, const std::vector<Episode>& episodes,
                    ChannelQueue& channel);
  void add_message(ChannelQueue& channel, Message message);
  void write();
  AlertWrite everything() const;
  bool waits_for_disk() const;
  void send();
  void report_delivery(ChannelQueue& channel, const Message& message, bool is_given_up, const std::string& reason);
  Message open_alerts(const ChannelQueue& channel) const;
  void beat();
  void finish_stop();

  void show_alert(const Episode& episode);
  void publish_alert(const Episode& episode);
  std::string topic_of_alert(const std::string& name) const;
  void update_status();
  std::string trouble() const;
  void describe(StatusWriter& status) const;

  AlertOptions options_;
  Self self_;
  verdict::PipelineWatch watch_;
  Witnesses witnesses_;
  ThresholdRules rules_;
  Episodes episodes_;
  Telling telling_;
  std::map<std::string, ChannelQueue, std::less<>> channels_;
  ReadingDecoder decoder_;
  Liveness liveness_;

  std::string store_;
  std::uint64_t next_message_;
  AlertWrite pending_;  // for the next transaction
  std::optional<AlertWrite> writing_;
  std::uint64_t durable_ = 0;            // messages up to this id are on the disk
  std::set<std::string> pending_notes_;  // channels whose last arrival is not on the disk
  std::set<std::string> writing_notes_;
  bool rewrite_all_ = false;  // a transaction failed: the next one has all
  std::optional<Instant> failing_since_;
  std::string failure_;
  Instant write_at_{};
  Backoff write_backoff_;

  std::set<std::string, std::less<>> silent_machines_;  // as judged last, for is_unknown()
  verdict::Verdict judged_;                             // last, likewise
  bool has_news_ = true;
  bool may_tell_ = true;                             // since it was looked last at what is to be told
  std::map<std::string, Alert, std::less<>> shown_;  // as the topics have them
  std::optional<Instant> judged_at_;
  Instant connected_at_{};  // while connected, as the next
  Instant settled_at_{};
  std::uint64_t next_attempt_ = 1;
  std::uint64_t unreadable_ = 0;  // messages from the broker

  Instant beat_at_{};
  bool is_beating_ = false;
  std::uint64_t beats_ = 0;
  std::uint64_t beats_failed_ = 0;

  std::optional<Instant> stopping_since_;
  Now now_{};        // of the step under way
  Effects effects_;  // likewise
};

}  // namespace sensors::alerts
