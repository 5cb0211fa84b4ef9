// OutboxModel is what services/sensor-publisher/outbox/outbox.cpp does, without SQLite: the same transactions, with
// what a crash leaves of them. It tells the Ledger what became durable and what was deleted.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/sensor-publisher/events.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

class OutboxModel {
 public:
  OutboxModel(World& world, std::string name) : world_(world), disk_(world, name + "/outbox.db") {}

  Disk& disk() { return disk_; }

  /// Begins or finds the stream of this run, the last of `known`, as Outbox::open().
  Result<publisher::OutboxContents> open(const publisher::OutboxContents& known, bool is_settled);

  Result<void> write(const publisher::OutboxWrite& write);
  Result<std::vector<publisher::OutboxEntry>> read(Position first, std::size_t max_entries) const;

  /// The process or the machine died while `write` was under way: it is there, or it is not.
  void torn(const publisher::OutboxWrite& write);

  /// An earlier state to go back to: a backup, or what a disk that lies had really written.
  void save();
  bool has_saved() const { return saved_.has_value(); }

  /// The file is as it was at save(). Rows that only it had are lost by hardware.
  void restore_saved();

  /// The card was copied: the file is as that of `other`.
  void copy(const OutboxModel& other) { file_ = other.file_; }

  /// Its service has ended: a file that was deleted is gone, unless it ended in order.
  void closed(bool in_order);

  /// A new file. Rows that only the old one had are lost by hardware.
  void replace();

  /// What its rows take on a disk.
  std::int64_t used_bytes() const;

  /// Rows that are not confirmed: readings and gap records.
  std::size_t size() const { return file_.readings.size() + file_.gaps.size(); }

  /// Whether a run that went by the name of `node` is in it whose stream `text` tells of.
  bool knows_run_of(const std::string& node, const std::string& text) const;

  /// Whether the newest reading has not been in a store yet.
  bool has_news() const;

  /// Whether a reading is on the disk at this moment, behind a position.
  bool holds(const std::string& stream, std::uint64_t seq, Position behind) const;

 private:
  struct File {
    std::vector<publisher::EndedStream> ended;
    std::vector<publisher::OutboxStream> streams;
    std::map<Position, Reading> readings;
    std::map<Position, std::pair<Position, publisher::DroppedEntries>> gaps;  // by first; last and why
    Position confirmed = 0;
    std::set<Position> doubtful;  // of a write that failed: who wrote them does not know of them
    Position thinned = 0;         // a hole up to here is a reading that was thinned out
    std::string store;
    std::map<std::string, KnownSensor> sensors;
  };

  const publisher::OutboxStream& stream_of(Position position) const;
  void change_to(File file);
  void apply(const publisher::OutboxWrite& write);
  void delete_through(Position through);
  void thin(const publisher::ThinnedRange& range);
  void drop(const publisher::OutboxEntry& gap);
  void append(const publisher::OutboxEntry& entry);
  void append_gap(const publisher::OutboxEntry& entry);
  void append_gap_over_doubt(const publisher::OutboxEntry& gap);

  World& world_;
  Disk disk_;
  File file_;
  std::optional<File> saved_;
};

}  // namespace sensors::simulation
