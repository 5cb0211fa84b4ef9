// AlertWorker carries out the Logic's transactions, one after the other on a thread of its own, and reports each. A
// file that cannot be used any more is opened again with the next one; one that is damaged goes aside before.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/runtime/file_lock.hpp"
#include "common/runtime/worker.hpp"
#include "services/sensor-alerts/events.hpp"
#include "services/sensor-alerts/store/alert_store.hpp"

namespace sensors::alerts {

class AlertWorker {
 public:
  using Report = std::function<void(AlertsWritten)>;

  /// `report` is called on the worker's thread, once for each apply(), and must only enqueue; what it refers to must
  /// outlive this.
  AlertWorker(std::string path, Report report);

  /// Before the first apply(): what is known. A damaged file goes aside, and all begins anew, with a warning. Errors:
  /// in_use, newer_schema, invalid; and those of a disk, which may pass: nothing may be told without what is known.
  Result<KnownAlerts> start();

  /// Never blocks.
  void apply(AlertWrite write);

 private:
  Result<void> written(const AlertWrite& write);
  Result<void> open(std::string& warning);

  const std::string path_;
  Report report_;
  FileLock lock_;
  std::optional<AlertStore> store_;
  Worker worker_{"alerts"};  // its jobs end before all of the above goes
};

}  // namespace sensors::alerts
