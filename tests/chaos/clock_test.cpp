// A wall clock that jumps by years changes no wait, deletes nothing and keeps the order.
#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis year = std::chrono::hours{365 * 24};

class Clock : public ChaosTest {
 protected:
  /// The clock steps by `offset` while the API is away, so that breakers and retries wait across the step.
  void step_by(Millis offset) {
    ChaosOptions options;
    options.preloads = true;
    begin(std::move(options));
    chaos().wire(Link::bridge_api).cut();
    expect_breaker("sensor-http-bridge", "open");
    chaos().clock().set_offset(offset);
    expect_readings_go_on();
    expect_store_goes_on();
    chaos().wire(Link::bridge_api).pass();
    expect_breaker("sensor-http-bridge", "closed");
    expect_recovery();
    chaos().clock().set_offset(Millis{0});
    expect_readings_go_on();
    expect_nothing_lost();
  }
};

TEST_F(Clock, that_jumps_ten_years_ahead_and_back_changes_no_wait_and_deletes_nothing) {
  describe({"clock jumps 10 years ahead, and back again", "waits and ages follow the wall clock",
            "waits are monotonic, order is by number"});
  step_by(10 * year);
}

TEST_F(Clock, that_jumps_ten_years_back_and_ahead_changes_no_wait_and_deletes_nothing) {
  describe(
      {"clock jumps 10 years back, and ahead again", "waits of 10 years", "waits are monotonic, order is by number"});
  step_by(-10 * year);
}

TEST_F(Clock, that_was_not_set_at_the_start_gives_its_readings_the_right_time_later) {
  describe({"machine starts 20 years in the past, without NTP for a while", "readings of the year 2006, for ever",
            "readings are marked, held in the store, and get their time from the uptime once the clock is set"});
  ChaosOptions options;
  options.preloads = true;
  options.publisher.set_text("clock", "trust", "kernel");
  options.persistence.set_text("clock", "trust", "kernel");
  begin(std::move(options));
  chaos().kill(Part::publisher);
  chaos().clock().set_offset(-20 * year);
  chaos().clock().set_synchronised(false);
  chaos().restart(Part::publisher);
  expect_readings_go_on();
  expect_store_goes_on();

  chaos().clock().set_offset(Millis{0});
  chaos().clock().set_synchronised(true);
  expect_recovery();
  expect_nothing_lost();
  const std::string an_hour_ago = "(CAST(strftime('%s', 'now') AS INTEGER) - 3600) * 1000";
  EXPECT_EQ(SqliteFile(folder_.file("store.db")).number("SELECT count(*) FROM reading WHERE time_ms < " + an_hour_ago),
            0);
}

}  // namespace
}  // namespace sensors::rig
