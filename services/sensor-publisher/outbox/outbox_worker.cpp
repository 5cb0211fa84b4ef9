#include "services/sensor-publisher/outbox/outbox_worker.hpp"

#include <memory>
#include <utility>

#include "common/adapters/sqlite/disk_figures.hpp"
#include "common/adapters/sqlite/rescue.hpp"
#include "common/adapters/sqlite/storage_of_file.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/log.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"

namespace sensors::publisher {

namespace {

tl::unexpected<Error> is_closed(const OutboxFileOptions& options) {
  return fail(ErrorCode::io, options.path + ": is not open");
}

}  // namespace

OutboxWorker::OutboxWorker(OutboxFileOptions options, Report report)
    : options_(std::move(options)),
      report_(std::move(report)),
      lock_(options_.path, service_name),
      reserve_(options_.path + ".reserve", options_.reserve_bytes) {}

OutboxWorker::~OutboxWorker() {
  worker_.post([this] {
    const Result<std::string> ended = end();
    const std::string& said = ended ? *ended : ended.error().message;
    if (!said.empty()) log(LogLevel::warning, said);
  });
}

Result<OutboxContents> OutboxWorker::start(const std::string& stream, const std::string& boot,
                                           const std::string& node) {
  OutboxOpen open;
  open.known.streams.push_back({stream, 0, boot});
  open.known.streams.back().node = node;
  open.is_settled = false;
  Result<OutboxContents> contents = opened(open, open_and_join);
  if (contents) return contents;
  const Error& error = contents.error();
  const bool must_end =
      error.code == ErrorCode::invalid || error.code == ErrorCode::newer_schema || error.code == ErrorCode::in_use;
  if (must_end) return contents;
  open.known.failure = error.message;
  open.known.reserve_held = reserve_.held();
  return std::move(open.known);
}

void OutboxWorker::apply(OutboxWrite write) {
  // A shared_ptr because std::function copies: the job alone owns it.
  const auto owned = std::make_shared<OutboxWrite>(std::move(write));
  worker_.post([this, owned] { report_(written(std::move(*owned))); });
}

void OutboxWorker::apply(OutboxRead read) {
  worker_.post([this, read] { report_(OutboxReadDone{read.first, entries(read.first, read.max_entries)}); });
}

void OutboxWorker::apply(OutboxScan scan) {
  worker_.post([this, scan] { report_(OutboxScanned{scan.first, entries(scan.first, scan.max_entries)}); });
}

void OutboxWorker::apply(OutboxOpen open) {
  worker_.post([this, open = std::move(open)] { report_(OutboxOpened{opened(open, open_outbox)}); });
}

OutboxWritten OutboxWorker::written(OutboxWrite write) {
  // Neither can fail in a way that matters: what happened to the reserve is reported.
  if (write.reserve == DiskReserve::Action::release) static_cast<void>(reserve_.release());
  Result<void> result = outbox_.has_value() ? lock_.take() : Result<void>(is_closed(options_));
  if (result) result = outbox_->write(write);
  if (write.reserve == DiskReserve::Action::restore && result) static_cast<void>(reserve_.restore());
  const std::int64_t used_bytes = outbox_.has_value() ? outbox_->used_bytes() : 0;
  DiskFigures disk = measure_disk(options_.path);
  disk.risk = risk_;
  return OutboxWritten{std::move(result), std::move(write), used_bytes, reserve_.held(), std::move(disk)};
}

Result<std::vector<OutboxEntry>> OutboxWorker::entries(Position first, std::size_t max_entries) {
  if (!outbox_.has_value()) return is_closed(options_);
  return outbox_->read(first, max_entries);
}

/// Closes the outbox. One that has lost its name is first put under it again: what it has is nowhere else. Says so, or
/// why nothing more could be read from it.
Result<std::string> OutboxWorker::close(WallTime now) {
  if (!outbox_.has_value() || outbox_->database().check_names()) {
    outbox_.reset();
    return std::string();
  }
  Result<std::string> rescued = rescue(outbox_->database(), {options_.path, now, [this] { outbox_.reset(); }});
  if (rescued || rescued.error().code != ErrorCode::corrupt) return rescued;
  outbox_.reset();
  return rescued.error().message;
}

/// What has the name of an outbox that is another process's now is left alone.
Result<std::string> OutboxWorker::end() {
  if (!outbox_.has_value()) return std::string();
  TRY(lock_.take());
  return close(read_clocks().wall);
}

Result<OutboxContents> OutboxWorker::opened(const OutboxOpen& how, Open& open) {
  Result<void> owned = lock_.take();
  if (how.release_reserve && (owned || owned.error().code == ErrorCode::disk_full)) {
    static_cast<void>(reserve_.release());
    owned = lock_.take();
  }
  TRY(owned);
  const WallTime now = read_clocks().wall;
  TRY_ASSIGN(std::string closed, close(now));
  TRY_ASSIGN(outbox_, open(options_, how, now));
  risk_ = risk_of_file(options_.path);
  if (!closed.empty()) outbox_->note(std::move(closed));
  OutboxContents contents = outbox_->contents();
  contents.reserve_held = reserve_.held();
  return contents;
}

}  // namespace sensors::publisher
