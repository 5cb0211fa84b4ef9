// A store that cannot be opened, fails, is damaged or too large: what the service does, says, and how it goes on.
#include "services/sensor-persistence/logic/store_health.hpp"

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

StoreContents contents_of(const std::string& store, std::uint64_t last_id = 0) {
  StoreContents contents;
  contents.store = store;
  contents.last_id = last_id;
  return contents;
}

StoreOpened failed_with(ErrorCode code) { return StoreOpened{fail(code, "store.db: broken"), {}}; }

/// The reserve has tests of its own.
LogicOptions without_reserve() {
  LogicOptions options = plain_options();
  options.keeps_reserve = false;
  return options;
}

class StoreOpening : public testing::Test {
 protected:
  /// Lets time pass until the next attempt to open.
  OpenStore next_open(Millis limit = 60s) {
    for (Millis waited{0}; bench.opens.empty() && waited < limit; waited += 10ms) bench.pass(10ms);
    EXPECT_FALSE(bench.opens.empty());
    if (bench.opens.empty()) return {};
    const OpenStore open = bench.opens.back();
    bench.opens.clear();
    return open;
  }

  LogicBench bench = LogicBench::unopened(without_reserve());
};

TEST_F(StoreOpening, is_the_first_thing_asked_for_and_may_make_the_file) {
  ASSERT_EQ(bench.opens.size(), 1U);
  EXPECT_TRUE(bench.opens.front().may_create);
  EXPECT_FALSE(bench.opens.front().salvage.has_value());
}

TEST_F(StoreOpening, takes_no_readings_and_answers_requests_with_an_error_meanwhile) {
  bench.live(row(1));
  bench.pass(1s);
  EXPECT_TRUE(bench.loads.empty());
  EXPECT_TRUE(bench.commits.empty());
  for (const char* verb : {"upload", "query"}) {
    bench.request(verb, R"({"destination":"api"})");
    EXPECT_NE(bench.take_answer().find("being opened"), std::string::npos) << verb;
  }
}

TEST_F(StoreOpening, says_nothing_of_its_state_before_it_is_known) {
  EXPECT_TRUE(bench.statuses.empty());
  bench.give(StoreOpened{contents_of("store1"), {}});
  EXPECT_FALSE(bench.statuses.empty());
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::up);
}

TEST_F(StoreOpening, that_takes_long_for_a_salvage_lets_the_service_be_up_and_the_watchdog_be_fed) {
  for (int i = 0; i < 10; ++i) {
    bench.pass(100s);
    EXPECT_EQ(bench.logic().liveness().overdue(bench.now.monotonic), std::nullopt);
    bench.give(StoreProgressed{});
  }
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::degraded);
  bench.pass(121s);
  EXPECT_NE(bench.logic().liveness().overdue(bench.now.monotonic), std::nullopt);
}

TEST_F(StoreOpening, gives_up_on_what_only_the_operator_can_mend) {
  for (const ErrorCode code :
       {ErrorCode::invalid, ErrorCode::newer_schema, ErrorCode::not_found, ErrorCode::permission}) {
    LogicBench fresh = LogicBench::unopened(plain_options());
    fresh.give(failed_with(code));
    EXPECT_EQ(fresh.exit_code, 1) << name_of(code);
    EXPECT_TRUE(fresh.logged("store.db: broken")) << name_of(code);
  }
}

TEST_F(StoreOpening, waits_for_a_disk_that_is_full_read_only_failing_or_locked) {
  for (const ErrorCode code : {ErrorCode::disk_full, ErrorCode::read_only, ErrorCode::io, ErrorCode::timeout}) {
    bench.opens.clear();
    bench.give(failed_with(code));
    EXPECT_EQ(bench.exit_code, std::nullopt) << name_of(code);
    EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::degraded);
    EXPECT_FALSE(next_open().salvage.has_value()) << name_of(code);
  }
  bench.give(StoreOpened{contents_of("store1"), {}});
  ASSERT_TRUE(bench.is_committing()) << "it has to show that it can be written";
  EXPECT_TRUE(bench.commits.front().probe);
  bench.commit();
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::up);
  bench.live(row(1));
  bench.settle();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 1, false}}));
}

TEST_F(StoreOpening, waits_longer_after_each_failure_and_logs_each_kind_once) {
  std::vector<Millis> waits;
  for (int i = 0; i < 12; ++i) {
    bench.opens.clear();
    bench.give(failed_with(ErrorCode::io));
    const Instant before = bench.now.monotonic;
    next_open();
    waits.push_back(std::chrono::duration_cast<Millis>(bench.now.monotonic - before));
  }
  EXPECT_LE(waits.front(), 510ms);
  EXPECT_GE(waits.back(), 15s);
  EXPECT_LE(waits.back(), 31s);
  EXPECT_EQ(std::count_if(bench.lines.begin(), bench.lines.end(),
                          [](const LogLine& line) { return line.level == LogLevel::error; }),
            1);
}

