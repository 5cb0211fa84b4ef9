// Store applies the Logic's effects on the database: one worker owns the writing connection, one the reading one, and
// each result comes back as an event. Calls from the loop, never blocking; events on the workers' threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "common/runtime/worker.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/store_reader.hpp"
#include "services/sensor-persistence/store_writer.hpp"

namespace sensors::persistence {

class Store {
 public:
  /// `on_event` is called on the workers' threads, once for each apply(), and must only enqueue.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options, std::function<void(Event)> on_event);

  /// Finishes what was asked for, queries excepted: they end at once.
  ~Store();

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// As it was when it was opened.
  const StoreContents& contents() const { return contents_; }

  void apply(CommitTransaction transaction);
  void apply(LoadStream load);
  void apply(MeasureStore measure);
  void apply(RunQuery query);

 private:
  explicit Store(std::function<void(Event)> on_event) : on_event_(std::move(on_event)) {}

  std::function<void(Event)> on_event_;
  StoreContents contents_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<StoreWriter> writer_;
  std::unique_ptr<StoreReader> reader_;
  Worker writing_{"store-write"};  // the workers end first: they use all of the above
  Worker reading_{"store-read"};
};

}  // namespace sensors::persistence
