#include "services/sensor-publisher/outbox_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

constexpr StreamRange whole{1, std::numeric_limits<Position>::max()};

class OutboxWriterTest : public testing::Test {
 protected:
  static std::vector<Reading> readings(int count) {
    return std::vector<Reading>(static_cast<std::size_t>(count), Reading{"s", 1.0, "Cel", WallTime{}});
  }

  void commit(OutboxWriter& writer) {
    std::optional<OutboxWrite> write = writer.next(whole, now);
    ASSERT_TRUE(write.has_value());
    writer.done({{}, std::move(*write)}, now);
  }

  Now now{Instant{} + 1h, WallTime{Millis{1'768'493'375'000}}};
  OutboxOptions options;
};

TEST_F(OutboxWriterTest, waits_a_moment_for_others_before_it_commits) {
  OutboxWriter writer(options, 0, 0, 1);
  writer.append(readings(1), now);
  EXPECT_FALSE(writer.next(whole, now).has_value());
  EXPECT_EQ(writer.wake_at(), now.monotonic + 10ms);
  now.monotonic += 10ms;
  EXPECT_EQ(writer.next(whole, now)->append.size(), 1U);
}

TEST_F(OutboxWriterTest, commits_at_once_when_enough_readings_wait) {
  OutboxWriter writer(options, 0, 0, 1);
  writer.append(readings(1'000), now);
  EXPECT_EQ(writer.next(whole, now)->append.size(), 1'000U);
}

TEST_F(OutboxWriterTest, has_one_transaction_outstanding) {
  OutboxWriter writer(options, 0, 0, 1);
  writer.append(readings(1'000), now);
  ASSERT_TRUE(writer.next(whole, now).has_value());
  writer.append(readings(1'000), now);
  EXPECT_FALSE(writer.next(whole, now).has_value());
}

TEST_F(OutboxWriterTest, numbers_go_on_where_the_outbox_ended) {
  OutboxWriter writer(options, 5, 7, 1);
  writer.append(readings(1'000), now);
  EXPECT_EQ(writer.next(whole, now)->append.front().first, 8U);
}

TEST_F(OutboxWriterTest, deletes_confirmed_rows_after_a_while_or_when_there_are_many) {
  OutboxWriter writer(options, 0, 6'000, 1);
  writer.confirm(10);
  EXPECT_FALSE(writer.next(whole, now).has_value());
  now.monotonic += 5s;
  std::optional<OutboxWrite> write = writer.next(whole, now);
  EXPECT_EQ(write->delete_through, 10U);
  writer.done({{}, std::move(*write)}, now);
  writer.confirm(5'500);
  EXPECT_EQ(writer.next(whole, now)->delete_through, 5'500U);
}

TEST_F(OutboxWriterTest, a_failed_write_is_tried_again_with_everything_in_order) {
  OutboxWriter writer(options, 0, 0, 1);
  writer.append(readings(1'000), now);
  std::optional<OutboxWrite> write = writer.next(whole, now);
  writer.append(readings(1), now);
  EXPECT_TRUE(writer.done({fail(ErrorCode::io, "outbox.db: input/output error"), std::move(*write)}, now).empty());
  EXPECT_EQ(writer.failure(), "outbox.db: input/output error");
  EXPECT_FALSE(writer.next(whole, now).has_value());
  now.monotonic += 1s;
  write = writer.next(whole, now);
  ASSERT_TRUE(write.has_value());
  for (std::size_t i = 0; i < write->append.size(); ++i) EXPECT_EQ(write->append[i].first, i + 1);
  EXPECT_EQ(write->append.size(), 1'001U);
}

TEST_F(OutboxWriterTest, what_memory_cannot_hold_becomes_one_gap_record) {
  options.max_pending = 100;
  OutboxWriter writer(options, 0, 0, 1);
  writer.append(readings(150), now);
  EXPECT_EQ(writer.pending(), 100U);
  EXPECT_EQ(writer.readings_dropped(), 51U);
  now.monotonic += 1s;
  const std::optional<OutboxWrite> write = writer.next(whole, now);
  EXPECT_EQ(write->append.front().first, 1U);
  EXPECT_EQ(write->append.front().last, 51U);
  EXPECT_EQ(std::get<DroppedEntries>(write->append.front().what).reason, "outbox_unwritable");
  EXPECT_EQ(write->append[1].first, 52U);
}

TEST_F(OutboxWriterTest, a_full_outbox_drops_its_oldest_rows_of_one_stream_only) {
  options.max_readings = 1'000;
  OutboxWriter writer(options, 0, 1'200, 1);
  std::optional<OutboxWrite> write = writer.next({1, 150}, now);
  ASSERT_TRUE(write->drop.has_value());
  EXPECT_EQ(write->drop->first, 1U);
  EXPECT_EQ(write->drop->last, 150U);
  writer.done({{}, std::move(*write)}, now);
  EXPECT_EQ(writer.oldest_kept(), 151U);
  write = writer.next({151, 5'000}, now);
  EXPECT_EQ(write->drop->first, 151U);
  EXPECT_EQ(write->drop->last, 210U);
  writer.done({{}, std::move(*write)}, now);
  EXPECT_EQ(writer.readings_dropped(), 210U);
  EXPECT_LE(writer.depth(), 1'000U);
}

TEST_F(OutboxWriterTest, stopping_writes_at_once_and_lets_confirmed_rows_go) {
  OutboxWriter writer(options, 0, 10, 1);
  writer.append(readings(1), now);
  writer.confirm(4);
  writer.stop();
  const std::optional<OutboxWrite> write = writer.next(whole, now);
  ASSERT_TRUE(write.has_value());
  EXPECT_EQ(write->append.size(), 1U);
  EXPECT_EQ(write->delete_through, 4U);
}

}  // namespace
}  // namespace sensors::publisher
