// Opening waits for the reading worker to close its connection: nobody may hold a file that is about to be moved away.
#include "services/sensor-persistence/store/store.hpp"

#include <filesystem>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/rescue.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/log.hpp"
#include "services/sensor-persistence/store/store_salvage.hpp"

namespace sensors::persistence {

Store::~Store() {
  stopping_ = true;
  reading_.post([this] {
    reader_.reset();
    writing_.post([this] {
      const Result<std::string> ended = end();
      const std::string& said = ended.has_value() ? *ended : ended.error().message;
      if (!said.empty()) log(LogLevel::warning, said);
    });
  });
}

void Store::apply(OpenStore how) {
  reading_.post([this, how] {
    reader_.reset();
    writing_.post([this, how] { on_event_(open(how)); });
  });
}

/// Closes the store. One that has lost its name is first put under it again: what it has is nowhere else. Says so, or
/// why nothing more could be read from it.
Result<std::string> Store::close(WallTime now) {
  if (writer_ == nullptr || writer_->database().check_names().has_value()) {
    writer_.reset();
    return std::string();
  }
  const auto progressed = [this] { on_event_(StoreProgressed{}); };
  Result<std::string> rescued =
      rescue(writer_->database(), {options_.path, now, [this] { writer_.reset(); }, progressed});
  if (rescued.has_value() || rescued.error().code != ErrorCode::corrupt) return rescued;
  writer_.reset();
  return rescued.error().message;
}

/// What has the name of a store that is another process's now is left alone.
Result<std::string> Store::end() {
  if (writer_ == nullptr) return std::string();
  TRY(lock_.take());
  return close(read_clocks().wall);
}

StoreOpened Store::open(const OpenStore& how) {
  Result<void> owned = lock_.take();
  if (how.release_reserve && (owned.has_value() || owned.error().code == ErrorCode::disk_full)) {
    static_cast<void>(reserve_.release());
    owned = lock_.take();
  }
  StoreOpened opened;
  opened.reserve_held = reserve_.held();
  if (!owned.has_value()) {
    opened.contents = tl::unexpected<Error>(owned.error());
    return opened;
  }
  Result<std::string> closed = close(how.time);
  if (!closed.has_value()) {
    opened.contents = tl::unexpected<Error>(closed.error());
    return opened;
  }
  opened.rescued = std::move(*closed);
  if (Result<void> done = prepare(how, opened.salvaged); !done.has_value()) {
    opened.contents = tl::unexpected<Error>(done.error());
    return opened;
  }
  Result<std::unique_ptr<StoreWriter>> writer =
      StoreWriter::open(options_, how.may_create ? options_.check_limit : Millis{0});
  if (!writer.has_value()) {
    opened.contents = tl::unexpected<Error>(writer.error());
    return opened;
  }
  opened.contents = (*writer)->contents(options_.max_streams);
  if (opened.contents.has_value()) writer_ = std::move(*writer);
  return opened;
}

/// Makes sure that the file to open is there: the salvaged one, also one that a crash left halfway.
Result<void> Store::prepare(const OpenStore& how, std::optional<SalvageReport>& salvaged) {
  TRY_ASSIGN(const bool finished, finish_replacement(options_.path, how.time));
  if (finished) salvaged = SalvageReport{options_.path + ".corrupt-...", 0, 0, 0};
  std::error_code ignored;
  if (!how.may_create && !std::filesystem::exists(options_.path, ignored)) {
    return fail(ErrorCode::not_found, options_.path +
                                          ": is gone; mount its file system or put the file back, or restart the "
                                          "service to begin with a new one");
  }
  if (!how.salvage.has_value()) return {};
  const SalvageOptions options{options_.path, options_.destinations, options_.salvage_limit, options_.keep_damaged};
  Result<SalvageReport> report = salvage_store(options, *how.salvage, how.time, [this] {
    on_event_(StoreProgressed{});
    return !stopping_;
  });
  TRY(report);
  salvaged = std::move(*report);
  return {};
}

void Store::apply(CommitTransaction transaction) {
  writing_.post([this, transaction = std::move(transaction)] { on_event_(commit(transaction)); });
}

/// What could not be done about the reserve is told by whether it is held.
StoreCommitted Store::commit(const CommitTransaction& transaction) {
  if (transaction.reserve == DiskReserve::Action::release) static_cast<void>(reserve_.release());
  const Result<void> owned = lock_.take();
  StoreCommitted done{owned.has_value() ? writer_->commit(transaction) : tl::unexpected<Error>(owned.error()), {}};
  if (transaction.reserve == DiskReserve::Action::restore && done.report.has_value())
    static_cast<void>(reserve_.restore());
  if (transaction.reserve != DiskReserve::Action::none) done.reserve_held = reserve_.held();
  return done;
}

void Store::apply(LoadStream load) {
  writing_.post([this, load = std::move(load)] {
    on_event_(StreamLoaded{load.stream, writer_->load_stream(load.stream)});
  });
}

void Store::apply(MeasureStore) {
  writing_.post([this] { on_event_(StoreMeasured{writer_->measure()}); });
}

/// A connection that met an error is not used again: its file may be another one now.
template <class Rows>
Result<Rows> Store::read(const std::function<Result<Rows>(StoreReader&)>& ask) {
  if (reader_ == nullptr) {
    TRY_ASSIGN(reader_, StoreReader::open(options_.path, stopping_));
  }
  Result<Rows> rows = ask(*reader_);
  if (!rows.has_value() && rows.error().code != ErrorCode::timeout) reader_.reset();
  return rows;
}

void Store::apply(RunQuery query) {
  reading_.post([this, query = std::move(query)] {
    if (stopping_) return;
    on_event_(QueryDone{query.call, read<QueryRows>([&query](StoreReader& reader) {
                          return reader.query(query.request, query.time_limit, query.future);
                        })});
  });
}

void Store::apply(ListDeadLetters list) {
  reading_.post([this, list = std::move(list)] {
    if (stopping_) return;
    on_event_(DeadLettersListed{list.call, read<DeadLetterRows>([&list](StoreReader& reader) {
                                  return reader.dead_letters(list.request, list.time_limit);
                                })});
  });
}

}  // namespace sensors::persistence
