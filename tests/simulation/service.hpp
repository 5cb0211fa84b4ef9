// Service is one process: what ServiceLoop, the inbox and systemd do around a Logic, on virtual time. It can be killed,
// stopped, frozen (SIGSTOP) and slowed at any instant, and is started again. HostedService below holds the Logic.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "common/core/liveness.hpp"
#include "common/core/service_events.hpp"
#include "tests/simulation/fold.hpp"
#include "tests/simulation/machine_clock.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

enum class End {
  stopped,    // it left by itself after SIGTERM
  killed,     // kill -9, a crash, the watchdog
  power_cut,  // of the machine that it runs on
};
const char* name_of(End end);

struct InboxSize {
  std::size_t events = 50'000;
  std::size_t bytes = 32 * 1024 * 1024;
};

class Service {
 public:
  Service(World& world, std::string name, InboxSize inbox);
  virtual ~Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const std::string& name() const { return name_; }
  bool is_running() const { return running_; }

  /// systemd starts it, if it does not run.
  void start();

  /// It is gone at once, and started again after `restart_after`.
  void end(End how, Millis restart_after);

  /// SIGTERM: it has 4.5 s.
  void stop(Millis restart_after);

  /// SIGSTOP: nothing of the process runs for so long.
  void freeze(Millis time);
  bool is_frozen() const { return world_.scheduler.now() < frozen_until_; }

  /// Only the loop stands still: adapters' threads go on, and the inbox fills.
  void block_loop(Millis time);

  /// `action` happens after `delay`, unless this run of the process is over by then.
  template <class Action>
  void after(Millis delay, Action action) {
    world_.after(delay, [this, run = run_, action = std::move(action)]() mutable {
      if (running_ && run == run_) action();
    });
  }

  MachineClock& clock() { return clock_; }

  /// From now on another service of its name is there, and it is to say so.
  void expect_namesake() { has_namesake_ = true; }
  bool noticed_namesake() const { return noticed_namesake_; }

  std::uint64_t runs() const { return run_; }
  std::uint64_t watchdog_bites() const { return watchdog_bites_; }

 protected:
  virtual void open() = 0;          // the process has begun
  virtual void close(End how) = 0;  // it has ended
  virtual void signal_stop() = 0;
  virtual std::optional<std::string> overdue() const = 0;

  /// Since when the oldest work that was given to a worker is not done.
  virtual std::optional<Instant> waits_since() const = 0;

  /// After so long it must be an overdue obligation.
  virtual Millis longest_wait() const = 0;
  virtual void unfrozen() {}

  World& world_;
  MachineClock clock_;
  const InboxSize inbox_limits_;
  Instant loop_free_at_{};  // the loop runs again

 private:
  void feed_watchdog();
  void check_obligations(const std::optional<std::string>& late);

  const std::string name_;
  bool running_ = false;
  bool stopping_ = false;
  bool lost_power_ = false;
  std::uint64_t run_ = 0;
  std::uint64_t watchdog_bites_ = 0;
  Instant frozen_until_{};
  Instant fed_at_{};
  Millis restart_after_{};
  bool has_namesake_ = false;
  bool noticed_namesake_ = false;

 protected:
  void note_line(const LogLine& line);

  /// The Logic asked for Exit.
  void exited() { end(End::stopped, restart_after_); }
};

template <class Logic, class Event, class Effect>
class HostedService : public Service {
 public:
  using Service::Service;

  const Logic* logic() const { return logic_.get(); }

  /// A result or an acknowledgement: never refused.
  void control(Event event) { push(std::move(event)); }

  /// A message or a request: refused when the inbox is full.
  bool data(Event event, std::size_t size_bytes) {
    if (data_events_ >= inbox_limits_.events || data_bytes_ + size_bytes > inbox_limits_.bytes) {
      if (refused_++ == 0) world_.note(name(), "inbox full");
      return false;
    }
    ++data_events_;
    data_bytes_ += size_bytes;
    push(std::move(event));
    return true;
  }

 protected:
  virtual void apply(Effect& effect) = 0;
  virtual void stepped() {}

  /// Before the first event of a run.
  void host(std::unique_ptr<Logic> logic) {
    logic_ = std::move(logic);
    inbox_.clear();
    data_events_ = data_bytes_ = 0;
    drain_armed_ = false;
    tick_armed_at_.reset();
    control(Tick{});
  }

  void close(End how) override {
    closed(how);
    retired_ = std::move(logic_);  // a step of it may be under way
    inbox_.clear();
  }
  virtual void closed(End how) = 0;

  void signal_stop() override { control(StopRequested{}); }

  std::optional<std::string> overdue() const override { return logic_->liveness().overdue(clock_.now().monotonic); }

