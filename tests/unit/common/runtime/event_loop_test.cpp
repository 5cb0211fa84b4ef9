// The loop with real threads, timers and signals. Each test ends when what it waits for has happened; a guard timer
// ends it, as a failure, when it does not.
#include "common/runtime/event_loop.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "common/runtime/inbox.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class EventLoopTest : public testing::Test {
 protected:
  void run() {
    guard_.set(read_clocks().monotonic + 20s);
    loop_.run();
  }

  EventLoop loop_;
  EventLoop::Timer guard_{loop_, [this] {
                            ADD_FAILURE() << "did not happen within 20 s";
                            loop_.stop();
                          }};
};

TEST_F(EventLoopTest, calls_timers_in_the_order_they_are_due_and_not_early) {
  std::vector<int> order;
  const Instant start = read_clocks().monotonic;
  EventLoop::Timer late(loop_, [&] {
    order.push_back(2);
    EXPECT_GE(read_clocks().monotonic, start + 40ms);
    loop_.stop();
  });
  EventLoop::Timer early(loop_, [&] {
    order.push_back(1);
    EXPECT_GE(read_clocks().monotonic, start + 20ms);
  });
  late.set(start + 40ms);
  early.set(start + 20ms);
  run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(EventLoopTest, calls_a_timer_whose_time_has_passed_at_once) {
  EventLoop::Timer timer(loop_, [&] { loop_.stop(); });
  timer.set(Instant{});
  run();
}

TEST_F(EventLoopTest, forgets_the_earlier_time_of_a_timer_that_is_set_again) {
  int calls = 0;
  const Instant start = read_clocks().monotonic;
  EventLoop::Timer timer(loop_, [&] { ++calls; });
  EventLoop::Timer end(loop_, [&] { loop_.stop(); });
  timer.set(start + 5ms);
  timer.set(start + 20ms);
  end.set(start + 40ms);
  run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, does_not_call_a_timer_that_another_handler_cancelled_when_both_were_due) {
  int cancelled_calls = 0;
  EventLoop::Timer victim(loop_, [&] { ++cancelled_calls; });
  EventLoop::Timer end(loop_, [&] { loop_.stop(); });
  EventLoop::Timer canceller(loop_, [&] {
    victim.cancel();
    end.set(read_clocks().monotonic + 10ms);
  });
  canceller.set(Instant{} + 1ms);
  victim.set(Instant{} + 2ms);
  run();
  EXPECT_EQ(cancelled_calls, 0);
}

TEST_F(EventLoopTest, lets_a_timer_set_itself_again_from_its_handler) {
  int calls = 0;
  std::unique_ptr<EventLoop::Timer> timer;
  timer = std::make_unique<EventLoop::Timer>(loop_, [&] {
    if (++calls == 5) {
      loop_.stop();
    } else {
      timer->set(Instant{});
    }
  });
  timer->set(Instant{});
  run();
  EXPECT_EQ(calls, 5);
}

TEST_F(EventLoopTest, lets_a_timer_be_destroyed_while_its_call_is_queued) {
  auto doomed = std::make_unique<EventLoop::Timer>(loop_, [] { ADD_FAILURE() << "called after its end"; });
  EventLoop::Timer end(loop_, [&] { loop_.stop(); });
  EventLoop::Timer destroyer(loop_, [&] {
    doomed.reset();
    end.set(read_clocks().monotonic + 10ms);
  });
  destroyer.set(Instant{} + 1ms);
  doomed->set(Instant{} + 2ms);
  run();
}

TEST_F(EventLoopTest, makes_one_call_of_many_wakes_before_it_comes_round) {
  int calls = 0;
  loop_.on_wake([&] { ++calls; });
  EventLoop::Timer end(loop_, [&] { loop_.stop(); });
  for (int i = 0; i < 1'000; ++i) loop_.wake();
  end.set(read_clocks().monotonic + 10ms);
  run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, misses_no_event_that_threads_put_into_an_inbox) {
  constexpr int threads = 3;
  constexpr int events_each = 30'000;
  Inbox<int> inbox({}, [this] { loop_.wake(); });
  int seen = 0;
  std::vector<int> taken;
  loop_.on_wake([&] {
    inbox.take_all(taken);
    seen += static_cast<int>(taken.size());
    taken.clear();
    if (seen == threads * events_each) loop_.stop();
  });
  std::vector<std::thread> senders;
  for (int t = 0; t < threads; ++t) {
    senders.emplace_back([&inbox] {
      for (int i = 0; i < events_each; ++i) inbox.push_control(i);
    });
  }
  run();
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(seen, threads * events_each);
}

TEST_F(EventLoopTest, calls_the_stop_handler_for_each_sigterm_and_sigint) {
  int calls = 0;
  loop_.on_stop_signal([&] {
    if (++calls == 2) {
      loop_.stop();
    } else {
      ::raise(SIGINT);
    }
  });
  EventLoop::Timer first(loop_, [] { ::raise(SIGTERM); });
  first.set(Instant{});
  run();
  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, calls_the_reload_handler_for_each_sighup_and_goes_on) {
  int calls = 0;
  loop_.on_reload_signal({});
  EventLoop::Timer nothing(loop_, [] { ::raise(SIGHUP); });
  EventLoop::Timer first(loop_, [&] {
    loop_.on_reload_signal([&] {
      if (++calls == 2) {
        loop_.stop();
      } else {
        ::raise(SIGHUP);
      }
    });
    ::raise(SIGHUP);
  });
  nothing.set(Instant{});
  first.set(read_clocks().monotonic + Millis{50});
  run();
  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, survives_a_write_to_a_closed_peer) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

TEST(ReadClocks, gives_the_time_lines_of_the_system) {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const Now now = read_clocks();
  const auto after = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_LE(before, now.monotonic.time_since_epoch());
  EXPECT_GE(after, now.monotonic.time_since_epoch());
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - now.wall), 10s);
}

}  // namespace
}  // namespace sensors
