// Ingest decides which readings the store takes: only the next number of each stream, in groups that are committed
// together, and acknowledged only then. What it refuses it answers with the watermark, so that it comes again.
// Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/codec/status_writer.hpp"
#include "common/core/rotating_sample.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

struct IngestOptions {
  /// A commit starts at this many rows or bytes, or when the oldest row has waited this long.
  std::size_t commit_rows = 1'000;
  std::size_t commit_bytes = 1024 * 1024;
  Millis commit_age{10};

  /// What may wait while a commit is under way; beyond it data is refused.
  std::size_t max_pending_rows = 20'000;
  std::size_t max_pending_bytes = 8 * 1024 * 1024;

  /// Streams kept in memory, those used last; others are asked for at the store.
  std::size_t max_streams = 10'000;

  /// Rows held while the store is asked about their stream, and streams asked for at one time.
  std::size_t max_held_rows = 2'000;
  std::size_t max_loading = 100;

  /// Shortest time between two answers to a stream that does not move.
  Millis answer_pause{1'000};
};

/// What is published as `committed`.
struct Watermark {
  std::string node;
  std::string publisher;
  std::string stream;
  std::uint64_t through = 0;
  bool resend = false;
};

/// Who sent it, by its topic.
struct Origin {
  std::string node;
  std::string publisher;
};

/// Rows that are refused for good: their stream is another sender's.
struct Refusal {
  Origin origin;
  std::string stream;
  Origin owner;
};

struct IngestCounters {
  std::uint64_t committed_readings = 0;
  std::uint64_t committed_gaps = 0;   // gap records
  std::uint64_t committed_lost = 0;   // numbers that gap records stand for
  std::uint64_t duplicates = 0;       // rows at or below the watermark
  std::uint64_t refused_holes = 0;    // rows behind a hole
  std::uint64_t refused_full = 0;     // rows for which there was no room, or that could not be committed
  std::uint64_t refused_foreign = 0;  // rows of a stream that belongs to another node or publisher
};

class Ingest {
 public:
  explicit Ingest(IngestOptions options) : options_(options) {}

  /// A store was opened, and has `streams`: nothing else is known any more, and what was pending is refused.
  void restart(std::vector<StreamState> streams);

  /// Rows of one stream from one sender. Those of a stream that is another sender's are refused as a whole.
  void offer(const Origin& origin, Batch batch, Instant now);

  /// What was refused for good since the last call; each sender that is to be told now, in this call, once.
  std::vector<Refusal> take_refusals() { return std::exchange(refusals_, {}); }

  /// While closed everything is refused as if there were no room: the store cannot commit, is full, or is stopping.
  void close() { open_ = false; }
  void reopen() { open_ = true; }
  bool is_open() const { return open_; }

  /// What of that stream is taken, be it committed yet or not; nothing when it is not in memory.
  std::optional<std::uint64_t> accepted(const std::string& stream) const;

  // ---- streams that are not in memory ----

  /// Streams to ask the store for, each once.
  std::vector<LoadStream> take_loads();
  void loaded(const StreamLoaded& event, Instant now);

  // ---- group commit: at most one is outstanding ----

  std::size_t pending_rows() const { return pending_rows_; }
  bool commit_is_due(Instant now) const;
  std::optional<Instant> commit_due_at() const;
  std::vector<StreamRows> take_pending();

  /// What take_pending() gave is synced: the watermarks that moved.
  std::vector<Watermark> committed(Instant now);

  /// It is not; nor can what has come since be taken: each stream is back at its watermark.
  void failed();

  // ---- answers ----

  /// Watermarks for senders that sent what was not taken, at most one for each stream and answer_pause.
  std::vector<Watermark> take_answers(Instant now);
  std::optional<Instant> answers_due_at() const;

  /// The watermark of each publisher's newest stream.
  std::vector<Watermark> newest() const;

  /// What should hold after every call and does not; empty when all holds. Looks at all of a few streams, and at a
  /// handful of many.
  std::string broken_invariant() const;

  const IngestCounters& counters() const { return counters_; }

  void describe(StatusWriter& status) const;

 private:
  struct Stream {
    std::string node;
    std::string publisher;
    std::uint64_t born = 0;       // order of appearance
    std::uint64_t committed = 0;  // the watermark
    std::uint64_t accepted = 0;   // committed, or on its way; >= committed
    std::uint64_t last_use = 0;
    std::optional<std::size_t> pending_index;  // into pending_
    bool owes_answer = false;                  // is in owing_
    bool resend = false;                       // something was refused since the last row was taken
    Instant answer_after{};
  };

  struct Held {
    Origin origin;
    Batch batch;
  };

  struct Outstanding {
    std::string stream;
    std::uint64_t through = 0;
  };

  void refuse(const Origin& origin, const std::string& stream, const Origin& owner, Instant now);
  void hold(const Origin& origin, Batch batch);
  void take(const std::string& name, Stream& stream, Batch& batch, Instant now);
  bool has_room() const;
  StreamRows& rows_of(const std::string& name, Stream& stream, Instant now);
  void add_reading(const std::string& name, Stream& stream, SequencedReading& reading, Instant now);
  void add_gap(const std::string& name, Stream& stream, Gap gap, Instant now);
  void owe(const std::string& name, Stream& stream, bool resend);
  void count_committed(const StreamRows& rows);
  void back_to_watermark(const std::string& name);
  void forget_idle_streams();
  bool is_idle(const Stream& stream) const;
  std::string broken_rule_of(std::size_t pending_index) const;

  IngestOptions options_;
  bool open_ = false;
  std::unordered_map<std::string, Stream> streams_;
  RotatingSample checked_streams_;
  RotatingSample checked_pending_;
  std::uint64_t uses_ = 0;
  std::uint64_t newest_born_ = 0;

  std::unordered_map<std::string, std::vector<Held>> loading_;
  std::vector<LoadStream> to_load_;
  std::size_t held_rows_ = 0;

  std::vector<StreamRows> pending_;
  std::size_t pending_rows_ = 0;
  std::size_t pending_bytes_ = 0;
  Instant pending_since_{};

  std::vector<Outstanding> outstanding_;
  IngestCounters outstanding_counts_;
  std::vector<std::string> owing_;
  std::vector<Refusal> refusals_;
  std::map<std::pair<std::string, std::string>, Instant> told_at_;  // senders that were told of a refusal; bounded
  IngestCounters counters_;
};

}  // namespace sensors::persistence
