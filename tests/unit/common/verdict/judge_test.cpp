// What the owner is told in each state of his system, and what he is not told twice.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/unit/common/verdict/watch_bench.hpp"

namespace sensors::verdict {
namespace {

class JudgeTest : public WatchBench {
 protected:
  SilentSensor sensor(std::string name, std::string node = "kitchen", std::string driver = {}) const {
    return {std::move(node), std::move(name), now.wall - 1min, 10s, std::move(driver)};
  }
};

TEST_F(JudgeTest, has_one_problem_without_the_broker_and_not_forty) {
  for (int i = 0; i < 40; ++i)
    say({.node = fmt::format("n{}", i), .service = "sensor-publisher", .state = ServiceState::down});
  pass(1min);
  const WallTime lost = now.wall;
  watch.disconnected(now);
  pass(1s);
  watch.disconnected(now);
  EXPECT_EQ(kinds_of_problems(), Lines{"broker /"});
  EXPECT_EQ(judge().problems.front().since, lost) << "not when it was tried again";
}

TEST_F(JudgeTest, takes_its_time_before_it_misses_a_service) {
  EXPECT_EQ(kinds_of_problems(), Lines{});
  pass(2'999ms);
  EXPECT_EQ(kinds_of_problems(), Lines{});
  pass(1ms);
  EXPECT_EQ(kinds_of_problems(), Lines{"service_missing kitchen/"});
}

TEST_F(JudgeTest, misses_no_service_that_another_machine_has) {
  say({.node = "attic", .service = "sensor-publisher"});
  say({.service = "sensor-persistence"});
  say({.service = "sensor-http-bridge-weather"});
  pass(5s);
  EXPECT_EQ(kinds_of_problems(), Lines{});
}

TEST_F(JudgeTest, says_at_once_that_a_service_is_down_and_makes_it_critical_when_it_is_no_restart) {
  all_up();
  say({.service = "sensor-persistence", .state = ServiceState::down, .details = R"("last_will":true)"});
  EXPECT_EQ(judge().problems.front().severity, Severity::warning);
  pass(9'999ms);
  EXPECT_EQ(judge().problems.front().severity, Severity::warning);
  pass(1ms);
  EXPECT_EQ(judge().problems.front().severity, Severity::critical);
  EXPECT_EQ(judge().problems.front().since, start);
  say({.service = "sensor-persistence"});
  EXPECT_TRUE(judge().ok());
}

TEST_F(JudgeTest, counts_a_last_will_from_when_it_came_and_not_from_when_its_service_had_connected) {
  all_up();
  pass(20s);
  StatusReport report{"sensor-publisher",   ServiceState::down, "connection lost", start - 240h, "1",
                      R"("last_will":true)"};
  hear("kitchen", "status", "sensor-publisher", encode_status(report));
  EXPECT_EQ(judge().problems.front().since, start + 20s);
}

TEST_F(JudgeTest, counts_the_age_of_a_status_in_its_own_intervals) {
  all_up();
  say({.service = "sensor-publisher", .details = R"("interval_ms":60000)"});
  pass(30s);
  EXPECT_EQ(kinds_of_problems(), Lines{});
  pass(1ms);
  EXPECT_EQ(kinds_of_problems(),
            (Lines{"service_silent kitchen/sensor-http-bridge", "service_silent kitchen/sensor-persistence"}));
}

TEST_F(JudgeTest, knows_the_age_of_a_status_that_was_retained) {
  all_up();
  say({.service = "sensor-publisher", .details = R"("time":")" + time_text(now.wall - 31s) + '"'}, true);
  EXPECT_EQ(kinds_of_problems(), Lines{"service_silent kitchen/sensor-publisher"});
  EXPECT_EQ(judge().problems.front().since, start - 31s);
  // A live one is new, whatever its clock says.
  say({.service = "sensor-publisher", .details = R"("time":")" + time_text(now.wall - 1h) + '"'});
  EXPECT_TRUE(judge().ok());
  // Who has no clock of his own cannot tell.
  now.clock_synced = false;
  say({.service = "sensor-publisher", .details = R"("time":")" + time_text(now.wall - 1h) + '"'}, true);
  EXPECT_TRUE(judge().ok());
}

TEST_F(JudgeTest, gives_the_services_time_to_say_how_they_are_after_the_broker_was_away) {
  all_up();
  watch.disconnected(now);
  pass(10min);
  watch.connected(now);
  EXPECT_TRUE(judge().ok()) << "a broker that was restarted has forgotten what was retained";
  pass(30s);
  EXPECT_TRUE(judge().ok());
  pass(1ms);
  EXPECT_EQ(judge().problems.size(), 3U);
}

TEST_F(JudgeTest, has_one_problem_for_a_machine_that_is_silent) {
  all_up();
  say({.node = "attic", .service = "sensor-publisher", .state = ServiceState::down});
  say({.node = "attic", .service = "sensor-http-bridge-x", .state = ServiceState::down});
  silent({40, {sensor("t", "attic")}, 30}, "sensor-publisher", "attic");
  silent({40, {sensor("t", "attic")}, 0}, "sensor-persistence");
  EXPECT_EQ(kinds_of_problems(), Lines{"machine_silent attic/"});
}

TEST_F(JudgeTest, says_of_its_own_machine_which_of_its_services_are_away) {
  say({.node = "attic", .service = "sensor-publisher"});
  say({.service = "sensor-persistence", .state = ServiceState::down});
  say({.service = "sensor-http-bridge", .state = ServiceState::down});
  EXPECT_EQ(kinds_of_problems(),
            (Lines{"service_down kitchen/sensor-http-bridge", "service_down kitchen/sensor-persistence"}));
}

TEST_F(JudgeTest, forgets_what_an_empty_status_takes_off) {
  all_up();
  say({.node = "attic", .service = "sensor-publisher", .state = ServiceState::down});
  silent({1, {sensor("t", "attic")}, 0}, "sensor-publisher", "attic");
  EXPECT_FALSE(judge().ok());
  EXPECT_TRUE(hear("attic", "status", "sensor-publisher", ""));
  EXPECT_TRUE(judge().ok());
  EXPECT_FALSE(judge().sensors.has_value());
}

TEST_F(JudgeTest, says_the_cause_and_not_what_follows_from_it) {
  all_up();
  say({.service = "sensor-persistence", .state = ServiceState::down});
  say({.service = "sensor-http-bridge", .state = ServiceState::degraded, .reason = "store: no answer in 5 s"});
  say({.service = "sensor-publisher", .details = R"("pace_ms":30000,"pressure":"the store is away")"});
  queue("sensor-publisher", {.depth = 11, .high = 10, .limit = 1'000});
  EXPECT_EQ(kinds_of_problems(), Lines{"service_down kitchen/sensor-persistence"});
  queue("sensor-publisher", {.depth = 900, .high = 10, .limit = 1'000});
  EXPECT_EQ(kinds_of_problems(),
            (Lines{"queue_full kitchen/sensor-publisher", "service_down kitchen/sensor-persistence"}))
      << "this loses readings soon";
}

TEST_F(JudgeTest, says_nothing_of_a_queue_that_was_cleared_at_the_broker) {
  all_up();
  queue("sensor-publisher", {.depth = 900, .high = 10, .limit = 1'000});
  EXPECT_EQ(kinds_of_problems(), Lines{"queue_full kitchen/sensor-publisher"});
  EXPECT_TRUE(hear("kitchen", "queue", "sensor-publisher", ""));
  EXPECT_EQ(kinds_of_problems(), Lines{});
}

TEST_F(JudgeTest, says_of_an_api_that_is_down_what_waits_and_not_that_it_waits_three_times) {
  all_up();
  say({.service = "sensor-http-bridge",
       .state = ServiceState::degraded,
       .reason = "circuit breaker open: refused",
       .details = R"("breaker":{"state":"open","reason":"refused"})"});
  queue("sensor-http-bridge", {.depth = 20'000, .high = 10'000, .pressure = true});
  queue("sensor-persistence", {.depth = 20'000, .high = 10'000, .limit = 1'000'000, .pressure = true});
  say({.service = "sensor-publisher", .details = R"("pace_ms":30000,"pressure":"sensor-http-bridge asks for it")"});
  EXPECT_EQ(kinds_of_problems(), Lines{"breaker_open kitchen/sensor-http-bridge"});
  EXPECT_EQ(judge().waiting, 20'000U);
}

TEST_F(JudgeTest, keeps_the_time_of_a_failure_through_all_attempts) {
  all_up();
  const std::string first = time_text(now.wall);
  for (const char* state : {"open", "half_open", "open"}) {
    say({.service = "sensor-http-bridge",
         .state = ServiceState::degraded,
         .details = fmt::format(R"("breaker":{{"state":"{}","reason":"x","since":"{}","failing_since":"{}"}})", state,
                                time_text(now.wall), first)});
    EXPECT_EQ(judge().problems.front().since, start) << state;
    pass(5s);
  }
}

TEST_F(JudgeTest, says_the_disk_and_the_clock_of_a_machine_once) {
  all_up();
  const std::string details = R"("disk":{"free_bytes":1,"size_bytes":100,"risk":"memory"},"clock":{"synced":false})";
  say({.service = "sensor-publisher", .details = details});
  say({.service = "sensor-persistence", .details = details});
  EXPECT_EQ(kinds_of_problems(),
            (Lines{"disk kitchen/sensor-persistence", "clock kitchen/", "disk_at_risk kitchen/sensor-persistence"}));
}

TEST_F(JudgeTest, has_a_problem_for_each_driver_that_fails) {
  all_up();
  const auto fails = [this](const std::string& reason) {
    say({.service = "sensor-publisher", .state = ServiceState::degraded, .reason = "drivers with errors: " + reason});
  };
  fails("bme280: no answer; see its cable; gpio: hangs");
  EXPECT_EQ(kinds_of_problems(), (Lines{"driver kitchen/bme280", "driver kitchen/gpio"}));
  EXPECT_FALSE(judge().leaves_open("driver", "kitchen", "onewire")) << "all are named";
  fails("bme280: no answer; and 2 more drivers");
  EXPECT_EQ(kinds_of_problems(), Lines{"driver kitchen/bme280"});
  EXPECT_TRUE(judge().leaves_open("driver", "kitchen", "gpio"));
  say({.service = "sensor-publisher", .state = ServiceState::degraded, .reason = "the outbox cannot be written"});
  EXPECT_EQ(kinds_of_problems(), Lines{"degraded kitchen/sensor-publisher"});
  EXPECT_TRUE(judge().leaves_open("driver", "kitchen", "bme280")) << "a status has one reason";
  say({.service = "sensor-publisher"});
  EXPECT_FALSE(judge().leaves_open("driver", "kitchen", "bme280"));
}

TEST_F(JudgeTest, names_each_sensor_that_falls_silent_also_where_its_driver_fails_already) {
  all_up();
  const auto fails = [this](const std::string& reason) {
    say({.service = "sensor-publisher", .state = ServiceState::degraded, .reason = reason});
  };
  fails("drivers with errors: onewire: a does not answer");
  silent({9, {sensor("a.t", "kitchen", "onewire")}, 0});
  EXPECT_EQ(kinds_of_problems(), Lines{"sensor_silent kitchen/a.t"});
  EXPECT_TRUE(judge().leaves_open("driver", "kitchen", "onewire")) << "it may have been told before";
  silent({9, {sensor("a.t", "kitchen", "onewire"), sensor("b.t", "kitchen", "onewire")}, 0});
  EXPECT_EQ(kinds_of_problems(), (Lines{"sensor_silent kitchen/a.t", "sensor_silent kitchen/b.t"}));
  fails("the outbox cannot be written");
  EXPECT_EQ(kinds_of_problems(),
            (Lines{"sensor_silent kitchen/a.t", "sensor_silent kitchen/b.t", "degraded kitchen/sensor-publisher"}));
}

TEST_F(JudgeTest, keeps_the_name_of_a_silent_sensor_when_others_of_its_device_come_and_go) {
  all_up();
  const Lines one{"sensor_silent kitchen/bme280.temperature"};
  silent({9, {sensor("bme280.temperature")}, 0});
  EXPECT_EQ(kinds_of_problems(), one);
  silent({9, {sensor("bme280.temperature"), sensor("bme280.humidity")}, 0});
  EXPECT_EQ(kinds_of_problems(), (Lines{"sensor_silent kitchen/bme280.humidity", one.front()}));
  silent({9, {sensor("bme280.temperature", "kitchen", "bme280")}, 0});
  EXPECT_EQ(kinds_of_problems(), one) << "its driver fails now";
}

TEST_F(JudgeTest, leaves_open_what_a_dead_service_may_still_have) {
  all_up();
  all_up("attic");
  const auto left_open = [this] {
    Lines open;
    const std::vector<LeftOut> asked{{"disk", "kitchen", "sensor-persistence"},
                                     {"dead_letters", "kitchen", "api"},
                                     {"gap", "attic", "sensor-persistence"},
                                     {"queue_grows", "attic", "sensor-publisher"},
                                     {"sensor_silent", "attic", "t"},
                                     {"sensor_silent", "kitchen", "t"},
                                     {"degraded", "kitchen", "sensor-http-bridge"},
                                     {"clock", "kitchen", ""}};
    for (const auto& [kind, node, object] : asked) {
      if (judge().leaves_open(kind, node, object)) open.push_back(kind + " " + node + "/" + object);
    }
    return open;
  };
  pass(3s);
  EXPECT_EQ(left_open(), Lines{});
  say({.service = "sensor-publisher", .state = ServiceState::down});
  EXPECT_EQ(left_open(), (Lines{"sensor_silent kitchen/t", "clock kitchen/"}));
  say({.service = "sensor-publisher"});
  say({.service = "sensor-http-bridge",
       .state = ServiceState::degraded,
       .reason = "circuit breaker open: refused",
       .details = R"("breaker":{"state":"open","reason":"refused"})"});
  EXPECT_EQ(left_open(), (Lines{"queue_grows attic/sensor-publisher", "degraded kitchen/sensor-http-bridge"}));
  say({.service = "sensor-http-bridge"});
  say({.service = "sensor-persistence", .state = ServiceState::down});
  EXPECT_EQ(left_open(), (Lines{"disk kitchen/sensor-persistence", "dead_letters kitchen/api",
                                "gap attic/sensor-persistence", "queue_grows attic/sensor-publisher",
                                "sensor_silent attic/t", "sensor_silent kitchen/t", "clock kitchen/"}));
  say({.service = "sensor-persistence"});
  EXPECT_EQ(left_open(), Lines{});
  for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"})
    say({.node = "attic", .service = service, .state = ServiceState::down});
  EXPECT_TRUE(judge().leaves_open("breaker_open", "attic", "sensor-http-bridge"));
  EXPECT_TRUE(judge().leaves_open("rule", "attic", "t")) << "nothing is known of a machine that is silent";
}

TEST_F(JudgeTest, gives_a_shared_disk_one_name_also_while_its_store_is_dead) {
  all_up();
  const std::string details = R"("disk":{"free_bytes":1,"size_bytes":100})";
  say({.service = "sensor-publisher", .details = details});
  say({.service = "sensor-persistence", .details = details});
  EXPECT_EQ(kinds_of_problems(), Lines{"disk kitchen/sensor-persistence"});
  EXPECT_TRUE(judge().leaves_open("disk", "kitchen", "sensor-publisher"));
  say({.service = "sensor-persistence", .state = ServiceState::down, .details = details});
  EXPECT_EQ(kinds_of_problems(), (Lines{"disk kitchen/sensor-persistence", "service_down kitchen/sensor-persistence"}));
}

TEST_F(JudgeTest, takes_a_last_will_that_was_retained_for_no_restart) {
  all_up();
  const Say dead{.service = "sensor-persistence", .state = ServiceState::down, .details = R"("last_will":true)"};
  say(dead);
  EXPECT_EQ(judge().problems.front().severity, Severity::warning) << "it came just now";
  say(dead, true);
  EXPECT_EQ(judge().problems.front().severity, Severity::critical) << "as for all who have looked for longer";
  say({.service = "sensor-persistence"});
  say({.node = "attic", .service = "sensor-publisher", .state = ServiceState::down, .details = R"("last_will":true)"},
      true);
  EXPECT_EQ(kinds_of_problems(), Lines{"machine_silent attic/"});
  EXPECT_EQ(judge().problems.front().severity, Severity::critical);
}

TEST_F(JudgeTest, says_nothing_of_sensors_whose_publisher_is_away) {
  all_up();
  silent({9, {sensor("t")}, 0});
  say({.service = "sensor-publisher", .state = ServiceState::down});
  EXPECT_EQ(kinds_of_problems(), Lines{"service_down kitchen/sensor-publisher"});
}

TEST_F(JudgeTest, says_that_a_store_cannot_store_also_while_much_waits_in_it) {
  all_up();
  queue("sensor-persistence", {.depth = 20'000, .high = 10'000, .limit = 1'000'000});
  say({.service = "sensor-persistence", .state = ServiceState::degraded, .reason = "cannot commit: disk full"});
  EXPECT_EQ(kinds_of_problems(), Lines{"degraded kitchen/sensor-persistence"});
  say({.service = "sensor-persistence"});
  queue("sensor-publisher", {.depth = 11, .high = 10, .limit = 1'000});
  say({.service = "sensor-publisher", .state = ServiceState::degraded, .reason = "the outbox is above its high mark"});
  EXPECT_EQ(kinds_of_problems(),
            (Lines{"queue_grows kitchen/sensor-persistence", "queue_grows kitchen/sensor-publisher"}));
}

TEST_F(JudgeTest, makes_a_store_that_cannot_store_critical_after_a_minute) {
  all_up();
  say({.service = "sensor-persistence", .state = ServiceState::degraded, .reason = "cannot commit: disk full"});
  EXPECT_EQ(judge().problems.front().severity, Severity::warning);
  const auto pass_and_say = [this](Millis time) {
    pass(time);
    say({.service = "sensor-publisher"});
    say({.service = "sensor-http-bridge"});
    say({.service = "sensor-persistence", .state = ServiceState::degraded, .reason = "cannot commit: disk full"});
  };
  pass_and_say(29s);
  pass_and_say(29s);
  EXPECT_EQ(judge().problems.front().severity, Severity::warning);
  pass_and_say(2s);
  EXPECT_EQ(kinds_of_problems(), Lines{"degraded kitchen/sensor-persistence"});
  EXPECT_EQ(judge().problems.front().severity, Severity::critical);
}

TEST_F(JudgeTest, puts_the_worst_first_and_then_the_oldest) {
  all_up();
  silent({9, {{"kitchen", "young", now.wall - 1min, 10s}, {"kitchen", "old", now.wall - 1h, 10s}}, 0});
  say({.service = "sensor-publisher", .details = R"("clock":{"synced":false})"});
  queue("sensor-persistence", {.depth = 95, .high = 10, .limit = 100});
  EXPECT_EQ(kinds_of_problems(), (Lines{"queue_full kitchen/sensor-persistence", "sensor_silent kitchen/old",
                                        "sensor_silent kitchen/young", "clock kitchen/"}));
}

TEST_F(JudgeTest, names_no_more_problems_than_there_is_room_for_and_counts_the_others) {
  all_up();
  SilentReport report{1'000, {}, 500};
  for (int i = 0; i < 400; ++i) report.silent.push_back(sensor(fmt::format("s{}", i)));
  silent(report);
  Verdict verdict = judge();
  EXPECT_EQ(verdict.problems.size(), PipelineWatch::max_silent + 1) << "with the line for those that are not named";
  EXPECT_EQ(verdict.more, 0U);
  EXPECT_EQ(verdict.headline, "900 of 1,000 sensors are silent; all else is well");
  all_up("loft");
  for (SilentSensor& sensor : report.silent) sensor.node = "loft";
  silent(report, "sensor-publisher", "loft");
  verdict = judge();
  EXPECT_EQ(verdict.problems.size(), PipelineWatch::max_problems);
  EXPECT_EQ(verdict.more, 2U);
}

TEST_F(JudgeTest, leaves_room_for_what_is_new_elsewhere_beside_a_machine_whose_sensors_are_all_silent) {
  all_up();
  all_up("loft");
  SilentReport flood{2'000, {}, 0};
  for (int i = 0; i < 2'000; ++i) flood.silent.push_back(sensor(fmt::format("s{}", i)));
  silent(flood);
  SilentReport late{1, {sensor("b.t")}, 0};
  late.silent.front().node = "loft";
  late.silent.front().since = now.wall;
  silent(late, "sensor-publisher", "loft");
  const Verdict verdict = judge();
  const auto is_late = [](const Problem& problem) { return problem.node == "loft" && problem.object == "b.t"; };
  EXPECT_TRUE(std::any_of(verdict.problems.begin(), verdict.problems.end(), is_late));
  EXPECT_EQ(verdict.more, 0U);
}

TEST_F(JudgeTest, knows_the_newest_reading_from_what_passes_and_from_the_store) {
  all_up();
  EXPECT_FALSE(judge().newest.has_value());
  say({.service = "sensor-persistence", .details = R"("newest":")" + time_text(start - 3s) + '"'});
  EXPECT_EQ(judge().newest, start - 3s);
  hear("kitchen", "reading", "t", "{}", true);
  EXPECT_EQ(judge().newest, start - 3s) << "one that was retained is of no known age";
  hear("kitchen", "reading", "t", "{}");
  EXPECT_EQ(judge().newest, start);
}

TEST_F(JudgeTest, says_that_a_store_does_not_answer_who_was_asked) {
  all_up();
  watch.stores_are_silent({"kitchen"});
  EXPECT_EQ(kinds_of_problems(), Lines{"service_silent kitchen/sensor-persistence"});
  say({.service = "sensor-persistence", .state = ServiceState::down});
  EXPECT_EQ(kinds_of_problems(), Lines{"service_down kitchen/sensor-persistence"});
}

TEST_F(JudgeTest, becomes_json_that_any_parser_reads) {
  all_up();
  hear("kitchen", "reading", "t", "{}");
  silent({56, {}, 0});
  EXPECT_EQ(nlohmann::json::parse(verdict_json(judge(), now.wall)).dump(),
            R"({"headline":"All is well: 56 sensors, the newest now, everything delivered","more":0,"newest":")" +
                time_text(start) + R"(","ok":true,"problems":[],"sensors":56,"time":")" + time_text(start) +
                R"(","waiting":0})");
  say({.service = "sensor-publisher", .state = ServiceState::degraded, .reason = "a \"quote\""});
  const auto json = nlohmann::json::parse(verdict_json(judge(), now.wall));
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["problems"].at(0)["what"], "sensor-publisher: a \"quote\"");
  EXPECT_EQ(json["problems"].at(0)["severity"], "warning");
  EXPECT_EQ(json["problems"].at(0)["since"], time_text(start));
}

TEST_F(JudgeTest, says_the_same_until_something_else_is_so) {
  all_up();
  hear("kitchen", "reading", "t", "{}");
  const Verdict before = judge();
  pass(5s);
  EXPECT_NE(judge().headline, before.headline) << "the newest reading is older";
  EXPECT_TRUE(says_the_same(judge(), before));
  say({.service = "sensor-publisher", .state = ServiceState::degraded, .reason = "a"});
  EXPECT_FALSE(says_the_same(judge(), before));
}

}  // namespace
}  // namespace sensors::verdict
