#include "services/sensor-publisher/logic/outbox_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/described.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

constexpr StreamRange whole{1, std::numeric_limits<Position>::max()};

class OutboxWriterTest : public testing::Test {
 protected:
  static std::vector<Reading> readings(int count) {
    return std::vector<Reading>(static_cast<std::size_t>(count), Reading{"s", 1.0, "Cel", WallTime{}});
  }

  static OutboxContents found(Position confirmed, Position last) {
    OutboxContents contents;
    contents.confirmed = confirmed;
    contents.last = last;
    return contents;
  }

  void commit(OutboxWriter& writer) {
    std::optional<OutboxWrite> write = writer.next(whole, now);
    ASSERT_TRUE(write.has_value());
    writer.done({{}, std::move(*write)}, now);
    EXPECT_EQ(writer.broken_invariant(), "");
  }

  Now now{Instant{} + 1h, WallTime{Millis{1'768'493'375'000}}};
  OutboxOptions options;
};

TEST_F(OutboxWriterTest, waits_a_moment_for_others_before_it_commits) {
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(1), now);
  EXPECT_FALSE(writer.next(whole, now).has_value());
  EXPECT_EQ(writer.wake_at(), now.monotonic + 10ms);
  now.monotonic += 10ms;
  EXPECT_EQ(writer.next(whole, now)->append.size(), 1U);
}

