#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

/// A publisher that knows its store and is connected.
class PublisherLogic : public testing::Test {
 protected:
  PublisherLogic() { bench.step(MqttConnected{}); }

  std::vector<std::uint64_t> seqs_sent() {
    std::vector<std::uint64_t> seqs;
    for (const auto& [topic, batch] : bench.sent()) {
      for (const SequencedReading& reading : batch.readings) seqs.push_back(reading.seq);
    }
    return seqs;
  }

  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
};

TEST_F(PublisherLogic, publishes_a_reading_only_after_it_is_synced_in_the_outbox) {
  bench.auto_disk = false;
  bench.take(1);
  EXPECT_TRUE(bench.sent().empty());
  bench.serve_disk();
  const auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].first, "sensors/kitchen/reading/s");
  EXPECT_EQ(sent[0].second.stream, "run1");
  EXPECT_EQ(sent[0].second.readings[0].seq, 1U);
}

TEST_F(PublisherLogic, sends_few_readings_live_and_a_backlog_as_batches) {
  bench.take(450);
  const auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].first, "sensors/kitchen/backlog/sensor-publisher");
  EXPECT_EQ(sent[0].second.readings.size(), 200U);
  EXPECT_EQ(sent[2].second.readings.size(), 50U);
}

TEST_F(PublisherLogic, has_at_most_twenty_messages_without_puback) {
  for (int i = 0; i < 30; ++i) bench.take(1);
  EXPECT_EQ(bench.sent().size(), 20U);
  bench.acknowledge_all();
  EXPECT_FALSE(bench.sent().empty());
}

TEST_F(PublisherLogic, deletes_rows_only_behind_the_watermark) {
  bench.take(10);
  bench.acknowledge_all();
  bench.pass(10s);
  EXPECT_EQ(bench.rows.size(), 10U);
  bench.watermark("store1", "run1", 4);
  bench.pass(6s);
  ASSERT_EQ(bench.rows.size(), 6U);
  EXPECT_EQ(bench.rows.front().first, 5U);
}

TEST_F(PublisherLogic, sends_again_from_the_watermark_when_none_comes_for_five_seconds) {
  bench.take(3);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 1);
  seqs_sent();
  bench.pass(5'001ms);
  EXPECT_EQ(seqs_sent(), (std::vector<std::uint64_t>{2, 3}));
}

TEST_F(PublisherLogic, sends_again_at_once_when_the_store_asks) {
  bench.take(3);
  bench.acknowledge_all();
  seqs_sent();
  bench.watermark("store1", "run1", 0, true);
  EXPECT_EQ(seqs_sent(), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(PublisherLogic, sends_again_after_a_reconnect) {
  bench.take(3);
  seqs_sent();
  bench.step(MqttDisconnected{"gone"});
  bench.step(MqttConnected{});
  EXPECT_EQ(seqs_sent(), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(PublisherLogic, a_watermark_beyond_what_was_sent_deletes_nothing) {
  bench.take(3);
  bench.watermark("store1", "run1", 1'000'000);
  bench.pass(6s);
  EXPECT_EQ(bench.rows.size(), 3U);
  EXPECT_TRUE(bench.logged("watermark ignored: it says that run1 is committed through 1000000, but only 3 were sent"));
}

TEST_F(PublisherLogic, malformed_watermarks_delete_nothing) {
  bench.take(3);
  for (const char* payload :
       {"", "{", "[]", "null", R"({"store":"store1","stream":"run1","through":-1})",
        R"({"store":"store1","stream":"run1","through":2.5})", R"({"store":"store1","stream":"run1","through":"3"})",
        R"({"store":1,"stream":"run1","through":3})", R"({"store":"store1","through":3})",
        R"({"store":"store1","stream":"a b","through":3})", "\xff\xfe"}) {
    MqttMessage message;
    message.topic = "sensors/kitchen/committed/sensor-publisher";
    message.payload = payload;
    bench.step(std::move(message));
  }
  bench.pass(6s);
  EXPECT_EQ(bench.rows.size(), 3U);
  EXPECT_TRUE(bench.logged("watermark ignored"));
}

TEST_F(PublisherLogic, a_watermark_of_an_unknown_stream_deletes_nothing) {
  bench.take(3);
  bench.watermark("store1", "other", 3);
  bench.pass(6s);
  EXPECT_EQ(bench.rows.size(), 3U);
}

TEST_F(PublisherLogic, another_store_gets_everything_again_and_its_first_word_deletes_nothing) {
  bench.take(3);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 1);
  seqs_sent();
  bench.watermark("store2", "run1", 3);
  EXPECT_EQ(bench.known_store, "store2");
  EXPECT_TRUE(bench.logged("another store answers: store2"));
  EXPECT_EQ(seqs_sent(), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(bench.logic.wake_at().has_value(), true);
}

TEST_F(PublisherLogic, tells_another_store_what_it_cannot_have_any_more) {
  bench.take(5);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 3);
  bench.pass(6s);                              // what is confirmed is deleted
  bench.watermark("store2", "run1", 0, true);  // adopted
  bench.pass(1s);
  bench.sent();
  bench.acknowledge_all();
  bench.watermark("store2", "run1", 0, true);  // it lacks 1..3
  const auto sent = bench.sent();
  ASSERT_FALSE(sent.empty());
  ASSERT_EQ(sent[0].second.gaps.size(), 1U);
  EXPECT_EQ(sent[0].second.gaps[0].first, 1U);
  EXPECT_EQ(sent[0].second.gaps[0].last, 3U);
  EXPECT_EQ(sent[0].second.gaps[0].reason, "other_store");
  ASSERT_GE(sent.size(), 2U);
  EXPECT_EQ(sent[1].second.readings.front().seq, 4U);
}

TEST_F(PublisherLogic, sends_another_store_what_was_confirmed_and_is_still_there) {
  bench.take(5);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 2);
  bench.pass(6s);
  ASSERT_EQ(bench.rows.size(), 3U);
  bench.watermark("store1", "run1", 4);
  seqs_sent();
  bench.watermark("store1", "run1", 0, true);  // it went back to a backup
  const auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 2U);
  ASSERT_EQ(sent[0].second.gaps.size(), 1U);
  EXPECT_EQ(sent[0].second.gaps[0].last, 2U) << "3 and 4 are not lost";
  EXPECT_EQ(sent[1].second.readings.front().seq, 3U);
  EXPECT_EQ(sent[1].second.readings.size(), 3U);
  bench.pass(6s);
  EXPECT_EQ(bench.rows.size(), 3U) << "they are not confirmed any more";
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 5);
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty());
}