TEST_F(StoreOpening, of_a_damaged_file_of_which_nothing_is_lost_says_that) {
  bench.opens.clear();
  bench.give(failed_with(ErrorCode::corrupt));
  bench.give(StoreOpened{contents_of("store2", 700), SalvageReport{"store.db.corrupt-1", 600, 0, 0}});
  EXPECT_TRUE(bench.logged("no acknowledged reading that waited for upload is lost"));
  EXPECT_FALSE(bench.logged("gap records"));
}

TEST(StoreFailures, of_a_disk_that_works_and_fails_by_turns_make_a_line_now_and_then) {
  LogicBench bench(without_reserve());
  std::size_t commits_of_rows = 0;
  const Instant end = bench.now.monotonic + 60s;
  for (std::uint64_t seq = 1; bench.now.monotonic < end;) {
    bench.live(row(seq));
    bench.pass(100ms);
    if (!bench.is_committing()) continue;
    if (bench.commits.front().streams.empty()) {
      bench.commit();
    } else if (++commits_of_rows % 2 == 0) {
      bench.fail_commit();
    } else {
      ++seq;
      bench.commit();
    }
  }
  EXPECT_GT(commits_of_rows, 60U);
  const auto lines = [&](const std::string& text) {
    return std::count_if(bench.lines.begin(), bench.lines.end(),
                         [&](const LogLine& line) { return line.text.find(text) != std::string::npos; });
  };
  EXPECT_LE(lines("cannot commit"), 7);
  EXPECT_GE(lines("cannot commit"), 5);
  EXPECT_LE(lines("the store commits again"), lines("cannot commit"));
  EXPECT_GE(lines("the store commits again"), lines("cannot commit") - 1);
}

TEST_F(StoreOpening, of_a_damaged_file_asks_for_a_salvage_at_once_and_says_what_it_did) {
  bench.opens.clear();
  bench.give(failed_with(ErrorCode::corrupt));
  ASSERT_EQ(bench.opens.size(), 1U);
  ASSERT_TRUE(bench.opens.front().salvage.has_value());
  EXPECT_GT(bench.opens.front().salvage->history_rows, 0U);
  bench.give(StoreOpened{contents_of("store2", 700), SalvageReport{"store.db.corrupt-1", 600, 17, 3}});
  bench.commit();
  EXPECT_TRUE(bench.logged("17 acknowledged readings are lost"));
  EXPECT_TRUE(bench.logged("store.db.corrupt-1"));
  EXPECT_NE(bench.last_own("event").find("store"), std::string::npos);
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::up);
  EXPECT_NE(bench.last_own("status").find("gap records say which"), std::string::npos);
  EXPECT_NE(bench.last_own("status").find("\"lost_in_damage\":17"), std::string::npos);
  EXPECT_FALSE(decode_queue_depth(bench.last_own("queue")).value().pressure);
  bench.pass(2h);
  EXPECT_EQ(bench.last_own("status").find("gap records say which"), std::string::npos);
}

TEST_F(StoreOpening, without_room_for_a_whole_salvage_asks_for_what_waits_only) {
  bench.give(failed_with(ErrorCode::corrupt));
  bench.opens.clear();
  bench.give(failed_with(ErrorCode::disk_full));
  EXPECT_EQ(next_open().salvage.value().history_rows, 0U);
}

// ---- a store that was open ----

class StoreFailure : public StoreOpening {
 protected:
  StoreFailure() {
    bench.give(StoreOpened{contents_of("store1"), {}});
    bench.opens.clear();
    bench.backlog(run_of("aaaa", 1, 10));
    bench.settle();
    bench.take_watermarks();
    bench.live(row(11));
    bench.pass(10ms);
  }
};

TEST_F(StoreFailure, of_the_disk_is_answered_by_opening_the_file_again_before_the_next_write) {
  bench.fail_commit(ErrorCode::io);
  EXPECT_FALSE(next_open().may_create) << "a file that is gone must not be made anew over there";
  EXPECT_TRUE(bench.commits.empty());
  EXPECT_TRUE(bench.take_watermarks().empty());
  StoreContents contents = contents_of("store1", 10);
  contents.streams = {StreamState{"aaaa", "kitchen", "sensor-publisher", 1, 10}};
  bench.give(StoreOpened{contents, {}});
  ASSERT_TRUE(bench.is_committing());
  EXPECT_TRUE(bench.commits.front().probe);
  EXPECT_TRUE(bench.take_watermarks().empty());
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 10, true}}));
}

