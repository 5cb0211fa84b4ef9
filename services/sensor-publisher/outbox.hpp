// Outbox is the publisher's durable queue, one SQLite file: what write() returned for is on the disk. It decides
// nothing. One thread, the outbox worker, uses it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-publisher/events.hpp"

namespace sensors::publisher {

class Outbox {
 public:
  /// Opens or makes the file and begins the stream `new_stream` in it, in the boot `boot`. Errors as Database::open().
  static Result<Outbox> open(const std::string& path, const std::string& new_stream, const std::string& boot = "");

  /// What was found by open().
  const OutboxContents& contents() const { return contents_; }

  /// All of `write` in one transaction, or none of it.
  Result<void> write(const OutboxWrite& write);

  /// At most `max_entries` in order, without holes, from `first` on. A gap record that `first` lies in comes whole.
  Result<std::vector<OutboxEntry>> read(Position first, std::size_t max_entries);

 private:
  struct Statements {
    Statement insert_reading;
    Statement insert_gap;
    Statement insert_sensor;
    Statement find_sensor;
    Statement set_meta;
    Statement set_boot_time;
    Statement select_readings;
    Statement select_gaps;
  };
  Outbox(Database database, Statements statements);

  Result<void> write_all(const OutboxWrite& write);
  Result<void> append(const OutboxEntry& entry);
  Result<void> drop(const OutboxEntry& gap);
  Result<std::int64_t> sensor_id(const Reading& reading);
  Result<void> set_meta(std::string_view key, std::string_view value);

  Database database_;
  Statements statements_;
  OutboxContents contents_;
  std::map<std::pair<std::string, std::string>, std::int64_t> sensor_ids_;  // (name, unit); bounded
};

/// A stream id: 12 random characters of a-z and 2-7, 60 bits, from the kernel.
std::string random_stream_id();

}  // namespace sensors::publisher
