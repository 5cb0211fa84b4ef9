#include "tests/simulation/breaker_watch.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sensors::simulation {

void BreakerWatch::restart(State state) {
  attempts_.clear();
  state_ = State::closed;
  change(state);
}

void BreakerWatch::logged(const LogLine& line) {
  if (!line.text.starts_with("Circuit breaker ")) return;
  if (line.text.starts_with("Circuit breaker OPEN")) change(State::open);
  if (line.text.starts_with("Circuit breaker HALF_OPEN")) change(State::half_open);
  if (line.text.starts_with("Circuit breaker CLOSED")) change(State::closed);
}

void BreakerWatch::change(State to) {
  if (to == State::closed && state_ == State::half_open && !probe_succeeded_) {
    violate("a breaker closes after the success of its probe", "it closed without");
  }
  if (to == State::open && state_ == State::open) violate("an open breaker opens once", "it opened again");
  state_ = to;
  since_ = world_.scheduler.now();
  outcomes_.clear();
  in_a_row_ = 0;
  probe_failed_at_.reset();
  probe_succeeded_ = false;
  probed_at_ = since_;
  for (auto& [id, attempt] : attempts_) {
    if (!attempt.is_new) attempt.counts = false;
  }
}

void BreakerWatch::attempt(std::uint64_t id, Millis deadline) {
  Attempt& attempt = attempts_[id];
  if (deadline > Millis{0}) attempt.deadline = world_.scheduler.now() + deadline;
}

void BreakerWatch::outcome(std::uint64_t id, Outcome outcome) {
  const auto node = attempts_.extract(id);
  if (node.empty() || !node.mapped().counts || outcome == Outcome::neither) return;
  const Attempt& attempt = node.mapped();
  const bool is_late = attempt.is_probe && attempt.deadline.has_value() && world_.scheduler.now() >= *attempt.deadline;
  judge(outcome == Outcome::failure || is_late);
}

void BreakerWatch::failed_at_once() {
  const bool probing =
      std::any_of(attempts_.begin(), attempts_.end(), [](const auto& entry) { return entry.second.counts; });
  if (state_ == State::closed || (state_ == State::half_open && !probing)) judge(true);
}

void BreakerWatch::judge(bool failed) {
  if (state_ == State::half_open) {
    probe_succeeded_ = !failed;
    probe_failed_at_ = failed ? std::optional(world_.scheduler.now()) : std::nullopt;
  }
  if (state_ != State::closed) return;
  in_a_row_ = failed ? in_a_row_ + 1 : 0;
  outcomes_.push_back(failed);
  if (outcomes_.size() > rules_.window) outcomes_.pop_front();
}

void BreakerWatch::check(bool could_probe) {
  std::size_t probes = 0;
  for (auto& [id, attempt] : attempts_) {
    if (std::exchange(attempt.is_new, false)) {
      if (state_ == State::open) violate("an open breaker lets nothing through", fmt::format("attempt {}", id));
      attempt.is_probe = state_ == State::half_open;
    }
    if (attempt.counts && attempt.deadline.has_value() && world_.scheduler.now() >= *attempt.deadline) {
      attempt.counts = false;
      judge(true);
    }
    if (attempt.counts && attempt.is_probe) ++probes;
  }
  if (state_ == State::half_open && probes > 1) {
    violate("a half-open breaker lets one probe through", fmt::format("{} are under way", probes));
  }
  if (probes > 0 || !could_probe || state_ != State::half_open) probed_at_ = world_.scheduler.now();
  if (world_.scheduler.now() - probed_at_ > rules_.longest_without_probe) {
    violate("a half-open breaker probes when it can", "it has not for a long time");
  }
  // The side that answers people takes steps of its own: of one instant, the upload's may come after them.
  if (probe_failed_at_.has_value() && world_.scheduler.now() > *probe_failed_at_)
    violate("a failed probe opens the breaker", "it is still half-open");
  if (state_ == State::closed && in_a_row_ >= rules_.consecutive_failures) {
    violate("a breaker opens after consecutive failures", fmt::format("{} failed in a row", in_a_row_));
  }
  const auto failures = std::count(outcomes_.begin(), outcomes_.end(), true);
  if (state_ == State::closed && failures >= rules_.failures_in_window) {
    violate("a breaker opens after failures in its window", fmt::format("{} of {}", failures, outcomes_.size()));
  }
  const Millis in_state = std::chrono::duration_cast<Millis>(world_.scheduler.now() - since_);
  if (state_ == State::open && in_state > rules_.longest_open) {
    violate("a breaker leaves open by itself", fmt::format("open for {} s", in_state.count() / 1'000));
  }
}

void BreakerWatch::violate(std::string_view check, const std::string& text) {
  world_.ledger.violate(check, name_ + ": " + text);
}

}  // namespace sensors::simulation
