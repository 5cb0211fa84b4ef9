// What the doctor says of broker and services: each check with its fault.
#include <gtest/gtest.h>

#include <algorithm>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensorctl/doctor/healthy_facts.hpp"

namespace sensors::doctor {
namespace {

ServiceReport& report_of(Facts& facts, const std::string& name) { return **service_of(facts, name).status; }

void lose_broker(Facts& facts, ErrorCode code) { facts.broker = Result<BrokerFacts>(fail(code, "127.0.0.1:11883")); }

/// What is said of all that is not ok.
Lines said(const Facts& facts) {
  Lines texts;
  for (const Finding& finding : check_pipeline(facts)) {
    if (finding.severity != Severity::ok) texts.push_back(finding.what);
  }
  return texts;
}

TEST(DoctorBroker, is_restarted_when_its_unit_runs_and_nobody_answers) {
  Facts facts = healthy_facts();
  lose_broker(facts, ErrorCode::timeout);
  const Lines restart{"critical broker MQTT broker [restart sensor-broker.service]", "unknown status services"};
  const Lines leave{"critical broker MQTT broker", "unknown status services"};
  EXPECT_EQ(complaints(facts), restart);
  lose_broker(facts, ErrorCode::refused);
  EXPECT_EQ(complaints(facts), restart);
  unit_of(facts, "sensor-broker").state.active_since_us = uptime_us - 30 * second_us;
  EXPECT_EQ(complaints(facts), leave) << "it has only just been started";
}

TEST(DoctorBroker, elsewhere_is_not_ours_to_restart) {
  Facts facts = healthy_facts();
  facts.broker_is_local = false;
  lose_broker(facts, ErrorCode::timeout);
  EXPECT_EQ(complaints(facts), (Lines{"critical broker MQTT broker", "unknown status services"}));
}

TEST(DoctorBroker, that_knows_another_password_is_not_restarted) {
  Facts facts = healthy_facts();
  lose_broker(facts, ErrorCode::rejected);
  EXPECT_EQ(complaints(facts), (Lines{"critical broker MQTT broker", "unknown status services"}));
}

TEST(DoctorBroker, is_unknown_when_the_password_may_not_be_read) {
  Facts facts = healthy_facts();
  lose_broker(facts, ErrorCode::permission);
  EXPECT_EQ(complaints(facts), (Lines{"unknown broker MQTT broker", "unknown status services"}));
}

TEST(DoctorBridges, with_a_name_are_looked_at_and_restarted_as_the_units_that_they_are) {
  Facts facts = healthy_facts();
  facts.machine.units->push_back(healthy_unit("sensor-http-bridge@weather"));
  facts.broker->services.push_back(healthy_service("sensor-http-bridge-weather"));
  EXPECT_EQ(complaints(facts), Lines{});
  report_of(facts, "sensor-http-bridge-weather").breaker = BreakerReport{"open", "timeout", noon, std::nullopt, false};
  const Findings findings = check_pipeline(facts);
  const auto breaker = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.check == "breaker" && finding.severity != Severity::ok;
  });
  ASSERT_NE(breaker, findings.end());
  EXPECT_EQ(breaker->object, "sensor-http-bridge-weather");
  EXPECT_NE(breaker->advice.find("/etc/sensor-project/sensor-http-bridge@weather.toml"), std::string::npos)
      << breaker->advice;
  service_of(facts, "sensor-http-bridge-weather").is_fresh = false;
  EXPECT_EQ(complaints(facts),
            Lines{"critical status sensor-http-bridge-weather [restart sensor-http-bridge@weather.service]"});
}

