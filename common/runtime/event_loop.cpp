#include "common/runtime/event_loop.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/runtime/exit_deadline.hpp"

namespace sensors {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;  // CLOCK_MONOTONIC, as read_clocks() reads it

static_assert(SteadyClock::period::den == Instant::period::den, "both count nanoseconds");

SteadyClock::time_point to_steady(Instant at) { return SteadyClock::time_point(at.time_since_epoch()); }

}  // namespace

class EventLoop::State {
 public:
  explicit State(Millis stop_deadline) : work(asio::make_work_guard(context)), exit_deadline(stop_deadline) {
    // A peer that closes its end must be an error of that write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
  }

  void wait_for_reload() {
    reload_signal->async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      wait_for_reload();
      if (on_reload_signal) on_reload_signal();
    });
  }

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::atomic<bool> wake_is_posted = false;
  std::function<void()> on_wake;
  std::function<void()> on_stop_signal;
  std::function<void()> on_reload_signal;
  std::optional<asio::signal_set> reload_signal;  // while somebody asked for it
  ExitDeadline exit_deadline;                     // its thread ends before the context that it posts to
};

EventLoop::EventLoop(Millis stop_deadline) : state_(std::make_unique<State>(stop_deadline)) {}
EventLoop::~EventLoop() = default;

void EventLoop::wake() {
  // Many wakes before the loop comes round are one: the handler empties the inbox.
  if (state_->wake_is_posted.exchange(true)) return;
  asio::post(state_->context, [state = state_.get()] {
    state->wake_is_posted = false;
    if (state->on_wake) state->on_wake();
  });
}

void EventLoop::on_wake(std::function<void()> handler) { state_->on_wake = std::move(handler); }

void EventLoop::on_stop_signal(std::function<void()> handler) {
  state_->on_stop_signal = std::move(handler);
  state_->exit_deadline.on_signal(
      [state = state_.get()] { asio::post(state->context, [state] { state->on_stop_signal(); }); });
}

void EventLoop::on_reload_signal(std::function<void()> handler) {
  state_->on_reload_signal = std::move(handler);
  if (state_->reload_signal.has_value()) return;
  state_->reload_signal.emplace(state_->context, SIGHUP);
  state_->wait_for_reload();
}

void EventLoop::end_waits_for(std::string what) { state_->exit_deadline.waits_for(std::move(what)); }

void EventLoop::run() { state_->context.run(); }
void EventLoop::stop() { state_->context.stop(); }
asio::io_context& EventLoop::context() { return state_->context; }

class EventLoop::Timer::State {
 public:
  State(asio::io_context& context, std::function<void()> handler)
      : timer_(context), shared_(std::make_shared<Shared>()) {
    shared_->handler = std::move(handler);
  }

  ~State() { cancel(); }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void set(Instant at) {
    if (shared_->armed_for == at) return;
    ++shared_->generation;
    shared_->armed_for = at;
    timer_.expires_at(to_steady(at));
    timer_.async_wait([shared = shared_, generation = shared_->generation](const boost::system::error_code& error) {
      if (error || generation != shared->generation) return;
      shared->armed_for.reset();
      shared->handler();
    });
  }

  void cancel() {
    ++shared_->generation;
    if (!shared_->armed_for.has_value()) return;
    shared_->armed_for.reset();
    timer_.cancel();
  }

 private:
  // Outlives the timer in a completion that is already queued when the timer is set again or destroyed; its
  // generation then tells the completion that it is stale. Shared by the timer and such completions.
  struct Shared {
    std::function<void()> handler;
    std::uint64_t generation = 0;
    std::optional<Instant> armed_for;
  };

  asio::steady_timer timer_;
  std::shared_ptr<Shared> shared_;
};

EventLoop::Timer::Timer(EventLoop& loop, std::function<void()> handler)
    : state_(std::make_unique<State>(loop.state_->context, std::move(handler))) {}
EventLoop::Timer::~Timer() = default;

void EventLoop::Timer::set(Instant at) { state_->set(at); }
void EventLoop::Timer::cancel() { state_->cancel(); }

}  // namespace sensors
