// ApiStore is what the reference API keeps: each reading once by (stream, seq), each Idempotency-Key with its answer,
// synced before the answer goes out. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/adapters/sqlite/database.hpp"
#include "common/core/result.hpp"

namespace sensors {

/// Of everything the file holds, earlier runs included.
struct ApiStats {
  std::uint64_t received = 0;           // readings that came under a new key
  std::uint64_t unique = 0;             // readings stored
  std::uint64_t duplicates = 0;         // readings that came again under another key
  std::uint64_t gaps = 0;               // numbers missing in 1..newest of the streams, those of gap records not counted
  std::uint64_t gap_numbers = 0;        // numbers that gap records cover
  std::uint64_t requests = 0;           // keys
  std::uint64_t repeated_requests = 0;  // requests with a key that was known
};

class ApiStore {
 public:
  static Result<ApiStore> open(const std::string& path);

  /// Stores an `upload` answer (docs/protocol.md) under `key` and returns the answer to it; the same answer again for a
  /// key that is known. ErrorCode::malformed for a body that is not such a document: nothing of it is stored then.
  Result<std::string> take(const std::string& key, std::string_view body, std::int64_t received_us);

  /// Whether a batch was stored under `key`.
  bool knows(const std::string& key) { return !known_answer(key).value_or("").empty(); }

  Result<ApiStats> stats();

 private:
  explicit ApiStore(Database database) : database_(std::move(database)) {}
  Result<std::string> known_answer(const std::string& key);
  Result<std::string> store(const std::string& key, std::string_view body, std::int64_t received_us);
  Result<void> count(std::string_view counter, std::int64_t more);
  Result<std::uint64_t> number(const char* sql);

  Database database_;
};

}  // namespace sensors
