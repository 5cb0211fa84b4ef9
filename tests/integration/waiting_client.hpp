// WaitingClient is an HttpClient whose post() waits for the outcome. On the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "common/adapters/http_client/http_client.hpp"

namespace sensors {

class WaitingClient {
 public:
  static constexpr std::chrono::seconds patience{20};

  HttpOutcome post(HttpRequest request) {
    start(std::move(request));
    return next();
  }

  void start(HttpRequest request) { client_.post(std::move(request)); }

  /// The next outcome of those that were started.
  HttpOutcome next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, patience, [this] { return !outcomes_.empty(); })) {
      ADD_FAILURE() << "no outcome";
      return {};
    }
    HttpOutcome outcome = std::move(outcomes_.front());
    outcomes_.pop_front();
    return outcome;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<HttpOutcome> outcomes_;
  HttpClient client_{[this](HttpOutcome outcome) {
    const std::lock_guard lock(mutex_);
    outcomes_.push_back(std::move(outcome));
    arrived_.notify_one();
  }};
};

}  // namespace sensors