TEST_F(PublisherLogic, keeps_readings_in_memory_while_the_outbox_cannot_be_written) {
  bench.auto_disk = false;
  bench.take(2);
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  EXPECT_TRUE(bench.logged("outbox.db: disk full; readings wait in memory"));
  bench.take(1);
  bench.auto_disk = true;
  bench.pass(1s);
  EXPECT_EQ(bench.rows.size(), 3U);
  EXPECT_TRUE(bench.logged("the outbox can be written again"));
  EXPECT_EQ(seqs_sent(), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(PublisherLogic, opens_its_breaker_after_three_refused_messages_and_says_so) {
  bench.take(1);
  bench.take(1);
  bench.take(1);
  while (!bench.unacknowledged.empty()) {
    const std::uint64_t id = bench.unacknowledged.front();
    bench.unacknowledged.pop_front();
    bench.step(MqttPublished{id, fail(ErrorCode::rejected, "broker refused the message")});
  }
  EXPECT_TRUE(bench.logged("Circuit breaker OPEN - broker failures exceeded threshold (3)"))
      << testing::PrintToString(bench.log);
  bench.sent();
  bench.take(1);
  EXPECT_TRUE(bench.sent().empty());
  EXPECT_EQ(bench.rows.size(), 4U);
}

TEST_F(PublisherLogic, counts_a_message_without_puback_as_a_failure) {
  for (int i = 0; i < 3; ++i) bench.take(1);
  bench.pass(11s);
  EXPECT_TRUE(bench.logged("Circuit breaker OPEN"));
}

TEST_F(PublisherLogic, says_how_long_the_broker_took_to_acknowledge) {
  bench.take(1);
  bench.pass(40ms);
  bench.acknowledge_all();
  bench.take(1);
  bench.pass(3s);
  bench.acknowledge_all();
  bench.take(1);
  bench.step(MqttPublished{bench.unacknowledged.front(), fail(ErrorCode::disconnected, "gone")});  // no answer
  bench.published.clear();
  bench.pass(10s);
  const auto status = std::find_if(bench.published.begin(), bench.published.end(),
                                   [](const MqttPublish& m) { return m.topic.ends_with("/status/sensor-publisher"); });
  ASSERT_NE(status, bench.published.end());
  const Result<ServiceReport> report = decode_status(status->payload);
  ASSERT_TRUE(report.has_value() && report->puback.has_value()) << status->payload;
  EXPECT_EQ(report->puback->count, 2U);
  EXPECT_DOUBLE_EQ(report->puback->sum_ms, 3'040);
}

TEST_F(PublisherLogic, says_what_its_database_takes_of_the_disk) {
  OutboxWritten written{{}, OutboxWrite{}, 0, true};
  written.disk = {.file_bytes = 40'960, .free_bytes = 1'000, .size_bytes = 50'000};
  bench.step(written);
  bench.now.written_bytes = 123;
  bench.published.clear();
  bench.pass(10s);
  const auto status = std::find_if(bench.published.begin(), bench.published.end(),
                                   [](const MqttPublish& m) { return m.topic.ends_with("/status/sensor-publisher"); });
  ASSERT_NE(status, bench.published.end());
  for (const char* part : {R"("written_bytes":123)", R"("disk":{"file_bytes":40960,"free_bytes":1000,)"})
    EXPECT_NE(status->payload.find(part), std::string::npos) << status->payload;
}

TEST_F(PublisherLogic, a_new_connection_half_opens_the_breaker_and_one_probe_closes_it) {
  for (int i = 0; i < 3; ++i) bench.take(1);
  bench.pass(11s);
  bench.sent();
  bench.step(MqttDisconnected{"gone"});
  bench.unacknowledged.clear();
  bench.step(MqttConnected{});
  EXPECT_TRUE(bench.logged("Circuit breaker HALF_OPEN"));
  EXPECT_EQ(bench.sent().size(), 1U);
  bench.acknowledge_all();
  EXPECT_TRUE(bench.logged("Circuit breaker CLOSED"));
}

TEST_F(PublisherLogic, slows_down_while_a_service_downstream_asks_for_it) {
  MqttMessage queue;
  queue.topic = "sensors/kitchen/queue/sensor-http-bridge";
  queue.payload =
      encode_queue_depth({.depth = 1, .high = 10, .limit = 100, .oldest_s = 0, .rate_per_s = 0, .pressure = true});
  bench.step(queue);
  bench.pass(10'001ms);
  EXPECT_TRUE(bench.logged("pace: sensors are read every 30 s instead of every 10 s"));
  queue.payload =
      encode_queue_depth({.depth = 1, .high = 10, .limit = 100, .oldest_s = 0, .rate_per_s = 0, .pressure = false});
  bench.step(queue);
  bench.pass(30'001ms);
  EXPECT_TRUE(bench.logged("pace: sensors are read every 10 s instead of every 30 s"));
}

TEST_F(PublisherLogic, commits_what_is_in_memory_before_it_ends) {
  bench.auto_disk = false;
  bench.take(1);  // under way to the disk
  bench.take(2);  // waiting for the next commit
  bench.step(StopRequested{});
  EXPECT_FALSE(bench.exit_code.has_value());
  bench.serve_disk();
  EXPECT_FALSE(bench.exit_code.has_value());
  bench.serve_disk();
  EXPECT_EQ(bench.exit_code, 0);
  EXPECT_EQ(bench.rows.size(), 3U);
}

TEST_F(PublisherLogic, an_outbox_that_never_answers_is_an_overdue_obligation) {
  bench.auto_disk = false;
  bench.take(1);
  EXPECT_FALSE(bench.logic.liveness().overdue(bench.now.monotonic).has_value());
  EXPECT_TRUE(bench.logic.liveness().overdue(bench.now.monotonic + 31s).has_value());
}

TEST(PublisherLogicAtStart, sends_the_stream_of_the_run_before_to_its_end_first) {
  PublisherBench bench{bench_options(), {{{"run1", 0}, {"run2", 2}}, 0, 2, "store1"}};
  for (Position p : {1U, 2U}) bench.rows.push_back({p, p, Reading{"s", double(p), "Cel", bench.now.wall}});
  bench.take(1);
  bench.step(MqttConnected{});
  auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].second.stream, "run1");
  EXPECT_EQ(sent[0].second.readings.size(), 2U);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 2);
  sent = bench.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].second.stream, "run2");
  EXPECT_EQ(sent[0].second.readings[0].seq, 1U);
}

TEST(PublisherLogicAtStart, believes_a_watermark_of_an_earlier_run_that_sent_more_than_the_outbox_knows) {
  PublisherBench bench{bench_options(), {{{"run1", 0}, {"run2", 2}}, 0, 2, "store1"}};
  for (Position p : {1U, 2U}) bench.rows.push_back({p, p, Reading{"s", double(p), "Cel", bench.now.wall}});
  bench.step(MqttConnected{});
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 150);
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty());
}

