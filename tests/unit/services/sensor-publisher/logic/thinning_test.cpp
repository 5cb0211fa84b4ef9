// A full outbox: the oldest readings are thinned out in steps, in-flight numbers apart, and dropped only when that
// frees nothing more.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

LogicOptions small_outbox(std::int64_t readings, OutboxOptions::WhenFull when_full = OutboxOptions::WhenFull::thin) {
  LogicOptions options = bench_options();
  options.outbox.max_bytes = readings * 100;
  options.outbox.when_full = when_full;
  return options;
}

/// A publisher without a connection, in whose outbox a reading takes 100 bytes.
class Thinning : public testing::Test {
 protected:
  static void fill(PublisherBench& bench, int readings) {
    bench.bytes_per_reading = 100;
    for (int i = 0; i < readings / 100; ++i) bench.take(100);
  }

  static std::uint64_t gap_length(const std::vector<std::pair<std::string, Batch>>& sent, const std::string& reason) {
    std::uint64_t length = 0;
    for (const auto& [topic, batch] : sent) {
      for (const Gap& gap : batch.gaps) length += gap.reason == reason ? gap.last - gap.first + 1 : 0;
    }
    return length;
  }
};

TEST_F(Thinning, a_full_outbox_is_thinned_in_its_oldest_part_and_says_so) {
  PublisherBench bench{small_outbox(4'000), {{{"run1", 0}}, 0, 0, "store1"}};
  fill(bench, 5'000);
  EXPECT_LE(bench.rows.size(), 4'000U);
  EXPECT_TRUE(bench.logged("thinning out its oldest readings"));
  EXPECT_FALSE(bench.logged("dropped its oldest"));
  EXPECT_EQ(bench.rows.back().first, 5'000U);
  for (Position newest = 4'200; newest <= 5'000; ++newest) {
    EXPECT_TRUE(
        std::any_of(bench.rows.begin(), bench.rows.end(), [&](const OutboxEntry& row) { return row.first == newest; }))
        << newest << " is new";
  }
}

TEST_F(Thinning, every_number_reaches_the_store_as_a_reading_or_in_a_gap_record) {
  PublisherBench bench{small_outbox(2'000), {{{"run1", 0}}, 0, 0, "store1"}};
  fill(bench, 6'000);
  bench.step(MqttConnected{});
  std::uint64_t through = 0;
  std::uint64_t readings = 0;
  std::uint64_t thinned = 0;
  for (int round = 0; round < 200 && through < 6'000; ++round) {
    const auto sent = bench.sent();
    bench.acknowledge_all();
    for (const auto& [topic, batch] : sent) {
      std::map<std::uint64_t, std::uint64_t> runs;
      for (const SequencedReading& reading : batch.readings) runs[reading.seq] = reading.seq;
      for (const Gap& gap : batch.gaps) runs[gap.first] = gap.last;
      for (const auto& [first, last] : runs) {
        ASSERT_EQ(first, through + 1);
        through = last;
      }
      readings += batch.readings.size();
    }
    thinned += gap_length(sent, "thinned");
    bench.watermark("store1", "run1", through);
    bench.pass(100ms);
  }
  EXPECT_EQ(through, 6'000U);
  EXPECT_EQ(readings + thinned, 6'000U);
  EXPECT_GT(thinned, 3'000U) << "thinned more than once";
}

TEST_F(Thinning, numbers_that_may_be_at_the_store_are_left_alone) {
  PublisherBench bench{small_outbox(1'000), {{{"run1", 0}}, 0, 0, "store1"}};
  fill(bench, 500);
  bench.step(MqttConnected{});
  bench.acknowledge_all();  // all 500 are sent, and no watermark comes
  bench.step(MqttDisconnected{"gone"});
  fill(bench, 1'000);
  Position expected = 1;
  for (const OutboxEntry& row : bench.rows) {
    if (row.first > 500) break;
    EXPECT_EQ(row.first, expected++);
  }
  EXPECT_EQ(expected, 501U);
  EXPECT_LE(bench.rows.size(), 1'000U);
}

TEST_F(Thinning, what_never_gets_thinner_is_dropped_at_its_oldest_end) {
  PublisherBench bench{small_outbox(1'000), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.bytes_per_reading = 100;
  bool state = false;
  for (int i = 0; i < 30; ++i) {
    DriverReport report;
    for (int j = 0; j < 100; ++j) report.samples.push_back({"door", state = !state, "", bench.now.wall});
    bench.step(DriverRead{0, std::move(report)});
  }
  EXPECT_LE(bench.rows.size(), 1'000U);
  EXPECT_TRUE(bench.logged("dropped its oldest readings"));
  EXPECT_EQ(bench.rows.back().first, 3'000U);
}

TEST_F(Thinning, drop_oldest_thins_nothing) {
  PublisherBench bench{small_outbox(1'000, OutboxOptions::WhenFull::drop_oldest), {{{"run1", 0}}, 0, 0, "store1"}};
  fill(bench, 3'000);
  EXPECT_LE(bench.rows.size(), 1'000U);
  EXPECT_EQ(bench.thinned, 0U);
  EXPECT_EQ(std::get<DroppedEntries>(bench.rows.front().what).reason, "outbox_full");
}

TEST_F(Thinning, goes_on_for_ever_within_its_budget) {
  PublisherBench bench{small_outbox(1'000), {{{"run1", 0}}, 0, 0, "store1"}};
  for (int i = 0; i < 60; ++i) {
    fill(bench, 1'000);
    ASSERT_LE(bench.rows.size(), 1'000U);
  }
  EXPECT_GT(bench.rows.size(), 500U) << "no more goes than must";
  EXPECT_LT(bench.rows.front().first, 50'000U) << "and something of the past is left";
}

RC_GTEST_PROP(ThinningProperty, the_outbox_stays_within_its_budget_and_every_number_is_accounted_for, ()) {
  const auto rounds = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::inRange(1, 400)));
  PublisherBench bench{small_outbox(500), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.bytes_per_reading = 100;
  std::uint64_t through = 0;  // of the store
  const auto deliver = [&] {
    const auto sent = bench.sent();
    bench.acknowledge_all();
    bool hole = false;
    for (const auto& [topic, batch] : sent) {
      std::map<std::uint64_t, std::uint64_t> runs;
      for (const SequencedReading& reading : batch.readings) runs[reading.seq] = reading.seq;
      for (const Gap& gap : batch.gaps) runs[gap.first] = gap.last;
      for (const auto& [first, last] : runs) {
        hole = hole || first > through + 1;
        if (first <= through + 1) through = std::max(through, last);
      }
    }
    bench.watermark("store1", "run1", through, hole);
  };
  for (const auto& [action, size] : rounds) {
    if (action < 3) bench.take(size);
    if (action == 3) bench.step(MqttConnected{});
    if (action == 4) bench.step(MqttDisconnected{"gone"});
    if (action == 5) deliver();
    bench.pass(Millis{size});
    RC_ASSERT(bench.rows.size() <= 500U + 400U);
  }
  const auto taken = static_cast<std::uint64_t>(bench.next_value) - 1;
  bench.step(MqttConnected{});
  for (int round = 0; round < 300 && through < taken; ++round) {
    deliver();
    bench.pass(500ms);
  }
  RC_ASSERT(through == taken);
}

}  // namespace
}  // namespace sensors::publisher
