// Outbox is the publisher's durable queue, one SQLite file: what write() returned for is on the disk. It decides
// nothing. One thread, the outbox worker, uses it.
#pragma once

#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/outbox/outbox_rows.hpp"

namespace sensors::publisher {

class Outbox {
 public:
  /// Opens or makes the file and begins the stream `new_stream` in it, in the boot `boot`, under the name `node`.
  /// Errors as Database::open(); corrupt also for a row that must be known and has the wrong checksum.
  static Result<Outbox> open(const std::string& path, const std::string& new_stream, const std::string& boot = "",
                             const std::string& node = "");

  /// The same with the last of `known.streams`, whose positions are those of the file already when `is_settled`.
  static Result<Outbox> open(const std::string& path, const OutboxContents& known, bool is_settled);

  /// What was found by open().
  const OutboxContents& contents() const { return contents_; }

  /// Adds to what contents() says about how it was opened.
  void note(std::string text) { contents_.notes.push_back(std::move(text)); }
  void warn(std::string text) { contents_.warnings.push_back(std::move(text)); }
  void repaired(OutboxRepair repair) { contents_.repair = std::move(repair); }

  /// All of `write` in one transaction, or none of it. Errors: disk_full, read_only, io, corrupt, timeout.
  Result<void> write(const OutboxWrite& write);

  /// At most `max_entries` in order, without holes, from `first` on, what was thinned out as gap records. A gap record
  /// that `first` lies in comes whole. Rows with a wrong checksum count as missing.
  Result<std::vector<OutboxEntry>> read(Position first, std::size_t max_entries);

  /// Bytes of the file's pages, free ones excluded; 0 when they cannot be counted.
  std::int64_t used_bytes() { return database_.used_bytes().value_or(0); }

  /// Looks for damage, see quick_check().
  Result<void> check(Millis limit);

  /// What is open; for rescue().
  Database& database() { return database_; }

  /// See Database::sync_log().
  Result<void> sync_log() { return database_.sync_log(); }

 private:
  struct Sql {
    Statement readings;
    Statement gaps;
    Statement touched_gaps;
  };

  Outbox(Database database, OutboxRows rows, Sql sql);

  static Result<Sql> prepare(Database& database);
  Result<void> write_all(const OutboxWrite& write);
  Result<void> drop(const OutboxEntry& gap);
  Result<std::vector<OutboxEntry>> gaps_between(Position first, Position last);
  Result<void> thin(const ThinnedRange& range);
  Result<void> remember(const BootTime& boot);
  Result<void> keep(const KnownSensorChanges& sensors);
  Result<std::vector<OutboxEntry>> select(Position first, std::size_t max_entries);

  Database database_;
  OutboxRows rows_;
  Sql sql_;
  OutboxContents contents_;
  ThinnedMark thinned_;
  std::uint64_t appends_ = 0;
};

}  // namespace sensors::publisher
