// ApiProcess is the reference API as a program of its own: what it got survives its restarts, and it fails on request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/rig/databases.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/sqlite_file.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class ApiProcess {
 public:
  /// Makes a bearer token in `folder`, which must outlive it. Starts nothing yet.
  explicit ApiProcess(const TempDir& folder);

  /// Starts it, again on the same port; returns when it accepts connections.
  void start();

  Process& process() { return process_; }
  const std::string& token_file() const { return token_file_; }
  std::string url() const;
  std::uint16_t port() const { return port_; }

  /// Of everything it ever got, read from its database.
  std::uint64_t delivered() const;          // readings that it has, each once
  std::uint64_t duplicates() const;         // readings that came again under another Idempotency-Key
  std::uint64_t repeated_requests() const;  // requests that its Idempotency-Key suppressed
  std::uint64_t gap_records() const;

  struct Row {
    std::uint64_t seq = 0;
    std::string sensor;
    double value = 0;
  };

  /// The readings of one stream in the order of their numbers; for numbers only.
  std::vector<Row> rows(const std::string& stream) const;

  /// The numbers of those readings of one stream that came again under another Idempotency-Key, in their order.
  std::vector<std::uint64_t> came_again(const std::string& stream) const;

  /// What the gap records that it got cover, in the order of the numbers.
  std::vector<NumberRange> gaps(const std::string& stream) const;

  /// POSTs of readings that reached it since it was started, failed ones included. RigError when it does not say.
  std::uint64_t arrivals() const;

  /// Tells it how to fail, as tests/reference_api/reference_api.hpp says: {"mode":"hang"}. RigError when it does not
  /// take that.
  void set_fault(const std::string& json);

  /// The same for what it does not take: {"sensors":["x"],"max_rows":100}.
  void set_rules(const std::string& json);

 private:
  void tell(const std::string& path, const std::string& json);

  std::string token_file_;
  std::uint16_t port_;
  SqliteFile database_;
  Process process_;
};

}  // namespace sensors::rig
