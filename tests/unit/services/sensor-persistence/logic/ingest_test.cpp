#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

using Watermarks = std::vector<Committed>;

TEST(Ingest, publishes_the_watermark_only_after_the_commit) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.pass(10ms);
  ASSERT_TRUE(bench.is_committing());
  EXPECT_EQ(bench.take_watermarks(), Watermarks{});
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 1, false}}));
}

TEST(Ingest, publishes_one_watermark_for_each_stream_and_commit) {
  LogicBench bench(plain_options());
  bench.backlog(run_of("aaaa", 1, 50));
  bench.backlog(run_of("aaaa", 51, 90));
  bench.backlog(run_of("bbbb", 1, 7), "cellar");
  bench.pass(10ms);
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 90, false}, {"store1", "bbbb", 7, false}}));
}

TEST(Ingest, ignores_and_counts_duplicates) {
  LogicBench bench(plain_options());
  bench.backlog(run_of("aaaa", 1, 5));
  bench.settle();
  bench.backlog(run_of("aaaa", 3, 7));
  bench.pass(10ms);
  const CommitTransaction second = bench.take_commit();
  ASSERT_EQ(second.streams.size(), 1U);
  EXPECT_EQ(second.streams.front().readings.front().seq, 6U);
  EXPECT_EQ(second.streams.front().through, 7U);
  EXPECT_EQ(bench.shown("duplicates"), 3U);
}

TEST(Ingest, answers_duplicates_with_the_watermark_so_that_a_lost_one_is_said_again) {
  LogicBench bench(plain_options());
  bench.backlog(run_of("aaaa", 1, 5));
  bench.settle();
  bench.take_watermarks();
  bench.backlog(run_of("aaaa", 1, 5));
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 5, false}}));
  bench.backlog(run_of("aaaa", 1, 5));
  EXPECT_EQ(bench.take_watermarks(), Watermarks{});
  bench.pass(1s);
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 5, false}}));
}

TEST(Ingest, refuses_what_is_behind_a_hole_and_answers_with_resend_at_most_once_a_second) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.settle();
  bench.take_watermarks();
  bench.live(row(3));
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 1, true}}));
  bench.live(row(4));
  bench.pass(999ms);
  EXPECT_EQ(bench.take_watermarks(), Watermarks{});
  bench.pass(1ms);
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 1, true}}));
  EXPECT_EQ(bench.shown("refused_holes"), 2U);
}

TEST(Ingest, does_not_ask_for_a_resend_again_when_the_sender_has_gone_back) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.settle();
  bench.live(row(3));
  bench.live(row(4));  // was on its way when the first answer went out
  bench.live(row(2));
  bench.live(row(3));
  bench.take_watermarks();
  bench.settle();
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 3, false}}));
  bench.pass(5s);
  EXPECT_EQ(bench.take_watermarks(), Watermarks{});
}

TEST(Ingest, takes_gap_records_as_part_of_the_run) {
  LogicBench bench(plain_options());
  Batch batch = run_of("aaaa", 6, 7);
  batch.gaps.push_back(Gap{1, 5, "outbox_full", test_time});
  bench.backlog(batch);
  bench.settle();
  EXPECT_EQ(bench.take_watermarks().back(), (Committed{"store1", "aaaa", 7, false}));
  EXPECT_EQ(bench.shown("gap_readings"), 5U);
  EXPECT_NE(bench.last_own("event").find("1..5 lost (outbox_full)"), std::string::npos);
}

TEST(Ingest, cuts_a_gap_record_that_begins_below_the_watermark) {
  LogicBench bench(plain_options());
  bench.backlog(run_of("aaaa", 1, 3));
  bench.settle();
  Batch batch;
  batch.stream = "aaaa";
  batch.gaps.push_back(Gap{2, 9, "other_store", test_time});
  bench.backlog(batch);
  bench.pass(10ms);
  const CommitTransaction commit = bench.take_commit();
  ASSERT_EQ(commit.streams.front().gaps.size(), 1U);
  EXPECT_EQ(commit.streams.front().gaps.front(), (Gap{4, 9, "other_store", test_time}));
}

TEST(Ingest, refuses_a_stream_that_belongs_to_another_node_or_publisher) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.settle();
  bench.live(row(2), "aaaa", "cellar");
  bench.give(LogicBench::message("sensors/kitchen/backlog/other", encode_batch(run_of("aaaa", 2, 3))));
  bench.pass(10ms);
  EXPECT_FALSE(bench.is_committing());
  EXPECT_EQ(bench.shown("refused_foreign"), 3U);
  EXPECT_TRUE(
      bench.logged("stream aaaa of cellar/sensor-publisher is refused: it belongs to kitchen/sensor-publisher"));
}

