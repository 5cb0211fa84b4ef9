// The shell around a small Logic: events in order, effects applied, ticks when asked for, the watchdog fed only by
// progress, and an end with the Logic's code.
#include "common/runtime/service_loop.hpp"

#include <atomic>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

namespace sensors {
namespace {

using namespace std::chrono_literals;

struct Number {
  int value;
};
struct Echo {
  int value;
};
using Event = std::variant<Tick, StopRequested, Number>;
using Effect = std::variant<Echo, Exit>;

/// Echoes numbers; ends on StopRequested, or at a tick after `end_at`.
class EchoLogic {
 public:
  std::vector<Effect> step(Event event, Now now) {
    longest = now.loop_longest;
    if (const auto* number = std::get_if<Number>(&event)) return {Echo{number->value}};
    if (std::holds_alternative<StopRequested>(event)) return {Exit{7}};
    if (end_at.has_value() && now.monotonic >= *end_at) return {Exit{3}};
    return {};
  }
  std::optional<Instant> wake_at() const { return end_at; }
  const Liveness& liveness() const { return obligations; }

  std::optional<Instant> end_at;
  Millis longest{0};
  Liveness obligations;
};

class ServiceLoopTest : public testing::Test {
 protected:
  int run(WatchdogFeed watchdog = {}) {
    ServiceLoop shell(
        loop_, inbox_, logic_, [this](Echo echo) { apply(echo); }, std::move(watchdog));
    return shell.run();
  }

  void apply(Echo echo) {
    echoed_.push_back(echo.value);
    if (echo.value == last_number) ::raise(SIGTERM);
  }

  static constexpr int last_number = 1'000;
  EventLoop loop_;
  Inbox<Event> inbox_{{}, [this] { loop_.wake(); }};
  EchoLogic logic_;
  std::vector<int> echoed_;
};

TEST_F(ServiceLoopTest, applies_effects_in_order_and_ends_with_the_logics_code_on_sigterm) {
  logic_.end_at = read_clocks().monotonic + 20s;  // guard
  std::thread sender([this] {
    for (int i = 1; i <= last_number; ++i) inbox_.push_control(Number{i});
  });
  EXPECT_EQ(run(), 7);
  sender.join();
  ASSERT_EQ(echoed_.size(), static_cast<std::size_t>(last_number));
  EXPECT_EQ(echoed_.front(), 1);
  EXPECT_EQ(echoed_.back(), last_number);
}

TEST(ServiceLoopInbox, loses_nothing_of_a_flood_and_is_woken_far_less_than_once_a_message) {
  constexpr int flood = 50'000;
  EventLoop loop;
  int wakes = 0;  // the sender's only
  Inbox<Event> inbox{{}, [&] {
                       ++wakes;
                       loop.wake();
                     }};
  EchoLogic logic;
  logic.end_at = read_clocks().monotonic + 20s;  // guard
  int echoed = 0;
  ServiceLoop shell(loop, inbox, logic,
                    [&echoed](Echo echo) {
                      EXPECT_EQ(echo.value, ++echoed);
                      if (echoed == flood) ::raise(SIGTERM);
                    },
                    {});
  std::thread sender([&] {
    for (int i = 1; i <= flood; ++i) {
      while (!inbox.push_data(Number{i}, 1)) std::this_thread::yield();
      // As fast as messages come from a broker, not as fast as memory takes them; without giving the processor away,
      // which on a busy machine is for milliseconds each time.
      for (const Instant next = read_clocks().monotonic + 5us; read_clocks().monotonic < next;) {
      }
    }
  });
  EXPECT_EQ(shell.run(), 7);
  sender.join();
  EXPECT_EQ(echoed, flood);
  EXPECT_LT(wakes, flood / 10);
}

TEST(ServiceLoopInbox, takes_a_message_that_comes_when_it_stops_looking_for_more) {
  EventLoop loop;
  Inbox<Event> inbox{{}, [&loop] { loop.wake(); }};
  EchoLogic logic;
  logic.end_at = read_clocks().monotonic + 20s;  // guard
  constexpr int last = 200;
  std::atomic<int> echoed = 0;
  ServiceLoop shell(loop, inbox, logic,
                    [&echoed](Echo echo) {
                      echoed = echo.value;
                      if (echoed == last) ::raise(SIGTERM);
                    },
                    {});
  std::thread sender([&] {
    for (int i = 1; i <= last; ++i) {
      inbox.push_data(Number{i}, 1);
      while (echoed < i) std::this_thread::yield();  // the next one comes at another moment of the interval
    }
  });
  EXPECT_EQ(shell.run(), 7);
  sender.join();
}

/// A Logic with a mistake that shows after number 2.
class BrokenLogic : public EchoLogic {
 public:
  std::vector<Effect> step(Event event, Now now) {
    if (const auto* number = std::get_if<Number>(&event); number != nullptr) last = number->value;
    return EchoLogic::step(event, now);
  }
  std::string broken_invariant() const { return last == 2 ? "no number is 2" : ""; }

