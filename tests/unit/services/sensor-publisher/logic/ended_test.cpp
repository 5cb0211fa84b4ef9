// Ended streams that a store may lack.
#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "services/sensor-publisher/logic/store_claims.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

class Ended : public testing::Test {
 protected:
  static OutboxContents contents() {
    OutboxContents contents{{{"run3", 9}}, 9, 9, "store1"};
    contents.ended = {{"run1", "attic", 5}, {"run2", "kitchen", 4}};
    return contents;
  }

  /// The stream of a claim that is sent, and its last number.
  static std::vector<std::pair<std::string, std::uint64_t>> claims(PublisherBench& bench) {
    std::vector<std::pair<std::string, std::uint64_t>> claims;
    for (const auto& [topic, batch] : bench.sent()) {
      for (const Gap& gap : batch.gaps) {
        EXPECT_EQ(gap.reason, "other_store");
        if (gap.first != 1) continue;  // of the stream that is sent
        claims.emplace_back(batch.stream, gap.last);
      }
    }
    bench.acknowledge_all();
    return claims;
  }
  using Claims = std::vector<std::pair<std::string, std::uint64_t>>;
};

TEST_F(Ended, streams_are_claimed_one_after_the_other_at_each_start) {
  PublisherBench bench{bench_options(), contents()};
  bench.step(MqttConnected{});
  EXPECT_EQ(claims(bench), (Claims{{"run1", 5}}));
  bench.pass(4s);
  EXPECT_EQ(claims(bench), Claims{}) << "one is outstanding";
  bench.pass(2s);
  EXPECT_EQ(claims(bench), (Claims{{"run1", 5}})) << "until it is answered";
  bench.watermark("store1", "run1", 4);
  EXPECT_EQ(claims(bench), Claims{}) << "it does not have all of it";
  bench.watermark("store1", "run1", 5);
  EXPECT_EQ(claims(bench), (Claims{{"run2", 4}}));
  bench.watermark("store1", "run2", 4);
  bench.pass(120s);
  EXPECT_EQ(claims(bench), Claims{});
}

TEST_F(Ended, another_store_and_one_that_goes_back_are_told_of_all_of_them_again) {
  PublisherBench bench{bench_options(), contents()};
  bench.step(MqttConnected{});
  claims(bench);
  bench.watermark("store1", "run1", 5);
  claims(bench);
  bench.watermark("store1", "run2", 4);
  bench.take(2);
  bench.acknowledge_all();
  bench.watermark("store1", "run3", 2);
  bench.pass(6s);
  bench.sent();
  bench.watermark("store2", "run3", 0, true);
  EXPECT_EQ(claims(bench), (Claims{{"run1", 5}}));
  bench.watermark("store2", "run1", 5);
  claims(bench);
  bench.watermark("store2", "run2", 4);
  bench.pass(1s);
  bench.take(1);
  bench.acknowledge_all();
  bench.watermark("store2", "run3", 3);
  bench.pass(6s);
  bench.sent();
  bench.watermark("store2", "run3", 1, true);  // restored from a backup
  bench.pass(1s);
  const Claims again = claims(bench);
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(again[0].first, "run1");
}

/// Two readings of the run before wait.
class EndsNow : public Ended {
 protected:
  EndsNow() {
    for (Position p : {1U, 2U}) bench.rows.push_back({p, p, Reading{"s", double(p), "Cel", bench.now.wall}});
    bench.step(MqttConnected{});
    store_says(bench, "store1", "before");
    bench.acknowledge_all();
    bench.watermark("store1", "run1", 2);
    bench.sent();
  }

  /// The numbers of readings of the run before that were sent since the last call.
  std::vector<std::uint64_t> sent_again() {
    std::vector<std::uint64_t> numbers;
    for (const auto& [topic, batch] : bench.sent()) {
      EXPECT_TRUE(batch.gaps.empty());
      for (const SequencedReading& row : batch.readings) {
        if (batch.stream == "run1") numbers.push_back(row.seq);
      }
    }
    bench.acknowledge_all();
    return numbers;
  }
  using Numbers = std::vector<std::uint64_t>;

  PublisherBench bench{bench_options(), {{{"run1", 0}, {"run2", 2}}, 0, 2, "store1"}};
};

TEST_F(EndsNow, the_stream_is_claimed_from_another_store_once_its_rows_are_gone) {
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty());
  bench.watermark("store2", "run2", 0, true);
  EXPECT_EQ(claims(bench), (Claims{{"run1", 2}}));
}

