// Web decides everything on the HTTP side: who may ask what, and the answers, from what passes over the broker and what
// the store says. Owned by Bridge, on the loop thread. Pure: a function of its state, one event and the time.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/codec/json_object.hpp"
#include "common/codec/store_calls.hpp"
#include "common/codec/topic.hpp"
#include "common/verdict/pipeline_watch.hpp"
#include "services/sensor-http-bridge/events.hpp"
#include "services/sensor-http-bridge/logic/publish_ids.hpp"
#include "services/sensor-http-bridge/web/access.hpp"
#include "services/sensor-http-bridge/web/alert_board.hpp"
#include "services/sensor-http-bridge/web/answers.hpp"
#include "services/sensor-http-bridge/web/event_streams.hpp"
#include "services/sensor-http-bridge/web/metrics.hpp"
#include "services/sensor-http-bridge/web/read_api.hpp"
#include "services/sensor-http-bridge/web/target.hpp"
#include "services/sensor-http-bridge/web/verdict_stream.hpp"
#include "services/sensor-http-bridge/web/web_options.hpp"
#include "services/sensor-http-bridge/web/writes.hpp"

namespace sensors::bridge {

/// Topic filters of what the HTTP side needs to hear.
std::vector<std::string> web_subscriptions(const WebOptions& options);

class Web {
 public:
  struct Counters {
    std::uint64_t requests = 0;
    std::uint64_t rate_limited = 0;
    std::uint64_t unauthorized = 0;      // no token, a wrong one, or one without the scope
    std::uint64_t refused_streams = 0;   // too many were open
    std::uint64_t refused_payloads = 0;  // of the broker, that are not what they must be
    std::uint64_t bad_requests = 0;      // answered with another 4xx
    std::uint64_t queries = 0;           // asked of the store
    std::uint64_t refused_queries = 0;   // too many were waiting
    std::uint64_t unanswered = 0;        // queries without an answer of the store in time
    std::uint64_t refused_waits = 0;     // too many writes were waiting
    std::uint64_t refused_answers = 0;   // there was no memory for them
  };

  explicit Web(WebOptions options);

  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;

  BridgeEffects handle(const Tick&, Now now);
  BridgeEffects handle(const StopRequested&, Now now);
  BridgeEffects handle(const MqttConnected&, Now now);
  BridgeEffects handle(const MqttDisconnected&, Now now);
  BridgeEffects handle(const MqttPublished& published, Now now);

  /// What passes, and answers of the store: its own ones, and others, which change nothing.
  BridgeEffects handle(const MqttMessage& message, Now now);
  BridgeEffects handle(const WebRequest& request, Now now);
  BridgeEffects handle(const WebGone& gone, Now now);
  BridgeEffects handle(const WebListening& listening, Now now);
  BridgeEffects handle(const WebCertificate& certificate, Now now);

  /// When a Tick is wanted.
  std::optional<Instant> wake_at() const;

  /// Why there is no page, and what to do; empty while it is served.
  const std::string& trouble() const { return trouble_; }

  const Counters& counters() const { return counters_; }
  const Writes& writes() const { return writes_; }

 private:
  enum class Needs { read, write, operate };
  enum class Sender { reads, questions, outbox };

  void route(const WebRequest& request);
  void refuse_method(const WebRequest& request, const std::string& path, std::string_view methods);
  void get(const WebRequest& request, const Target& target);
  void post(const WebRequest& request, const Target& target);
  void take_passing(const TopicView& topic, EventStreams::Kind kind, const MqttMessage& message);
  void take_alert(const TopicView& topic, const MqttMessage& message);
  void pass_alert_on(const std::string& json);
  void take_of_service(const TopicView& topic, const MqttMessage& message);
  void take_committed(const std::string& payload);
  void take_streams(std::uint64_t write, const std::string& payload);
  void question_refused(std::uint64_t write, const Error& error);
  void operate(const WebRequest& request, const Target& target);
  void answer_access(const WebRequest& request);
  bool is_from_elsewhere(const WebRequest& request);
  void read(const WebRequest& request, const Target& target);
  template <class Query>
  void ask_store(const WebRequest& request, std::string_view verb, const Result<Query>& query,
                 std::string (*encode)(const Query&), PendingRead read);
  void store_is_silent(const PendingRead& read, const std::string& why);
  void answer_query(const WebRequest& request, const Target& target);
  /// The client when it may; else it has its answer.
  std::optional<Access::Client> may(const WebRequest& request, Needs needs);
  std::optional<Access::Client> may_write(const WebRequest& request, const Target& target);
  std::optional<Access::Client> checked(const WebRequest& request, Needs needs, std::optional<Access::Client> client);
  /// Whether an answer of `bytes` fits into memory beside those that are on their way; else the client is told to wait.
  bool has_room_for(const WebRequest& request, std::size_t bytes);
  void answer_status(const WebRequest& request);
  void answer_alerts(const WebRequest& request);
  void answer_verdict(const WebRequest& request);
  void answer_ready(const WebRequest& request);
  void answer_metrics(const WebRequest& request);
  void add_own_metrics(MetricsPage& page, const WebServerFigures& server) const;
  void open_stream(const WebRequest& request, const Target& target);
  void send_page_file(const WebRequest& request, std::string_view name);
  void refuse(const WebRequest& request, const Problem& problem);
  void add(BridgeEffect effect) { effects_.push_back(std::move(effect)); }
  void send(Sender sender, MqttPublish message) { add(ids_.give(sender, std::move(message))); }
  void take_published(Sender sender, const MqttPublished& published);
  std::vector<std::string> reasons_not_ready() const;
  void add_written(std::vector<WebResponse> answers);
  void warn_of_expiry();
  BridgeEffects take_effects();

  const WebOptions options_;
  Access access_;
  verdict::PipelineWatch watch_;
  VerdictStream verdict_stream_;
  AlertBoard alerts_;
  EventStreams streams_;
  StoreCalls<PendingRead> reads_;
  StoreCalls<std::uint64_t> questions_;  // about writes, by their numbers
  Writes writes_;
  PublishIds<Sender> ids_;
  const std::string reply_topic_;
  const std::set<std::string> committed_topics_;
  JsonObjectReader reader_;
  Counters counters_;
  std::size_t waiting_writes_ = 0;               // requests that have no answer yet
  std::optional<WallTime> certificate_expires_;  // of the server
  Instant look_at_expiry_at_{};                  // with certificate_expires_
  std::optional<Instant> expiry_told_at_;
  std::string trouble_;
  bool is_stopping_ = false;
  bool was_refused_once_ = false;     // by the store, since its last answer
  bool is_question_refused_ = false;  // and said to be

  Now now_{};              // of the step under way
  BridgeEffects effects_;  // of the step under way
};

}  // namespace sensors::bridge