TEST(DoctorAccess, misses_each_rule_and_lets_harmless_ones_be_added) {
  Facts facts = healthy_facts();
  facts.acl->added = {{"dashboard", "topic", "read", "sensors/#"}};
  EXPECT_EQ(complaints(facts), Lines{});
  facts.acl->missing = {{"sensor-publisher", "topic", "write", "sensors/+/reading/+"}};
  EXPECT_EQ(complaints(facts), Lines{"critical access /etc/sensor-project/acl"});
  facts.acl = Result<AclDifference>(fail(ErrorCode::permission, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown access /etc/sensor-project/acl"});
}

TEST(DoctorAccess, finds_a_rule_that_lets_others_forge_a_watermark) {
  Facts facts = healthy_facts();
  facts.acl->added = {{"dashboard", "topic", "readwrite", "sensors/#"}};
  EXPECT_EQ(complaints(facts), Lines{"critical access /etc/sensor-project/acl"});
}

TEST(DoctorStatus, of_a_service_that_runs_and_says_nothing_is_mended_by_a_restart) {
  Facts facts = healthy_facts();
  const Lines restart{"critical status sensor-persistence [restart sensor-persistence.service]"};
  service_of(facts, "sensor-persistence").is_fresh = false;
  EXPECT_EQ(complaints(facts), restart);
  service_of(facts, "sensor-persistence").status.reset();
  EXPECT_EQ(complaints(facts), restart);
  unit_of(facts, "sensor-persistence").state.active_since_us = uptime_us - 5 * second_us;
  EXPECT_EQ(complaints(facts), Lines{"critical status sensor-persistence"}) << "it has only just been started";
}

TEST(DoctorStatus, of_a_stopped_service_is_not_said_twice) {
  Facts facts = healthy_facts();
  service_of(facts, "sensor-persistence").is_fresh = false;
  unit_of(facts, "sensor-persistence").state.active_state = "inactive";
  EXPECT_EQ(complaints(facts), Lines{"critical unit sensor-persistence.service [restart sensor-persistence.service]"});
}

TEST(DoctorStatus, is_as_bad_as_the_service_says) {
  Facts facts = healthy_facts();
  report_of(facts, "sensor-persistence").state = ServiceState::degraded;
  EXPECT_EQ(complaints(facts), Lines{"warning status sensor-persistence"});
  report_of(facts, "sensor-persistence").state = ServiceState::down;
  EXPECT_EQ(complaints(facts), Lines{"critical status sensor-persistence"});
}

TEST(DoctorStatus, says_its_age_and_its_reason) {
  Facts facts = healthy_facts();
  service_of(facts, "sensor-persistence").status_age = Millis{7'000};
  report_of(facts, "sensor-persistence").state = ServiceState::degraded;
  report_of(facts, "sensor-persistence").reason = "disk full";
  EXPECT_EQ(said(facts), Lines{"sensor-persistence: disk full; degraded for 1 h, said 7 s ago"});
}

TEST(DoctorStatus, that_cannot_be_read_is_a_warning) {
  Facts facts = healthy_facts();
  service_of(facts, "sensor-persistence").status = Result<ServiceReport>(fail(ErrorCode::malformed, "no JSON"));
  EXPECT_EQ(complaints(facts), Lines{"warning status sensor-persistence"});
}

TEST(DoctorQueue, warns_above_the_high_mark_and_under_pressure_and_is_critical_near_the_limit) {
  Facts facts = healthy_facts();
  QueueDepth& queue = service_of(facts, "sensor-persistence").queue.back().queue;
  queue.depth = 10'000;
  EXPECT_EQ(complaints(facts), Lines{});
  queue.depth = 10'001;
  EXPECT_EQ(complaints(facts), Lines{"warning queue sensor-persistence"});
  queue.depth = 900'000;
  EXPECT_EQ(complaints(facts), Lines{"critical queue sensor-persistence"});
  queue.depth = 6'000;
  queue.pressure = true;
  EXPECT_EQ(complaints(facts), Lines{"warning queue sensor-persistence"});
}

TEST(DoctorQueue, says_where_it_is_going) {
  Facts facts = healthy_facts();
  ServiceFacts& service = service_of(facts, "sensor-persistence");
  service.queue = {{Millis{0}, {.depth = 30'000, .high = 10'000}}, {Millis{10'000}, {.depth = 20'000, .high = 10'000}}};
  EXPECT_EQ(said(facts),
            Lines{"20,000 readings wait at sensor-persistence, more than 10,000: sensors are read more slowly; "
                  "shrinking by 1000.0 a second"});
  service.queue.pop_back();
  EXPECT_EQ(complaints(facts), Lines{"warning queue sensor-persistence"});
}

TEST(Doctor, names_the_commands_that_show_what_queues_and_breakers_wait_for) {
  Facts facts = healthy_facts();
  for (const char* name : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"}) {
    service_of(facts, name).queue.back().queue.depth = 900'000;
    if (report_of(facts, name).breaker.has_value())
      report_of(facts, name).breaker = BreakerReport{"open", "timeout", noon, std::nullopt, false};
  }
  int advices = 0;
  for (const Finding& finding : check_pipeline(facts)) {
    if (finding.check != "queue" && finding.check != "breaker") continue;
    if (finding.severity == Severity::ok) continue;
    ++advices;
    EXPECT_NE(finding.advice.find("journalctl -u sensor-"), std::string::npos) << finding.advice;
  }
  EXPECT_EQ(advices, 5);
}

TEST(DoctorQueue, is_unknown_when_it_was_never_published) {
  Facts facts = healthy_facts();
  service_of(facts, "sensor-persistence").queue.clear();
  EXPECT_EQ(complaints(facts), Lines{"unknown queue sensor-persistence"});
}

TEST(DoctorBreaker, that_is_open_too_long_is_critical) {
  Facts facts = healthy_facts();
  report_of(facts, "sensor-http-bridge").breaker =
      BreakerReport{"open", "timeout", noon - std::chrono::minutes{14}, std::nullopt, false};
  EXPECT_EQ(complaints(facts), Lines{"warning breaker sensor-http-bridge"});
  report_of(facts, "sensor-http-bridge").breaker->since = noon - std::chrono::minutes{15};
  EXPECT_EQ(complaints(facts), Lines{"critical breaker sensor-http-bridge"});
}

TEST(DoctorBreaker, that_an_operator_isolated_is_a_warning_for_as_long_as_it_lasts) {
  Facts facts = healthy_facts();
  report_of(facts, "sensor-http-bridge").breaker =
      BreakerReport{"open", "isolated", noon - std::chrono::hours{5}, std::nullopt, true};
  EXPECT_EQ(complaints(facts), Lines{"warning breaker sensor-http-bridge"});
}

TEST(DoctorDeadLetters, are_a_warning) {
  Facts facts = healthy_facts();
  report_of(facts, "sensor-persistence").dead_letters = 0;
  EXPECT_EQ(complaints(facts), Lines{});
  report_of(facts, "sensor-persistence").dead_letters = 1;
  EXPECT_EQ(complaints(facts), Lines{"warning dead-letters sensor-persistence"});
  report_of(facts, "sensor-persistence").destinations = {{"api", {0, 0}}, {"old", {{}, 1}}};
  EXPECT_EQ(complaints(facts), Lines{"warning dead-letters sensor-persistence"});
  report_of(facts, "sensor-persistence").dead_letters = 3;
  EXPECT_EQ(complaints(facts),
            (Lines{"warning dead-letters sensor-persistence", "warning dead-letters sensor-persistence"}))
      << "those of a destination that is gone are another matter";
}

TEST(DoctorDestinations, warns_of_one_that_was_delivered_to_and_has_no_url_any_more) {
  Facts facts = healthy_facts();
  report_of(facts, "sensor-persistence").destinations = {{"api", {0, 0, true}}, {"never", {0, 0, false}}};
  EXPECT_EQ(complaints(facts), Lines{"warning destination sensor-persistence"});
}

TEST(DoctorGaps, of_the_last_day_are_a_warning_in_the_words_of_the_verdict) {
  Facts facts = healthy_facts();
  report_of(facts, "sensor-persistence").gaps = GapsReport{"attic", "outbox_full", 5, noon, noon};
  EXPECT_EQ(complaints(facts), Lines{"warning gaps sensor-persistence"});
  EXPECT_EQ(said(facts), Lines{"5 readings were dropped: the publisher's outbox was full"});
}

TEST(DoctorPace, warns_while_sensors_are_read_more_slowly) {
  Facts facts = healthy_facts();
  report_of(facts, "sensor-publisher").pressure = "outbox";
  EXPECT_EQ(complaints(facts), Lines{"warning pace sensor-publisher"});
}

}  // namespace
}  // namespace sensors::doctor
