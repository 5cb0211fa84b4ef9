// SendWindow decides which part of a durable queue may be sent now, and when to send it again: a window of messages
// without PUBACK, a window of entries without end-to-end confirmation, and go-back-N. Entries are named by their
// position in the queue, 1, 2, 3, ... Owned by the publisher's Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "common/core/time.hpp"

namespace sensors {

using Position = std::uint64_t;

struct SendWindowOptions {
  /// Messages without PUBACK at one time; the broker's Receive Maximum.
  int max_unacknowledged_messages = 20;

  /// Entries sent and not confirmed end to end. Larger rides out longer commits, and is what the broker must be able
  /// to queue.
  std::uint64_t max_unconfirmed = 10'000;

  /// Time without a new confirmation after which everything unconfirmed is sent again; doubles up to `resend_longest`.
  Millis resend_after{5'000};
  Millis resend_longest{60'000};

  /// Shortest time between two resends that the receiver asked for without any progress between them.
  Millis resend_request_spacing{500};
};

class SendWindow {
 public:
  /// Everything up to `confirmed` is confirmed and everything up to `synced` is durable.
  SendWindow(SendWindowOptions options, Position confirmed, Position synced);

  /// The first and last position that may be sent now; nothing while disconnected or while a window is full. Never
  /// beyond `barrier`, which the caller sets where entries behind it must wait for those before it.
  struct Range {
    Position first;
    Position last;
  };
  std::optional<Range> sendable(Position barrier) const;

  void connected();
  void disconnected();

  /// The queue is another one from now on, as after construction; connection and messages without PUBACK stay.
  void restart(Position confirmed, Position synced);

  /// Entries up to `through` are durable, or as durable as they can be now. Never goes back.
  void synced(Position through);

  /// Entries beyond `through` are not durable after all and wait until they are, those apart that were sent already.
  void only_synced(Position through);

  /// One message was sent with the entries from sent()+1 to `through`, or none of them when `through` == sent().
  void sent(Position through, Instant now);

  /// A PUBACK came, or the message was given up. One call for each sent().
  void acknowledged();

  /// Everything up to `through` is confirmed end to end. A lower value than before changes nothing.
  void confirmed(Position through, Instant now);

  /// Entries behind `through` are not confirmed any more, and are sent again.
  void unconfirmed(Position through);

  /// Sends again from confirmed()+1.
  void go_back();

  /// The receiver saw a hole. True when this makes us go back; false when it was answered a moment ago.
  bool resend_requested(Instant now);

  /// Goes back when no confirmation came in time; true when it did.
  bool advance(Instant now);

  /// When advance() has something to do.
  std::optional<Instant> wake_at() const { return resend_at_; }

  Position confirmed() const { return confirmed_; }
  Position sent() const { return sent_; }
  Position synced() const { return synced_; }
  /// The highest position ever sent: a confirmation beyond it cannot be true.
  Position highest_sent() const { return highest_sent_; }
  bool is_connected() const { return connected_; }
  /// Whether the broker would take another message now.
  bool may_send() const { return connected_ && unacknowledged_ < options_.max_unacknowledged_messages; }

 private:
  void arm(Instant now);

  SendWindowOptions options_;
  Position confirmed_;
  Position sent_;
  Position synced_;
  Position highest_sent_;
  int unacknowledged_ = 0;
  bool connected_ = false;
  Millis resend_wait_;
  std::optional<Instant> resend_at_;              // set while something sent is unconfirmed
  std::optional<Instant> next_request_honoured_;  // set after a request, until progress
};

}  // namespace sensors
