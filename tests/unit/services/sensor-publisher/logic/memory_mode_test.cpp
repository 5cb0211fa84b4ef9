// An outbox that cannot be written or opened: readings wait in memory, are sent from there, and go to the disk when it
// is well again.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

class MemoryMode : public testing::Test {
 protected:
  static OutboxContents unopened() {
    OutboxContents contents{{{"run2", 0}}, 0, 0, ""};
    contents.failure = "outbox.db: open: read-only file system";
    return contents;
  }

  static std::vector<std::pair<std::string, std::uint64_t>> numbers_in(PublisherBench& bench) {
    std::vector<std::pair<std::string, std::uint64_t>> numbers;
    for (const auto& [topic, batch] : bench.sent()) {
      for (const SequencedReading& reading : batch.readings) numbers.emplace_back(batch.stream, reading.seq);
    }
    return numbers;
  }

  using Numbers = std::vector<std::pair<std::string, std::uint64_t>>;
};

TEST_F(MemoryMode, readings_are_sent_from_memory_while_the_disk_is_full) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.step(MqttConnected{});
  bench.auto_disk = false;
  bench.take(2);
  EXPECT_TRUE(numbers_in(bench).empty());
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  EXPECT_EQ(numbers_in(bench), (Numbers{{"run1", 1}, {"run1", 2}}));
  bench.take(1);
  EXPECT_EQ(numbers_in(bench), (Numbers{{"run1", 3}}));
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 3);
  bench.auto_disk = true;
  bench.pass(11s);
  EXPECT_TRUE(bench.logged("the outbox can be written again"));
  EXPECT_TRUE(bench.rows.empty()) << "the store has them: they need not be written any more";
  bench.take(1);
  EXPECT_EQ(numbers_in(bench), (Numbers{{"run1", 4}}));
}

TEST_F(MemoryMode, is_not_for_an_outbox_that_another_process_has_now) {
  const Error taken{ErrorCode::in_use, "outbox.db: is in use by sensor-publisher, process 812"};
  for (const bool is_noticed_by_a_write : {true, false}) {
    PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
    bench.step(MqttConnected{});
    bench.auto_disk = false;
    bench.take(2);
    if (!is_noticed_by_a_write) {
      bench.serve_disk(fail(ErrorCode::io, "outbox.db: I/O error"));
      bench.pass(1s);
      ASSERT_TRUE(bench.open.has_value());
    }
    bench.serve_disk(tl::unexpected(taken));
    EXPECT_EQ(bench.exit_code, 1);
    EXPECT_TRUE(bench.logged(taken.message));
    EXPECT_TRUE(bench.logged("2 readings are lost: they waited in memory"));
  }
}

TEST_F(MemoryMode, nothing_is_sent_from_memory_any_more_once_the_disk_is_well_again) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.auto_disk = false;
  bench.take(1);
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  bench.pass(1s);
  ASSERT_TRUE(bench.write.has_value());
  bench.take(1);       // while the retry is under way
  bench.serve_disk();  // it succeeds, without the second reading
  bench.write.reset();
  bench.step(MqttConnected{});
  bench.serve_disk();  // the read
  EXPECT_EQ(numbers_in(bench), (Numbers{{"run1", 1}}));
}

TEST_F(MemoryMode, what_is_in_the_outbox_is_sent_before_what_waits_in_memory) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.take(3);
  bench.auto_disk = false;
  bench.take(2);
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  bench.step(MqttConnected{});
  bench.serve_disk();  // the read
  const Numbers numbers = numbers_in(bench);
  ASSERT_EQ(numbers.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(numbers[i].second, i + 1);
}

TEST_F(MemoryMode, beyond_its_bound_the_oldest_become_a_gap_record_that_is_sent_as_well) {
  LogicOptions options = bench_options();
  options.outbox.max_pending = 100;
  PublisherBench bench{options, {{{"run1", 0}}, 0, 0, "store1"}};
  bench.auto_disk = false;
  bench.take(1);
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  bench.take(149);
  bench.step(MqttConnected{});
  const auto sent = bench.sent();
  ASSERT_FALSE(sent.empty());
  ASSERT_EQ(sent[0].second.gaps.size(), 1U);
  EXPECT_EQ(sent[0].second.gaps[0].last, 51U);
  EXPECT_EQ(sent[0].second.gaps[0].reason, "outbox_unwritable");
  EXPECT_EQ(sent[0].second.readings.front().seq, 52U);
}

