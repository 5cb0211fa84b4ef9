// The inbox alone and under threads: order, the two lanes, the limits, and one wake for each time it was empty.
#include "common/runtime/inbox.hpp"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

namespace sensors {
namespace {

std::vector<int> taken_from(Inbox<int>& inbox) {
  std::vector<int> taken;
  inbox.take_all(taken);
  return taken;
}

TEST(Inbox, gives_events_in_the_order_they_came) {
  Inbox<int> inbox({}, [] {});
  inbox.push_control(1);
  EXPECT_TRUE(inbox.push_data(2, 10));
  inbox.push_control(3);
  EXPECT_EQ(taken_from(inbox), (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(taken_from(inbox).empty());
}

TEST(Inbox, wakes_the_loop_only_when_it_was_empty) {
  int wakes = 0;
  Inbox<int> inbox({}, [&wakes] { ++wakes; });
  inbox.push_control(1);
  inbox.push_control(2);
  EXPECT_TRUE(inbox.push_data(3, 1));
  EXPECT_EQ(wakes, 1);
  taken_from(inbox);
  EXPECT_TRUE(inbox.push_data(4, 1));
  EXPECT_EQ(wakes, 2);
}

TEST(Inbox, wakes_the_loop_once_for_many_answers) {
  int wakes = 0;
  Inbox<int> inbox({}, [&wakes] { ++wakes; });
  inbox.push_control(std::vector<int>{1, 2, 3});
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(taken_from(inbox), (std::vector<int>{1, 2, 3}));
}

TEST(Inbox, lets_data_wait_for_the_loop_that_comes_by_itself_but_not_control) {
  int wakes = 0;
  Inbox<int> inbox({}, [&wakes] { ++wakes; });
  inbox.poll(true);
  EXPECT_TRUE(inbox.push_data(1, 1));
  EXPECT_EQ(wakes, 0);
  inbox.push_control(2);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(taken_from(inbox), (std::vector<int>{1, 2}));
  inbox.poll(false);
  EXPECT_TRUE(inbox.push_data(3, 1));
  EXPECT_EQ(wakes, 2);
}

TEST(Inbox, refuses_and_counts_data_beyond_its_number_limit) {
  Inbox<int> inbox({2, 1'000}, [] {});
  EXPECT_TRUE(inbox.push_data(1, 1));
  EXPECT_TRUE(inbox.push_data(2, 1));
  EXPECT_FALSE(inbox.push_data(3, 1));
  EXPECT_EQ(inbox.refused(), 1U);
  EXPECT_EQ(taken_from(inbox).size(), 2U);
  EXPECT_TRUE(inbox.push_data(4, 1));
}

TEST(Inbox, refuses_data_beyond_its_byte_limit) {
  Inbox<int> inbox({100, 1'000}, [] {});
  EXPECT_TRUE(inbox.push_data(1, 999));
  EXPECT_FALSE(inbox.push_data(2, 2));
  EXPECT_TRUE(inbox.push_data(3, 1));
  EXPECT_EQ(inbox.refused(), 1U);
}

TEST(Inbox, takes_control_events_while_the_data_lane_is_full) {
  Inbox<int> inbox({1, 1'000}, [] {});
  EXPECT_TRUE(inbox.push_data(1, 1));
  for (int i = 0; i < 100; ++i) inbox.push_control(i);
  EXPECT_EQ(inbox.refused(), 0U);
  EXPECT_EQ(taken_from(inbox).size(), 101U);
}

TEST(Inbox, loses_and_doubles_nothing_between_threads) {
  constexpr int threads = 4;
  constexpr int events_each = 20'000;
  Inbox<int> inbox({threads * events_each, 1'000'000'000}, [] {});
  std::vector<std::thread> senders;
  for (int t = 0; t < threads; ++t) {
    senders.emplace_back([&inbox, t] {
      for (int i = 0; i < events_each; ++i) {
        const int event = t * events_each + i;
        if (event % 2 == 0) {
          inbox.push_control(event);
        } else {
          EXPECT_TRUE(inbox.push_data(event, 1));
        }
      }
    });
  }
  std::vector<int> seen(threads * events_each, 0);
  std::vector<int> last_of_thread(threads, -1);
  std::vector<int> taken;
  for (int left = threads * events_each; left > 0; taken.clear()) {
    inbox.take_all(taken);
    left -= static_cast<int>(taken.size());
    for (const int event : taken) {
      ++seen[static_cast<std::size_t>(event)];
      int& last = last_of_thread[static_cast<std::size_t>(event / events_each)];
      EXPECT_GT(event, last) << "out of order";
      last = event;
    }
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), threads * events_each);
}

}  // namespace
}  // namespace sensors