TEST(PublisherLogicAtStart, rows_that_the_outbox_has_lost_become_a_gap_record) {
  PublisherBench bench{bench_options(), {{{"run1", 0}, {"run2", 4}}, 0, 4, "store1"}};
  bench.rows.push_back({3, 3, Reading{"s", 3.0, "Cel", bench.now.wall}});
  bench.rows.push_back({4, 4, Reading{"s", 4.0, "Cel", bench.now.wall}});
  bench.step(MqttConnected{});
  const auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 1U);
  ASSERT_EQ(sent[0].second.gaps.size(), 1U);
  EXPECT_EQ(sent[0].second.gaps[0].last, 2U);
  EXPECT_EQ(sent[0].second.gaps[0].reason, "outbox_damaged");
  EXPECT_EQ(sent[0].second.readings.size(), 2U);
}

TEST(PublisherLogicAtStart, lost_rows_of_two_streams_become_a_gap_record_of_each) {
  PublisherBench bench(bench_options(), {{{"run0", 0}, {"run1", 5}, {"run2", 9}}, 0, 9, "store1"});
  const auto row = [](Position position) {
    return OutboxEntry{position, position, Reading{"s", static_cast<double>(position), "Cel", WallTime{}}};
  };
  bench.rows = {row(1), row(2), row(9)};  // 3..5 of run0 and 1..3 of run1 are gone
  bench.step(MqttConnected{});
  bench.watermark("store1", "run0", 2);
  bench.watermark("store1", "run0", 5);
  bench.watermark("store1", "run1", 4);
  std::vector<std::pair<std::string, Gap>> gaps;
  for (const auto& [topic, batch] : bench.sent()) {
    for (const Gap& gap : batch.gaps) gaps.emplace_back(batch.stream, gap);
  }
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[0].first, "run0");
  EXPECT_EQ(gaps[0].second.first, 3U);
  EXPECT_EQ(gaps[0].second.last, 5U);
  EXPECT_EQ(gaps[1].first, "run1");
  EXPECT_EQ(gaps[1].second.first, 1U);
  EXPECT_EQ(gaps[1].second.last, 3U);
}

