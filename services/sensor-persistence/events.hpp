// Everything that goes into the persistence service's Logic and everything that comes out of it. Readings come in as
// MQTT messages, go to the store in transactions, and only what the store has committed is acknowledged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "common/codec/dead_letter_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/core/disk_figures.hpp"
#include "common/core/disk_reserve.hpp"
#include "common/core/reading.hpp"
#include "common/core/service_events.hpp"
#include "common/core/silence_watch.hpp"

namespace sensors::persistence {

inline constexpr const char* service_name = "sensor-persistence";

// ---- what the store holds, as the Logic needs to know it ----

struct StreamState {
  std::string name;
  std::string node;
  std::string publisher;
  std::uint64_t id = 0;       // in order of appearance; 0: the store does not know it
  std::uint64_t through = 0;  // the watermark
};

/// Everything up to `cursor` is uploaded; batch_first..batch_last is handed out, 0 when nothing is.
struct DestinationState {
  std::string name;
  std::uint64_t cursor = 0;
  std::uint64_t batch_first = 0;
  std::uint64_t batch_last = 0;
  std::uint64_t refusals = 0;  // how often a batch behind `cursor` was refused as a whole
  bool withdrawn = false;      // its bridge delivers nowhere: nothing waits for it
};

/// One boot of the machine of one publisher.
struct BootKey {
  std::string node;
  std::string publisher;
  std::string boot;
  bool operator==(const BootKey&) const = default;
  bool operator<(const BootKey& other) const {
    return std::tie(node, publisher, boot) < std::tie(other.node, other.publisher, other.boot);
  }
};

/// A boot with rows that wait for their times.
struct BootState {
  BootKey key;
  bool is_known = false;  // when it began: the rows are about to get their times
};

/// When a boot began, as its publisher says.
struct BootLearned {
  BootKey boot;
  WallTime time;
};

/// Dead letters that do not wait, by destination; none is 0.
using DeadLetterCounts = std::map<std::string, std::uint64_t>;
std::uint64_t total(const DeadLetterCounts& counts);

/// What the store knows when it has been opened.
/// A gap record, for people.
struct GapSeen {
  std::string node;
  std::string reason;
  std::uint64_t readings = 0;
  WallTime time;
};

struct StoreContents {
  std::string store;
  std::uint64_t last_id = 0;
  std::vector<StreamState> streams;  // those that moved last, oldest first
  std::vector<DestinationState> destinations;
  std::int64_t used_bytes = 0;
  std::vector<BootState> boots;  // those with rows that wait for their times
  WallTime honest_time;          // of the last CommitTransaction that had one
  DeadLetterCounts dead_letters;
  std::vector<KnownSensor> sensors{};
  std::vector<GapSeen> newest_gaps = {};  // oldest first, at most 1,000
};

// ---- effects on the store ----

/// Makes a new file of what can be read in a damaged one: everything that waits for upload, and of the rows that every
/// destination has at most `history_rows`, the newest.
struct Salvage {
  std::uint64_t history_rows = 0;
};

/// Closes the file, when it is open, and opens it. No other work is outstanding, queries excepted.
struct OpenStore {
  bool may_create = false;         // otherwise a file that is not there is ErrorCode::not_found
  std::optional<Salvage> salvage;  // before it is opened
  WallTime time;                   // when it was asked for
  bool release_reserve = false;    // first: the disk was full
};

/// The new rows of one stream, a contiguous run that ends at `through`.
struct StreamRows {
  std::string stream;
  std::string node;
  std::string publisher;
  std::uint64_t through = 0;
  std::vector<SequencedReading> readings;
  std::vector<Gap> gaps;
  std::string boot = {};  // that the uptimes are of; empty when no reading has one
};

/// The API of `destination` has first..last, except `rejected`, which become dead letters: its cursor moves. Changes
/// nothing when that range is not the one handed out.
struct Confirmation {
  std::string destination;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::vector<RejectedRow> rejected = {};
};

/// Hands out the next rows of `destination`, or again those that are handed out, unless they end with `refused`: then
/// the next ones are cut anew.
struct HandOut {
  std::uint64_t call = 0;  // names the request; comes back in the report
  std::string destination;
  std::size_t max_readings = 0;
  std::size_t max_bytes = 0;
  std::uint64_t refused = 0;
};

/// Puts dead letters back into the queue, at its end, or deletes them.
struct DeadLetterChange {
  std::uint64_t call = 0;
  DeadLettersRequest request;
};

/// Deletes rows among the `max_rows` oldest behind `after_id`, up to `up_to_id`: all of them, or those older than a
/// time.
struct RetentionStep {
  std::uint64_t after_id = 0;
  std::uint64_t up_to_id = 0;
  std::size_t max_rows = 0;
  std::optional<WallTime> older_than;  // nothing: delete whatever its time
  WallTime future;                     // rows later than this have a wrong time, and do not end a pass
};

/// Gives rows of `boot` their times: at most `max_rows`, and none that any destination has been given.
struct RestampStep {
  BootKey boot;
  std::size_t max_rows = 0;
};

/// One SQLite transaction, in the order of its members. One at a time is outstanding.
struct CommitTransaction {
  std::vector<StreamRows> streams;
  std::vector<Confirmation> confirmations;
  std::size_t max_dead_letters = 0;  // beyond it the oldest are deleted
  std::vector<DeadLetterChange> dead_letter_changes;
  std::vector<std::string> withdrawals;  // destinations for which nothing waits, until they are handed out rows again
  std::vector<HandOut> hand_outs;
  std::optional<RetentionStep> retention;
  bool probe = false;  // write something, to see whether it works again
  WallTime time;       // when it was asked for
  std::vector<BootLearned> boot_times;
  std::vector<BootKey> released;  // their rows wait no longer, unless they are about to get their times
  std::optional<RestampStep> restamp;
  WallTime honest_time;  // what a clock that can be believed would show, WallTime{}: nobody knows
  DiskReserve::Action reserve = DiskReserve::Action::none;  // released before the transaction, restored after it
  KnownSensorChanges sensors{};                             // what is to be kept of them
};

/// Asks for a stream that is not in memory.
struct LoadStream {
  std::string stream;
};

/// Asks for what changes slowly.
struct MeasureStore {};

/// Runs on a connection and a thread of its own; ends with ErrorCode::timeout after `time_limit`.
struct RunQuery {
  std::uint64_t call = 0;
  QueryRequest request;
  Millis time_limit{0};
  std::optional<WallTime> future{};  // what says to be of then or later is not the newest, unless there is nothing else
};

/// Reads dead letters, on the connection and thread of RunQuery.
struct ListDeadLetters {
  std::uint64_t call = 0;
  DeadLettersRequest request;
  Millis time_limit{0};
};

// ---- events from the store ----

/// What a salvage did.
struct SalvageReport {
  std::string damaged_file;         // what was damaged is there now
  std::uint64_t rows = 0;           // carried over, gap records included
  std::uint64_t lost_numbers = 0;   // of streams, now covered by gap records: acknowledged, and not to be read any more
  std::uint64_t old_rows_left = 0;  // that every destination has, and that only the damaged file holds now
};

/// The answer to OpenStore.
struct StoreOpened {
  Result<StoreContents> contents;
  std::optional<SalvageReport> salvaged;
  bool reserve_held = false;  // also when it could not be opened
  std::string rescued{};      // not empty: its file had lost its name, and what was done about it
};

/// A salvage or a rescue goes on.
struct StoreProgressed {};

struct RetentionReport {
  std::size_t deleted = 0;
  std::uint64_t next_after_id = 0;  // where the next step goes on
  bool found_present = false;       // rows were kept that are neither old nor from the future
  bool reached_end = false;         // nothing is left up to up_to_id
};

struct RestampReport {
  std::size_t restamped = 0;
  Millis largest_shift{0};  // forwards or backwards
  bool is_done = false;     // no more rows of that boot
};

/// Rows that wait for their times, and what is behind them, are not handed out: a batch without rows does not say that
/// the destination has everything.
struct HandedOut {
  std::uint64_t call = 0;
  UploadBatch batch;
};

struct DeadLetterReport {
  struct Changed {
    std::uint64_t call = 0;
    std::uint64_t letters = 0;
  };
  std::uint64_t added = 0;
  std::optional<DeadLetter> newest;  // of those added
  std::uint64_t unknown = 0;         // rejected rows that are not in their range
  std::uint64_t dropped = 0;         // the oldest, beyond max_dead_letters
  DeadLetterCounts left;
  std::vector<Changed> changed;
};

struct CommitReport {
  std::uint64_t last_id = 0;
  std::optional<DeadLetterReport> dead_letters;  // when the transaction was about any
  std::vector<HandedOut> handed_out;
  std::optional<RetentionReport> retention;
  std::int64_t used_bytes = 0;
  std::size_t stamped = 0;   // readings that got their times as they came
  std::size_t released = 0;  // boots whose rows wait no longer
  std::optional<RestampReport> restamp;
};

/// The answer to CommitTransaction: all of it is synced, or nothing of it happened.
struct StoreCommitted {
  Result<CommitReport> report;
  std::optional<bool> reserve_held = {};  // when the transaction was to change that
};

/// The answer to LoadStream; a state with id 0 when the store has no such stream.
struct StreamLoaded {
  std::string stream;
  Result<StreamState> state;
};

struct StoreFigures {
  std::int64_t used_bytes = 0;  // of pages, those in the write-ahead log included
  DiskFigures disk;
};

/// The answer to MeasureStore.
struct StoreMeasured {
  Result<StoreFigures> figures;
};

struct QueryRows {
  std::vector<StoredReading> readings;
  std::vector<StoredBucket> buckets;  // instead of readings, of a query with a step
  bool truncated = false;
  std::optional<QueryCursor> next;  // where the rest begins
  bool has_buckets = false;
  bool is_latest = false;  // readings are the newest of each sensor
};

struct QueryDone {
  std::uint64_t call = 0;
  Result<QueryRows> rows;
};

struct DeadLetterRows {
  std::vector<DeadLetter> letters;
  bool truncated = false;
};

/// The answer to ListDeadLetters.
struct DeadLettersListed {
  std::uint64_t call = 0;
  Result<DeadLetterRows> rows;
};

using Event =
    std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage, StoreOpened,
                 StoreProgressed, StoreCommitted, StreamLoaded, StoreMeasured, QueryDone, DeadLettersListed>;

using Effect = std::variant<MqttPublish, OpenStore, CommitTransaction, LoadStream, MeasureStore, RunQuery,
                            ListDeadLetters, LogLine, ServiceStatus, Exit>;

}  // namespace sensors::persistence
