// The store's answers, read back by those who asked for people or for another format: rows, dead letters, and what
// became of them. Decoding checks everything; ErrorCode::rejected with the store's message when the answer is an error.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/codec/dead_letter_json.hpp"
#include "common/codec/rpc_json.hpp"

namespace sensors {

/// What encode_upload_batch() writes; the rows' ids are not in it and are 0. The digest is not read: digest_of().
Result<UploadBatch> decode_upload_batch(std::string_view payload);

/// What encode_query_answer() writes; the rows' ids are not in it and are 0.
struct QueryAnswer {
  std::vector<StoredReading> readings;
  bool truncated = false;  // more rows fit the question
  std::string cursor;      // where they go on; empty when the answer does not say
};
Result<QueryAnswer> decode_query_answer(std::string_view payload);

/// What encode_bucket_answer() writes, but for the sensors' ids.
struct BucketAnswer {
  std::vector<StoredBucket> buckets;
  bool truncated = false;
  std::string cursor;
};
Result<BucketAnswer> decode_bucket_answer(std::string_view payload);

/// What encode_dead_letter_list() writes.
struct DeadLetterList {
  std::vector<DeadLetter> letters;
  bool truncated = false;
};
Result<DeadLetterList> decode_dead_letter_list(std::string_view payload);

/// What encode_dead_letters_changed() writes, for either action.
struct DeadLettersChanged {
  std::uint64_t changed = 0;
  std::uint64_t left = 0;  // that do not wait
};
Result<DeadLettersChanged> decode_dead_letters_changed(std::string_view payload);

}  // namespace sensors
