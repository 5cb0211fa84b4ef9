// Requests and answers of the store's RPC: upload, uploaded, query. Decoding checks everything. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/core/reading.hpp"

namespace sensors {

inline constexpr std::size_t max_rpc_request_bytes = 64 * 1024;
inline constexpr std::size_t max_upload_readings = 5'000;
inline constexpr std::size_t max_upload_bytes = 1024 * 1024;
inline constexpr std::size_t max_query_readings = 5'000;
inline constexpr std::size_t max_refusal_reason_bytes = 200;

/// A reading as the store hands it out, to the API and to queries.
struct StoredReading {
  std::uint64_t id = 0;  // the store's own number, in the order of arrival
  std::string node;
  std::string stream;
  SequencedReading reading;
  Millis interval{0};                         // at which the sensor comes; 0: not known, or nobody asked
  std::optional<WallTime> silent_since = {};  // the sensor is silent
};

/// Adds how its sensor comes, as far as that is known, to the JSON object that `out` ends with.
void append_rhythm(std::string& out, const StoredReading& row);

/// A gap record as the store hands it out; it has an id of the same sequence as the readings.
struct StoredGap {
  std::uint64_t id = 0;
  std::string node;
  std::string stream;
  Gap gap;
};

/// Appends the readings as the API gets them, with commas between them.
void append_delivered_readings(std::string& out, const std::vector<StoredReading>& readings);

/// Appends {"node":...,"stream":...,"first":...,"last":...,"reason":...,"time":...}: a gap record as the API gets it.
void append_delivered_gap(std::string& out, const StoredGap& row);

struct UploadRequest {
  std::string destination;
  std::size_t max_readings = 1'000;
  std::size_t max_bytes = 256 * 1024;
  std::uint64_t refused = 0;  // the API has refused the range that ends with this id: cut it anew; 0: none
};
std::string encode_upload_request(const UploadRequest& request);
Result<UploadRequest> decode_upload_request(std::string_view payload);

/// first == 0: nothing to upload.
struct UploadBatch {
  std::string store;
  std::string destination;
  std::uint64_t first = 0;  // ids first..last; a range, also where it has holes
  std::uint64_t last = 0;
  std::uint64_t remaining = 0;  // ids behind `last`
  std::vector<StoredReading> readings;
  std::vector<StoredGap> gaps;
  std::uint64_t refusals = 0;  // how often a batch that begins with `first` was refused as a whole; in the digest only
};
std::string encode_upload_batch(const UploadBatch& batch);

/// Tells which rows a batch holds, 16 hexadecimal digits: the same rows give the same digest until they are refused. A
/// store restored from a backup gives its row numbers a second time, to other rows, and an API that remembers keys must
/// see that; what it refused and is asked again it must not answer from memory.
std::string digest_of(const UploadBatch& batch);

/// Names one row of a batch: a reading, or a gap record by its first number.
struct RowName {
  std::string stream;
  std::uint64_t seq = 0;
  bool operator==(const RowName&) const = default;
  bool operator<(const RowName& other) const { return std::tie(stream, seq) < std::tie(other.stream, other.seq); }
};

/// What the bridge needs of an UploadBatch payload: it passes the payload itself on as the body. The whole document is
/// checked to be JSON and UTF-8. ErrorCode::rejected with the store's message when the answer is an error.
struct UploadBatchHeader {
  std::string store;
  std::string destination;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t remaining = 0;
  std::string digest;
  std::size_t readings = 0;
  std::size_t gaps = 0;
  std::vector<RowName> names;  // of the readings, then of the gap records
  std::size_t rows() const { return readings + gaps; }
};
Result<UploadBatchHeader> decode_upload_batch_header(std::string_view payload);

/// A row of a batch that the API refused, and why.
struct RejectedRow {
  RowName row;
  int status = 0;      // of the answer, or of the row where the API gives one: 100 .. 599; 0: not known
  std::string reason;  // one printable line, at most max_refusal_reason_bytes
  bool operator==(const RejectedRow&) const = default;
};

/// The API has taken first..last, except `rejected`, which become dead letters; the cursor of `destination` may move.
/// The range must be the one handed out.
struct UploadedRequest {
  std::string store;
  std::string destination;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::vector<RejectedRow> rejected = {};  // at most max_upload_readings
};
std::string encode_uploaded_request(const UploadedRequest& request);
Result<UploadedRequest> decode_uploaded_request(std::string_view payload);

struct UploadedAnswer {
  std::uint64_t through = 0;
  std::uint64_t remaining = 0;
};
/// Decoding: ErrorCode::rejected with the store's message when the answer is an error.
std::string encode_uploaded_answer(const UploadedAnswer& answer);
Result<UploadedAnswer> decode_uploaded_answer(std::string_view payload);

/// The bridge of `destination` delivers nowhere: until it asks for an upload again, nothing waits for it. The answer is
/// an UploadedAnswer.
struct WithdrawRequest {
  std::string destination;
};
std::string encode_withdraw_request(const WithdrawRequest& request);
Result<WithdrawRequest> decode_withdraw_request(std::string_view payload);

/// A place in the answers to a query, from which the next one goes on: the last row's time, and its id, or its
/// sensor's.
struct QueryCursor {
  WallTime time;
  std::uint64_t id = 0;
  bool operator==(const QueryCursor&) const = default;
};
/// "1768493375123-42".
std::string encode_cursor(const QueryCursor& cursor);
Result<QueryCursor> decode_cursor(std::string_view text);

/// What becomes of the readings of one step of time; mean, min and max are of numbers only.
enum class Aggregate { mean, min, max, last };
const char* name_of(Aggregate aggregate);
std::optional<Aggregate> aggregate_from(std::string_view name);

inline constexpr Millis max_query_step{std::chrono::hours{24 * 366}};

/// Readings of one sensor (of all when empty) with from <= time < to.
struct QueryRequest {
  std::string node;    // empty: any
  std::string sensor;  // empty: any
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  std::size_t limit = 100;  // 1 .. max_query_readings
  bool latest = false;      // the newest reading of each sensor that fits, newest first, instead of a range
  bool newest_first = false;
  std::optional<QueryCursor> after = std::nullopt;  // only what is behind that, in the order of the answer

  /// Instead of readings one value for each sensor and step; steps begin at multiples of it since 1970. 0: readings.
  /// 1 s .. max_query_step.
  Millis step{0};
  Aggregate aggregate = Aggregate::mean;
};
std::string encode_query_request(const QueryRequest& request);
Result<QueryRequest> decode_query_request(std::string_view payload);
/// {"readings":[...],"truncated":true,"cursor":"..."}; the cursor when there is a `next`.
std::string encode_query_answer(const std::vector<StoredReading>& readings, bool truncated,
                                const std::optional<QueryCursor>& next = std::nullopt);

/// What a sensor's readings of one step come to.
struct StoredBucket {
  std::uint64_t sensor_id = 0;  // the store's own
  std::string node;
  std::string sensor;
  std::string unit;
  WallTime time;  // when the step begins
  Value value;
  std::uint64_t count = 0;  // readings in it
};
/// Appends {"node":...,"sensor":...,"unit":...,"time":...,"value":...,"count":...}
void append_bucket(std::string& out, const StoredBucket& bucket);
std::string encode_bucket_answer(const std::vector<StoredBucket>& buckets, bool truncated,
                                 const std::optional<QueryCursor>& next);

}  // namespace sensors
