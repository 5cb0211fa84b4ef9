// What clients handed in, on its way to a store that takes only the next number, loses messages and comes back with
// less.
#include "services/sensor-http-bridge/web/write_outbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <variant>

#include "common/codec/reading_json.hpp"

namespace sensors::bridge {
namespace {

/// docs/protocol.md, "Publisher and store", for one publisher: in memory, but that is all the same to who sends.
class ModelStore {
 public:
  /// The watermark that answers `batch`.
  Committed take(const Batch& batch) {
    std::uint64_t& through = through_[batch.stream];
    Committed answer{"w5n2", batch.stream, 0, false};
    auto gap = batch.gaps.begin();
    auto reading = batch.readings.begin();
    while (gap != batch.gaps.end() || reading != batch.readings.end()) {
      const bool is_gap = reading == batch.readings.end() || (gap != batch.gaps.end() && gap->first < reading->seq);
      const std::uint64_t first = is_gap ? gap->first : reading->seq;
      const std::uint64_t last = is_gap ? gap->last : reading->seq;
      if (first > through + 1) {
        answer.resend = true;
        break;
      }
      if (last > through) {
        through = last;
        if (is_gap) ++gaps;
        if (!is_gap) rows.emplace_back(batch.stream, reading->reading.sensor);
      }
      is_gap ? static_cast<void>(++gap) : static_cast<void>(++reading);
    }
    answer.through = through;
    return answer;
  }

  void go_back_to(const std::string& stream, std::uint64_t through) { through_[stream] = through; }

  std::vector<std::pair<std::string, std::string>> rows;  // stream and sensor, as they were stored
  int gaps = 0;

 private:
  std::map<std::string, std::uint64_t> through_;
};

WriteOutbox::Options options() {
  WriteOutbox::Options options;
  options.root = "sensors";
  options.node = "kitchen";
  options.run_stream = "r-1";
  return options;
}

std::vector<Reading> readings(const std::string& name, std::size_t count) {
  std::vector<Reading> rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back({name + std::to_string(i), 1.5, "", WallTime{}});
  return rows;
}

Batch batch_in(const MqttPublish& message) {
  ReadingDecoder decoder;
  const auto decoded = decoder.batch(message.payload);
  EXPECT_TRUE(decoded.has_value()) << message.payload;
  EXPECT_EQ(decoded->bad_rows, 0U) << decoded->first_error;
  return decoded->batch;
}

class WriteOutboxTest : public testing::Test {
 protected:
  WriteOutboxTest() { outbox.connected(); }

  std::vector<WriteOutbox::Done> deliver(const MqttPublish& message) {
    outbox.acknowledged({message.id, {}});
    return outbox.committed(store.take(batch_in(message)), now);
  }
  /// Until nothing is to be sent any more; numbers of the writes that were done, in that order.
  std::vector<std::uint64_t> deliver_all() {
    std::vector<std::uint64_t> done;
    for (auto messages = outbox.take_messages(now); !messages.empty(); messages = outbox.take_messages(now)) {
      for (const MqttPublish& message : messages) {
        for (const WriteOutbox::Done& write : deliver(message)) done.push_back(write.write);
      }
    }
    return done;
  }

  WriteOutbox outbox{options()};
  ModelStore store;
  Instant now{std::chrono::hours{1}};
};

TEST_F(WriteOutboxTest, an_answer_to_a_message_of_an_earlier_connection_makes_no_room) {
  for (std::uint64_t write = 1; write <= 12; ++write)
    outbox.add(write, "k-" + std::to_string(write), "kitchen", readings("a", 1));
  const std::vector<MqttPublish> before = outbox.take_messages(now);
  ASSERT_EQ(before.size(), 10U);
  outbox.disconnected();
  outbox.connected();
  ASSERT_EQ(outbox.take_messages(now).size(), 10U);
  for (const MqttPublish& message : before)
    outbox.acknowledged({message.id, fail(ErrorCode::disconnected, "the connection ended")});
  EXPECT_TRUE(outbox.take_messages(now).empty());
}

TEST_F(WriteOutboxTest, sends_writes_without_a_key_as_one_stream_in_order) {
  outbox.add(1, "", "kitchen", readings("a", 2));
  outbox.add(2, "", "kitchen", readings("b", 1));
  const std::vector<MqttPublish> messages = outbox.take_messages(now);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].topic, "sensors/kitchen/backlog/sensor-http-bridge");
  const std::vector<WriteOutbox::Done> done = deliver(messages[0]);
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].stream, "r-1");
  EXPECT_EQ(done[1].readings.front().seq, 3U);
  EXPECT_EQ(outbox.rows(), 0U);
}

