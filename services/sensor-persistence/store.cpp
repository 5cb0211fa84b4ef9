#include "services/sensor-persistence/store.hpp"

#include "common/runtime/log.hpp"

namespace sensors::persistence {

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, std::function<void(Event)> on_event) {
  Result<std::unique_ptr<StoreWriter>> writer = StoreWriter::open(options);
  if (!writer.has_value()) return tl::unexpected<Error>(writer.error());
  Result<StoreContents> contents = (*writer)->contents(options.max_streams);
  if (!contents.has_value()) return tl::unexpected<Error>(contents.error());
  std::unique_ptr<Store> store(new Store(std::move(on_event)));
  Result<std::unique_ptr<StoreReader>> reader = StoreReader::open(options.path, store->stopping_);
  if (!reader.has_value()) return tl::unexpected<Error>(reader.error());
  store->contents_ = std::move(*contents);
  store->writer_ = std::move(*writer);
  store->reader_ = std::move(*reader);
  return store;
}

Store::~Store() { stopping_ = true; }

void Store::apply(CommitTransaction transaction) {
  writing_.post(
      [this, transaction = std::move(transaction)] { on_event_(StoreCommitted{writer_->commit(transaction)}); });
}

void Store::apply(LoadStream load) {
  writing_.post([this, load = std::move(load)] {
    on_event_(StreamLoaded{load.stream, writer_->load_stream(load.stream)});
  });
}

void Store::apply(MeasureStore measure) {
  writing_.post([this, measure] {
    Result<StoreMeasured> measured = writer_->measure(measure.after_id);
    if (!measured.has_value()) log(LogLevel::debug, "cannot measure the store: " + measured.error().message);
    on_event_(measured.value_or(StoreMeasured{}));
  });
}

void Store::apply(RunQuery query) {
  reading_.post([this, query = std::move(query)] {
    if (stopping_) return;
    on_event_(QueryDone{query.call, reader_->query(query.request, query.time_limit)});
  });
}

}  // namespace sensors::persistence
