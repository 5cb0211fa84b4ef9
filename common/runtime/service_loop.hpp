// ServiceLoop is the shell that every service has around its Logic: events in from the inbox, effects out to the
// adapters, the timer the Logic asks for, the watchdog fed by its progress, and an end in bounded time.
// A Logic has: step(Event, Now) -> std::vector<Effect>, wake_at() -> std::optional<Instant>,
// liveness() -> const Liveness&. Its Event includes Tick and StopRequested, its Effect Exit. Where it has
// broken_invariant() -> std::string, a build with assertions ends as soon as that says something.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/core/liveness.hpp"
#include "common/core/service_events.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/inbox.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/written_bytes.hpp"

namespace sensors {

/// How the shell feeds the watchdog; both may be empty.
struct WatchdogFeed {
  std::optional<Millis> interval;
  std::function<void()> alive;
};

/// `Apply` carries out one effect, whichever it is but Exit: a function object with an overload for each.
template <class Logic, class Event, class Apply>
class ServiceLoop {
 public:
  static constexpr Millis refusal_spacing{10'000};

  /// After messages came, the loop looks for more at this interval instead of being woken by each, until none came.
  static constexpr Millis poll_interval{1};

  ServiceLoop(EventLoop& loop, Inbox<Event>& inbox, Logic& logic, Apply apply, WatchdogFeed watchdog)
      : loop_(loop),
        inbox_(inbox),
        logic_(logic),
        apply_(std::move(apply)),
        watchdog_(std::move(watchdog)),
        wake_timer_(loop,
                    [this] {
                      timed([this] { step(Event{Tick{}}); });
                      schedule();
                    }),
        poll_timer_(loop, [this] { timed([this] { poll(); }); }),
        watchdog_timer_(loop, [this] { feed_watchdog(); }) {}

  /// Runs until the Logic asks for Exit, and returns its code.
  int run() {
    loop_.on_wake([this] { timed([this] { drain(); }); });
    loop_.on_stop_signal([this] {
      is_stopping_ = true;
      step(Event{StopRequested{}});
      schedule();
    });
    step(Event{Tick{}});
    schedule();
    feed_watchdog();
    if (!finished_) loop_.run();
    return exit_code_;
  }

 private:
  /// Remembers how long `work` kept the loop from everything else.
  template <class Work>
  void timed(Work work) {
    const Instant begin = read_clocks().monotonic;
    work();
    longest_ = std::max(longest_, std::chrono::ceil<Millis>(read_clocks().monotonic - begin));
  }

  void drain() {
    const std::size_t data = inbox_.take_all(taken_);
    if (data > 0 && !is_polling_) {
      const Instant now = read_clocks().monotonic;
      if (now - std::exchange(data_at_, now) < poll_interval) start_polling();
    }
    handle_taken();
  }

  /// Under load one wake-up of the loop serves all that came in poll_interval; alone, a message wakes the loop at once.
  void start_polling() {
    is_polling_ = true;
    inbox_.poll(true);
    poll_timer_.set(read_clocks().monotonic + poll_interval);
  }

  void poll() {
    if (inbox_.take_all(taken_) > 0) {
      poll_timer_.set(read_clocks().monotonic + poll_interval);
    } else {
      is_polling_ = false;
      inbox_.poll(false);
      handle_taken();
      inbox_.take_all(taken_);  // what came before poll(false) woke nobody
    }
    handle_taken();
  }

  void handle_taken() {
    for (Event& event : taken_) {
      if (finished_) break;
      step(std::move(event));
    }
    taken_.clear();
    schedule();
    report_refusals();
  }

  /// What the inbox had no room for, counted since the start; at most one line in `refusal_spacing`.
  void report_refusals() {
    const std::uint64_t refused = inbox_.refused();
    if (refused == reported_refusals_) return;
    const Instant now = read_clocks().monotonic;
    if (reported_refusals_ != 0 && now < next_refusal_report_) return;
    reported_refusals_ = refused;
    next_refusal_report_ = now + refusal_spacing;
    log(LogLevel::warning,
        "the inbox was full: " + std::to_string(refused) +
            " messages refused since the start; readings that sensor-persistence refuses come again");
  }

  void step(Event event) {
    Now now = read_clocks();
    now.loop_longest = longest_;
    now.written_bytes = written_bytes_.at(now.monotonic);
    for (auto& effect : logic_.step(std::move(event), now)) {
      std::visit([this](auto& known) { this->carry_out(std::move(known)); }, effect);
    }
    check_invariants();
    if (is_stopping_) loop_.end_waits_for(what_end_waits_for());
  }

  void check_invariants() const {
#ifndef NDEBUG
    if constexpr (requires { logic_.broken_invariant(); }) {
      const std::string broken = logic_.broken_invariant();
      if (broken.empty()) return;
      log(LogLevel::error, "a mistake in this program: after a step it must hold that " + broken);
      std::abort();
    }
#endif
  }

  void carry_out(Exit exit) { finish(exit.code); }

  template <class Effect>
  void carry_out(Effect effect) {
    apply_(std::move(effect));
  }

  std::string what_end_waits_for() const {
    if (finished_) return "its threads to end";
    return logic_.liveness().overdue(Instant::max()).value_or("the service to finish its work");
  }

  void schedule() {
    if (const std::optional<Instant> at = logic_.wake_at(); at.has_value()) {
      wake_timer_.set(*at);
    } else {
      wake_timer_.cancel();
    }
  }

  void feed_watchdog() {
    if (!watchdog_.interval.has_value()) return;
    const Instant now = read_clocks().monotonic;
    if (const std::optional<std::string> late = logic_.liveness().overdue(now); late.has_value()) {
      log(LogLevel::error, "watchdog not fed: " + *late + " is overdue; systemd will restart the service");
    } else {
      watchdog_.alive();
    }
    watchdog_timer_.set(now + *watchdog_.interval);
  }

  void finish(int code) {
    finished_ = true;
    exit_code_ = code;
    loop_.stop();
  }

  EventLoop& loop_;
  Inbox<Event>& inbox_;
  Logic& logic_;
  Apply apply_;
  WatchdogFeed watchdog_;
  EventLoop::Timer wake_timer_;
  EventLoop::Timer poll_timer_;
  EventLoop::Timer watchdog_timer_;
  std::vector<Event> taken_;
  Millis longest_{0};
  WrittenBytes written_bytes_;
  std::uint64_t reported_refusals_ = 0;
  Instant next_refusal_report_{};
  bool is_polling_ = false;
  Instant data_at_{};
  bool is_stopping_ = false;
  bool finished_ = false;
  int exit_code_ = EXIT_SUCCESS;
};

}  // namespace sensors
