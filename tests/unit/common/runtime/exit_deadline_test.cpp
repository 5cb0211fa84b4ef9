// A process that was asked to end and hangs, in its loop, in its Logic or in a destructor. Each test watches one die.
#include "common/runtime/exit_deadline.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "common/runtime/service_loop.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;
using testing::ExitedWithCode;

constexpr Millis deadline{300};
constexpr Millis far_too_long{30'000};

[[noreturn]] void hang() {
  while (true) pause();
}

/// Asks each 50 ms for another tick and says Exit never.
struct EndlessLogic {
  struct Unused {};
  using Event = std::variant<Tick, StopRequested, Unused>;
  using Effect = std::variant<LogLine, Exit>;
  std::vector<Effect> step(const Event&, Now now) {
    ::raise(SIGTERM);  // each time: a second signal must not put the end off
    obligations.begin("a commit of the outbox", now.monotonic + far_too_long);
    wakes = now.monotonic + 50ms;
    return {};
  }
  std::optional<Instant> wake_at() const { return wakes; }
  const Liveness& liveness() const { return obligations; }
  Liveness obligations;
  Instant wakes;
};

class ExitDeadlineDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ExitDeadlineDeathTest, ends_a_process_whose_loop_hangs) {
  const auto process = [] {
    EventLoop loop(deadline);
    loop.on_stop_signal([] { hang(); });
    EventLoop::Timer start(loop, [] { ::raise(SIGTERM); });
    start.set(Instant{});
    loop.run();
  };
  EXPECT_EXIT(process(), ExitedWithCode(ExitDeadline::exit_code), "did not end within 300 ms: waited for its loop");
}

TEST_F(ExitDeadlineDeathTest, ends_a_service_whose_logic_never_exits_and_names_its_obligation) {
  const auto process = [] {
    EventLoop loop(deadline);
    Inbox<EndlessLogic::Event> inbox{{}, [&loop] { loop.wake(); }};
    EndlessLogic logic;
    ServiceLoop shell(loop, inbox, logic, [](const auto&) {}, {});
    shell.run();
  };
  EXPECT_EXIT(process(), ExitedWithCode(ExitDeadline::exit_code), "waited for a commit of the outbox");
}

TEST_F(ExitDeadlineDeathTest, ends_a_process_that_waits_for_a_thread_and_names_the_thread) {
  const auto process = [] {
    EventLoop loop(deadline);
    loop.on_stop_signal([&loop] { loop.stop(); });
    std::thread stuck([] { hang(); });
    pthread_setname_np(stuck.native_handle(), "stuck-disk");
    EventLoop::Timer start(loop, [] { ::raise(SIGTERM); });
    start.set(Instant{});
    loop.run();
    stuck.join();
  };
  EXPECT_EXIT(process(), ExitedWithCode(ExitDeadline::exit_code), "threads left: main.*, stuck-disk");
}

TEST_F(ExitDeadlineDeathTest, ends_a_process_that_is_only_starting_at_once) {
  const auto process = [] {
    const EventLoop loop(far_too_long);
    ::raise(SIGTERM);
    hang();
  };
  EXPECT_EXIT(process(), ExitedWithCode(EXIT_SUCCESS), "asked to end while it was starting");
}

TEST_F(ExitDeadlineDeathTest, ends_a_process_whose_log_nobody_reads) {
  const auto process = [] {
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0) std::_Exit(1);
    start_log("test", LogLevel::info);
    EventLoop loop(deadline);
    loop.on_stop_signal([] {
      while (true) log(LogLevel::error, std::string(4'000, '.'));
    });
    EventLoop::Timer start(loop, [] { ::raise(SIGTERM); });
    start.set(Instant{});
    loop.run();
  };
  EXPECT_EXIT(process(), ExitedWithCode(ExitDeadline::exit_code), "");
}

TEST(ExitDeadline, lets_a_process_that_ends_in_time_go_on_to_its_end) {
  {
    EventLoop loop(deadline);
    loop.on_stop_signal([&loop] { loop.stop(); });
    EventLoop::Timer start(loop, [] { ::raise(SIGTERM); });
    start.set(Instant{});
    loop.run();
  }
  const Instant late = read_clocks().monotonic + 2 * deadline;
  while (read_clocks().monotonic < late) std::this_thread::yield();
}

}  // namespace
}  // namespace sensors
