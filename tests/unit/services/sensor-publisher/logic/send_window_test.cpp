#include "services/sensor-publisher/logic/send_window.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace sensors {
namespace {

using namespace std::chrono_literals;

constexpr Position no_barrier = std::numeric_limits<Position>::max();

SendWindowOptions small_windows() {
  SendWindowOptions options;
  options.max_unacknowledged_messages = 2;
  options.max_unconfirmed = 10;
  return options;
}

class SendWindowTest : public testing::Test {
 protected:
  Instant now{};
};

TEST_F(SendWindowTest, sends_nothing_while_disconnected) {
  SendWindow window(small_windows(), 0, 5);
  EXPECT_FALSE(window.sendable(no_barrier).has_value());
}

TEST_F(SendWindowTest, sends_only_what_is_durable) {
  SendWindow window(small_windows(), 0, 5);
  window.connected();
  EXPECT_EQ(window.sendable(no_barrier)->first, 1U);
  EXPECT_EQ(window.sendable(no_barrier)->last, 5U);
}

TEST_F(SendWindowTest, stops_at_the_window_of_messages_without_puback) {
  SendWindow window(small_windows(), 0, 5);
  window.connected();
  window.sent(1, now);
  window.sent(2, now);
  EXPECT_FALSE(window.sendable(no_barrier).has_value());
  window.acknowledged();
  EXPECT_EQ(window.sendable(no_barrier)->first, 3U);
}

TEST_F(SendWindowTest, stops_at_the_window_of_entries_without_confirmation) {
  SendWindow window(small_windows(), 0, 100);
  window.connected();
  EXPECT_EQ(window.sendable(no_barrier)->last, 10U);
  window.sent(10, now);
  EXPECT_FALSE(window.sendable(no_barrier).has_value());
  window.confirmed(4, now);
  EXPECT_EQ(window.sendable(no_barrier)->first, 11U);
  EXPECT_EQ(window.sendable(no_barrier)->last, 14U);
}

TEST_F(SendWindowTest, never_reaches_beyond_the_barrier) {
  SendWindow window(small_windows(), 0, 9);
  window.connected();
  EXPECT_EQ(window.sendable(3)->last, 3U);
  window.sent(3, now);
  EXPECT_FALSE(window.sendable(3).has_value());
}

TEST_F(SendWindowTest, a_reconnect_sends_again_from_the_watermark) {
  SendWindow window(small_windows(), 0, 9);
  window.connected();
  window.sent(5, now);
  window.confirmed(2, now);
  window.disconnected();
  window.connected();
  EXPECT_EQ(window.sendable(no_barrier)->first, 3U);
}

TEST_F(SendWindowTest, goes_back_when_no_confirmation_comes_and_waits_longer_each_time) {
  SendWindow window(small_windows(), 0, 9);
  window.connected();
  window.sent(5, now);
  EXPECT_FALSE(window.advance(now + 4'999ms));
  EXPECT_TRUE(window.advance(now + 5s));
  EXPECT_EQ(window.sendable(no_barrier)->first, 1U);
  window.sent(5, now + 5s);
  EXPECT_FALSE(window.advance(now + 14'999ms));
  EXPECT_TRUE(window.advance(now + 15s));
}

TEST_F(SendWindowTest, progress_makes_the_wait_short_again) {
  SendWindow window(small_windows(), 0, 9);
  window.connected();
  window.sent(5, now);
  ASSERT_TRUE(window.advance(now + 5s));
  window.sent(5, now + 5s);
  window.confirmed(1, now + 6s);
  EXPECT_EQ(window.wake_at(), now + 11s);
}

TEST_F(SendWindowTest, waits_for_nothing_when_everything_is_confirmed) {
  SendWindow window(small_windows(), 0, 9);
  window.connected();
  window.sent(9, now);
  window.confirmed(9, now);
  EXPECT_FALSE(window.wake_at().has_value());
}

TEST_F(SendWindowTest, honours_a_request_to_resend_once_until_there_is_progress) {
  SendWindow window(small_windows(), 0, 9);
  window.connected();
  window.sent(5, now);
  EXPECT_TRUE(window.resend_requested(now));
  window.sent(5, now);
  EXPECT_FALSE(window.resend_requested(now + 100ms));
  EXPECT_TRUE(window.resend_requested(now + 600ms));
  window.sent(5, now + 600ms);
  window.confirmed(1, now + 700ms);
  EXPECT_TRUE(window.resend_requested(now + 701ms));
}

TEST_F(SendWindowTest, a_watermark_that_goes_back_changes_nothing) {
  SendWindow window(small_windows(), 0, 9);
  window.connected();
  window.sent(5, now);
  window.confirmed(4, now);
  window.confirmed(2, now);
  EXPECT_EQ(window.confirmed(), 4U);
}

RC_GTEST_PROP(SendWindowProperty, keeps_its_order_and_its_windows_whatever_happens, ()) {
  const SendWindowOptions options = small_windows();
  SendWindow window(options, 0, 0);
  Instant now{};
  Position synced = 0;
  int unacknowledged = 0;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(1, 20)));
  for (const auto& [action, size] : steps) {
    const Position confirmed_before = window.confirmed();
    now += std::chrono::milliseconds(size * 100);
    switch (action) {
      case 0: window.synced(synced += static_cast<Position>(size)); break;
      case 1: window.connected(); break;
      case 2: window.disconnected(); break;
      case 3:
        if (const auto range = window.sendable(no_barrier); range.has_value()) {
          RC_ASSERT(range->first == window.sent() + 1);
          RC_ASSERT(range->last <= synced);
          RC_ASSERT(range->last - window.confirmed() <= options.max_unconfirmed);
          RC_ASSERT(unacknowledged < options.max_unacknowledged_messages);
          window.sent(std::min(range->last, range->first + static_cast<Position>(size)), now);
          ++unacknowledged;
        }
        break;
      case 4:
        if (unacknowledged > 0) {
          window.acknowledged();
          --unacknowledged;
        }
        break;
      case 5: window.confirmed(window.confirmed() + static_cast<Position>(size) / 4, now); break;
      case 6: window.resend_requested(now); break;
      default: window.advance(now); break;
    }
    RC_ASSERT(window.confirmed() >= confirmed_before);
    RC_ASSERT(window.confirmed() <= window.sent());
    RC_ASSERT(window.sent() <= window.highest_sent());
    RC_ASSERT(window.highest_sent() <= std::max(synced, window.synced()));
    // What is sent and unconfirmed is always waited for.
    RC_ASSERT(window.sent() == window.confirmed() || window.wake_at().has_value());
  }
}

}  // namespace
}  // namespace sensors
