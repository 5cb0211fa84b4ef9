// The reserve beside the store: on a full disk it is given up for uploads and deletions, and readings wait until it
// fits again.
#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

class StoreReserve : public testing::Test {
 protected:
  StoreReserve() {
    bench.give(StoreOpened{contents(), {}, false});
    bench.backlog(run_of("aaaa", 1, 10));
    bench.settle();
    bench.take_watermarks();
  }

  static StoreContents contents() {
    StoreContents contents;
    contents.store = "store1";
    contents.destinations = {DestinationState{"api", 0, 0, 0}};
    return contents;
  }

  static LogicOptions options() {
    LogicOptions options = plain_options();
    options.destinations = {"api"};
    return options;
  }

  void pass_until_commit() {
    for (int i = 0; i < 6'000 && !bench.is_committing(); ++i) bench.pass(10ms);
    ASSERT_TRUE(bench.is_committing());
  }

  void fill_the_disk() {
    bench.disk_has_room = false;
    bench.live(row(11));
    bench.pass(10ms);
    bench.fail_commit(ErrorCode::disk_full);
    pass_until_commit();
    bench.commit();
  }

  LogicBench bench = LogicBench::unopened(options());
};

TEST_F(StoreReserve, is_made_with_the_first_commit) { EXPECT_TRUE(bench.reserve_held); }

TEST_F(StoreReserve, is_given_up_with_the_first_attempt_after_a_full_disk) {
  bench.live(row(11));
  bench.pass(10ms);
  bench.fail_commit(ErrorCode::disk_full);
  pass_until_commit();
  EXPECT_EQ(bench.commits.front().reserve, DiskReserve::Action::release);
  bench.commit();
  EXPECT_TRUE(bench.logged("the reserve beside the store was given up"));
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::degraded);
  EXPECT_NE(bench.last_own("status").find("its reserve is in use"), std::string::npos);
}

TEST_F(StoreReserve, that_is_spent_takes_no_readings_and_acknowledges_none_but_hands_out) {
  fill_the_disk();
  bench.take_watermarks();
  bench.live(row(11));
  bench.pass(2s);
  EXPECT_FALSE(bench.is_committing());
  for (const Committed& told : bench.take_watermarks()) EXPECT_EQ(told.through, 10U);
  bench.request("upload", R"({"destination":"api","max_readings":10,"max_bytes":1000})");
  ASSERT_TRUE(bench.is_committing());
  EXPECT_EQ(bench.commits.front().hand_outs.size(), 1U);
}

TEST_F(StoreReserve, is_tried_again_by_itself_until_it_fits_and_then_readings_are_taken) {
  fill_the_disk();
  for (int i = 0; i < 3; ++i) {
    pass_until_commit();
    EXPECT_EQ(bench.commits.front().reserve, DiskReserve::Action::restore);
    bench.commit();
    EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::degraded);
  }
  bench.disk_has_room = true;
  pass_until_commit();
  bench.commit();
  EXPECT_TRUE(bench.logged("has room for the reserve again"));
  EXPECT_EQ(decode_status_state(bench.last_own("status")).value(), ServiceState::up);
  bench.live(row(11));
  bench.settle();
  EXPECT_EQ(bench.take_watermarks().back(), (Committed{"store1", "aaaa", 11, false}));
}

TEST_F(StoreReserve, is_given_up_for_a_store_that_cannot_be_opened_on_a_full_disk) {
  LogicBench fresh = LogicBench::unopened(options());
  fresh.opens.clear();
  fresh.give(StoreOpened{fail(ErrorCode::disk_full, "store.db: disk full"), {}, true});
  for (int i = 0; i < 6'000 && fresh.opens.empty(); ++i) fresh.pass(10ms);
  ASSERT_EQ(fresh.opens.size(), 1U);
  EXPECT_TRUE(fresh.opens.front().release_reserve);
}

TEST_F(StoreReserve, that_never_fitted_does_not_keep_readings_away) {
  LogicBench fresh = LogicBench::unopened(options());
  fresh.disk_has_room = false;
  fresh.give(StoreOpened{contents(), {}, false});
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    fresh.live(row(seq));
    fresh.settle();
  }
  EXPECT_EQ(fresh.take_watermarks().back(), (Committed{"store1", "aaaa", 3, false}));
}

}  // namespace
}  // namespace sensors::persistence