TEST_F(WriteOutboxTest, cuts_a_large_write_and_is_done_with_its_last_row) {
  outbox.add(1, "k-1", "kitchen", readings("a", 1'000));
  const std::vector<MqttPublish> messages = outbox.take_messages(now);
  ASSERT_EQ(messages.size(), 5U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(deliver(messages[i]).empty());
  EXPECT_EQ(deliver(messages[4]).size(), 1U);
  EXPECT_EQ(store.rows.size(), 1'000U);
}

TEST_F(WriteOutboxTest, sends_again_when_no_watermark_comes_or_the_connection_was_lost) {
  outbox.add(1, "", "kitchen", readings("a", 1));
  EXPECT_EQ(outbox.take_messages(now).size(), 1U);
  now += Millis{4'999};
  EXPECT_TRUE(outbox.take_messages(now).empty());
  EXPECT_EQ(outbox.wake_at(), now + Millis{1});
  now += Millis{1};
  EXPECT_EQ(outbox.take_messages(now).size(), 1U);
  EXPECT_EQ(outbox.resends(), 1U);
  outbox.disconnected();
  EXPECT_TRUE(outbox.take_messages(now).empty());
  EXPECT_FALSE(outbox.wake_at().has_value());
  outbox.connected();
  EXPECT_EQ(deliver_all(), std::vector<std::uint64_t>{1});
  EXPECT_EQ(store.rows.size(), 1U);
}

TEST_F(WriteOutboxTest, the_same_keyed_write_of_another_run_stores_nothing_twice) {
  outbox.add(1, "k-1", "kitchen", readings("a", 300));
  const std::vector<MqttPublish> messages = outbox.take_messages(now);
  store.take(batch_in(messages[0]));  // then that run died, with 200 of 300 rows stored
  WriteOutbox next(options());
  next.connected();
  next.add(1, "k-1", "kitchen", readings("a", 300));
  std::size_t done = 0;
  for (const MqttPublish& message : next.take_messages(now))
    done += next.committed(store.take(batch_in(message)), now).size();
  EXPECT_EQ(done, 1U);
  EXPECT_EQ(store.rows.size(), 300U);
  EXPECT_EQ(store.gaps, 0);
}

TEST_F(WriteOutboxTest, gives_a_store_that_came_back_with_less_what_is_still_here_and_a_gap_record_for_the_rest) {
  outbox.add(1, "", "kitchen", readings("a", 5));
  deliver_all();
  store.go_back_to("r-1", 2);
  outbox.add(2, "", "kitchen", readings("b", 1));
  EXPECT_EQ(deliver_all(), std::vector<std::uint64_t>{2});
  EXPECT_EQ(store.gaps, 1);
  EXPECT_EQ(store.rows.back().second, "b0");
}

TEST_F(WriteOutboxTest, takes_back_only_what_was_never_sent) {
  outbox.disconnected();
  outbox.add(1, "", "kitchen", readings("a", 2));
  outbox.add(2, "", "kitchen", readings("b", 2));
  EXPECT_TRUE(outbox.withdraw(1));
  EXPECT_FALSE(outbox.withdraw(1));
  EXPECT_EQ(outbox.rows(), 2U);
  outbox.connected();
  const std::vector<MqttPublish> messages = outbox.take_messages(now);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(batch_in(messages[0]).readings.front().seq, 1U) << "the numbers of what was taken back are used";
  EXPECT_FALSE(outbox.withdraw(2));
  outbox.disconnected();
  EXPECT_FALSE(outbox.withdraw(2)) << "the store may have it";
}

TEST_F(WriteOutboxTest, holds_no_more_than_it_may_and_sends_no_more_at_once_than_the_store_can_hold) {
  EXPECT_TRUE(outbox.has_room(10'000));
  for (std::uint64_t i = 1; i <= 10; ++i) outbox.add(i, "k-" + std::to_string(i), "kitchen", readings("a", 1'000));
  EXPECT_FALSE(outbox.has_room(1));
  std::size_t rows = 0;
  for (const MqttPublish& message : outbox.take_messages(now)) rows += batch_in(message).readings.size();
  EXPECT_LE(rows, 2'000U);
  EXPECT_GE(rows, 1'500U);
}

TEST_F(WriteOutboxTest, believes_no_watermark_of_another_stream_or_beyond_what_was_sent) {
  outbox.add(1, "", "kitchen", readings("a", 2));
  outbox.take_messages(now);
  EXPECT_TRUE(outbox.committed({"s", "k-other", 5, false}, now).empty());
  EXPECT_TRUE(outbox.committed({"s", "r-1", 3, false}, now).empty());
  EXPECT_EQ(outbox.foreign_watermarks(), 2U);
  EXPECT_EQ(outbox.rows(), 2U);
}

/// Messages and watermarks are lost, links break, runs die and clients try again: each write that was answered is there
/// once, and every write comes to its answer.
TEST(WriteOutboxProperty, every_write_with_a_key_is_stored_once_whatever_is_lost) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    ModelStore store;
    Instant now{std::chrono::hours{1}};
    auto outbox = std::make_unique<WriteOutbox>(options());
    outbox->connected();
    std::set<std::uint64_t> wanted;
    for (std::uint64_t i = 1; i <= 5; ++i) wanted.insert(i);
    std::set<std::uint64_t> waiting;
    int rounds = 0;
    for (; !wanted.empty() && rounds < 2'000; ++rounds) {
      for (const std::uint64_t write : wanted) {
        if (waiting.insert(write).second)
          outbox->add(write, "k-" + std::to_string(write), "kitchen",
                      readings("w" + std::to_string(write) + ".", 150 * write));
      }
      if (chance(5)) {
        outbox->disconnected();
        outbox->connected();
      }
      if (chance(3)) {
        outbox = std::make_unique<WriteOutbox>(options());
        outbox->connected();
        waiting.clear();
      }
      for (const MqttPublish& message : outbox->take_messages(now)) {
        outbox->acknowledged({message.id, {}});
        if (chance(20)) continue;  // lost before the store
        const Committed watermark = store.take(batch_in(message));
        if (chance(20)) continue;  // lost behind it
        for (const WriteOutbox::Done& done : outbox->committed(watermark, now)) wanted.erase(done.write);
      }
      now += Millis{2'500};
    }
    ASSERT_TRUE(wanted.empty()) << "seed " << seed;
    const std::set<std::pair<std::string, std::string>> once(store.rows.begin(), store.rows.end());
    ASSERT_EQ(once.size(), store.rows.size()) << "seed " << seed;
    ASSERT_EQ(once.size(), 150U * (1 + 2 + 3 + 4 + 5)) << "seed " << seed;
    ASSERT_EQ(store.gaps, 0) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sensors::bridge
