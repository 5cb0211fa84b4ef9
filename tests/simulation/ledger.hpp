// Ledger is the truth about every reading, which no service can see, and the checks on it: each is a promise of
// docs/protocol.md with a name. The models tell it what became durable, stored and delivered; it remembers the first
// promise that was broken.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/core/reading.hpp"

namespace sensors::simulation {

struct Violation {
  std::string check;  // the promise
  std::string text;   // how it was broken
};

/// What is known of one (stream, seq). Bits. Those from `at_api` on each destination has for itself.
enum Fact : std::uint16_t {
  in_outbox = 1,           // the reading was synced in the outbox once
  gap_in_outbox = 2,       // a gap record that covers it was
  in_store = 4,            // the reading was committed in a store once
  gap_in_store = 8,        // a gap record that covers it was
  at_api = 16,             // the API has the reading
  answered = 32,           // the bridge was told so by a 2xx
  gap_answered = 64,       // the bridge was told that the API has the gap record
  lost_by_hardware = 128,  // the only copy was on a disk that lied or was replaced
  refused = 256,           // the bridge was told that the API does not take the reading
  gap_refused = 512,       // the same for the gap record
  dead = 1024,             // the reading is a dead letter and does not wait again
  gap_dead = 2048,         // the gap record is
  purged = 4096,           // an operator deleted it as a dead letter, or there were more than may be kept; or retention
                           // deleted it while there was no destination
};

/// A reading (first == last), or a gap record.
struct RowRange {
  std::string stream;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool is_gap = false;
};

/// The clocks of the machine when a reading was taken.
struct TakenAt {
  WallTime wall;
  Millis uptime{0};
  bool is_synced = true;
};

/// What the API says of a row that it does not take: no reason passes for that of another row.
std::string refusal_of(const RowRange& row);

class Ledger {
 public:
  /// The first reading has number 1. Each number is the value of one reading, so that none can pass for another.
  std::uint64_t next_number() { return ++last_number_; }
  static Value value_of(std::uint64_t number);
  static std::optional<std::uint64_t> number_of(const Value& value);

  /// Breaks `check`; only the first is kept.
  void violate(std::string_view check, std::string text);
  const std::optional<Violation>& violation() const { return violation_; }

  /// The reading with that value, by its name; `first` is 0 when nobody took one.
  RowRange row_of(const Value& value) const;

  // ---- the publisher ----

  void stream_begins(const std::string& stream, const std::string& boot);

  /// Somebody vouches for a clock that says that `boot` began then.
  void vouched(const BootTime& boot);
  bool is_vouched(const std::string& boot) const { return boot_times_.contains(boot); }

  /// A Logic took a reading from a driver: it is the next of its stream.
  void taken(const std::string& stream, std::uint64_t number, TakenAt at);

  /// A row or gap record of the outbox is synced.
  void kept(const std::string& stream, const SequencedReading& row);
  void gap_kept(const std::string& stream, std::uint64_t first, std::uint64_t last);

  void published(const Batch& batch, bool without_outbox);

  /// The outbox deleted a confirmed row.
  void confirmed_row_deleted(const std::string& stream, std::uint64_t seq);

  /// The run ended. Readings that it had only in memory are gone, which only a crash may do.
  void stream_ends(const std::string& stream, bool by_crash);

  // ---- clients that hand readings in over HTTP ----

  /// A client has the reading `number` to hand in.
  void offered(std::uint64_t number, WallTime time) { offers_[number].time = time; }

  /// The bridge sends what it was handed: each row is the next one of its stream, or was sent before.
  void handed_in(const Batch& batch);

  /// A client was told that its reading is stored, and under which name.
  void promised(std::uint64_t number, const std::string& stream, std::uint64_t seq);

  // ---- store, bridge and API ----

  /// One more destination that every reading has to come to, or its record; two at most.
  void add_destination(const std::string& name) { destinations_.push_back(name); }

  void stored(const std::string& stream, const SequencedReading& row);
  void gap_stored(const std::string& stream, std::uint64_t first, std::uint64_t last);
  void reached_api(const std::string& destination, const std::string& stream, const SequencedReading& row);
  void bridge_answered(const std::string& destination, const RowRange& row);

