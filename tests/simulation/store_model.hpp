// StoreModel is what services/sensor-persistence/store_*.cpp do, without SQLite: the same transactions, with what a
// crash leaves of them. It tells the Ledger what was committed, and checks the watermarks and the cursors as they move.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/sensor-persistence/events.hpp"
#include "tests/simulation/boot_model.hpp"
#include "tests/simulation/dead_letter_model.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

class StoreModel {
 public:
  StoreModel(World& world, std::string name, std::vector<std::string> destinations);

  Disk& disk() { return disk_; }
  const std::string& id() const { return file_.id; }

  /// As Store::open().
  Result<persistence::StoreContents> open();

  Result<persistence::CommitReport> commit(const persistence::CommitTransaction& transaction);
  Result<persistence::StreamState> load_stream(const std::string& name) const;
  Result<persistence::StoreFigures> measure() const;

  /// The process or the machine died while `transaction` was under way: it is there, or it is not.
  void torn(const persistence::CommitTransaction& transaction);

  /// The watermark of a stream, as it is on the disk.
  std::uint64_t through(const std::string& stream) const;

  /// Checks what is published as `committed`.
  void check_watermark(const std::string& store, const std::string& stream, std::uint64_t through);

  /// Its service has ended: a file that was deleted is gone, unless it ended in order.
  void closed(bool in_order);

  /// A new file with a new id: what was only in the old one is lost by hardware.
  void replace();

  void save() { saved_ = file_; }
  bool has_saved() const { return saved_.has_value() && saved_->id == file_.id; }
  void restore_saved();

  std::size_t rows() const { return file_.rows.size(); }
  std::uint64_t waiting() const;
  bool knows(const persistence::BootKey& boot) const { return began(boot).has_value(); }
  std::optional<WallTime> began(const persistence::BootKey& boot) const { return file_.boots.began(boot); }
  const DeadLetterModel& dead_letters() const { return file_.dead_letters; }

 private:
  struct Row {
    std::string stream;
    std::uint64_t first = 0;  // the seq of a reading
    std::variant<Reading, Gap> what;
  };
  struct File {
    std::string id;
    std::uint64_t last_id = 0;
    std::uint64_t last_stream = 0;
    std::map<std::string, persistence::StreamState> streams;
    std::map<std::string, WallTime> changed;
    std::map<std::uint64_t, Row> rows;
    std::vector<persistence::DestinationState> destinations;
    DeadLetterModel dead_letters;
    BootModel boots;
    WallTime honest_time;
    std::map<std::pair<std::string, std::string>, KnownSensor> sensors;  // by node and name
  };

  persistence::CommitReport apply(const persistence::CommitTransaction& transaction);
  void add_rows(const persistence::StreamRows& rows, WallTime time, persistence::CommitReport& report);
  void add_reading(const persistence::StreamRows& rows, SequencedReading row, std::optional<WallTime> boot_time);
  void add_gap(const persistence::StreamRows& rows, const Gap& gap);
  void keep_clocks(const persistence::CommitTransaction& transaction, persistence::CommitReport& report);
  persistence::RestampReport restamp(const persistence::RestampStep& step);
  void settle_uploads(const persistence::CommitTransaction& transaction, persistence::CommitReport& report);
  bool confirm(const persistence::Confirmation& confirmation, WallTime now, persistence::DeadLetterReport& report);
  std::uint64_t before_oldest() const;
  void pass_deleted(persistence::DestinationState& state, std::uint64_t last_id) const;
  UploadBatch hand_out(const persistence::HandOut& request);
  UploadBatch hand_out(const persistence::HandOut& request, std::uint64_t last_id);
  void read_rows(std::uint64_t from, std::uint64_t to, const persistence::HandOut& limits, UploadBatch& batch) const;
  StoredRow stored(std::uint64_t id, const Row& row) const;
  persistence::RetentionReport retain(const persistence::RetentionStep& step);
  persistence::DestinationState* destination(const std::string& name);
  static RowRange named(const Row& row);
  void lose_dead_letters();
  void lose_rows_behind(std::uint64_t id);
  std::int64_t used_bytes() const { return static_cast<std::int64_t>(file_.rows.size()) * 60; }

  World& world_;
  Disk disk_;
  std::vector<std::string> destination_names_;
  File file_;
  std::optional<File> saved_;
  std::map<std::string, std::uint64_t> published_;  // stream to the last watermark of this store
};

}  // namespace sensors::simulation
