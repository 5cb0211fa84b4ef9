// What the doctor says of units: each check with its fault, and healthy_facts() as the other way.
#include <gtest/gtest.h>

#include "tests/unit/services/sensorctl/doctor/healthy_facts.hpp"

namespace sensors::doctor {
namespace {

TEST(Doctor, finds_nothing_on_a_healthy_machine) {
  EXPECT_EQ(complaints(healthy_facts()), Lines{});
  EXPECT_EQ(worst(check_all(healthy_facts())), Severity::ok);
}

TEST(Doctor, gives_advice_with_each_complaint_and_names_what_it_looked_at) {
  Facts facts = healthy_facts();
  unit_of(facts, "sensor-publisher").state.active_state = "failed";
  facts.default_route = false;
  for (const Finding& finding : check_all(facts)) {
    EXPECT_FALSE(finding.what.empty());
    EXPECT_FALSE(finding.object.empty());
    EXPECT_EQ(finding.advice.empty(), finding.severity == Severity::ok) << finding.what;
  }
}

TEST(DoctorUnits, is_unknown_without_systemd) {
  Facts facts = healthy_facts();
  facts.machine.units = Result<std::vector<UnitFacts>>(fail(ErrorCode::not_found, "no systemd here"));
  EXPECT_EQ(complaints(facts), Lines{"unknown unit sensor-*.service"});
}

TEST(DoctorUnits, wants_a_unit_restarted_that_is_stopped_while_its_target_runs) {
  Facts facts = healthy_facts();
  unit_of(facts, "sensor-publisher").state.active_state = "inactive";
  EXPECT_EQ(complaints(facts), Lines{"critical unit sensor-publisher.service [restart sensor-publisher.service]"});
}

TEST(DoctorUnits, leaves_a_unit_alone_that_was_stopped_with_its_target) {
  Facts facts = healthy_facts();
  facts.machine.target->active_state = "inactive";
  unit_of(facts, "sensor-publisher").state.active_state = "inactive";
  EXPECT_EQ(complaints(facts), (Lines{"critical unit sensor-project.target", "warning unit sensor-publisher.service"}));
}

TEST(DoctorUnits, takes_a_disabled_unit_for_one_that_its_owner_does_without) {
  Facts facts = healthy_facts();
  UnitState& bridge = unit_of(facts, "sensor-http-bridge").state;
  bridge.active_state = "inactive";
  bridge.file_state = "disabled";
  EXPECT_EQ(complaints(facts), Lines{});
}

TEST(DoctorUnits, does_not_restart_on_a_mistake_in_the_configuration) {
  Facts facts = healthy_facts();
  UnitState& bridge = unit_of(facts, "sensor-http-bridge").state;
  bridge.active_state = "failed";
  bridge.result = "exit-code";
  bridge.exit_status = 78;
  EXPECT_EQ(complaints(facts), Lines{"critical unit sensor-http-bridge.service"});
}

TEST(DoctorUnits, says_that_another_process_has_the_files_and_tries_again) {
  Facts facts = healthy_facts();
  UnitState& bridge = unit_of(facts, "sensor-http-bridge").state;
  bridge.active_state = "failed";
  bridge.result = "exit-code";
  bridge.exit_status = 69;
  EXPECT_EQ(complaints(facts), Lines{"critical unit sensor-http-bridge.service [restart sensor-http-bridge.service]"});
  for (const Finding& finding : check_all(facts)) {
    if (finding.severity == Severity::critical) {
      EXPECT_EQ(finding.what, "did not start: another process has its files");
    }
  }
}

TEST(DoctorUnits, looks_at_a_disabled_unit_that_runs_and_leaves_it_alone) {
  Facts facts = healthy_facts();
  for (const char* service : {"sensor-broker", "sensor-http-bridge"})
    unit_of(facts, service).state.file_state = "disabled";
  unit_of(facts, "sensor-broker").process = 'T';
  unit_of(facts, "sensor-http-bridge").files = OpenFiles{4'096, 4'096};
  unit_of(facts, "sensor-http-bridge").state.pinged_at_us = uptime_us - 46 * second_us;
  service_of(facts, "sensor-http-bridge").is_fresh = false;
  EXPECT_EQ(complaints(facts),
            (Lines{"critical process sensor-broker.service", "critical watchdog sensor-http-bridge.service",
                   "critical files sensor-http-bridge.service", "critical status sensor-http-bridge"}));
  facts.broker = Result<BrokerFacts>(fail(ErrorCode::timeout, "127.0.0.1:11883"));
  EXPECT_EQ(complaints(facts)[3], "critical broker MQTT broker");
}

TEST(DoctorUnits, says_that_a_unit_is_not_installed) {
  Facts facts = healthy_facts();
  UnitState& bridge = unit_of(facts, "sensor-http-bridge").state;
  bridge.load_state = "not-found";
  bridge.active_state = "inactive";
  EXPECT_EQ(complaints(facts), Lines{"critical unit sensor-http-bridge.service"});
}

TEST(DoctorUnits, tells_a_unit_that_starts_from_one_that_starts_again_and_again) {
  Facts facts = healthy_facts();
  UnitState& unit = unit_of(facts, "sensor-persistence").state;
  unit.active_state = "activating";
  EXPECT_EQ(complaints(facts), Lines{"warning unit sensor-persistence.service"});
  unit.restarts = 3;
  EXPECT_EQ(complaints(facts), Lines{"critical unit sensor-persistence.service"});
  unit.active_state = "active";
  unit.active_since_us = uptime_us - 60 * second_us;
  EXPECT_EQ(complaints(facts), Lines{"critical unit sensor-persistence.service"});
  unit.active_since_us = uptime_us - 601 * second_us;
  EXPECT_EQ(complaints(facts), Lines{});
}

TEST(DoctorProcess, leaves_a_stopped_service_to_its_watchdog_and_restarts_a_stopped_broker) {
  Facts facts = healthy_facts();
  unit_of(facts, "sensor-publisher").process = 'T';
  unit_of(facts, "sensor-broker").process = 'T';
  EXPECT_EQ(complaints(facts), (Lines{"critical process sensor-broker.service [restart sensor-broker.service]",
                                      "critical process sensor-publisher.service"}));
}

TEST(DoctorProcess, warns_of_one_that_waits_in_the_kernel) {
  Facts facts = healthy_facts();
  unit_of(facts, "sensor-persistence").process = 'D';
  EXPECT_EQ(complaints(facts), Lines{"warning process sensor-persistence.service"});
}

TEST(DoctorWatchdog, warns_when_a_ping_is_late_and_restarts_only_when_systemd_did_not) {
  Facts facts = healthy_facts();
  UnitState& unit = unit_of(facts, "sensor-publisher").state;
  unit.pinged_at_us = uptime_us - 22 * second_us;
  EXPECT_EQ(complaints(facts), Lines{});
  unit.pinged_at_us = uptime_us - 24 * second_us;
  EXPECT_EQ(complaints(facts), Lines{"warning watchdog sensor-publisher.service"});
  unit.pinged_at_us = uptime_us - 46 * second_us;
  EXPECT_EQ(complaints(facts), Lines{"critical watchdog sensor-publisher.service [restart sensor-publisher.service]"});
}

TEST(DoctorWatchdog, misses_it_on_a_service_and_not_on_the_broker) {
  Facts facts = healthy_facts();
  unit_of(facts, "sensor-publisher").state.watchdog_us = UnitState::no_limit;
  EXPECT_EQ(complaints(facts), Lines{"warning watchdog sensor-publisher.service"});
}

TEST(DoctorLimits, compares_each_with_what_the_kernel_has) {
  Facts facts = healthy_facts();
  UnitFacts& unit = unit_of(facts, "sensor-publisher");
  const Lines warned{"warning limits sensor-publisher.service"};
  unit.limits->memory_max = 255ULL << 20;
  EXPECT_EQ(complaints(facts), warned);
  unit.limits->memory_max = (256ULL << 20) - 4'096;  // the kernel counts in pages
  EXPECT_EQ(complaints(facts), Lines{});
  unit.limits->tasks_max.reset();
  EXPECT_EQ(complaints(facts), warned);
  unit.limits->tasks_max = 100;
  unit.limits->cpu_us_per_s = 2'000'000;
  EXPECT_EQ(complaints(facts), warned);
  unit.limits = Result<LimitsInForce>(fail(ErrorCode::permission, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown limits sensor-publisher.service"});
}

/// What is said of the publisher's limits, with all else well.
std::string said_of_limits(const Facts& facts) {
  for (const Finding& finding : check_units(facts)) {
    if (finding.check == "limits" && finding.object == "sensor-publisher.service" && finding.severity != Severity::ok)
      return finding.what;
  }
  return "";
}

TEST(DoctorLimits, compares_weights_swap_and_descriptors_as_well) {
  Facts facts = healthy_facts();
  UnitFacts& unit = unit_of(facts, "sensor-publisher");
  const UnitFacts healthy = unit;
  unit.limits->memory_high = UnitState::no_limit;
  EXPECT_EQ(said_of_limits(facts), "MemoryHigh is infinity instead of 234881024");
  unit = healthy;
  unit.limits->swap_max = UnitState::no_limit;
  EXPECT_EQ(said_of_limits(facts), "MemorySwapMax is infinity instead of 0");
  unit = healthy;
  unit.limits->cpu_weight = 100;
  unit.limits->io_weight = 100;
  EXPECT_EQ(said_of_limits(facts), "CPUWeight is 100 instead of 25; IOWeight is 100 instead of 200");
  unit = healthy;
  unit.files->limit = 1'024;
  EXPECT_EQ(said_of_limits(facts), "LimitNOFILE is 1024 instead of 4096");
}

TEST(DoctorLimits, says_nothing_of_what_the_kernel_does_not_show_or_the_unit_does_not_ask) {
  Facts facts = healthy_facts();
  UnitFacts& unit = unit_of(facts, "sensor-publisher");
  unit.limits->memory_high = unit.limits->swap_max = unit.limits->cpu_weight = unit.limits->io_weight = std::nullopt;
  EXPECT_EQ(said_of_limits(facts), "") << "version 1 of control groups";
  unit.limits->memory_high = unit.limits->swap_max = UnitState::no_limit;
  unit.limits->cpu_weight = unit.limits->io_weight = 100;
  unit.state.memory_high = unit.state.swap_max = UnitState::no_limit;
  unit.state.cpu_weight = unit.state.io_weight = UnitState::no_limit;
  EXPECT_EQ(said_of_limits(facts), "");
}

TEST(DoctorOom, is_compared_with_what_the_unit_asks) {
  Facts facts = healthy_facts();
  UnitFacts& unit = unit_of(facts, "sensor-publisher");
  unit.oom_score_adjust = 0;
  EXPECT_EQ(complaints(facts), Lines{"warning oom sensor-publisher.service"});
  unit.oom_score_adjust = Result<std::int64_t>(fail(ErrorCode::not_found, "it has just ended"));
  EXPECT_EQ(complaints(facts), Lines{"unknown oom sensor-publisher.service"});
}

TEST(DoctorLimits, warns_when_a_unit_asks_for_none) {
  Facts facts = healthy_facts();
  unit_of(facts, "sensor-publisher").state.memory_max = UnitState::no_limit;
  EXPECT_EQ(complaints(facts), Lines{"warning limits sensor-publisher.service"});
}

TEST(DoctorLimits, prints_the_line_to_add_when_the_memory_cgroup_is_off) {
  Facts facts = healthy_facts();
  facts.machine.memory_cgroup = false;
  unit_of(facts, "sensor-publisher").limits->memory_max.reset();
  EXPECT_EQ(complaints(facts), Lines{"warning limits memory cgroup"}) << "said once, not for each unit";
  const Findings findings = check_units(facts);
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.object == "memory cgroup"; });
  ASSERT_NE(found, findings.end());
  EXPECT_EQ(found->severity, Severity::warning);
  EXPECT_NE(found->advice.find("cgroup_enable=memory cgroup_memory=1"), std::string::npos);
  EXPECT_NE(found->advice.find("/boot/firmware/cmdline.txt"), std::string::npos);
}

TEST(DoctorFiles, warns_near_the_limit_and_restarts_at_it) {
  Facts facts = healthy_facts();
  UnitFacts& unit = unit_of(facts, "sensor-publisher");
  unit.files = OpenFiles{3'200, 4'096};
  EXPECT_EQ(complaints(facts), Lines{});
  unit.files = OpenFiles{3'300, 4'096};
  EXPECT_EQ(complaints(facts), Lines{"warning files sensor-publisher.service"});
  unit.files = OpenFiles{4'000, 4'096};
  EXPECT_EQ(complaints(facts), Lines{"critical files sensor-publisher.service [restart sensor-publisher.service]"});
  unit.files = Result<OpenFiles>(fail(ErrorCode::permission, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown files sensor-publisher.service"});
}

}  // namespace
}  // namespace sensors::doctor