TEST(Ingest, tells_a_sender_that_its_stream_is_another_nodes_so_that_it_does_not_wait_for_ever) {
  LogicBench bench(plain_options());
  const auto refusals = [&] {
    std::vector<Committed> found;
    for (const MqttPublish& message : std::exchange(bench.published, {})) {
      if (message.topic != "sensors/cellar/committed/sensor-publisher") continue;
      EXPECT_FALSE(message.retain) << "that is the place of the watermark";
      found.push_back(decode_committed(message.payload).value());
    }
    return found;
  };
  const auto has_event = [&] {
    return std::any_of(bench.published.begin(), bench.published.end(), [](const MqttPublish& message) {
      return message.topic.find("/event/") != std::string::npos && message.payload.find("refused") != std::string::npos;
    });
  };
  bench.live(row(1));
  bench.settle();
  bench.published.clear();
  bench.live(row(2), "aaaa", "cellar");
  EXPECT_TRUE(has_event());
  EXPECT_EQ(refusals(), (std::vector<Committed>{{"store1", "aaaa", 0, false, "kitchen"}}));
  bench.live(row(2), "aaaa", "cellar");
  EXPECT_TRUE(refusals().empty()) << "not more than once a second";
  bench.pass(1s);
  bench.live(row(2), "aaaa", "cellar");
  EXPECT_EQ(refusals().size(), 1U);
}

TEST(Ingest, holds_the_first_rows_of_a_stream_until_the_store_has_said_whether_it_knows_it) {
  LogicBench bench(plain_options());
  bench.answers_loads = false;
  bench.live(row(8));
  bench.live(row(9));
  ASSERT_EQ(bench.loads.size(), 1U);
  bench.pass(10ms);
  EXPECT_FALSE(bench.is_committing());
  bench.give(StreamLoaded{"aaaa", StreamState{"aaaa", "kitchen", "sensor-publisher", 3, 7}});
  bench.pass(10ms);
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 9, false}}));
}

TEST(Ingest, forgets_idle_streams_beyond_its_limit_and_asks_the_store_for_them) {
  LogicOptions options = plain_options();
  options.ingest.max_streams = 10;
  LogicBench bench(options);
  for (int i = 0; i < 30; ++i) {
    bench.live(row(1), "stream" + std::to_string(i));
    bench.settle();
  }
  bench.answers_loads = false;
  bench.live(row(2), "stream29");
  EXPECT_TRUE(bench.loads.empty());
  bench.live(row(2), "stream0");
  EXPECT_EQ(bench.loads.size(), 1U);
}

TEST(Ingest, refuses_rows_beyond_its_bounded_buffer_and_asks_for_them_when_there_is_room) {
  LogicOptions options = plain_options();
  options.ingest.max_pending_rows = 100;
  LogicBench bench(options);
  bench.live(row(1));
  bench.pass(10ms);
  ASSERT_TRUE(bench.is_committing());
  bench.backlog(run_of("aaaa", 2, 150));
  EXPECT_EQ(bench.shown("refused_full"), 49U);
  EXPECT_EQ(bench.take_watermarks(), Watermarks{});
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (Watermarks{{"store1", "aaaa", 1, true}}));
  bench.settle();
  bench.backlog(run_of("aaaa", 102, 150));
  bench.settle();
  EXPECT_EQ(bench.take_watermarks().back(), (Committed{"store1", "aaaa", 150, false}));
}

TEST(Ingest, says_the_watermark_of_each_publishers_newest_stream_when_it_connects) {
  StoreContents contents;
  contents.streams = {{"old1", "kitchen", "sensor-publisher", 1, 90},
                      {"new1", "kitchen", "sensor-publisher", 5, 12},
                      {"cell", "cellar", "sensor-publisher", 3, 7}};
  LogicBench bench(plain_options(), contents);
  Watermarks said = bench.take_watermarks();
  std::sort(said.begin(), said.end(), [](const Committed& a, const Committed& b) { return a.stream < b.stream; });
  EXPECT_EQ(said, (Watermarks{{"store1", "cell", 7, true}, {"store1", "new1", 12, true}}));
}

}  // namespace
}  // namespace sensors::persistence
