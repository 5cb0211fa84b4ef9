// What is in the two durable queues, read beside their owners: the publisher's outbox and the store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/reading.hpp"
#include "tests/rig/sqlite_file.hpp"

namespace sensors::rig {

/// Numbers first..last of a stream.
struct NumberRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// services/sensor-publisher/outbox/schema: positions number all that the outbox ever took; seq = position - base.
class OutboxReader {
 public:
  explicit OutboxReader(const std::string& path) : file_(path) {}

  struct Stream {
    std::string id;
    std::uint64_t base = 0;     // position less number; below 0 it wraps around
    std::uint64_t skipped = 0;  // first numbers that never had a position: they were sent from memory
    bool operator==(const Stream&) const = default;
  };

  /// Whether it has been made and has its tables.
  bool exists() const;

  /// Positions given out since the file was made: what was taken from the drivers and is durable.
  std::uint64_t taken() const;

  /// Readings and gap records that are not yet confirmed.
  std::uint64_t waiting() const;

  /// Positions that were dropped and stand as gap records not yet confirmed.
  std::uint64_t dropped() const;

  /// Streams that are not yet forgotten, oldest first: those that were unconfirmed at the last start, and the last one.
  std::vector<Stream> streams() const;

 private:
  SqliteFile file_;
};

/// services/sensor-persistence/store/schema.
class StoreReader {
 public:
  explicit StoreReader(const std::string& path) : file_(path) {}

  struct Stream {
    std::string name;
    std::string node;
    std::uint64_t through = 0;
    std::uint64_t readings = 0;
    std::uint64_t distinct = 0;  // numbers among them; fewer than readings would be a double
    std::uint64_t first = 0;     // smallest and largest number
    std::uint64_t last = 0;
  };

  struct Row {
    std::uint64_t seq = 0;
    std::string sensor;
    std::string unit;
    std::int64_t time_ms = 0;
    double value = 0;
  };

  struct Newest {
    std::string node;
    std::string sensor;
    std::string unit;
    std::int64_t time_ms = 0;
    Value value;
  };

  /// Whether it has been made and has its tables.
  bool exists() const;

  /// The newest reading of each sensor, by node and name.
  std::vector<Newest> newest() const;

  std::uint64_t readings() const;
  std::uint64_t gaps() const;

  /// Ids up to which `destination` has everything, and the last id that there is.
  std::uint64_t uploaded_through(const std::string& destination) const;
  std::uint64_t last_id() const;

  std::vector<Stream> streams() const;

  /// The readings of one stream in the order of their numbers; for numbers only.
  std::vector<Row> rows(const std::string& stream) const;

  /// What its gap records cover, in the order of the numbers.
  std::vector<NumberRange> gaps(const std::string& stream) const;

  /// What its dead letters are of, in the order of the numbers.
  std::vector<NumberRange> dead_letters(const std::string& stream) const;

 private:
  SqliteFile file_;
};

}  // namespace sensors::rig
