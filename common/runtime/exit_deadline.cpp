#include "common/runtime/exit_deadline.hpp"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/runtime/log.hpp"

namespace sensors {
namespace {

namespace asio = boost::asio;

constexpr const char* thread_name = "exit-deadline";

/// "main, outbox, mqtt-send": the threads of this process but this one.
std::string other_threads() {
  std::string names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::string name;
    std::getline(std::ifstream(entry.path() / "comm"), name);
    if (name.empty() || name == thread_name) continue;
    if (entry.path().filename() == std::to_string(getpid())) name = "main";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

class ExitDeadline::State {
 public:
  explicit State(Millis deadline) : deadline_(deadline), signals_(context_, SIGTERM, SIGINT), timer_(context_) {
    wait_for_signal();
    thread_ = std::thread([this] { context_.run(); });
    pthread_setname_np(thread_.native_handle(), thread_name);
  }

  ~State() {
    context_.stop();
    thread_.join();
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void on_signal(std::function<void()> handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }

  void waits_for(std::string what) {
    const std::lock_guard lock(mutex_);
    waits_for_ = std::move(what);
  }

 private:
  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      wait_for_signal();
      signalled();
    });
  }

  void signalled() {
    const std::lock_guard lock(mutex_);
    if (!handler_) {
      log_last(LogLevel::info, "asked to end while it was starting");
      std::_Exit(EXIT_SUCCESS);
    }
    if (!std::exchange(is_started_, true)) {
      timer_.expires_after(deadline_);
      timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) give_up();
      });
    }
    handler_();
  }

  [[noreturn]] void give_up() {
    const std::lock_guard lock(mutex_);
    log_last(LogLevel::error,
             fmt::format("did not end within {} ms: waited for {}; threads left: {}. What is not committed comes again "
                         "after the restart",
                         deadline_.count(), waits_for_, other_threads()));
    std::_Exit(exit_code);
  }

  const Millis deadline_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  asio::steady_timer timer_;
  bool is_started_ = false;  // the thread's only

  std::mutex mutex_;
  std::function<void()> handler_;
  std::string waits_for_ = "its loop, which is busy";
  std::thread thread_;
};

ExitDeadline::ExitDeadline(Millis deadline) : state_(std::make_unique<State>(deadline)) {}
ExitDeadline::~ExitDeadline() = default;

void ExitDeadline::on_signal(std::function<void()> handler) { state_->on_signal(std::move(handler)); }
void ExitDeadline::waits_for(std::string what) { state_->waits_for(std::move(what)); }

}  // namespace sensors