  /// The bridge was told that the API does not take this row, and no other row of its batch is meant.
  void bridge_refused(const std::string& destination, const RowRange& row);

  /// The cursor of the destination moves over a row.
  void cursor_passes(const std::string& destination, const RowRange& row);

  // ---- dead letters ----

  /// The destination refused the row for `reason`, and it is kept.
  void dead_lettered(const std::string& destination, const RowRange& row, const std::string& reason);
  void requeued(const std::string& destination, const RowRange& row);
  void purged_dead_letter(const std::string& destination, const RowRange& row);

  /// What the file holds, after an earlier one has come back: a dead letter; or none, if the only copy is gone.
  void dead_letter_is_back(const std::string& destination, const RowRange& row);
  void dead_letter_lost(const std::string& destination, const RowRange& row);

  /// Retention deleted a row that `destination` does not have, and nothing waited for it.
  void kept_no_longer(const std::string& destination, const RowRange& row);

  void lost(const std::string& stream, std::uint64_t seq);

  /// The only copy was in a store. Of a stream that an outbox knows there must be a gap record then.
  void lost_with_store(const std::string& stream, std::uint64_t seq);

  /// No outbox knows any more to what number the stream went.
  void forgotten(const std::string& stream);

  bool has(const std::string& stream, std::uint64_t seq, std::uint32_t facts) const;
  bool has_at(const std::string& destination, const std::string& stream, std::uint64_t seq, Fact fact) const {
    return has(stream, seq, facts_at(destination, fact));
  }

  // ---- the end ----

  /// Readings that were kept in an outbox and neither delivered nor reported as dropped.
  std::uint64_t unresolved() const;
  std::string describe_unresolved(std::size_t most) const;

  struct Totals {
    std::uint64_t taken = 0;      // from drivers, and those that clients had to hand in
    std::uint64_t promised = 0;   // how often a client was told that a reading of its is stored
    std::uint64_t delivered = 0;  // this and the next: at the first destination
    std::uint64_t dropped_with_record = 0;
    std::uint64_t refused = 0;  // rows that became dead letters, or did so again
    std::uint64_t purged = 0;
    std::uint64_t lost_in_memory = 0;
    std::uint64_t lost_by_hardware = 0;
  };
  Totals totals() const;

 private:
  struct Stream {
    std::string boot;
    std::vector<std::uint64_t> numbers;  // of the reading with seq = index + 1
    std::vector<TakenAt> taken_at;
    std::vector<std::uint32_t> facts;
    std::uint64_t kept_through = 0;
    std::uint64_t lost_in_memory = 0;
    mutable std::uint64_t resolved_through = 0;
    bool ended = false;
    bool is_handed_in = false;
    bool is_forgotten = false;
  };

  /// A reading that a client hands in, under names that the bridge makes.
  struct Offer {
    WallTime time;
    std::string stream;  // as it was stored; empty: it was not
    std::uint64_t seq = 0;
  };

  Stream* find(const std::string& stream, std::string_view where);
  void check(const Stream& stream, const std::string& name, const SequencedReading& row, std::string_view where);
  void check_offer(const std::string& stream, const SequencedReading& row);
  void stored_once(Stream& stream, const std::string& name, const SequencedReading& row);
  bool has_right_time(const Stream& stream, const SequencedReading& row) const;
  static void add(Stream& stream, std::uint64_t seq, std::uint32_t facts);
  static void skip_stored(Stream& stream, std::uint64_t next);
  void add(const RowRange& row, std::uint32_t facts);
  void remove(const RowRange& row, std::uint32_t facts);
  std::uint32_t facts_at(const std::string& destination, std::uint32_t facts) const;
  bool is_resolved(std::uint32_t facts) const;
  std::uint64_t resolve(const Stream& stream) const;

  std::vector<std::string> destinations_;
  std::map<std::string, Stream, std::less<>> streams_;
  std::map<std::string, std::vector<WallTime>> boot_times_;  // that were vouched for, of each boot
  std::vector<RowRange> rows_;                               // of the readings, by number - 1
  std::unordered_map<std::uint64_t, Offer> offers_;          // by number
  std::uint64_t last_number_ = 0;
  std::uint64_t promised_ = 0;
  std::uint64_t dead_lettered_ = 0;
  std::optional<Violation> violation_;
};

}  // namespace sensors::simulation
