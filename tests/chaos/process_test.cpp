// Each part killed and frozen by itself: the others go on, it comes back, and nothing is lost. The crash campaign kills
// them in random order.
#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

class KilledPart : public ChaosTest {};

TEST_F(KilledPart, publisher_goes_on_after_the_restart) {
  describe({"kill -9 of sensor-publisher", "readings in memory gone, and no reader until somebody restarts it",
            "readings are in the outbox before anyone sees them; sent again after the restart"});
  begin();
  chaos().kill(Part::publisher);
  expect_state("sensor-publisher", "down");
  chaos().restart(Part::publisher);
  expect_readings_go_on();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(KilledPart, persistence_is_not_missed_by_the_publisher) {
  describe({"kill -9 of sensor-persistence", "readings block behind the database",
            "readings go on into the outbox; the store gets what it does not have"});
  begin();
  chaos().kill(Part::persistence);
  expect_state("sensor-persistence", "down");
  expect_readings_go_on();
  chaos().restart(Part::persistence);
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(KilledPart, bridge_is_not_missed_by_the_others) {
  describe({"kill -9 of sensor-http-bridge", "the upload is a thread of the reader: readings end with it",
            "readings are taken and stored on; the batch under way is sent again under its key"});
  begin();
  chaos().kill(Part::bridge);
  expect_state("sensor-http-bridge", "down");
  expect_readings_go_on();
  expect_store_goes_on();
  chaos().restart(Part::bridge);
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(KilledPart, broker_takes_nothing_with_it) {
  describe({"kill -9 of the broker", "there was none",
            "readings go on into the outbox; everything connects again and is sent from the watermark on"});
  begin();
  chaos().kill(Part::broker);
  expect_log(rig().publisher(), "broker lost");
  expect_readings_go_on();
  chaos().restart(Part::broker);
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(KilledPart, API_that_refuses_connections_is_left_alone) {
  describe({"the API is down: connections are refused", "each reading waits for its failure, then the next does",
            "the breaker opens after 3 failures; readings are taken and stored on"});
  begin();
  chaos().wire(Link::bridge_api).cut();
  expect_breaker("sensor-http-bridge", "open");
  expect_readings_go_on();
  expect_store_goes_on();
  chaos().wire(Link::bridge_api).pass();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(KilledPart, API_has_what_it_answered_for_after_its_restart) {
  describe({"kill -9 of the API", "readings that hang when it dies are lost, or sent twice",
            "the batch without an answer comes again under the same key"});
  begin();
  chaos().kill(Part::api);
  expect_breaker("sensor-http-bridge", "open");
  expect_readings_go_on();
  chaos().restart(Part::api);
  expect_recovery();
  expect_nothing_lost();
}

class FrozenPart : public ChaosTest {
 protected:
  void freeze(Part part) { process_of(rig(), part).signal(SIGSTOP); }
  void thaw(Part part) { process_of(rig(), part).signal(SIGCONT); }
};

TEST_F(FrozenPart, publisher_goes_on_where_it_stood) {
  describe({"SIGSTOP of sensor-publisher", "no reading until somebody notices",
            "systemd's watchdog restarts it after 30 s; thawed before, it goes on"});
  begin();
  freeze(Part::publisher);
  EXPECT_TRUE(comes_true(patience, [&] { return rig().store().uploaded_through("api") == rig().store().last_id(); }));
  thaw(Part::publisher);
  expect_readings_go_on();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(FrozenPart, persistence_stops_nothing_but_the_store) {
  describe({"SIGSTOP of sensor-persistence (a hung database)", "sessions fill the pool, then readings block",
            "readings go on into the outbox; what the broker dropped meanwhile is sent again"});
  begin();
  freeze(Part::persistence);
  expect_readings_go_on(240);
  thaw(Part::persistence);
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(FrozenPart, bridge_stops_nothing_but_the_delivery) {
  describe({"SIGSTOP of sensor-http-bridge", "the backup thread holds its session, the pool fills",
            "readings are taken and stored on"});
  begin();
  freeze(Part::bridge);
  expect_readings_go_on();
  expect_store_goes_on();
  thaw(Part::bridge);
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(FrozenPart, broker_opens_the_breaker_of_the_publisher) {
  describe({"SIGSTOP of the broker", "there was none",
            "no PUBACK in time opens the publisher's breaker; readings go on into the outbox"});
  begin();
  freeze(Part::broker);
  expect_log(rig().publisher(), "Circuit breaker OPEN");
  expect_readings_go_on();
  thaw(Part::broker);
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(FrozenPart, API_opens_the_breaker_of_the_bridge) {
  describe({"SIGSTOP of the API: it accepts and never answers",
            "the incident of 2026-01-15: machine unreachable, power cycle",
            "deadlines end the calls, the breaker opens; readings are taken and stored on"});
  begin();
  freeze(Part::api);
  expect_breaker("sensor-http-bridge", "open");
  expect_readings_go_on();
  expect_store_goes_on();
  thaw(Part::api);
  expect_recovery();
  expect_nothing_lost();
}

}  // namespace
}  // namespace sensors::rig
