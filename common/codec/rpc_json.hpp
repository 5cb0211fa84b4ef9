// Requests and answers of the store's RPC: upload, uploaded, query. Decoding checks everything. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/reading.hpp"

namespace sensors {

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
};

/// A gap record as the store hands it out; it has an id of the same sequence as the readings.
struct StoredGap {
  std::uint64_t id = 0;
  std::string node;
  std::string stream;
  Gap gap;
};

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
};
std::string encode_upload_batch(const UploadBatch& batch);

/// Tells which rows a batch holds, 16 hexadecimal digits: the same rows always give the same digest. A store restored
/// from a backup gives its row numbers a second time, to other rows, and an API that remembers keys must see that.
std::string digest_of(const UploadBatch& batch);

/// Names one row of a batch: a reading, or a gap record by its first number.
struct RowName {
  std::string stream;
  std::uint64_t seq = 0;
  bool operator==(const RowName&) const = default;
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
  RowName only_row;  // when there is one reading or gap record, and no more
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

/// Readings of one sensor (of all when empty) with from <= time < to, newest first when `latest`, else oldest first.
struct QueryRequest {
  std::string node;    // empty: any
  std::string sensor;  // empty: any
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  std::size_t limit = 100;  // 1 .. max_query_readings
  bool latest = false;      // the newest reading of each sensor that fits, instead of a range
};
std::string encode_query_request(const QueryRequest& request);
Result<QueryRequest> decode_query_request(std::string_view payload);
std::string encode_query_answer(const std::vector<StoredReading>& readings, bool truncated);

}  // namespace sensors
