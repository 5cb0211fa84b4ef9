// Attempts to try a sink with.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "common/codec/rpc_json.hpp"
#include "services/sensor-http-bridge/delivery/attempt.hpp"

namespace sensors::bridge {

/// A batch of the readings `first` .. `last` of the stream "k3".
inline UploadBatch sample_batch(std::uint64_t first, std::uint64_t last) {
  UploadBatch batch;
  batch.store = "w5";
  batch.destination = "api";
  batch.first = first;
  batch.last = last;
  for (std::uint64_t row = first; row <= last; ++row)
    batch.readings.push_back({row, "kitchen", "k3", {row, {"a", 1.5, "Cel", WallTime{}}}});
  return batch;
}

inline Attempt sample_attempt(std::uint64_t id, std::uint64_t first, std::uint64_t last) {
  std::string text = encode_upload_batch(sample_batch(first, last));
  UploadBatchHeader header = decode_upload_batch_header(text).value();
  return {id, "key", std::move(header), std::move(text), Millis{10'000}};
}

/// The same with a name that no sensor may have.
inline Attempt broken_attempt(std::uint64_t id) {
  Attempt attempt = sample_attempt(id, 1, 1);
  attempt.batch.replace(attempt.batch.find("\"a\""), 3, "\"x y\"");
  return attempt;
}

}  // namespace sensors::bridge
