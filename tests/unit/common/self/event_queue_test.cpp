#include "common/self/event_queue.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(EventQueue, keeps_the_newest_and_counts_what_gave_way) {
  EventQueue events;
  for (std::size_t i = 0; i < EventQueue::most + 2; ++i) {
    MqttPublish event;
    event.payload = std::to_string(i);
    events.add(std::move(event));
  }
  EXPECT_EQ(events.dropped(), 2U);
  const auto taken = events.take();
  EXPECT_EQ(taken.size(), EventQueue::most);
  EXPECT_EQ(taken.front().payload, "2");
  EXPECT_TRUE(events.take().empty());
}

}  // namespace
}  // namespace sensors
