// Delivery decides how readings come to the destination: when to ask the store for a batch, when to try it, when it is
// confirmed. Owned by the loop thread. Pure: a function of its state, one event and the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/codec/rpc_json.hpp"
#include "common/codec/store_calls.hpp"
#include "common/core/backoff.hpp"
#include "common/core/circuit_breaker.hpp"
#include "common/core/liveness.hpp"
#include "common/core/queue_age.hpp"
#include "common/self/self.hpp"
#include "services/sensor-http-bridge/delivery/batch_size.hpp"
#include "services/sensor-http-bridge/delivery/counters.hpp"
#include "services/sensor-http-bridge/delivery/delivery_options.hpp"
#include "services/sensor-http-bridge/delivery/own_topics.hpp"
#include "services/sensor-http-bridge/delivery/saved_breaker.hpp"
#include "services/sensor-http-bridge/events.hpp"

namespace sensors::bridge {

/// What the service says of itself.
SelfOptions self_options(const DeliveryOptions& options);

/// What a status "down" of this bridge has beside whose it is: whether anything waits for it.
StatusWriter down_details(const DeliveryOptions& options);

class Delivery {
 public:
  /// A part of the service that says what it has to say in a status.
  using Describe = std::function<void(StatusWriter&)>;

  /// What degrades the service beside delivery; empty: nothing does.
  using Trouble = std::function<std::string()>;

  /// `saved`: the breaker of the run before. `others` and `trouble` say what other sides of the service have to add to
  /// its status; they must be callable as long as this.
  Delivery(DeliveryOptions options, std::optional<SavedBreaker> saved, Describe others = {}, Trouble trouble = {});

  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  Effects step(Event event, Now now);

  /// When a Tick is wanted.
  std::optional<Instant> wake_at() const;

  const Liveness& liveness() const { return liveness_; }
  const CircuitBreaker& breaker() const { return breaker_; }

  /// What should hold after every step and does not; empty when all holds.
  std::string broken_invariant() const;

  const Counters& counters() const { return counters_; }

 private:
  enum class Phase {
    idle,        // no batch
    asking,      // rpc/upload is out; without a destination rpc/withdraw
    attempting,  // the batch is at the destination
    confirming,  // the destination has it; the store does not know yet
  };

  enum class Asked { batch, confirmation, withdrawal };

  struct BatchInFlight {
    UploadedRequest range;
    std::size_t readings = 0;
    std::size_t rows = 0;        // readings and gap records
    std::vector<RowName> names;  // of them
    std::uint64_t attempt_id = 0;
    CircuitBreaker::Permit permit;
    Instant given_up_at{};  // then the sink is stuck
  };

  std::string obligation_of(std::uint64_t attempt_id) const;
  void restore_breaker();
  void handle(const Tick&) {}
  void handle(const StopRequested&);
  void handle(const MqttConnected&);
  void handle(const MqttDisconnected& event);
  void handle(const MqttPublished& event);
  void handle(const MqttMessage& event);
  void handle(const Attempted& event);

  void advance();
  void ask();
  void withdraw();
  void take_batch(const std::string& payload);
  void take_withdrawal(const std::string& payload);
  void attempt(UploadBatchHeader header, const std::string& batch, CircuitBreaker::Permit permit);
  void batch_delivered(const Verdict& verdict, Millis took, std::size_t bytes);
  void batch_refused(const Verdict& verdict, Millis took);
  void batch_failed(const Verdict& verdict);
  void batch_unreadable(const Verdict& verdict);
  void cut(const Verdict& verdict, Millis took);
  void hold(const std::string& reason);
  bool is_held() const;
  std::size_t rows_to_ask() const;
  void log_failure(const Verdict& verdict, const std::string& consequence);
  void start_confirming();
  void confirm();
  void take_confirmation(const std::string& payload);
  void note_depth(std::uint64_t depth);
  void batch_is_over(Instant next_at);
  void store_is_silent();
  void store_failed(Error why);
  void store_answered();
  void stop();
  void say_transitions();
  void update_status();
  void report_status();
  void describe(StatusWriter& status) const;
  void say(LogLevel level, std::string text) { effects_.emplace_back(LogLine{level, std::move(text)}); }
  void take_order(const MqttMessage& order);
  bool may_ask() const;
  Instant ask_at() const;
  bool is_open() const;
  bool may_confirm() const;
  static std::string_view verb_of(Asked asked);
  void call(Asked asked, std::string payload);

  const DeliveryOptions options_;
  const Describe others_;
  const Trouble trouble_;
  std::optional<SavedBreaker> saved_;  // until the first step
  CircuitBreaker breaker_;
  Self self_;
  StoreCalls<Asked> calls_;  // one at a time
  BatchSize size_;
  Backoff rpc_backoff_;
  Backoff attempt_backoff_;
  Liveness liveness_;
  Counters counters_;

  Now now_{};        // of the step under way
  Effects effects_;  // of the step under way
  Phase phase_ = Phase::idle;
  BatchInFlight batch_;  // attempting and confirming
  Instant next_at_{};    // idle: when to ask; confirming: when to send `uploaded` (again)
  Instant asked_at_{};
  Instant claim_at_{};  // when the store has to hear of the destination again, whatever the breaker says
  std::uint64_t last_attempt_id_ = 0;
  std::uint64_t refused_last_ =
      0;  // the destination refused the range that ends so; the store does not know yet. 0: none
  std::size_t refused_in_row_ = 0;      // rows that became dead letters since the last delivered one
  int rejections_ = 0;                  // of the same `uploaded`
  std::uint64_t depth_ = 0;             // readings in the store that wait, as last heard
  std::uint64_t gone_ = 0;              // readings that wait no longer
  QueueAge age_;                        // of those that wait, since this run has known of them
  std::optional<Error> store_problem_;  // why the store is no help now; nothing: it is
  bool store_may_begin_ = true;         // the store has not been heard since the broker is there
  bool is_unreadable_ = false;          // what the store handed out last cannot be written for the destination
  bool exited_ = false;
  std::optional<Instant> stop_by_;  // SIGTERM came
};

}  // namespace sensors::bridge
