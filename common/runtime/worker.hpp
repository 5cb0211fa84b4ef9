// Worker is one thread that runs jobs in order: the owner of a database connection, or of a driver that may hang.
// post() from any thread, never blocks; the callers bound what they have outstanding.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace sensors {

class Worker {
 public:
  /// `name` is the thread's name, at most 15 characters.
  explicit Worker(const std::string& name);

  /// Finishes the jobs that are queued, then joins.
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sensors
