// EchoServer is a HttpServer on an event loop of its own, for tests that are its clients.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/adapters/http_server/http_server.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"

namespace sensors {

inline constexpr Millis patience{30'000};

/// Answers /echo with what was sent and /large with half a megabyte, streams at /stream, takes /wait and never answers
/// it.
class EchoServer {
 public:
  static constexpr std::size_t large_bytes = 512 * 1024;

  explicit EchoServer(HttpServerOptions options = {}) {
    options.port = port_ = rig::free_port();
    loop_ = std::make_unique<EventLoop>();
    HttpServerCallbacks callbacks;
    callbacks.on_request = [this](WebRequest request) { return take(std::move(request)); };
    callbacks.on_gone = [this](WebGone) { ++gone_; };
    callbacks.on_listening = [](const WebListening& listening) { EXPECT_TRUE(listening.result.has_value()); };
    callbacks.on_certificate = [this](WebCertificate said) { certificates_.push_back(std::move(said.expires)); };
    server_ = std::make_unique<HttpServer>(*loop_, std::move(options), std::move(callbacks));
    loop_->on_wake([this] { run_jobs(); });
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~EchoServer() {
    on_loop([this] { server_.reset(); });
    loop_->stop();
    thread_.join();
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }
  int gone() const { return gone_; }

  /// Runs `work` on the loop, and waits for it.
  void on_loop(const std::function<void()>& work) {
    std::atomic<bool> done = false;
    {
      const std::lock_guard lock(mutex_);
      jobs_.emplace_back([&] {
        work();
        done = true;
      });
    }
    loop_->wake();
    EXPECT_TRUE(rig::comes_true(patience, [&] { return done.load(); }));
  }

  WebServerFigures counters() {
    WebServerFigures counters;
    on_loop([&] { counters = server_->counters(); });
    return counters;
  }

  void stream(const std::string& text) {
    on_loop([&] { server_->send(WebStreamData{streams_, text}); });
  }
  std::size_t streams() {
    std::size_t count = 0;
    on_loop([&] { count = streams_.size(); });
    return count;
  }
  void read_certificate_again() {
    on_loop([&] { server_->read_certificate_again(); });
  }
  /// What was said of certificates, oldest first.
  std::vector<Result<WallTime>> certificates() {
    std::vector<Result<WallTime>> said;
    on_loop([&] { said = certificates_; });
    return said;
  }

 private:
  void run_jobs() {
    std::vector<std::function<void()>> jobs;
    {
      const std::lock_guard lock(mutex_);
      jobs.swap(jobs_);
    }
    for (const std::function<void()>& job : jobs) job();
  }

  bool take(WebRequest request) {
    if (request.target == "/full") return false;
    if (request.target == "/wait") return true;
    if (request.target == "/stream") {
      streams_.push_back(request.id);
      server_->begin_stream({request.id, {{"Content-Type", "text/event-stream"}}, "first\n"});
      return true;
    }
    if (request.target == "/large") {
      server_->respond({request.id, 200, {}, std::string(large_bytes, 'x')});
      return true;
    }
    if (request.target == "/unchanged") {
      server_->respond({request.id, 304, {}, ""});
      return true;
    }
    server_->respond({request.id,
                      200,
                      {{"X-Header", std::string(request.header("x-header"))},
                       {"X-Host", std::string(request.header("host"))},
                       {"X-Target", request.target}},
                      request.method + " " + request.body});
    return true;
  }

  int port_ = 0;
  std::atomic<int> gone_ = 0;
  std::vector<std::uint64_t> streams_;  // all that were opened
  std::vector<Result<WallTime>> certificates_;
  std::mutex mutex_;
  std::vector<std::function<void()>> jobs_;  // for the loop
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

}  // namespace sensors
