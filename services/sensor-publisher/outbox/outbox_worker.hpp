// OutboxWorker carries out the Logic's effects on the outbox, one after the other on a thread of its own, and reports
// each as an event. It decides nothing. Calls from the loop, never blocking.
#pragma once

#include <functional>
#include <optional>

#include "common/adapters/sqlite/reserve_file.hpp"
#include "common/runtime/file_lock.hpp"
#include "common/runtime/worker.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/outbox/outbox_opening.hpp"

namespace sensors::publisher {

class OutboxWorker {
 public:
  using Report = std::function<void(Event)>;

  /// `report` is called on the worker's thread, once for each apply(), and must only enqueue; what it refers to must
  /// outlive this.
  OutboxWorker(OutboxFileOptions options, Report report);

  /// Finishes what was asked for. An outbox that has lost its name is put under it again before it closes.
  ~OutboxWorker();

  OutboxWorker(const OutboxWorker&) = delete;
  OutboxWorker& operator=(const OutboxWorker&) = delete;

  /// Before the first apply(): opens the outbox and begins the stream `stream` in the boot `boot`, under the name
  /// `node`. One that cannot be opened now is what OutboxContents::failure says, and the Logic has it opened again;
  /// invalid, newer_schema and in_use (another process has it) are errors. Blocks for as long as a check, a salvage
  /// and a join may take; only here is a restored outbox joined.
  Result<OutboxContents> start(const std::string& stream, const std::string& boot, const std::string& node = "");

  void apply(OutboxWrite write);
  void apply(OutboxRead read);
  void apply(OutboxScan scan);
  void apply(OutboxOpen open);

 private:
  OutboxWritten written(OutboxWrite write);
  Result<std::vector<OutboxEntry>> entries(Position first, std::size_t max_entries);
  using Open = Result<Outbox>(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now);

  Result<OutboxContents> opened(const OutboxOpen& how, Open& open);
  Result<std::string> close(WallTime now);
  Result<std::string> end();

  OutboxFileOptions options_;
  Report report_;
  FileLock lock_;  // as long as this, also while the outbox is closed or salvaged
  std::optional<Outbox> outbox_;
  std::string risk_;  // of the file system that it is on, when it was opened last
  ReserveFile reserve_;
  Worker worker_{"outbox"};  // its jobs end before all of the above goes
};

}  // namespace sensors::publisher
