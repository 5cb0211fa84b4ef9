// Store applies the Logic's effects on the database: one worker owns the writing connection, one the reading one, and
// each result comes back as an event. Calls from the loop, never blocking; events on the workers' threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "common/adapters/sqlite/reserve_file.hpp"
#include "common/runtime/file_lock.hpp"
#include "common/runtime/worker.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/store/store_reader.hpp"
#include "services/sensor-persistence/store/store_writer.hpp"

namespace sensors::persistence {

class Store {
 public:
  /// `on_event` is called on the workers' threads, once for each apply(), and must only enqueue.
  Store(StoreOptions options, std::function<void(Event)> on_event)
      : options_(std::move(options)),
        on_event_(std::move(on_event)),
        lock_(options_.path, service_name),
        reserve_(options_.path + ".reserve", options_.reserve_bytes) {}

  /// Finishes what was asked for, queries and salvages excepted: they end at once. A store that has lost its name is
  /// put under it again before it closes.
  ~Store();

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Before the first apply(): makes this process the owner of the database. in_use: another one is, and nothing may be
  /// asked of this. Other errors are tried again by each OpenStore, and told there.
  Result<void> own() { return lock_.take(); }

  /// Everything else may be asked for only between a StoreOpened that was well and the next OpenStore.
  void apply(OpenStore open);
  void apply(CommitTransaction transaction);
  void apply(LoadStream load);
  void apply(MeasureStore measure);
  void apply(RunQuery query);
  void apply(ListDeadLetters list);

 private:
  StoreOpened open(const OpenStore& how);
  Result<std::string> close(WallTime now);
  Result<std::string> end();
  StoreCommitted commit(const CommitTransaction& transaction);
  Result<void> prepare(const OpenStore& how, std::optional<SalvageReport>& salvaged);
  template <class Rows>
  Result<Rows> read(const std::function<Result<Rows>(StoreReader&)>& ask);

  const StoreOptions options_;
  const std::function<void(Event)> on_event_;
  std::atomic<bool> stopping_ = false;
  FileLock lock_;        // of the writing worker, after own(); as long as this, also while the database is closed
  ReserveFile reserve_;  // of the writing worker
  std::unique_ptr<StoreWriter> writer_;  // of the writing worker
  std::unique_ptr<StoreReader> reader_;  // of the reading worker, from the first query on
  Worker writing_{"store-write"};        // the workers end first: they use all of the above
  Worker reading_{"store-read"};
};

}  // namespace sensors::persistence
