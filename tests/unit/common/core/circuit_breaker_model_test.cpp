// The breaker against a reference model: the model keeps the whole history and reads the rules off it, so that it
// shares no bookkeeping with the breaker. rapidcheck prints its seed.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>

#include "common/core/circuit_breaker.hpp"

namespace sensors {
namespace {

using State = CircuitBreaker::State;
using std::chrono::seconds;

enum class Call {
  admit,
  succeed,
  succeed_slowly,
  fail,
  release,
  open_for,
  peer_returned,
  isolate,
  close,
  wait_a_little,
  wait_long
};

struct ModelPermit {
  std::size_t epoch;  // number of state changes and probes before it
};

class Model {
 public:
  std::optional<ModelPermit> admit(Instant now) {
    advance(now);
    if (state == State::open || (state == State::half_open && probe_at)) return std::nullopt;
    if (state == State::half_open) {
      ++epoch;
      probe_at = now;
    }
    return ModelPermit{epoch};
  }

  void finish(ModelPermit permit, char outcome, Instant now) {
    advance(now);
    if (permit.epoch != epoch) return;
    if (state == State::half_open) {
      if (outcome == 'f') return open_next(now);
      failed_probes = 0;
      return enter(State::closed);
    }
    history += outcome;
    const std::string last = history.size() > 10 ? history.substr(history.size() - 10) : history;
    const auto count = [&](char c) { return std::count(last.begin(), last.end(), c); };
    if (history.ends_with("fff") || count('f') >= 5 || count('s') >= 8) open_next(now);
  }

  void release(ModelPermit permit) {
    if (permit.epoch != epoch || state != State::half_open) return;
    ++epoch;
    probe_at.reset();
  }

  void open_for(ModelPermit permit, seconds time, Instant now) {
    advance(now);
    if (permit.epoch != epoch) return;
    enter(State::open);
    until = now + std::clamp(time, seconds{1}, seconds{600});
  }

  void isolate() {
    if (isolated) return;
    enter(State::open);
    isolated = true;
  }

  void close() {
    if (state == State::closed) return;
    failed_probes = 0;
    enter(State::closed);
  }

  void peer_returned() {
    if (state == State::open && !isolated) enter(State::half_open);
  }

  void advance(Instant now) {
    if (state == State::open && !isolated && now >= until) {
      enter(State::half_open);
    } else if (state == State::half_open && probe_at && now >= *probe_at + seconds{10}) {
      open_next(now);
    }
  }

  State state = State::closed;
  Instant until{};
  bool isolated = false;

 private:
  void open_next(Instant now) {
    static constexpr std::array<int, 4> waits{60, 120, 240, 300};
    until = now + seconds{waits[std::min<std::size_t>(failed_probes++, 3)]};
    enter(State::open);
  }

  void enter(State next) {
    state = next;
    isolated = false;
    history.clear();
    probe_at.reset();
    ++epoch;
  }

  std::string history;  // o: success, s: slow success, f: failure; since it was last closed
  std::size_t failed_probes = 0;
  std::size_t epoch = 0;
  std::optional<Instant> probe_at;
};

struct Pair {
  CircuitBreaker::Permit real;
  ModelPermit model;
};

CircuitBreakerOptions without_jitter() {
  CircuitBreakerOptions options;
  options.jitter = 0;
  return options;
}

class Comparison {
 public:
  void step(Call call) {
    switch (call) {
      case Call::admit: return admit();
      case Call::succeed: return finish('o', Millis{10});
      case Call::succeed_slowly: return finish('s', Millis{6'000});
      case Call::fail: return finish('f', Millis{0});
      case Call::release: return release();
      case Call::open_for: return open_for();
      case Call::peer_returned: breaker.peer_returned(now); return model.peer_returned();
      case Call::isolate: breaker.isolate(now); return model.isolate();
      case Call::close: breaker.close(now); return model.close();
      case Call::wait_a_little: return wait(*rc::gen::inRange(0, 12'000));
      case Call::wait_long: return wait(*rc::gen::inRange(0, 400'000));
    }
  }

  void check() const {
    RC_ASSERT(breaker.state() == model.state);
    RC_ASSERT(breaker.is_isolated() == model.isolated);
    if (model.isolated) {
      RC_ASSERT(!breaker.next_attempt().has_value());
      RC_ASSERT(!breaker.wake_at().has_value());
    } else if (model.state == State::open) {
      RC_ASSERT(breaker.next_attempt() == model.until);
    }
  }

  /// Whatever happened before, also when every permit is lost: unless an operator keeps it open, waiting as wake_at()
  /// says leads to a permit.
  void check_that_no_permit_is_lost() {
    if (model.isolated) {
      now += std::chrono::hours{1'000};
      RC_ASSERT(!breaker.admit(now).has_value());
      breaker.close(now);
    }
    for (int i = 0; i < 3; ++i) {
      if (const auto wake = breaker.wake_at(); wake && *wake > now) now = *wake;
      if (breaker.admit(now).has_value()) return;
    }
    RC_FAIL("no attempt is ever admitted again");
  }

 private:
  Pair any_permit() const {
    return permits[*rc::gen::inRange<std::size_t>(permits.size() - std::min<std::size_t>(permits.size(), 3),
                                                  permits.size())];
  }

  void admit() {
    const auto real = breaker.admit(now);
    const auto expected = model.admit(now);
    RC_ASSERT(real.has_value() == expected.has_value());
    if (real) permits.push_back({*real, *expected});
  }

  void finish(char outcome, Millis took) {
    if (permits.empty()) return;
    const Pair permit = any_permit();
    if (outcome == 'f') {
      breaker.fail(permit.real, "failure", now);
    } else {
      breaker.succeed(permit.real, took, now);
    }
    model.finish(permit.model, outcome, now);
  }

  void release() {
    if (permits.empty()) return;
    const Pair permit = any_permit();
    breaker.release(permit.real);
    model.release(permit.model);
  }

  void open_for() {
    if (permits.empty()) return;
    const Pair permit = any_permit();
    const seconds time{*rc::gen::inRange(0, 1'000)};
    breaker.open_for(permit.real, time, "429", now);
    model.open_for(permit.model, time, now);
  }

  void wait(int millis) {
    now += Millis{millis};
    breaker.advance(now);
    model.advance(now);
  }

  Instant now{seconds{1}};
  CircuitBreaker breaker{without_jitter(), 1};
  Model model;
  std::vector<Pair> permits;
};

std::vector<Call> any_calls() {
  const auto call = rc::gen::weightedElement<Call>({{10, Call::admit},
                                                    {5, Call::succeed},
                                                    {4, Call::succeed_slowly},
                                                    {5, Call::fail},
                                                    {1, Call::release},
                                                    {1, Call::open_for},
                                                    {1, Call::peer_returned},
                                                    {1, Call::isolate},
                                                    {1, Call::close},
                                                    {2, Call::wait_a_little},
                                                    {2, Call::wait_long}});
  return *rc::gen::container<std::vector<Call>>(*rc::gen::inRange<std::size_t>(0, 200), call);
}

TEST(CircuitBreakerModel, agrees_with_the_breaker_on_any_sequence_of_calls) {
  EXPECT_TRUE(rc::check("breaker and model agree, and no permit is lost", [] {
    for (int history = 0; history < 20; ++history) {
      Comparison comparison;
      for (const Call call : any_calls()) {
        comparison.step(call);
        comparison.check();
      }
      comparison.check_that_no_permit_is_lost();
    }
  }));
}

}  // namespace
}  // namespace sensors
