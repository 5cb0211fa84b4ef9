#include "services/sensor-publisher/drivers/driver_worker.hpp"

#include <pthread.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "common/runtime/event_loop.hpp"

namespace sensors {

namespace {

constexpr Millis stuck_read_wait{100};

/// What a driver may wait of its own accord: a read that waited in vain must not look like one that hangs.
Millis own_wait(Millis deadline) { return deadline * 4 / 5; }

void stamp(Sample& sample, Now now) {
  sample.time = now.wall;
  if (!now.clock_synced) sample.uptime = uptime_at(now.monotonic);
}

DriverReport read_stamped(Driver& driver, Millis deadline) {
  DriverReport report;
  try {
    report = driver.read(own_wait(deadline));
  } catch (const std::exception& exception) {
    report.errors.push_back({ErrorCode::io, std::string("driver failed: ") + exception.what()});
  }
  const Now now = read_clocks();
  for (Sample& sample : report.samples) {
    if (!sample.time.has_value()) stamp(sample, now);
  }
  return report;
}

}  // namespace

struct DriverWorker::State {
  std::unique_ptr<Driver> driver;  // dies on the thread
  Millis deadline;

  std::mutex mutex;
  std::condition_variable changed;
  bool read_wanted = false;
  std::size_t room = 0;  // of the read that is wanted
  bool reading = false;
  bool stopping = false;

  std::mutex callback_mutex;  // held during a callback; `callback` is empty once the worker is destroyed
  std::function<void(DriverReport)> callback;
};

DriverWorker::DriverWorker(const std::string& name, std::unique_ptr<Driver> driver, Millis deadline,
                           std::function<void(DriverReport)> callback)
    : state_(std::make_shared<State>()) {
  state_->driver = std::move(driver);
  state_->deadline = deadline;
  state_->callback = std::move(callback);
  thread_ = std::thread([state = state_] { run(state); });
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

void DriverWorker::stop() {
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->stopping, true)) return;
  state_->driver->interrupt();
  state_->changed.notify_all();
}

void DriverWorker::finish() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->stopping) state_->driver->finish();
}

DriverWorker::~DriverWorker() {
  stop();
  bool returned = false;
  {
    std::unique_lock lock(state_->mutex);
    returned = state_->changed.wait_for(lock, stuck_read_wait, [this] { return !state_->reading; });
  }
  {
    const std::lock_guard lock(state_->callback_mutex);
    state_->callback = nullptr;
  }
  if (returned) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

bool DriverWorker::start_read(std::size_t room) {
  const std::lock_guard lock(state_->mutex);
  if (state_->read_wanted || state_->reading) return false;
  state_->read_wanted = true;
  state_->room = room;
  state_->changed.notify_all();
  return true;
}

void DriverWorker::run(const std::shared_ptr<State>& state) {
  while (true) {
    std::size_t room = 0;
    {
      std::unique_lock lock(state->mutex);
      state->changed.wait(lock, [&] { return state->read_wanted || state->stopping; });
      if (state->stopping) break;
      state->read_wanted = false;
      state->reading = true;
      room = state->room;
    }
    state->driver->allow(room);
    DriverReport report = read_stamped(*state->driver, state->deadline);
    {
      const std::lock_guard lock(state->mutex);
      state->reading = false;
      state->changed.notify_all();
    }
    const std::lock_guard lock(state->callback_mutex);
    if (state->callback) state->callback(std::move(report));
  }
  state->driver.reset();
}

}  // namespace sensors