TEST_F(OutboxWriterTest, commits_at_once_when_enough_readings_wait) {
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(1'000), now);
  EXPECT_EQ(writer.next(whole, now)->append.size(), 1'000U);
}

TEST_F(OutboxWriterTest, looks_at_its_file_every_few_seconds_also_while_programs_are_read_out_at_the_end) {
  OutboxWriter writer(options, {}, 1);
  for (const bool stops : {false, true}) {
    EXPECT_FALSE(writer.next(whole, now).has_value());
    if (stops) writer.stop();
    ASSERT_EQ(writer.wake_at(), now.monotonic + 5s);
    now.monotonic += 5s;
    commit(writer);
    EXPECT_GT(writer.wake_at().value_or(now.monotonic + 5s), now.monotonic) << "it would be asked without a pause";
  }
}

TEST_F(OutboxWriterTest, has_one_transaction_outstanding) {
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(1'000), now);
  ASSERT_TRUE(writer.next(whole, now).has_value());
  writer.append(readings(1'000), now);
  EXPECT_FALSE(writer.next(whole, now).has_value());
}

TEST_F(OutboxWriterTest, numbers_go_on_where_the_outbox_ended) {
  OutboxWriter writer(options, found(5, 7), 1);
  writer.append(readings(1'000), now);
  EXPECT_EQ(writer.next(whole, now)->append.front().first, 8U);
}

TEST_F(OutboxWriterTest, deletes_confirmed_rows_after_a_while_or_when_there_are_many) {
  OutboxWriter writer(options, found(0, 6'000), 1);
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
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(1'000), now);
  std::optional<OutboxWrite> write = writer.next(whole, now);
  writer.append(readings(1), now);
  EXPECT_TRUE(writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*write)}, now).empty());
  EXPECT_EQ(writer.failure(), "outbox.db: disk full");
  EXPECT_FALSE(writer.next(whole, now).has_value());
  now.monotonic += 1s;
  write = writer.next(whole, now);
  ASSERT_TRUE(write.has_value());
  for (std::size_t i = 0; i < write->append.size(); ++i) EXPECT_EQ(write->append[i].first, i + 1);
  EXPECT_EQ(write->append.size(), 1'001U);
}

TEST_F(OutboxWriterTest, what_memory_cannot_hold_while_the_outbox_cannot_be_written_becomes_one_gap_record) {
  options.max_pending = 100;
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(50), now);
  now.monotonic += 1s;
  writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*writer.next(whole, now))}, now);
  writer.append(readings(100), now);
  EXPECT_EQ(writer.pending().size(), 100U);
  EXPECT_EQ(shown(writer, "unwritable"), 51U);
  EXPECT_EQ(shown(writer, "dropped"), 0U) << "those are a full outbox's";
  now.monotonic += 1s;
  const std::optional<OutboxWrite> write = writer.next(whole, now);
  EXPECT_EQ(write->append.front().first, 1U);
  EXPECT_EQ(write->append.front().last, 51U);
  EXPECT_EQ(std::get<DroppedEntries>(write->append.front().what).reason, "outbox_unwritable");
  EXPECT_EQ(write->append[1].first, 52U);
}

TEST_F(OutboxWriterTest, on_a_disk_that_works_nothing_gives_way_in_memory) {
  options.max_pending = 100;
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(150), now);
  EXPECT_EQ(writer.pending().size(), 150U);
  EXPECT_EQ(shown(writer, "unwritable"), 0U);
}

TEST_F(OutboxWriterTest, has_room_for_a_share_of_each_stream_while_no_more_than_half_waits) {
  options.max_pending = 100;
  OutboxWriter writer(options, {}, 1);
  EXPECT_EQ(writer.room(0).of_a_stream, 25U);
  EXPECT_EQ(writer.room(5).of_a_stream, 5U);
  EXPECT_EQ(writer.room(1'000).of_a_stream, 1U);
  writer.append(readings(50), now);
  EXPECT_EQ(writer.room(5).of_a_stream, 5U);
  writer.append(readings(1), now);
  EXPECT_EQ(writer.room(5).of_a_stream, 0U);
  EXPECT_FALSE(writer.room(5).is_full) << "devices are read on";
  now.monotonic += 1s;
  std::optional<OutboxWrite> write = writer.next(whole, now);
  EXPECT_EQ(writer.room(5).of_a_stream, 0U) << "it may fail: then all of it waits again";
  writer.append(readings(25), now);
  EXPECT_TRUE(writer.room(5).is_full);
  writer.done({{}, std::move(*write)}, now);
  EXPECT_EQ(writer.room(5).of_a_stream, 5U);
}

TEST_F(OutboxWriterTest, has_room_for_the_present_while_the_outbox_cannot_be_written) {
  options.max_pending = 100;
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(100), now);
  now.monotonic += 1s;
  writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*writer.next(whole, now))}, now);
  EXPECT_EQ(writer.room(5).of_a_stream, 5U);
  EXPECT_FALSE(writer.room(5).is_full);
}

TEST_F(OutboxWriterTest, a_full_outbox_drops_its_oldest_rows_of_one_stream_only) {
  options.max_readings = 1'000;
  OutboxWriter writer(options, found(0, 1'200), 1);
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
  EXPECT_EQ(shown(writer, "dropped"), 210U);
  EXPECT_LE(writer.depth(), 1'000U);
}

TEST_F(OutboxWriterTest, stopping_writes_at_once_and_lets_confirmed_rows_go) {
  OutboxWriter writer(options, found(0, 10), 1);
  writer.append(readings(1), now);
  writer.confirm(4);
  writer.stop();
  const std::optional<OutboxWrite> write = writer.next(whole, now);
  ASSERT_TRUE(write.has_value());
  EXPECT_EQ(write->append.size(), 1U);
  EXPECT_EQ(write->delete_through, 4U);
}

TEST_F(OutboxWriterTest, an_error_that_leaves_doubt_has_the_outbox_opened_again_before_the_retry) {
  for (const ErrorCode code : {ErrorCode::io, ErrorCode::corrupt, ErrorCode::permission}) {
    OutboxWriter writer(options, {}, 1);
    writer.append(readings(1'000), now);
    writer.done({fail(code, "outbox.db: sync failed"), std::move(*writer.next(whole, now))}, now);
    EXPECT_FALSE(writer.is_open());
    Now later = now;
    later.monotonic += 1s;
    EXPECT_FALSE(writer.next(whole, later).has_value());
    ASSERT_TRUE(writer.wants_open(later));
    writer.opening();
    EXPECT_FALSE(writer.wants_open(later));
    writer.reopened(false, later);
    const std::optional<OutboxWrite> again = writer.next(whole, later);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->append.size(), 1'000U) << "what was pending is written again";
  }
}

TEST_F(OutboxWriterTest, a_full_or_read_only_disk_and_a_time_limit_leave_it_open_for_reading) {
  for (const ErrorCode code : {ErrorCode::disk_full, ErrorCode::read_only, ErrorCode::timeout}) {
    OutboxWriter writer(options, {}, 1);
    writer.append(readings(1'000), now);
    writer.done({fail(code, "outbox.db: no"), std::move(*writer.next(whole, now))}, now);
    EXPECT_TRUE(writer.is_open());
  }
}

TEST_F(OutboxWriterTest, what_the_store_confirms_while_it_waits_in_memory_need_not_be_written) {
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(1'000), now);
  writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*writer.next(whole, now))}, now);
  writer.confirm(990);
  EXPECT_EQ(writer.pending().size(), 10U);
  now.monotonic += 1s;
  const std::optional<OutboxWrite> write = writer.next(whole, now);
  EXPECT_EQ(write->append.size(), 10U);
  EXPECT_EQ(write->delete_through, 990U) << "so that the outbox knows that these numbers are used";
  EXPECT_EQ(writer.pending().size(), 10U) << "they may still be sent from memory";
}

TEST_F(OutboxWriterTest, a_retry_always_has_something_to_write) {
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(1'000), now);
  writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*writer.next(whole, now))}, now);
  writer.confirm(1'000);
  now.monotonic += 1s;
  const std::optional<OutboxWrite> write = writer.next(whole, now);
  ASSERT_TRUE(write.has_value());
  EXPECT_NE(write->delete_through, 0U);
}

TEST_F(OutboxWriterTest, readings_written_after_all_are_not_counted_as_dropped) {
  options.max_pending = 100;
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(100), now);
  now.monotonic += 1s;
  writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*writer.next(whole, now))}, now);
  now.monotonic += 1s;
  std::optional<OutboxWrite> retry = writer.next(whole, now);
  writer.append(readings(50), now);  // more than fit: the oldest become a gap record while they are under way
  EXPECT_GT(shown(writer, "unwritable"), 0U);
  writer.done({{}, std::move(*retry)}, now);
  EXPECT_EQ(shown(writer, "unwritable"), 0U);
  EXPECT_EQ(writer.pending().front().first, 101U);
  EXPECT_EQ(writer.pending().size(), 50U);
}

TEST_F(OutboxWriterTest, a_gap_record_that_goes_beyond_what_was_written_stands_for_the_rest_only) {
  options.max_pending = 100;
  OutboxWriter writer(options, {}, 1);
  writer.append(readings(100), now);
  now.monotonic += 1s;
  writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*writer.next(whole, now))}, now);
  now.monotonic += 1s;
  std::optional<OutboxWrite> retry = writer.next(whole, now);  // 1 .. 100
  writer.append(readings(150), now);                           // 1 .. 151 become a gap record meanwhile
  writer.done({{}, std::move(*retry)}, now);
  EXPECT_EQ(writer.pending().front().first, 101U);
  EXPECT_EQ(writer.pending().front().last, 151U);
  EXPECT_EQ(writer.broken_invariant(), "");
}