TEST_F(MemoryMode, a_reading_that_became_part_of_a_gap_record_is_not_sent_once_the_disk_is_well_again) {
  LogicOptions options = bench_options();
  options.outbox.max_pending = 100;
  options.send.window.max_unconfirmed = 10;
  PublisherBench bench{options, {{{"run1", 0}}, 0, 0, "store1"}};
  bench.step(MqttConnected{});
  bench.auto_disk = false;
  bench.take(1);
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  bench.take(90);  // 2 .. 10 are sent, the others wait behind the window
  bench.take(59);  // 1 .. 51 become a gap record
  EXPECT_EQ(numbers_in(bench).size(), 10U);
  bench.acknowledge_all();
  bench.auto_disk = true;
  bench.pass(1s);  // less than after what everything is sent again, which hides what is looked for
  ASSERT_TRUE(bench.logged("the outbox can be written again"));
  bench.watermark("store1", "run1", 10);
  const auto sent = bench.sent();
  ASSERT_FALSE(sent.empty());
  ASSERT_EQ(sent[0].second.gaps.size(), 1U) << "what the outbox holds goes, not what memory held";
  EXPECT_EQ(sent[0].second.gaps[0].last, 51U);
  EXPECT_EQ(sent[0].second.readings.size(), 0U);
}

TEST_F(MemoryMode, a_service_that_cannot_open_its_outbox_starts_says_so_and_sends) {
  PublisherBench bench{bench_options(), unopened(), true, false};
  EXPECT_TRUE(bench.logged("outbox.db: open: read-only file system; readings wait in memory"));
  bench.step(MqttConnected{});
  bench.take(2);
  EXPECT_EQ(numbers_in(bench), (Numbers{{"run2", 1}, {"run2", 2}}));
}

TEST_F(MemoryMode, a_run_that_began_in_memory_goes_on_behind_the_runs_before_it) {
  LogicOptions options = bench_options();
  PublisherBench bench{options, unopened(), true, false};
  bench.on_disk = {{{"run1", 0}}, 1, 3, "store1"};
  for (Position p : {2U, 3U}) bench.rows.push_back({p, p, Reading{"s", double(p), "Cel", bench.now.wall}});
  bench.step(MqttConnected{});
  bench.serve_disk(fail(ErrorCode::read_only, "outbox.db: open: read-only file system"));
  bench.take(5);
  bench.acknowledge_all();
  bench.watermark("store1", "run2", 0);  // the store is new to us
  bench.watermark("store1", "run2", 2);
  EXPECT_EQ(numbers_in(bench).size(), 10U) << "once, and again for the store that we did not know";
  bench.acknowledge_all();
  bench.pass(11s);
  ASSERT_TRUE(bench.open.has_value());
  EXPECT_EQ(bench.open->known.streams.back().skipped, 2U) << "the store has the first two";
  bench.sent();
  bench.serve_disk();
  bench.auto_disk = true;
  bench.take(1);  // and serves the disk
  bench.acknowledge_all();
  EXPECT_EQ(numbers_in(bench), (Numbers{{"run1", 2}, {"run1", 3}}));
  bench.watermark("store1", "run1", 3);
  EXPECT_EQ(numbers_in(bench), (Numbers{{"run2", 3}, {"run2", 4}, {"run2", 5}, {"run2", 6}}));
  EXPECT_EQ(bench.rows.back().first, 7U) << "numbers 3 to 6 of the run are positions 4 to 7";
  bench.acknowledge_all();
  bench.watermark("store1", "run2", 6);
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty());
}

