// The words of each kind of problem, to the letter: page, command line, doctor and alerts show them.
#include "tests/unit/common/verdict/watch_bench.hpp"

namespace sensors::verdict {
namespace {

class VerdictWords : public WatchBench {
 protected:
  void expect(const std::string& headline, const Lines& lines) {
    EXPECT_EQ(judge().headline, headline);
    EXPECT_EQ(problems(), lines);
    EXPECT_LE(judge().headline.size(), 80U) << "a line of a terminal";
  }

  static SilentSensor sensor(std::string name, std::string driver = {}, std::string node = "kitchen") {
    return {std::move(node), std::move(name), start - 12min, 10s, std::move(driver)};
  }
};

TEST_F(VerdictWords, of_a_pipeline_where_all_is_well) {
  all_up();
  expect("All is well: everything delivered", {});
  silent({56, {}, 0});
  expect("All is well: 56 sensors, everything delivered", {});
  hear("kitchen", "reading", "t", "{}");
  pass(2s);
  expect("All is well: 56 sensors, the newest 2 s ago, everything delivered", {});
  queue("sensor-http-bridge", {.depth = 12, .high = 10'000});
  expect("All is well: 56 sensors, the newest 2 s ago, 12 readings on their way", {});
  silent({1, {}, 0});
  queue("sensor-http-bridge", {.depth = 1, .high = 10'000});
  expect("All is well: 1 sensor, the newest 2 s ago, 1 reading on their way", {});
}

TEST_F(VerdictWords, of_a_pipeline_without_a_destination_or_without_a_sensor) {
  all_up();
  silent({0, {}, 0});
  expect("All is well: there is no sensor yet", {});
  say({.service = "sensor-http-bridge", .details = R"("delivers":false)"});
  silent({3, {}, 0});
  expect("All is well: 3 sensors, everything stored", {});
}

TEST_F(VerdictWords, of_a_broker_that_is_away) {
  all_up();
  watch.disconnected(now);
  expect("the broker is not reached; nothing else is known",
         {"critical broker /: there is no connection to the broker | See what it says: systemctl status sensor-broker; "
          "journalctl -u sensor-broker -n 50. Readings wait meanwhile, and none is lost."});
}

TEST_F(VerdictWords, of_services_that_are_down) {
  all_up();
  say({.service = "sensor-persistence", .state = ServiceState::down, .reason = "stopped"});
  expect("sensor-persistence is down; all else is well",
         {"warning service_down kitchen/sensor-persistence: sensor-persistence is down (stopped): readings wait where "
          "they were taken | It starts again by itself, unless it was stopped: systemctl status sensor-persistence; "
          "journalctl -u sensor-persistence -n 50"});
  say({.service = "sensor-publisher", .state = ServiceState::down, .reason = "connection lost"});
  pass(10s);
  say({.service = "sensor-http-bridge", .state = ServiceState::down});
  expect("sensor-persistence is down; 2 more problems",
         {"critical service_down kitchen/sensor-persistence: sensor-persistence is down (stopped): readings wait where "
          "they were taken | It starts again by itself, unless it was stopped: systemctl status sensor-persistence; "
          "journalctl -u sensor-persistence -n 50",
          "critical service_down kitchen/sensor-publisher: sensor-publisher is down (connection lost): no sensor is "
          "read | It starts again by itself, unless it was stopped: systemctl status sensor-publisher; journalctl -u "
          "sensor-publisher -n 50",
          "warning service_down kitchen/sensor-http-bridge: sensor-http-bridge is down: nothing is delivered, and "
          "readings wait in the store | It starts again by itself, unless it was stopped: systemctl status "
          "sensor-http-bridge; journalctl -u sensor-http-bridge -n 50"});
}

TEST_F(VerdictWords, of_a_service_that_says_nothing_any_more) {
  all_up();
  say({.service = "sensor-http-bridge-weather"});
  pass(20s);
  all_up();
  pass(11s);
  expect("sensor-http-bridge-weather is silent; all else is well",
         {"critical service_silent kitchen/sensor-http-bridge-weather: sensor-http-bridge-weather has not said how it "
          "is, which it does every 10 s | It may hang, or its machine is away: systemctl status "
          "sensor-http-bridge@weather; systemctl restart sensor-http-bridge@weather"});
}

TEST_F(VerdictWords, of_services_that_were_never_heard) {
  pass(3s);
  expect("no service is heard; all else is well",
         {"critical service_missing kitchen/: the broker answers, and no service was ever heard | Do they run? "
          "systemctl status 'sensor-*'; sudo sensorctl doctor"});
  say({.service = "sensor-http-bridge"});
  expect(
      "no word of sensor-persistence; 1 more problem",
      {"critical service_missing kitchen/sensor-persistence: sensor-persistence was never heard: readings wait where "
       "they were taken | Does it run? systemctl status sensor-persistence; journalctl -u sensor-persistence -n 50",
       "warning service_missing kitchen/sensor-publisher: sensor-publisher was never heard: no sensor is read | Does "
       "it run? systemctl status sensor-publisher; journalctl -u sensor-publisher -n 50"});
}

TEST_F(VerdictWords, of_a_machine_that_is_silent) {
  all_up();
  say({.node = "attic", .service = "sensor-publisher", .state = ServiceState::down, .reason = "connection lost"});
  expect("machine attic is silent; all else is well",
         {"warning machine_silent attic/: the machine is silent: none of its services is heard | Is it on, and in the "
          "network? Its readings wait there. If it is gone for good: sensorctl node forget attic"});
  pass(10s);
  EXPECT_EQ(judge().problems.front().severity, Severity::critical);
}

TEST_F(VerdictWords, of_breakers) {
  all_up();
  const std::string breaker =
      R"("breaker":{"state":"open","reason":"connection refused","failing_since":")" + time_text(now.wall) + "\"}";
  say({.service = "sensor-http-bridge",
       .state = ServiceState::degraded,
       .reason = "circuit breaker open",
       .details = breaker});
  queue("sensor-http-bridge", {.depth = 66, .high = 10'000});
  expect("deliveries fail; 66 readings wait; all else is well",
         {"warning breaker_open kitchen/sensor-http-bridge: deliveries fail (connection refused); 66 readings wait | "
          "They are tried again by themselves, and nothing is lost. What went wrong: journalctl -u sensor-http-bridge "
          "-n 20; the url is in /etc/sensor-project/sensor-http-bridge.toml"});
  pass(15min);
  all_up();
  say({.service = "sensor-http-bridge",
       .state = ServiceState::degraded,
       .reason = "circuit breaker open",
       .details = breaker});
  EXPECT_EQ(judge().problems.front().severity, Severity::critical);
  EXPECT_EQ(judge().problems.front().since, start);
  say({.service = "sensor-http-bridge",
       .state = ServiceState::degraded,
       .details = R"("breaker":{"state":"open","reason":"isolated by operator","isolated":true})"});
  expect("sensor-http-bridge was isolated by hand; all else is well",
         {"warning breaker_isolated kitchen/sensor-http-bridge: sensor-http-bridge was isolated by hand: nothing is "
          "delivered, and 66 readings wait | When it may go on: sensorctl breaker close sensor-http-bridge"});
  say({.service = "sensor-http-bridge"});
  say({.service = "sensor-publisher",
       .state = ServiceState::degraded,
       .details = R"("breaker":{"state":"half_open","reason":"no PUBACK"})"});
  queue("sensor-publisher", {.depth = 1, .high = 10});
  expect("the broker does not confirm readings; all else is well",
         {"warning breaker_open kitchen/sensor-publisher: the broker does not confirm readings (no PUBACK); 1 reading "
          "waits in the outbox | They are sent again by themselves. See to the broker: systemctl status sensor-broker; "
          "journalctl -u sensor-broker -n 50"});
}

TEST_F(VerdictWords, of_queues_and_of_the_pace) {
  all_up();
  queue("sensor-persistence", {.depth = 12'000, .high = 10'000, .limit = 1'000'000});
  expect(
      "12,000 readings wait at sensor-persistence; all else is well",
      {"warning queue_grows kitchen/sensor-persistence: 12,000 readings wait at sensor-persistence, more than 10,000: "
       "sensors are read more slowly | It ends by itself when they can go on. What is in their way: sensorctl "
       "status; journalctl -u sensor-http-bridge -n 50"});
  queue("sensor-persistence", {.depth = 900'000, .high = 10'000, .limit = 1'000'000});
  expect("the queue of sensor-persistence is nearly full; all else is well",
         {"critical queue_full kitchen/sensor-persistence: 900,000 readings wait at sensor-persistence, and there is "
          "room for 1,000,000 | At the limit readings are thinned or refused. What is in their way: sensorctl status; "
          "journalctl -u sensor-http-bridge -n 50"});
  queue("sensor-persistence", {.depth = 1, .high = 10'000, .limit = 1'000'000});
  say({.service = "sensor-publisher", .details = R"("pace_ms":30000,"pressure":"the outbox was full")"});
  expect(
      "sensors are read more slowly; all else is well",
      {"warning pace kitchen/sensor-publisher: sensors are read every 30 s, because of pressure: the outbox was full "
       "| It goes back by itself when that is gone."});
}

TEST_F(VerdictWords, of_what_was_dropped_or_refused) {
  all_up();
  say({.service = "sensor-persistence",
       .details = R"("gaps":{"node":"attic","reason":"outbox_full","readings":5,"since":"2026-01-15T16:09:35Z",)"
                  R"("time":"2026-01-15T16:10:00Z"})"});
  expect("5 readings were dropped; all else is well",
         {"warning gap attic/sensor-persistence: 5 readings were dropped: the publisher's outbox was full | They are "
          "gone, and recorded as dropped. When and which: journalctl -u sensor-persistence -g lost. This is said for a "
          "day."});
  EXPECT_EQ(time_text(judge().problems.front().since), "2026-01-15T16:09:35.000Z");
  say({.service = "sensor-persistence",
       .details = R"("dead_letters":12,"destinations":{"api":{"waiting":0,"dead_letters":12}})"});
  expect("the API refused 12 readings; all else is well",
         {"warning dead_letters kitchen/api: the API refused 12 readings; they are kept as dead letters | sensorctl "
          "dead-letters list says why. Then requeue or purge them."});
  say({.service = "sensor-persistence",
       .details =
           R"("dead_letters":4,"destinations":{"api":{"waiting":0,"dead_letters":1},"old":{"dead_letters":3}})"});
  expect("destination api refused 1 reading; 1 more problem",
         {"warning dead_letters kitchen/api: destination api refused 1 reading; they are kept as dead letters | "
          "sensorctl dead-letters list --destination api says why. Then requeue or purge them.",
          "warning dead_letters kitchen/old: 3 readings were refused by destination old, which is not configured any "
          "more | sensorctl dead-letters list --destination old shows them. Purge them: sensorctl dead-letters purge "
          "--all --destination old; or configure old again, and requeue them."});
  say({.service = "sensor-persistence", .details = R"("destinations":{"api":{"waiting":0,"url_gone":true}})"});
  expect("nothing waits for api any more; all else is well",
         {"warning destination_gone kitchen/api: nothing waits for destination api, which was delivered to: its bridge "
          "has no url any more | If that is a mistake, write the url into the bridge's configuration again. Else take "
          "the [[destination]] api out of /etc/sensor-project/sensor-persistence.toml."});
}

TEST_F(VerdictWords, of_the_machine) {
  all_up();
  say({.service = "sensor-persistence",
       .details = R"("disk":{"file_bytes":1,"free_bytes":838860800,"size_bytes":17179869184,"at_risk":0},)"
                  R"("clock":{"synced":false})"});
  expect("the clock is not set; 1 more problem",
         {"warning clock kitchen/: nobody vouches for the machine's clock: times of readings may be wrong | Is there a "
          "network for NTP? timedatectl. Where the clock is right all the same: [clock] trust = \"always\" in "
          "sensor-publisher.toml and sensor-persistence.toml.",
          "warning disk kitchen/sensor-persistence: the disk has 800.0 MiB left of 16.0 GiB | Make room: du -xh -d 2 "
          "/var | sort -h | tail. When it is full, readings wait where they were taken."});
  say({.service = "sensor-persistence",
       .details = R"("disk":{"file_bytes":1,"free_bytes":1048576,"size_bytes":17179869184,"at_risk":1,)"
                  R"("risk":"it is in memory"})"});
  EXPECT_EQ(judge().headline, "the disk is nearly full; 1 more problem");
  EXPECT_EQ(problems().front().substr(0, 8), "critical");
  EXPECT_EQ(problems().back(),
            "warning disk_at_risk kitchen/sensor-persistence: a power cut may lose readings: it is in memory | Put the "
            "database on a disk: the key path, in the service's file in /etc/sensor-project.");
}

TEST_F(VerdictWords, of_a_service_that_says_what_is_wrong) {
  all_up();
  say({.service = "sensor-publisher",
       .state = ServiceState::degraded,
       .reason = "drivers with errors: bme280: no answer"});
  expect("driver bme280 fails; all else is well",
         {"warning driver kitchen/bme280: driver bme280 fails: no answer | Look at what it reads, its cable and its "
          "power. Its log: journalctl -u sensor-publisher -g bme280 -n 50"});
  say({.service = "sensor-publisher",
       .state = ServiceState::degraded,
       .reason = "drivers with errors: " + std::string(64, 'd') + ": no answer"});
  EXPECT_LE(judge().headline.size(), 80U);
  say({.service = "sensor-publisher",
       .state = ServiceState::degraded,
       .reason = "another sensor-publisher on this broker is called kitchen too; give one of them another node"});
  expect("another sensor-publisher on this broker is ...; all else is well",
         {"warning degraded kitchen/sensor-publisher: sensor-publisher: another sensor-publisher on this broker is "
          "called kitchen too; give one of them another node | Its log: journalctl -u sensor-publisher -n 50"});
}

TEST_F(VerdictWords, of_silent_sensors) {
  all_up();
  silent({56, {sensor("bme280.temperature")}, 0});
  expect(
      "1 of 56 sensors is silent; all else is well",
      {"warning sensor_silent kitchen/bme280.temperature: bme280.temperature is silent; it came every 10 s | Look at "
       "its cable, its power, and what reads it. If it is gone for good: sensorctl sensor forget bme280.temperature "
       "--node kitchen"});
  const std::string look = " | Look at its cable, its power, and what reads it. If it is gone for good: sensorctl ";
  silent({56, {sensor("bme280.temperature"), sensor("door", "gpio")}, 0});
  expect("2 of 56 sensors are silent; all else is well",
         {"warning sensor_silent kitchen/bme280.temperature: bme280.temperature is silent; it came every 10 s" + look +
              "sensor forget bme280.temperature --node kitchen",
          "warning sensor_silent kitchen/door: door is silent; it came every 10 s; driver gpio fails" + look +
              "sensor forget door --node kitchen"});
  say({.service = "sensor-publisher", .state = ServiceState::degraded, .reason = "drivers with errors: gpio: no line"});
  EXPECT_NE(problems().back().find("door is silent; it came every 10 s; driver gpio fails: no line | "),
            std::string::npos)
      << problems().back();
  say({.service = "sensor-publisher"});
  silent({3'000, {sensor("door")}, 1'999});
  EXPECT_EQ(judge().headline, "2,000 of 3,000 sensors are silent; all else is well");
  EXPECT_EQ(problems().front(),
            "warning sensor_silent kitchen/: 1,999 more sensors are silent | sensorctl sensor list shows all of them.");
}

TEST_F(VerdictWords, have_the_node_in_the_headline_where_there_are_several) {
  all_up();
  say({.node = "attic",
       .service = "sensor-publisher",
       .state = ServiceState::degraded,
       .reason = "the outbox is full"});
  EXPECT_EQ(judge().headline, "attic: the outbox is full; all else is well");
}

}  // namespace
}  // namespace sensors::verdict