TEST_F(StoreFailure, takes_the_watermarks_of_the_file_also_when_the_failed_commit_is_in_it) {
  bench.fail_commit(ErrorCode::io);
  next_open();
  StoreContents contents = contents_of("store1", 11);
  contents.streams = {StreamState{"aaaa", "kitchen", "sensor-publisher", 1, 11}};
  bench.give(StoreOpened{contents, {}});
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 11, true}}));
  bench.live(row(11));
  bench.pass(2s);
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 11, false}}));
}

TEST_F(StoreFailure, that_lost_what_was_synced_makes_another_store_of_it) {
  bench.fail_commit(ErrorCode::io);
  next_open();
  bench.give(StoreOpened{contents_of("store1", 7), {}});
  ASSERT_EQ(bench.opens.size(), 1U);
  EXPECT_TRUE(bench.opens.front().salvage.has_value());
  EXPECT_TRUE(bench.logged("the disk has lost rows 8..10"));
  bench.give(StoreOpened{contents_of("store2", 7), SalvageReport{}});
  EXPECT_TRUE(bench.is_committing());
}

TEST_F(StoreFailure, of_a_full_disk_or_a_lock_is_tried_again_on_the_same_connection) {
  for (const ErrorCode code : {ErrorCode::disk_full, ErrorCode::timeout}) {
    bench.fail_commit(code);
    for (int i = 0; i < 6'000 && !bench.is_committing(); ++i) bench.pass(10ms);
    EXPECT_TRUE(bench.is_committing());
    EXPECT_TRUE(bench.opens.empty());
  }
}

TEST_F(StoreFailure, waits_for_a_file_whose_disk_was_taken_away) {
  bench.fail_commit(ErrorCode::io);
  for (int i = 0; i < 5; ++i) {
    next_open();
    bench.give(failed_with(ErrorCode::not_found));
  }
  EXPECT_EQ(bench.exit_code, std::nullopt);
}

TEST_F(StoreFailure, with_a_damaged_page_in_a_commit_is_salvaged) {
  bench.fail_commit(ErrorCode::corrupt);
  EXPECT_TRUE(next_open().salvage.has_value());
}

TEST_F(StoreFailure, with_a_damaged_page_in_a_query_is_salvaged_after_the_commit_under_way) {
  bench.request("query", "{}");
  bench.give(QueryDone{bench.queries.back().call, fail(ErrorCode::corrupt, "store.db: damaged page")});
  EXPECT_NE(bench.take_answer().find("damaged page"), std::string::npos);
  EXPECT_TRUE(bench.opens.empty());
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 11, false}}));
  EXPECT_TRUE(next_open().salvage.has_value());
}

TEST_F(StoreFailure, of_a_query_with_anything_else_never_stops_ingest) {
  for (const ErrorCode code : {ErrorCode::io, ErrorCode::timeout, ErrorCode::disk_full, ErrorCode::invalid}) {
    bench.request("query", "{}");
    bench.give(QueryDone{bench.queries.back().call, fail(code, "store.db: no")});
  }
  bench.commit();
  EXPECT_EQ(bench.take_watermarks(), (std::vector<Committed>{{"store1", "aaaa", 11, false}}));
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::up);
}

TEST_F(StoreFailure, is_salvaged_at_most_once_a_minute) {
  bench.fail_commit(ErrorCode::corrupt);
  next_open();
  bench.give(StoreOpened{contents_of("store2"), SalvageReport{}});
  bench.fail_commit(ErrorCode::corrupt);
  bench.pass(50s);
  EXPECT_TRUE(bench.opens.empty());
  next_open(15s);
}

TEST_F(StoreFailure, answers_requests_that_wait_for_it) {
  bench.request("upload", R"({"destination":"api","max_readings":10,"max_bytes":1000})");
  bench.take_answer();
  bench.fail_commit(ErrorCode::io);
  bench.request("upload", R"({"destination":"api","max_readings":10,"max_bytes":1000})");
  EXPECT_NE(bench.take_answer().find("disk full"), std::string::npos);
}

TEST_F(StoreFailure, lets_the_service_stop_while_the_store_is_not_open) {
  bench.fail_commit(ErrorCode::io);
  next_open();
  bench.give(StopRequested{});
  EXPECT_EQ(bench.exit_code, 0);
}

}  // namespace
}  // namespace sensors::persistence