TEST_F(MemoryMode, a_new_store_gets_a_run_that_began_in_memory_before_there_was_an_outbox) {
  PublisherBench bench{bench_options(), unopened(), true, false};
  bench.step(MqttConnected{});
  bench.serve_disk(fail(ErrorCode::read_only, "outbox.db: open: read-only file system"));
  bench.take(5);
  bench.acknowledge_all();
  bench.watermark("store1", "run2", 0);
  bench.watermark("store1", "run2", 4);
  bench.acknowledge_all();
  bench.pass(11s);
  bench.serve_disk();  // an outbox that is new: the first four numbers have positions below its beginning
  bench.auto_disk = true;
  bench.take(1);
  bench.acknowledge_all();
  bench.watermark("store2", "run2", 0, true);  // adopted
  bench.pass(1s);
  bench.acknowledge_all();
  bench.sent();
  bench.watermark("store2", "run2", 2, true);
  const auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 2U);
  ASSERT_EQ(sent[0].second.gaps.size(), 1U);
  EXPECT_EQ(sent[0].second.gaps[0].first, 3U);
  EXPECT_EQ(sent[0].second.gaps[0].last, 4U);
  EXPECT_EQ(sent[1].second.readings.front().seq, 5U);
  bench.acknowledge_all();
  bench.watermark("store2", "run2", 6);
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty()) << "it goes on";
}

TEST_F(MemoryMode, an_outbox_of_another_program_that_appears_later_ends_the_service_with_its_reason) {
  PublisherBench bench{bench_options(), unopened(), true, false};
  bench.serve_disk(fail(ErrorCode::invalid, "outbox.db: is a database of another program"));
  EXPECT_EQ(bench.exit_code, 1);
  EXPECT_TRUE(bench.logged("is a database of another program"));
}

TEST_F(MemoryMode, an_input_output_error_has_the_outbox_opened_again_and_everything_written_again) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.auto_disk = false;
  bench.take(3);
  bench.serve_disk(fail(ErrorCode::io, "outbox.db: sync failed"));
  bench.pass(1s);
  ASSERT_TRUE(bench.open.has_value());
  EXPECT_TRUE(bench.open->is_settled);
  EXPECT_FALSE(bench.write.has_value());
  bench.serve_disk();
  ASSERT_TRUE(bench.write.has_value());
  EXPECT_EQ(bench.write->append.size(), 3U);
  bench.serve_disk();
  EXPECT_TRUE(bench.logged("the outbox can be written again"));
}

TEST_F(MemoryMode, damage_that_a_read_finds_is_salvaged_and_said) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.take(3);
  bench.auto_disk = false;
  bench.step(MqttConnected{});
  ASSERT_TRUE(bench.read.has_value());
  bench.read.reset();
  bench.step(OutboxReadDone{1, fail(ErrorCode::corrupt, "outbox.db: database disk image is malformed")});
  bench.pass(1s);
  ASSERT_TRUE(bench.open.has_value());
  EXPECT_EQ(bench.open->damage, "outbox.db: database disk image is malformed");
  EXPECT_EQ(bench.open->known.last, 3U);
  OutboxContents contents = bench.open->known;
  contents.repair = OutboxRepair{"malformed", "outbox.db.corrupt-20260115T160935Z", 2, 1, false, false, false, {}};
  bench.open.reset();
  bench.step(OutboxOpened{std::move(contents)});
  EXPECT_TRUE(bench.logged("outbox.db.corrupt-20260115T160935Z now; 2 readings were salvaged, 1 are lost"));
  const bool has_event = std::any_of(bench.published.begin(), bench.published.end(), [](const MqttPublish& message) {
    return message.topic.find("/event/") != std::string::npos && message.payload.find("damage") != std::string::npos;
  });
  EXPECT_TRUE(has_event);
}

TEST_F(MemoryMode, ends_in_time_and_says_how_many_readings_are_lost) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.auto_disk = false;
  bench.take(7);
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  bench.step(StopRequested{});
  for (int i = 0; i < 100 && !bench.exit_code.has_value(); ++i) {
    bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
    bench.pass(100ms);
  }
  ASSERT_TRUE(bench.exit_code.has_value());
  EXPECT_TRUE(bench.logged("7 readings are lost")) << testing::PrintToString(bench.log);
}

TEST_F(MemoryMode, readings_that_the_store_takes_while_the_service_ends_are_not_lost) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.step(MqttConnected{});
  bench.auto_disk = false;
  bench.take(7);
  bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
  bench.step(StopRequested{});
  bench.watermark("store1", "run1", 7);
  for (int i = 0; i < 100 && !bench.exit_code.has_value(); ++i) {
    bench.serve_disk(fail(ErrorCode::disk_full, "outbox.db: disk full"));
    bench.pass(100ms);
  }
  ASSERT_TRUE(bench.exit_code.has_value());
  EXPECT_FALSE(bench.logged("are lost"));
}

}  // namespace
}  // namespace sensors::publisher