TEST_F(EndsNow, rows_that_are_there_still_go_to_another_store) {
  bench.watermark("store2", "run2", 0, true);
  EXPECT_EQ(sent_again(), (Numbers{1, 2}));
  bench.pass(4s);
  EXPECT_EQ(bench.rows.size(), 2U) << "they are not confirmed any more";
  bench.watermark("store2", "run1", 2);
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty());
}

TEST_F(EndsNow, rows_that_are_there_still_go_to_a_store_that_was_put_back) {
  bench.watermark("store1", "run1", 1);
  EXPECT_EQ(sent_again(), Numbers{}) << "retained, from before";
  bench.watermark("store1", "run1", 1, true);
  EXPECT_EQ(sent_again(), (Numbers{1, 2}));
  bench.pass(4s);
  EXPECT_EQ(bench.rows.size(), 2U);
}

TEST_F(EndsNow, rows_that_are_there_still_go_to_a_store_that_runs_again_and_says_nothing_of_them) {
  bench.take(1);
  bench.acknowledge_all();
  bench.watermark("store1", "run2", 1);
  store_says(bench, "store1", "before");
  bench.sent();
  store_says(bench, "store1", "after");
  EXPECT_EQ(sent_again(), (Numbers{1, 2}));
  bench.watermark("store1", "run1", 2);
  bench.watermark("store1", "run2", 1);
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty());
  EXPECT_EQ(claims(bench), Claims{}) << "the store has confirmed it since";
}

TEST_F(Ended, rows_of_this_run_go_again_to_a_store_that_runs_as_another_process_while_they_are_there) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.step(MqttConnected{});
  store_says(bench, "store1", "before");
  bench.take(3);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 3);
  bench.sent();
  store_says(bench, "store1", "after");  // put back to before it knew the stream: it says nothing of that
  std::vector<std::uint64_t> numbers;
  for (const auto& [topic, batch] : bench.sent()) {
    for (const SequencedReading& row : batch.readings) numbers.push_back(row.seq);
  }
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 3}));
  bench.acknowledge_all();
  bench.pass(6s);
  EXPECT_EQ(bench.rows.size(), 3U) << "nobody has confirmed them to this process";
  bench.watermark("store1", "run1", 3);
  bench.pass(6s);
  EXPECT_TRUE(bench.rows.empty());
}

TEST_F(Ended, streams_are_claimed_again_from_a_store_that_runs_as_another_process) {
  PublisherBench bench{bench_options(), contents()};
  bench.step(MqttConnected{});
  store_says(bench, "store1", "before");
  claims(bench);
  bench.watermark("store1", "run1", 5);
  claims(bench);
  bench.watermark("store1", "run2", 4);
  store_says(bench, "store1", "before");
  store_says(bench, "store2", "elsewhere");
  EXPECT_EQ(claims(bench), Claims{});
  store_says(bench, "store1", "after");  // it may have been put back meanwhile, to before it knew of any stream
  EXPECT_EQ(claims(bench), (Claims{{"run1", 5}}));
}

TEST_F(Ended, a_broker_that_refuses_a_claim_does_not_open_the_breaker_nor_keep_the_others_back) {
  PublisherBench bench{bench_options(), contents()};
  bench.step(MqttConnected{});
  for (int i = 0; i < 20; ++i) {
    for (const auto& [topic, batch] : bench.sent()) {
      const std::uint64_t id = bench.unacknowledged.front();
      bench.unacknowledged.pop_front();
      if (batch.stream == "run1") {
        bench.step(MqttPublished{id, fail(ErrorCode::rejected, "not authorized")});
      } else {
        bench.step(MqttPublished{id, {}});
        bench.watermark("store1", "run2", 4);
      }
    }
    bench.pass(10s);
  }
  EXPECT_EQ(bench.logic.breaker().state(), CircuitBreaker::State::closed);
  EXPECT_TRUE(bench.logged("whether the store has all that was taken under the name attic is not known"));
  bench.watermark("store1", "run1", 5);
}

TEST(StoreClaims, remember_the_newest_only) {
  StoreClaims claims({});
  for (std::size_t i = 0; i < max_ended_streams + 5; ++i) claims.ended({"run" + std::to_string(i), "kitchen", 1});
  EXPECT_EQ(claims.waiting(), 0U) << "the store has just confirmed them";
  claims.begin();
  EXPECT_EQ(claims.waiting(), max_ended_streams);
  EXPECT_EQ(claims.due()->id, "run5");
}

}  // namespace
}  // namespace sensors::publisher
