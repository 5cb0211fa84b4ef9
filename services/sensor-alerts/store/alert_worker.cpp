#include "services/sensor-alerts/store/alert_worker.hpp"

#include <memory>
#include <utility>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensor-alerts/logic/alert_options.hpp"

namespace sensors::alerts {

AlertWorker::AlertWorker(std::string path, Report report)
    : path_(std::move(path)), report_(std::move(report)), lock_(path_, service_name) {}

Result<void> AlertWorker::open(std::string& warning) {
  TRY(lock_.take());
  Result<AlertStore> opened = AlertStore::open(path_, random_id());
  if (!opened.has_value() && opened.error().code == ErrorCode::corrupt) {
    TRY_ASSIGN(const std::string aside, set_aside(path_, "corrupt", read_clocks().wall));
    warning = opened.error().message + "; it is " + aside +
              " now, and alerts begin anew: those that were open are told again, and of those that ended meanwhile "
              "nobody hears";
    opened = AlertStore::open(path_, random_id());
  }
  TRY(opened);
  store_.emplace(std::move(*opened));
  return {};
}

Result<KnownAlerts> AlertWorker::start() {
  std::string warning;
  TRY(open(warning));
  KnownAlerts known = store_->known();
  if (!warning.empty()) known.warnings.push_back(std::move(warning));
  return known;
}

void AlertWorker::apply(AlertWrite write) {
  // A shared_ptr because std::function copies: the job alone owns it.
  const auto owned = std::make_shared<AlertWrite>(std::move(write));
  worker_.post([this, owned] { report_(AlertsWritten{written(*owned)}); });
}

/// A file that was opened again may lack what the last one had: only a transaction that has all may go into it.
Result<void> AlertWorker::written(const AlertWrite& write) {
  TRY(lock_.take());
  if (!store_.has_value()) {
    if (!write.all) return fail(ErrorCode::io, path_ + ": is not open");
    std::string warning;
    TRY(open(warning));
    if (!warning.empty()) log(LogLevel::warning, warning);
  }
  Result<void> result = store_->write(write);
  if (!result.has_value()) store_.reset();
  return result;
}

}  // namespace sensors::alerts
