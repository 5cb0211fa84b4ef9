#include "tests/simulation/service.hpp"

namespace sensors::simulation {

namespace {

constexpr Millis stop_deadline{4'500};
constexpr Millis watchdog_time{30'000};  // WATCHDOG_USEC; it is fed twice in that time

}  // namespace

const char* name_of(End end) {
  switch (end) {
    case End::stopped: return "stopped";
    case End::killed: return "killed";
    case End::power_cut: return "power cut";
  }
  return "?";
}

Service::Service(World& world, std::string name, InboxSize inbox)
    : world_(world), clock_(world), inbox_limits_(inbox), name_(std::move(name)) {}

void Service::start() {
  if (running_) return;
  running_ = true;
  stopping_ = false;
  ++run_;
  frozen_until_ = loop_free_at_ = Instant{};
  fed_at_ = world_.scheduler.now();
  if (std::exchange(lost_power_, false)) clock_.reboot();
  world_.note(name_, "starts");
  open();
  if (running_) after(watchdog_time / 2, [this] { feed_watchdog(); });
}

void Service::end(End how, Millis restart_after) {
  if (!running_) return;
  world_.note(name_, name_of(how));
  running_ = false;
  lost_power_ = how == End::power_cut;
  close(how);
  world_.after(restart_after, [this, run = run_] {
    if (run == run_) start();
  });
}

void Service::stop(Millis restart_after) {
  if (!running_ || std::exchange(stopping_, true)) return;
  world_.note(name_, "SIGTERM");
  restart_after_ = restart_after;
  signal_stop();
  after(stop_deadline, [this] { end(End::killed, restart_after_); });
}

void Service::freeze(Millis time) {
  if (!running_) return;
  world_.note(name_, fmt::format("frozen for {} ms", time.count()));
  frozen_until_ = std::max(frozen_until_, world_.scheduler.now() + time);
  loop_free_at_ = std::max(loop_free_at_, frozen_until_);
  after(time, [this] {
    if (!is_frozen()) unfrozen();
  });
}

void Service::block_loop(Millis time) {
  if (!running_) return;
  world_.note(name_, fmt::format("its loop stands still for {} ms", time.count()));
  loop_free_at_ = std::max(loop_free_at_, world_.scheduler.now() + time);
}

/// Each service is there once, but for those that are told: what another run of it said, before it died, is no other's.
void Service::note_line(const LogLine& line) {
  const auto says = [&line](std::string_view part) { return line.text.find(part) != std::string::npos; };
  if (line.level == LogLevel::error &&
      (says("on this broker is called") || says("takes readings from this broker too"))) {
    noticed_namesake_ = true;
    if (!has_namesake_) world_.ledger.violate("nobody has a namesake", name() + ": " + line.text);
  }
  if (world_.timeline.is_on() && line.level != LogLevel::debug) world_.note(name(), line.text);
}

void Service::check_obligations(const std::optional<std::string>& late) {
  const std::optional<Instant> since = waits_since();
  if (late.has_value() && !since.has_value()) {
    world_.ledger.violate("the watchdog is denied only while something hangs",
                          name_ + ": " + *late + " is overdue, but nothing is outstanding");
  }
  if (!late.has_value() && since.has_value() && world_.scheduler.now() - *since > longest_wait()) {
    world_.ledger.violate("a worker that hangs is noticed", name_ + ": the watchdog is fed all the same");
  }
}

/// The timer of the loop feeds it, and systemd looks whether it is fed.
void Service::feed_watchdog() {
  const Instant now = world_.scheduler.now();
  std::string why = "the loop stands still";
  if (now >= loop_free_at_) {
    const std::optional<std::string> late = overdue();
    if (!late.has_value()) fed_at_ = now;
    why = late.value_or("");
    check_obligations(late);
  }
  if (now - fed_at_ < watchdog_time) {
    const bool stands_still = now < loop_free_at_ && loop_free_at_ < now + watchdog_time / 2;
    // A loop that goes on first takes what waits in its inbox.
    const Instant next = stands_still ? loop_free_at_ + Millis{1} : now + watchdog_time / 2;
    return after(std::chrono::ceil<Millis>(next - now), [this] { feed_watchdog(); });
  }
  ++watchdog_bites_;
  world_.note(name_, "the watchdog bites: " + why);
  end(End::killed, Millis{1'000});
}

}  // namespace sensors::simulation
