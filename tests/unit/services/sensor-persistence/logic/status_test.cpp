// What the store says of itself, to the letter: others read it by its keys.
#include "tests/support/by_key.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

LogicOptions named_options() {
  LogicOptions options = plain_options();
  options.node = "node";
  options.instance = "ours";
  options.destinations = {"api"};
  return options;
}

/// A commit that says something of all that a commit can say something of.
StoreCommitted telling_commit() {
  CommitReport report;
  report.last_id = 4;
  report.dead_letters = DeadLetterReport{11, {}, 0, 12, {{"api", 6}, {"old", 7}}, {}};
  report.retention = RetentionReport{14, 0, true, true};
  report.used_bytes = 40'960;
  report.stamped = 15;
  report.released = 16;
  return {report, {}};
}

/// Connected for the second time, with a store made of a damaged one, some messages of each kind behind it, and a
/// commit that failed.
LogicBench& in_trouble(LogicBench& bench) {
  bench.now.loop_longest = 7ms;
  bench.now.written_bytes = 8'192;
  bench.now.clock_synced = true;
  StoreContents contents;
  contents.store = "store1";
  bench.give(StoreOpened{contents, SalvageReport{"store.db.damaged", 20, 21, 22}});
  bench.give(MqttDisconnected{"gone"});
  bench.give(MqttDisconnected{"broker x:1883: connection refused", ErrorCode::refused});
  bench.give(MqttConnected{});
  bench.give(StoreMeasured{StoreFigures{
      .used_bytes = 1, .disk = {.file_bytes = 1, .free_bytes = 2, .size_bytes = 3, .risk = "a \"cache\""}}});
  bench.live(row(1, 1.5, test_time + 48h));
  Batch run = run_of("aaaa", 2, 3);
  run.gaps.push_back({4, 8, "outbox_full", test_time});
  run.boot = "boot1";
  run.readings.front().reading.uptime = 5s;
  bench.backlog(run);
  bench.pass(20ms);
  bench.take_commit();
  bench.give(telling_commit());
  bench.backlog(run_of("aaaa", 1, 2));
  bench.backlog(run_of("aaaa", 20, 27));
  bench.backlog(run_of("aaaa", 9, 12), "cellar");
  for (int i = 0; i < 3; ++i) bench.give(LogicBench::message("sensors/kitchen/reading/t", "{"));
  bench.request("upload", "{");
  bench.request("query", R"({"limit":1})");
  bench.backlog(run_of("aaaa", 9, 14));
  bench.pass(20ms);
  bench.fail_commit();
  bench.pass(10s);
  return bench;
}

TEST(PersistenceStatus, is_this_text) {
  LogicBench bench = LogicBench::unopened(named_options());
  EXPECT_EQ(by_key(in_trouble(bench).last_own("status")),
            R"({"clock":{"released_boots":16,"restamped":15,"synced":true,"unsynced_readings":1},)"
            R"("counters":{"calls":2,"commits":1,"committed":3,"connections_lost":1,"dead_lettered":11,)"
            R"("dead_letters_dropped":12,"deleted":14,"duplicates":2,"events_dropped":0,"failed_commits":1,)"
            R"("failed_connects":{"refused":1},"from_future":1,"gap_readings":5,"gap_records":1,)"
            R"("lost_in_damage":21,"malformed_rows":0,"messages":9,"purged":0,"refused_calls":1,)"
            R"("refused_foreign":4,"refused_full":6,"refused_holes":8,"refused_messages":4,"requeued":0,)"
            R"("salvages":1,"uploaded":0},"dead_letters":13,"destinations":{"api":{"dead_letters":6,"waiting":4},)"
            R"("old":{"dead_letters":7}},"disk":{"at_risk":1,"file_bytes":1,"free_bytes":2,)"
            R"("risk":"a \"cache\"","size_bytes":3},"gaps":{"node":"kitchen","readings":5,)"
            R"("reason":"outbox_full","since":"2026-01-15T17:09:35.143Z","time":"2026-01-15T17:09:35.143Z"},)"
            R"("instance":"ours","interval_ms":10000,"loop_max_ms":7,"newest":"2026-01-15T17:09:35.143Z","pending":0,)"
            R"("reason":"cannot commit: store.db: disk full","sensors":{"known":0,"not_watched":0,"silent":0},)"
            R"("service":"sensor-persistence",)"
            R"("since":"2026-01-15T17:09:35.163Z","state":"degraded","store":"store1",)"
            R"("time":"2026-01-15T17:09:45.163Z","used_bytes":40960,)"
            R"("version":")" SENSOR_PROJECT_VERSION R"(","waiting_calls":1,"written_bytes":8192})");
}

TEST(PersistenceStatus, has_each_counter_under_a_key_of_its_own) {
  const ServiceCounters counters{.messages = 1,
                                 .refused_messages = 2,
                                 .malformed_rows = 3,
                                 .from_future = 4,
                                 .commits = 5,
                                 .failed_commits = 6,
                                 .salvages = 7,
                                 .lost_in_damage = 8,
                                 .dead_lettered = 9,
                                 .dead_letters_dropped = 10,
                                 .requeued = 11,
                                 .purged = 12,
                                 .calls = 13,
                                 .refused_calls = 14};
  StatusWriter status;
  counters.describe(status);
  EXPECT_EQ(by_key(counters_in(status.object())),
            R"({"calls":13,"commits":5,"dead_lettered":9,"dead_letters_dropped":10,"failed_commits":6,)"
            R"("from_future":4,"lost_in_damage":8,"malformed_rows":3,"messages":1,"purged":12,"refused_calls":14,)"
            R"("refused_messages":2,"requeued":11,"salvages":7})");
}

TEST(PersistenceStatus, has_a_queue_that_is_this_text) {
  LogicBench bench = LogicBench::unopened(named_options());
  EXPECT_EQ(by_key(in_trouble(bench).last_own("queue")),
            R"({"depth":4,"high":10000,"limit":50000000,"oldest_s":10.02,"pressure":true,"rate_per_s":0})");
}

TEST(PersistenceStatus, after_its_end_is_this_text) {
  LogicBench bench(named_options());
  bench.give(StopRequested{});
  EXPECT_EQ(by_key(bench.last_own("status")),
            R"({"instance":"ours","reason":"stopped","service":"sensor-persistence",)"
            R"("since":"2026-01-15T17:09:35.123Z","state":"down","store":"store1","version":")" SENSOR_PROJECT_VERSION
            R"("})");
  const MqttPublish last_will =
      Self::last_will(self_options(named_options()), "the connection to the broker ended", test_time);
  EXPECT_EQ(last_will.topic, "sensors/node/status/sensor-persistence");
  EXPECT_TRUE(last_will.retain);
  EXPECT_EQ(
      by_key(last_will.payload),
      R"({"instance":"ours","last_will":true,"reason":"the connection to the broker ended","service":"sensor-persistence",)"
      R"("since":"2026-01-15T16:09:35.123Z","state":"down","version":")" SENSOR_PROJECT_VERSION R"("})");
}

}  // namespace
}  // namespace sensors::persistence
