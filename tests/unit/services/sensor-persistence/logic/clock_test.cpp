// Rows of machines whose clock was not set: how long they wait, and how they get their times. And a wall clock that
// jumps by years, which changes nothing but times.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <regex>

#include "tests/support/masked_times.hpp"
#include "tests/unit/services/sensor-persistence/logic/upload_bench.hpp"

namespace sensors::persistence {
namespace {

SequencedReading unsynced_row(std::uint64_t seq, Millis uptime) {
  SequencedReading made = row(seq, static_cast<double>(seq), WallTime{Millis{5'000}});
  made.reading.uptime = uptime;
  return made;
}

class ClockOnStore : public Upload {
 protected:
  ClockOnStore() { bench->settle(); }

  void restart() {
    Upload::restart();
    bench->settle();
  }

  /// Readings of a machine in its boot `boot`, the clock not set, at uptimes of 1 s, 2 s, ...
  void unsynced(std::uint64_t first, std::uint64_t last, const std::string& stream = "aaaa",
                const std::string& boot = "boot-a") {
    Batch batch;
    batch.stream = stream;
    batch.boot = boot;
    for (std::uint64_t seq = first; seq <= last; ++seq)
      batch.readings.push_back(unsynced_row(seq, Millis{1'000 * static_cast<Millis::rep>(seq)}));
    bench->backlog(batch);
    bench->settle();
  }

  void clock_is_right(const std::string& boot = "boot-a", const std::string& node = "kitchen") {
    bench->give(
        LogicBench::message("sensors/" + node + "/clock/sensor-publisher", encode_boot_time({boot, test_time})));
    bench->settle();
  }

  UploadBatchHeader header() { return decode_upload_batch_header(upload()).value(); }

  void confirm(std::uint64_t first, std::uint64_t last) { uploaded(first, last); }
};

TEST_F(ClockOnStore, rows_without_a_time_wait_for_it_and_are_not_passed) {
  unsynced(1, 3);
  UploadBatchHeader batch = header();
  EXPECT_EQ(batch.first, 0U);
  EXPECT_EQ(batch.remaining, 3U);
  bench->pass(options.clock.hold - 1s);
  EXPECT_EQ(header().first, 0U);
  bench->pass(2s);
  bench->settle();
  const std::string answer = upload();
  batch = decode_upload_batch_header(answer).value();
  EXPECT_EQ(batch.first, 1U);
  EXPECT_EQ(batch.last, 3U);
  EXPECT_NE(answer.find(R"("clock":"unsynced","uptime_ms":1000)"), std::string::npos) << answer;
}

TEST_F(ClockOnStore, rows_get_their_times_when_the_boot_time_is_known) {
  unsynced(1, 3);
  clock_is_right();
  const std::string answer = upload();
  EXPECT_EQ(decode_upload_batch_header(answer)->last, 3U);
  EXPECT_EQ(answer.find("unsynced"), std::string::npos) << answer;
  EXPECT_NE(answer.find(time_text(test_time + 2s)), std::string::npos) << answer;
  EXPECT_NE(bench->last_own("event").find("3 readings got their times"), std::string::npos);
}

TEST_F(ClockOnStore, rows_that_come_later_get_their_times_as_they_come) {
  clock_is_right();
  unsynced(1, 1);
  const std::string answer = upload();
  EXPECT_NE(answer.find(time_text(test_time + 1s)), std::string::npos) << answer;
  EXPECT_EQ(answer.find("unsynced"), std::string::npos);
}

TEST_F(ClockOnStore, rows_behind_wait_with_them_but_a_boot_delays_others_only_once) {
  bench->backlog(run_of("bbbb", 1, 2), "cellar");
  bench->settle();
  unsynced(1, 1);
  bench->backlog(run_of("bbbb", 3, 3), "cellar");
  bench->settle();
  UploadBatchHeader batch = header();
  EXPECT_EQ(batch.last, 2U) << "what came before is not held";
  confirm(1, 2);
  EXPECT_EQ(header().first, 0U);
  bench->pass(options.clock.hold);
  bench->settle();
  EXPECT_EQ(header().last, 4U);
  confirm(3, 4);
  unsynced(2, 2);
  EXPECT_EQ(header().last, 5U) << "this boot has waited long enough";
}

TEST_F(ClockOnStore, a_batch_that_was_handed_out_does_not_change) {
  unsynced(1, 3);
  bench->pass(options.clock.hold);
  bench->settle();
  const std::string first = upload();
  clock_is_right();
  EXPECT_EQ(upload(), first);
}

TEST_F(ClockOnStore, a_dead_letter_gets_its_time_when_it_is_requeued) {
  options.clock.hold = 0ms;
  restart();
  unsynced(1, 3);
  EXPECT_EQ(header().last, 3U);
  bench->request("uploaded",
                 encode_uploaded_request({store, "api", 1, 3, {{{"aaaa", 1}, 422, "no"}, {{"aaaa", 2}, 422, "no"}}}));
  while (bench->is_committing()) bench->commit();
  bench->take_answer();
  clock_is_right();
  const auto requeue = [&](const std::string& what) {
    bench->request("dead-letters", R"({"action":"requeue",)" + what + "}");
    while (bench->is_committing()) bench->commit();
    bench->take_answer();
  };
  requeue(R"("ids":[1])");
  requeue(R"("all":true)");
  const std::string answer = upload();
  EXPECT_EQ(decode_upload_batch_header(answer)->last, 5U);
  EXPECT_EQ(answer.find("unsynced"), std::string::npos) << answer;
  EXPECT_NE(answer.find(time_text(test_time + 1s)), std::string::npos) << answer;
  EXPECT_NE(answer.find(time_text(test_time + 2s)), std::string::npos) << answer;
}

TEST_F(ClockOnStore, the_time_of_one_machine_is_not_that_of_another) {
  unsynced(1, 1);
  clock_is_right("boot-a", "cellar");
  clock_is_right("boot-b");
  EXPECT_EQ(header().first, 0U);
}

TEST_F(ClockOnStore, a_malformed_boot_time_changes_nothing_and_is_counted) {
  unsynced(1, 1);
  const std::uint64_t before = bench->shown("refused_messages");
  bench->give(LogicBench::message("sensors/kitchen/clock/sensor-publisher", R"({"boot":"boot-a","boot_time":"soon"})"));
  bench->settle();
  EXPECT_EQ(bench->shown("refused_messages"), before + 1);
  EXPECT_EQ(header().first, 0U);
}

TEST_F(ClockOnStore, rows_still_wait_after_a_restart_and_the_boot_time_is_kept) {
  unsynced(1, 2);
  restart();
  EXPECT_EQ(header().first, 0U);
  clock_is_right();
  restart();
  unsynced(3, 3);
  const std::string answer = upload();
  EXPECT_EQ(decode_upload_batch_header(answer)->last, 3U);
  EXPECT_EQ(answer.find("unsynced"), std::string::npos) << answer;
}

TEST_F(ClockOnStore, repairs_are_made_in_bounded_steps_and_go_on_after_a_restart) {
  options.clock.step_rows = 10;
  restart();
  unsynced(1, 25);
  bench->give(LogicBench::message("sensors/kitchen/clock/sensor-publisher", encode_boot_time({"boot-a", test_time})));
  bench->commit();
  ASSERT_TRUE(bench->is_committing());
  EXPECT_EQ(bench->commit().restamp->restamped, 10U);
  EXPECT_EQ(header().last, 25U) << "the steps go before the hand-out";
  EXPECT_EQ(header().last, 25U);
}

TEST_F(ClockOnStore, repairs_that_a_crash_cut_short_go_on) {
  options.clock.step_rows = 10;
  restart();
  unsynced(1, 25);
  bench->give(LogicBench::message("sensors/kitchen/clock/sensor-publisher", encode_boot_time({"boot-a", test_time})));
  bench->commit();
  bench->commit();
  restart();
  const std::string answer = upload();
  EXPECT_EQ(decode_upload_batch_header(answer)->last, 25U);
  EXPECT_EQ(answer.find("unsynced"), std::string::npos);
}

TEST_F(ClockOnStore, rows_that_can_get_their_times_wait_for_them_though_the_hold_is_over) {
  options.clock.step_rows = 10;
  restart();
  unsynced(1, 25);
  bench->give(LogicBench::message("sensors/kitchen/clock/sensor-publisher", encode_boot_time({"boot-a", test_time})));
  bench->fail_commit();
  bench->pass(options.clock.hold);
  while (bench->is_committing() && bench->commits.front().boot_times.empty()) bench->commit();
  ASSERT_EQ(bench->commits.at(0).released.size(), 1U) << "both are due in one transaction";
  bench->commit();
  std::uint64_t last = 0;
  for (int round = 0; round < 6 && last < 25; ++round) {
    const std::string answer = upload();
    EXPECT_EQ(answer.find("unsynced"), std::string::npos) << answer;
    const UploadBatchHeader batch = decode_upload_batch_header(answer).value();
    if (batch.last == 0) continue;
    last = batch.last;
    confirm(batch.first, batch.last);
  }
  EXPECT_EQ(last, 25U);
  EXPECT_EQ(bench->last_own("status").find(R"("released_boots":1)"), std::string::npos);
}

TEST(BootClockLogic, says_a_boot_time_again_to_a_store_that_failed) {
  LogicBench bench(plain_options());
  bench.give(LogicBench::message("sensors/kitchen/clock/sensor-publisher", encode_boot_time({"boot-a", test_time})));
  ASSERT_EQ(bench.commits.at(0).boot_times.size(), 1U);
  bench.fail_commit();
  bench.pass(60s);
  ASSERT_TRUE(bench.is_committing());
  EXPECT_EQ(bench.commits.at(0).boot_times.size(), 1U);
}

TEST(BootClockLogic, what_is_heard_while_a_commit_is_under_way_goes_into_the_next_one) {
  const BootKey a{"kitchen", "p", "boot-a"};
  const BootKey b{"attic", "p", "boot-b"};
  BootClocks clocks{BootClockOptions{}};
  EXPECT_TRUE(clocks.learn(a, test_time));
  CommitTransaction first;
  clocks.fill(first, Instant{});
  EXPECT_TRUE(clocks.learn(a, test_time + 5s)) << "it was corrected";
  EXPECT_TRUE(clocks.learn(b, test_time));
  clocks.committed(CommitReport{});
  CommitTransaction second;
  clocks.fill(second, Instant{});
  ASSERT_EQ(second.boot_times.size(), 2U);
  EXPECT_EQ(second.boot_times[0].boot, b);
  EXPECT_EQ(second.boot_times[1].boot, a);
  EXPECT_EQ(second.boot_times[1].time, test_time + 5s);
}

TEST(BootClockLogic, bounds_the_boots_that_wait_and_that_are_heard_of) {
  BootClocks clocks({});
  for (std::size_t i = 0; i <= BootClocks::max_boots; ++i) {
    const std::string boot = "boot-" + std::to_string(i);
    clocks.rows_come(StreamRows{"aaaa", "kitchen", "p", 1, {unsynced_row(1, 1s)}, {}, boot}, Instant{} + 1h);
    EXPECT_EQ(clocks.learn(BootKey{"kitchen", "p", boot}, test_time), i < BootClocks::max_boots);
  }
  CommitTransaction transaction;
  clocks.fill(transaction, Instant{} + 1h);
  EXPECT_EQ(transaction.released.size(), 1U) << "one too many does not wait";
}

// ---- deletion by age ----

class RetentionClock : public testing::Test {
 protected:
  std::optional<RetentionStep> step_after(Millis time) {
    now.monotonic += time;
    now.wall += time;
    const std::optional<RetentionStep> step = retention.take_step(now, 100, 0);
    if (step.has_value()) retention.done(RetentionReport{0, 0, true, true}, now.monotonic);
    return step;
  }

  Now now{Instant{} + 1h, test_time};
  Retention retention{RetentionOptions{}};
};

TEST_F(RetentionClock, that_nobody_vouches_for_deletes_nothing) {
  now.clock_synced = false;
  EXPECT_FALSE(step_after(1min).has_value());
  now.clock_synced = true;
  EXPECT_TRUE(step_after(1min).has_value());
}

TEST_F(RetentionClock, that_jumped_deletes_nothing_until_it_stayed_for_a_day_or_went_back) {
  for (const std::chrono::hours jump : {24h * 3'650, -24h * 3'650}) {
    EXPECT_TRUE(step_after(1min).has_value());
    now.wall += jump;
    EXPECT_FALSE(step_after(1min).has_value());
    EXPECT_EQ(retention.take_clock_jump(), Millis{jump});
    EXPECT_FALSE(step_after(23h).has_value());
    EXPECT_EQ(retention.take_clock_jump(), std::nullopt) << "said once";
    now.wall -= jump;
    EXPECT_TRUE(step_after(1min).has_value());
    now.wall += jump;
    EXPECT_FALSE(step_after(1min).has_value());
    EXPECT_TRUE(step_after(24h).has_value());
    retention.take_clock_jump();
  }
}

TEST_F(RetentionClock, that_jumped_is_still_in_doubt_after_a_restart) {
  EXPECT_TRUE(step_after(1min).has_value());
  now.wall += 24h * 3'650;
  EXPECT_FALSE(step_after(1min).has_value());
  const WallTime kept = retention.honest_time(now);
  retention = Retention{RetentionOptions{}};
  retention.restart(kept, now);
  EXPECT_FALSE(step_after(1min).has_value());
  EXPECT_EQ(retention.take_clock_jump(), Millis{24h * 3'650});
}

TEST_F(RetentionClock, that_drifts_is_followed) {
  for (int day = 0; day < 100; ++day) {
    now.wall += 23h;
    EXPECT_TRUE(step_after(24h).has_value());
  }
}

TEST_F(ClockOnStore, rows_without_a_time_of_their_own_are_not_deleted_by_age) {
  options.retention.max_age = 24h * 30;
  options.clock.hold = 0ms;
  restart();
  unsynced(1, 3);
  EXPECT_EQ(header().last, 3U);
  confirm(1, 3);
  CommitTransaction transaction;
  transaction.retention = RetentionStep{0, 3, 100, test_time, test_time + 24h};
  EXPECT_EQ(writer->commit(transaction)->retention->deleted, 0U);
  transaction.retention->older_than.reset();
  EXPECT_EQ(writer->commit(transaction)->retention->deleted, 3U) << "for space they are";
}

// ---- steps of years ----

/// Without how many readings are from the future, which is a question about the clock.
std::string masked(const std::string& payload) {
  static const std::regex from_future(R"("from_future":[0-9]+)");
  return std::regex_replace(masked_times(payload), from_future, R"("from_future":N)");
}

/// All that can be seen of a bench, without times.
std::string seen(LogicBench& bench) {
  std::string text;
  for (const MqttPublish& message : std::exchange(bench.published, {})) {
    if (message.topic.find("/event/") == std::string::npos)
      text += message.topic + ' ' + masked(message.payload) + '\n';
  }
  for (const CommitTransaction& commit : bench.commits) {
    for (const StreamRows& rows : commit.streams) text += rows.stream + ':' + std::to_string(rows.through) + ' ';
    text += std::to_string(commit.confirmations.size()) + ' ' + std::to_string(commit.hand_outs.size()) + '\n';
  }
  const std::optional<Instant> wake = bench.logic().wake_at();
  return text + (wake.has_value() ? std::to_string(wake->time_since_epoch().count()) : "never");
}

void act(LogicBench& bench, int action, std::uint64_t size) {
  switch (action) {
    case 0:
    case 1: bench.backlog(run_of("aaaa", size, size + 5)); break;
    case 2: bench.give(MqttDisconnected{"gone"}); break;
    case 3: bench.give(MqttConnected{}); break;
    case 4: bench.request("upload", R"({"destination":"api"})"); break;
    case 5:
      if (bench.is_committing()) bench.commit();
      break;
    case 6:
      if (bench.is_committing()) bench.fail_commit();
      break;
    default: bench.pass(Millis{100} * size); break;
  }
}

RC_GTEST_PROP(StoreWallClockSteps, change_nothing_but_times, ()) {
  LogicOptions options = plain_options();
  options.destinations = {"api"};
  LogicBench steady(options);
  LogicBench stepped(options);
  const auto actions = *rc::gen::container<std::vector<std::pair<int, std::uint64_t>>>(
      rc::gen::pair(rc::gen::inRange(0, 10), rc::gen::inRange<std::uint64_t>(1, 60)));
  for (const auto& [action, size] : actions) {
    if (*rc::gen::inRange(0, 3) == 0) stepped.now.wall = WallTime{24h * 365 * *rc::gen::inRange(0, 200)};
    act(steady, action, size);
    act(stepped, action, size);
    RC_ASSERT(seen(steady) == seen(stepped));
  }
}

}  // namespace
}  // namespace sensors::persistence