TEST(PublisherLogicWhenFull, drops_the_oldest_and_sends_a_gap_record_in_their_place) {
  LogicOptions options = bench_options();
  options.outbox.max_readings = 100;
  PublisherBench bench{options, {{{"run1", 0}}, 0, 0, "store1"}};
  for (int i = 0; i < 12; ++i) bench.take(10);
  EXPECT_TRUE(bench.logged("the outbox is full"));
  ASSERT_TRUE(std::holds_alternative<DroppedEntries>(bench.rows.front().what));
  const Position dropped = bench.rows.front().last;
  EXPECT_GE(dropped, 20U);
  bench.step(MqttConnected{});
  const auto sent = bench.sent();
  ASSERT_FALSE(sent.empty());
  ASSERT_EQ(sent[0].second.gaps.size(), 1U);
  EXPECT_EQ(sent[0].second.gaps[0].first, 1U);
  EXPECT_EQ(sent[0].second.gaps[0].last, dropped);
  EXPECT_EQ(sent[0].second.gaps[0].reason, "outbox_full");
  EXPECT_EQ(sent[0].second.readings.front().seq, dropped + 1);
}

TEST_F(PublisherLogic, ends_when_what_a_program_had_printed_is_in_the_outbox) {
  LogicOptions options = bench_options();
  options.drivers[0].is_stream = true;
  options.drivers[0].read_out = Millis{1'200};
  PublisherBench ending(options);
  ending.auto_finish = false;
  ending.step(StopRequested{});
  ending.take(3);
  EXPECT_FALSE(ending.exit_code.has_value()) << "there may be more in its pipe";
  DriverReport last;
  last.samples.push_back({"s", 4.0, "Cel", ending.now.wall});
  last.ended = true;
  ending.step(DriverRead{0, std::move(last)});
  EXPECT_EQ(ending.exit_code, 0);
  EXPECT_EQ(ending.rows.size(), 4U);
}

TEST_F(PublisherLogic, ends_in_time_though_a_program_goes_on_printing) {
  LogicOptions options = bench_options();
  options.drivers[0].is_stream = true;
  options.drivers[0].read_out = Millis{1'200};
  PublisherBench ending(options);
  ending.auto_finish = false;
  ending.step(StopRequested{});
  for (int i = 0; i < 11; ++i) {
    ending.take(3);
    ending.pass(Millis{100});
    EXPECT_FALSE(ending.exit_code.has_value());
  }
  ending.pass(Millis{100});
  EXPECT_EQ(ending.exit_code, 0);
  EXPECT_EQ(ending.rows.size(), 33U);
  EXPECT_TRUE(ending.logged("was cut off"));
}

}  // namespace
}  // namespace sensors::publisher