 private:
  /// A loop that never waits is a bug: no instant needs so many steps, and so many of them for what it waited for.
  static constexpr int most_steps_at_once = 200'000;
  static constexpr int most_ticks_at_once = 10;

  void push(Event event) {
    inbox_.push_back(std::move(event));
    if (!std::exchange(drain_armed_, true)) arm_drain();
  }

  void arm_drain() {
    const Instant at = std::max(world_.scheduler.now(), loop_free_at_);
    world_.scheduler.at(at, [this, run = runs()] {
      if (is_running() && run == runs()) drain();
    });
  }

  void drain() {
    if (world_.scheduler.now() < loop_free_at_) return arm_drain();
    drain_armed_ = false;
    taken_.clear();
    taken_.swap(inbox_);
    ticks_now_ = 0;
    data_events_ = data_bytes_ = 0;
    const std::uint64_t run = runs();
    for (Event& event : taken_) {
      step(std::move(event));
      if (!is_running() || run != runs()) return;
    }
    arm_tick();
  }

  void step(Event event) {
    count_step();
    const Now now = clock_.now();
    world_.hash.add(static_cast<std::uint64_t>(now.monotonic.time_since_epoch().count()));
    before_step(event);
    const std::uint64_t run = runs();
    std::vector<Effect> effects = logic_->step(std::move(event), now);
    if constexpr (requires { logic_->broken_invariant(); }) {
      if (std::string broken = logic_->broken_invariant(); !broken.empty())
        world_.ledger.violate("what holds inside a service holds after each step", name() + ": " + broken);
    }
    for (Effect& effect : effects) {
      std::visit([this](const auto& known) { fold(world_.hash, known); }, effect);
      if (const LogLine* line = std::get_if<LogLine>(&effect)) {
        logged(*line);
        note_line(*line);
      }
      if (std::holds_alternative<Exit>(effect)) return exited();
      apply(effect);
      if (!is_running() || run != runs()) return;
    }
    stepped();
  }

  void count_step() {
    steps_now_ = world_.scheduler.now() == stepped_at_ ? steps_now_ + 1 : 0;
    stepped_at_ = world_.scheduler.now();
    if (steps_now_ < most_steps_at_once) return;
    steps_now_ = 0;
    does_not_rest();
  }

  void does_not_rest() { world_.ledger.violate("the loop waits between its steps", name() + " does not come to rest"); }

  /// When the Logic wants to be called, on the time line of the world.
  std::optional<Instant> wakes_at() const {
    const std::optional<Instant> at = logic_->wake_at();
    return at.has_value() ? std::optional(clock_.in_world(*at)) : std::nullopt;
  }

  void arm_tick() {
    const std::optional<Instant> at = wakes_at();
    if (!at.has_value() || (tick_armed_at_.has_value() && *tick_armed_at_ <= *at)) return;
    tick_armed_at_ = *at;
    world_.scheduler.at(*at, [this, armed = *at, run = runs()] {
      if (is_running() && run == runs() && tick_armed_at_ == armed) tick();
    });
  }

  void tick() {
    if (world_.scheduler.now() < loop_free_at_) {
      tick_armed_at_ = loop_free_at_;
      world_.scheduler.at(loop_free_at_, [this, armed = loop_free_at_, run = runs()] {
        if (is_running() && run == runs() && tick_armed_at_ == armed) tick();
      });
      return;
    }
    tick_armed_at_.reset();
    const std::optional<Instant> at = wakes_at();
    const std::uint64_t run = runs();
    // What it was armed for may have moved on meanwhile.
    if (at.has_value() && *at <= world_.scheduler.now()) {
      step(Tick{});
      ticks_now_ = world_.scheduler.now() == ticked_at_ ? ticks_now_ + 1 : 0;
      ticked_at_ = world_.scheduler.now();
      if (ticks_now_ == most_ticks_at_once) does_not_rest();
    }
    if (is_running() && run == runs()) arm_tick();
  }

 protected:
  virtual void before_step(const Event&) {}
  virtual void logged(const LogLine&) {}

 private:
  std::unique_ptr<Logic> logic_;
  std::unique_ptr<Logic> retired_;
  std::vector<Event> inbox_;
  std::vector<Event> taken_;
  std::size_t data_events_ = 0;
  std::size_t data_bytes_ = 0;
  std::uint64_t refused_ = 0;
  bool drain_armed_ = false;
  std::optional<Instant> tick_armed_at_;
  Instant stepped_at_{};
  int steps_now_ = 0;
  int ticks_now_ = 0;  // since the last event from outside
  Instant ticked_at_{};
};

}  // namespace sensors::simulation
