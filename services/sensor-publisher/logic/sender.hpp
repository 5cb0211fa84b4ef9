// Sender decides what is published and when: in order, live or as batches, inside two windows, behind the breaker, and
// again from the watermark when something was lost on the way. While the outbox cannot be written it sends the readings
// that wait in memory as well: degraded, and better than not at all. Part of the publisher's Logic. Pure.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/status_writer.hpp"
#include "common/core/circuit_breaker.hpp"
#include "common/core/latency_histogram.hpp"
#include "common/core/log_throttle.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "services/sensor-publisher/logic/send_window.hpp"
#include "services/sensor-publisher/logic/store_claims.hpp"

namespace sensors::publisher {

class Sender {
 public:
  Sender(const LogicOptions& options, const OutboxContents& contents);

  void connected(Now now);
  void disconnected(const std::string& reason, Now now);

  /// The broker's answer to a message with readings; answers to others are not ours and ignored.
  void published(const MqttPublished& published, Now now, Effects& effects);

  /// What a watermark changed.
  enum class Confirmation { nothing, advanced, taken_back, another_store };

  /// `gone`: confirmed entries up to there may not be in the outbox any more.
  Confirmation committed(const Committed& committed, Position gone, Now now, Effects& effects);

  /// Entries that have just become durable, in order.
  void durable(std::vector<OutboxEntry> entries, Position through);

  /// The outbox cannot be written: these entries, which follow those that are durable, may be sent from memory.
  void lend(const std::deque<OutboxEntry>& pending);

  /// The outbox can be written again: nothing that is not durable is sent any more.
  void end_lending();

  /// The outbox may have no rows up to there any more.
  void rows_are_gone(Position through);

  /// The known store runs as this process. True when that is another one than before, which may have an earlier copy of
  /// the store: streams that ended are claimed again, and those of them that the outbox still has are not confirmed
  /// any more.
  bool store_runs_as(const std::string& instance, Position gone);

  /// Whether the outbox can be read now.
  void outbox_is_open(bool open) { outbox_open_ = open; }

  /// The outbox was opened for the first time: the entries of earlier runs go first, and this run's stream, of which
  /// some numbers may be confirmed, goes on behind them.
  void adopt(const OutboxContents& contents);

  void read_done(OutboxReadDone read, Now now, Effects& effects);

  /// A clock has shown when `boot` began: readings of that boot that carry their uptime get their time from it when
  /// they are sent. True when a run before this one was of that boot and did not know.
  bool learn_boot_time(const BootTime& boot);

  /// Entries of the outbox were replaced by a gap record: what was read before is void.
  void entries_dropped();

  /// Publishes what may go now, and asks the outbox for what comes next.
  void advance(Now now, Effects& effects);

  std::optional<Instant> wake_at() const;

  /// What should hold after every call and does not; empty when all holds.
  std::string broken_invariant() const;

  Position confirmed() const { return window_.confirmed(); }
  /// Streams, confirmed and known_store of the outbox, as they are now.
  OutboxContents known_of_outbox() const;
  const std::string& store() const { return known_store_; }
  const std::string& stream() const { return streams_.back().id; }
  StreamRange stream_of(Position position) const;

  /// The names under which readings were taken whose watermarks matter here; this machine's may be one of them.
  std::set<std::string> nodes() const;

  /// What keeps readings from the store, and what to do about it; empty when nothing does.
  std::string trouble() const;

  const SendWindow& window() const { return window_; }
  CircuitBreaker& breaker() { return breaker_; }
  const CircuitBreaker& breaker() const { return breaker_; }

  /// That should have been in the outbox, and were not.
  std::uint64_t readings_missing() const { return readings_missing_; }

  void describe(Now now, StatusWriter& status) const;

 private:
  struct InFlight {
    std::uint64_t id;
    CircuitBreaker::Permit permit;
    Instant sent_at;
    bool is_claim = false;
    std::string former_node = {};  // when it went out under an earlier name of this machine
    bool judged = false;           // the breaker has its outcome
  };
  struct Outgoing {
    MqttPublish message;
    Position through;  // the last entry in it
    std::string node;  // under which it goes out
  };

  Position cached_through() const { return cache_.empty() ? window_.sent() : cache_.back().last; }
  Position head_end() const;
  void go_back();
  void fill_hole(Position end, Now now, Effects& effects);
  void judge_overdue(Now now);
  void leave_silent_link(Effects& effects);
  void warn(std::string_view kind, const std::string& text, Now now, Effects& effects);
  bool send_next(Now now, Effects& effects);
  void take_entry(OutboxEntry entry);
  void drop_claim(const InFlight& message, const Error& error, Now now, Effects& effects);
  void read_ahead(Effects& effects);

  // ---- sender_refusals.cpp ----
  const std::string& node_of(const std::string& node) const;
  Confirmation refused(const Committed& committed, Now now, Effects& effects);
  void note_answer(const InFlight& message, bool is_refused);
  void watch_silence(Instant now);
  std::optional<Instant> silent_at() const;

  // ---- sender_messages.cpp ----
  Outgoing claim_message(const EndedStream& stream, Now now) const;
  Outgoing gap_message(Now now);
  Outgoing next_message(Position last);
  Outgoing live_message();
  Outgoing batch_message(Position last);
  MqttPublish backlog_message(const std::string& node, std::string payload) const;
  void stamp(Reading& reading);

  // ---- sender_watermarks.cpp ----
  Confirmation refuse(const std::string& why, Now now, Effects& effects);
  void drop_finished_streams();
  void offer_again();
  Confirmation committed_before(const Committed& committed, Now now, Effects& effects);
  Confirmation watermark_went_back(const OutboxStream& stream, const Committed& committed, Position gone, Now now,
                                   Effects& effects);

  const LogicOptions options_;
  std::deque<OutboxStream> streams_;   // the first has the oldest unconfirmed entry, the last is this run's
  std::deque<OutboxStream> finished_;  // before those: confirmed to their ends, but the outbox still has rows of them
  StoreClaims claims_;                 // for streams before those
  std::string known_store_;
  std::string store_instance_;  // the process that it runs as; empty: not heard yet
  SendWindow window_;
  CircuitBreaker breaker_;
  LogThrottle throttle_;
  std::deque<OutboxEntry> cache_;  // the entries from window_.sent() + 1 on, without holes
  Position durable_;               // what follows is not in the outbox
  Position gone_;                  // rows up to here
  bool outbox_open_;
  bool read_outstanding_ = false;
  std::optional<Instant> read_again_at_;
  std::string read_failure_;            // as last logged
  std::deque<InFlight> in_flight_;      // in order of sending
  bool leaving_link_ = false;           // until the connection has ended
  std::optional<Gap> unfillable_;       // numbers of the first stream that the store wants and nobody has any more
  std::optional<Instant> waits_since_;  // for a confirmation
  bool is_silent_ = false;              // for too long
  std::string refused_by_broker_;
  std::string refused_by_store_;
  std::uint64_t refusals_ = 0;       // of the store, for good
  LatencyHistogram puback_latency_;  // of messages with readings, acknowledged late or with a refusal too
  std::uint64_t last_id_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t resends_ = 0;
  std::uint64_t restamped_ = 0;  // readings sent with a time made from their uptime
  std::uint64_t readings_missing_ = 0;
  std::uint64_t watermarks_refused_ = 0;
};

}  // namespace sensors::publisher
