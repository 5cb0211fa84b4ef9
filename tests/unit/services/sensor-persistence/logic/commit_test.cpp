#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

TEST(Commit, starts_when_the_oldest_row_has_waited_long_enough) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  EXPECT_EQ(bench.logic().wake_at(), bench.now.monotonic + 10ms);
  bench.pass(9ms);
  EXPECT_FALSE(bench.is_committing());
  bench.pass(1ms);
  EXPECT_TRUE(bench.is_committing());
}

TEST(Commit, starts_at_once_when_there_are_rows_enough) {
  LogicBench bench(plain_options());
  for (std::uint64_t first = 1; first < 1'000; first += 200) bench.backlog(run_of("aaaa", first, first + 199));
  ASSERT_TRUE(bench.is_committing());
  EXPECT_EQ(bench.take_commit().streams.front().readings.size(), 1'000U);
}

TEST(Commit, is_outstanding_alone_and_gathers_what_comes_meanwhile) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.pass(10ms);
  bench.backlog(run_of("aaaa", 2, 1'001));
  bench.pass(1s);
  EXPECT_EQ(bench.commits.size(), 1U);
  bench.commit();
  ASSERT_TRUE(bench.is_committing());
  EXPECT_EQ(bench.take_commit().streams.front().readings.size(), 1'000U);
}

TEST(Commit, that_fails_acknowledges_nothing_and_degrades_the_service) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.pass(10ms);
  bench.live(row(2));
  bench.fail_commit();
  EXPECT_TRUE(bench.take_watermarks().empty());
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::degraded);
  EXPECT_TRUE(decode_queue_depth(bench.last_own("queue")).value().pressure);
  EXPECT_TRUE(bench.logged("cannot commit: store.db: disk full"));
  bench.live(row(3));
  EXPECT_EQ(bench.shown("refused_full") + bench.shown("refused_holes"), 3U);
}

TEST(Commit, is_tried_again_with_backoff_and_the_service_resumes_by_itself) {
  LogicOptions options = plain_options();
  options.keeps_reserve = false;
  LogicBench bench(options);
  bench.live(row(1));
  bench.pass(10ms);
  for (int attempt = 0; attempt < 5; ++attempt) {
    bench.fail_commit();
    EXPECT_FALSE(bench.is_committing());
    bench.now.monotonic =
        *bench.logic().wake_at() > bench.now.monotonic ? *bench.logic().wake_at() : bench.now.monotonic;
    for (int i = 0; i < 100 && !bench.is_committing(); ++i) bench.pass(500ms);
    ASSERT_TRUE(bench.is_committing());
    EXPECT_TRUE(bench.commits.front().probe);
    EXPECT_TRUE(bench.commits.front().streams.empty());
  }
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 0, true}}));
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::up);
  bench.live(row(1));
  bench.settle();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 1, false}}));
}

TEST(Commit, that_never_ends_lets_the_watchdog_down) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.pass(10ms);
  bench.pass(59s);
  EXPECT_EQ(bench.logic().liveness().overdue(bench.now.monotonic), std::nullopt);
  bench.pass(2s);
  EXPECT_NE(bench.logic().liveness().overdue(bench.now.monotonic), std::nullopt);
}

TEST(Commit, stops_taking_readings_when_the_upload_queue_is_at_its_limit) {
  LogicOptions options = plain_options();
  options.destinations = {"api"};
  options.queue_high = 5;
  options.queue_limit = 10;
  LogicBench bench(options);
  bench.backlog(run_of("aaaa", 1, 10));
  bench.settle();
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::degraded);
  const QueueDepth queue = decode_queue_depth(bench.last_own("queue")).value();
  EXPECT_EQ(queue.depth, 10U);
  EXPECT_TRUE(queue.pressure);
  bench.live(row(11));
  bench.pass(10ms);
  EXPECT_FALSE(bench.is_committing());
}

TEST(Stop, commits_what_is_pending_says_down_and_exits) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.give(StopRequested{});
  ASSERT_TRUE(bench.is_committing());
  EXPECT_EQ(bench.exit_code, std::nullopt);
  bench.live(row(2));
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 1, true}}));
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::down);
  EXPECT_EQ(bench.exit_code, 0);
}

TEST(Stop, exits_at_once_when_nothing_is_pending) {
  LogicBench bench(plain_options());
  bench.give(StopRequested{});
  EXPECT_EQ(bench.exit_code, 0);
}

TEST(Status, is_published_every_ten_seconds_with_a_measure_and_not_oftener) {
  LogicBench bench(plain_options());
  const auto count = [&] {
    return std::count_if(bench.published.begin(), bench.published.end(), [](const MqttPublish& message) {
      return message.topic == "sensors/node/status/sensor-persistence";
    });
  };
  const auto before = count();
  for (int i = 0; i < 100; ++i) bench.pass(100ms);
  EXPECT_EQ(count(), before + 1);
}

}  // namespace
}  // namespace sensors::persistence
