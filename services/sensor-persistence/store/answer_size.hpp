// What rows take in an answer over the broker, which ends a connection that publishes more than its max_packet_size
// (broker-config/mosquitto.conf). Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "common/codec/rpc_json.hpp"

namespace sensors::persistence {

inline constexpr std::size_t max_query_bytes = 1024 * 1024;

/// About what a row takes, at most.
inline std::size_t answer_bytes(const StoredReading& row) {
  constexpr std::size_t keys = 24;  // {"node":"","stream":"",}
  return encoded_size_bound(row.reading) + row.node.size() + row.stream.size() + keys;
}

inline std::size_t answer_bytes(const StoredBucket& bucket) {
  constexpr std::size_t keys = 120;  // {"node":"","sensor":"","unit":"","time":"...","value":,"count":...},
  return encoded_size_bound(bucket.value) + bucket.node.size() + bucket.sensor.size() + bucket.unit.size() + keys;
}

/// What the newest reading of a sensor takes besides: ,"interval_ms":...,"silent_since":"..."
inline constexpr std::size_t rhythm_bytes = 70;

/// Keeps the first `limit` of `rows`, or fewer when those take more than max_query_bytes; whether any went. One stays.
template <class Row>
bool cut_to_answer(std::vector<Row>& rows, std::size_t limit, std::size_t more_bytes_each = 0) {
  std::size_t bytes = 0;
  std::size_t kept = 0;
  while (kept < std::min(rows.size(), limit)) {
    bytes += answer_bytes(rows[kept]) + more_bytes_each;
    if (kept > 0 && bytes > max_query_bytes) break;
    ++kept;
  }
  const bool is_cut = kept < rows.size();
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end());
  return is_cut;
}

}  // namespace sensors::persistence