TEST_F(OutboxWriterTest, nothing_is_to_be_deleted_any_more_when_the_confirmation_is_taken_back) {
  OutboxWriter writer(options, found(2, 4), 1);
  writer.confirm(4);
  EXPECT_FALSE(writer.next(whole, now).has_value()) << "confirmed rows wait for company";
  const Instant look = now.monotonic + 5s;
  ASSERT_EQ(writer.wake_at(), look) << "it looks at its file then, too";
  now.monotonic += 1s;
  writer.append(readings(1), now);
  now.monotonic += 10ms;
  std::optional<OutboxWrite> write = writer.next(whole, now);
  ASSERT_TRUE(write.has_value());
  writer.unconfirm(2);
  EXPECT_EQ(writer.broken_invariant(), "");
  now.monotonic += 10s;
  writer.done({{}, std::move(*write)}, now);
  EXPECT_FALSE(writer.next(whole, now).has_value());
  EXPECT_EQ(writer.wake_at(), now.monotonic + 5s) << "not a time that has passed";
}

TEST_F(OutboxWriterTest, gives_up_the_reserve_on_a_full_disk_and_makes_it_again_when_there_was_room_for_a_minute) {
  OutboxContents contents;
  contents.reserve_held = true;
  OutboxWriter writer(options, contents, 1);
  writer.append(readings(1'000), now);
  writer.done({fail(ErrorCode::disk_full, "outbox.db: disk full"), std::move(*writer.next(whole, now))}, now);
  now.monotonic += 1s;
  std::optional<OutboxWrite> retry = writer.next(whole, now);
  EXPECT_EQ(retry->reserve, DiskReserve::Action::release);
  writer.done({{}, std::move(*retry), 0, false}, now);
  now.monotonic += 61s;
  writer.append(readings(1'000), now);
  EXPECT_EQ(writer.next(whole, now)->reserve, DiskReserve::Action::restore);
}

}  // namespace
}  // namespace sensors::publisher