  int last = 0;
};

#ifndef NDEBUG
TEST(ServiceLoopDeathTest, ends_at_once_when_the_state_of_its_logic_contradicts_itself) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto process = [] {
    start_log("test", LogLevel::error);
    EventLoop loop;
    Inbox<Event> inbox{{}, [&loop] { loop.wake(); }};
    BrokenLogic logic;
    for (int i = 1; i <= 3; ++i) inbox.push_control(Number{i});
    ServiceLoop shell(loop, inbox, logic, [](Echo echo) { EXPECT_LT(echo.value, 3); }, {});
    shell.run();
  };
  EXPECT_DEATH(process(), "it must hold that no number is 2");
}
#endif

TEST_F(ServiceLoopTest, ticks_the_logic_when_it_asked_for_it) {
  logic_.end_at = read_clocks().monotonic + 20ms;
  EXPECT_EQ(run(), 3);
}

TEST(ServiceLoopInbox, says_what_the_inbox_had_no_room_for) {
  EventLoop loop;
  Inbox<Event> inbox{{1, 100}, [&loop] { loop.wake(); }};
  EchoLogic logic;
  logic.end_at = read_clocks().monotonic + 20s;  // guard
  for (int i = 0; i < 3; ++i) inbox.push_data(Number{i}, 1);
  ServiceLoop shell(loop, inbox, logic, [](Echo) { ::raise(SIGTERM); }, {});
  testing::internal::CaptureStderr();
  start_log("test", LogLevel::info);
  shell.run();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("2 messages refused since the start"), std::string::npos);
}

TEST_F(ServiceLoopTest, tells_the_logic_for_how_long_the_loop_was_blocked) {
  constexpr auto blocked = 30ms;
  logic_.end_at = read_clocks().monotonic + blocked + 1ms;
  inbox_.push_control(Number{1});
  ServiceLoop shell(loop_, inbox_, logic_,
                    [&](Echo) {
                      for (const Instant begin = read_clocks().monotonic; read_clocks().monotonic < begin + blocked;)
                        continue;
                    },
                    {});
  shell.run();
  EXPECT_GE(logic_.longest, blocked);
}

TEST_F(ServiceLoopTest, feeds_the_watchdog_while_there_is_progress) {
  int fed = 0;
  logic_.end_at = read_clocks().monotonic + 20s;
  EXPECT_EQ(run({5ms,
                 [&fed] {
                   if (++fed == 3) ::raise(SIGTERM);
                 }}),
            7);
  EXPECT_GE(fed, 3);  // another thread hears the signal, and may not run at once
}

TEST_F(ServiceLoopTest, does_not_feed_the_watchdog_while_work_is_overdue) {
  int fed = 0;
  logic_.obligations.begin("commit", Instant{});
  logic_.end_at = read_clocks().monotonic + 30ms;
  EXPECT_EQ(run({5ms, [&fed] { ++fed; }}), 3);
  EXPECT_EQ(fed, 0);
}

TEST_F(ServiceLoopTest, ends_at_once_when_the_logic_has_nothing_to_do) {
  logic_.end_at = Instant{};
  EXPECT_EQ(run(), 3);
}

}  // namespace
}  // namespace sensors
