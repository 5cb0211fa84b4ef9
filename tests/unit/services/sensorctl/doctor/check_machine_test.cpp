// What the doctor says of the machine: each check with its fault.
#include <gtest/gtest.h>

#include "services/sensorctl/doctor/certificates.hpp"
#include "tests/unit/services/sensorctl/doctor/healthy_facts.hpp"

namespace sensors::doctor {
namespace {

constexpr std::uint64_t mib = 1 << 20;

TEST(DoctorDisk, is_short_or_full_by_share_and_by_bytes) {
  Facts facts = healthy_facts();
  DiskSpace& space = *facts.disks[0].space;
  space.free_bytes = 1'000 * mib;  // 3 % of 32 GiB
  EXPECT_EQ(complaints(facts), Lines{"warning disk /"});
  space.free_bytes = 60 * mib;
  EXPECT_EQ(complaints(facts), Lines{"critical disk /"});
  space = {100 * mib, 40 * mib, 1};  // small, and far from full
  EXPECT_EQ(complaints(facts), Lines{});
  space = {100 * mib, mib, 1};
  EXPECT_EQ(complaints(facts), Lines{"critical disk /"});
  space = {32'768 * mib, 20'000 * mib, 0.04};
  EXPECT_EQ(complaints(facts), Lines{"warning disk /"}) << "no inodes";
}

TEST(DoctorDisk, that_is_read_only_is_critical_and_nothing_that_a_restart_would_mend) {
  Facts facts = healthy_facts();
  facts.disks[0].is_read_only = true;
  EXPECT_EQ(complaints(facts), Lines{"critical mount /"});
}

TEST(DoctorDisk, that_does_not_keep_what_is_synced_is_said_with_what_to_do) {
  Facts facts = healthy_facts();
  facts.disks[1].risk = std::string("is in memory (tmpfs)");
  EXPECT_EQ(complaints(facts), Lines{"warning storage /var/lib"});
  facts.disks[1].risk = Result<std::string>(fail(ErrorCode::io, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown storage /var/lib"});
}

TEST(DoctorDisk, that_cannot_be_asked_is_unknown) {
  Facts facts = healthy_facts();
  facts.disks[0].is_read_only = Result<bool>(fail(ErrorCode::io, "no"));
  facts.disks[0].space = Result<DiskSpace>(fail(ErrorCode::io, "no"));
  EXPECT_EQ(complaints(facts), (Lines{"unknown mount /", "unknown disk /"}));
}

/// A certificate that ends `left` from now, and of several in its file the last `later`.
CertificateFacts certificate(bool is_authority, Millis left, Millis later) {
  const WallTime now = healthy_facts().now;
  return {{"/etc/hub.pem", "the bridge shows it to its clients", "sensor-http-bridge", is_authority},
          CertificateEnds{now + left, now + later}};
}

TEST(DoctorCertificate, is_said_14_days_before_its_end_and_critical_from_then_on) {
  constexpr std::chrono::days day{1};
  Facts facts = healthy_facts();
  facts.certificates = {certificate(false, 14 * day, 90 * day)};
  EXPECT_EQ(complaints(facts), Lines{});
  facts.certificates = {certificate(false, 14 * day - Millis{1}, 90 * day)};
  EXPECT_EQ(complaints(facts), Lines{"warning certificate /etc/hub.pem"});
  facts.certificates = {certificate(false, Millis{0}, 90 * day)};
  EXPECT_EQ(complaints(facts), Lines{"critical certificate /etc/hub.pem"}) << "one of a chain is enough";
  facts.certificates = {certificate(true, Millis{0}, 90 * day)};
  EXPECT_EQ(complaints(facts), Lines{}) << "of several authorities one is enough";
  facts.certificates[0].ends = Result<CertificateEnds>(fail(ErrorCode::not_found, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown certificate /etc/hub.pem"});
}

TEST(DoctorCertificate, is_named_with_its_date_and_what_to_do) {
  Facts facts = healthy_facts();
  facts.now = WallTime{std::chrono::seconds{1'768'478'401}};
  facts.certificates = {{{"/etc/hub.pem", "the broker shows it to its clients", "sensor-broker"},
                         CertificateEnds{WallTime{std::chrono::seconds{1'768'478'400}}, {}}}};
  for (const Finding& finding : check_machine(facts)) {
    if (finding.check != "certificate") continue;
    EXPECT_EQ(finding.what, "ended on 2026-01-15; the broker shows it to its clients");
    EXPECT_EQ(finding.advice, "renew it, then systemctl reload sensor-broker");
    return;
  }
  FAIL() << "nothing was said of the certificate";
}

TEST(DoctorCertificate, of_the_broker_is_found_in_its_configuration) {
  const std::vector<CertificateFile> files = certificates_of_broker(
      "listener 8883\n# certfile /no\ncertfile /etc/broker.pem \r\nkeyfile "
      "/etc/broker.key\ncafile\t/etc/ca.pem\ncertfile");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "/etc/broker.pem");
  EXPECT_FALSE(files[0].is_authority);
  EXPECT_EQ(files[1].path, "/etc/ca.pem");
  EXPECT_TRUE(files[1].is_authority);
}

TEST(DoctorDatabase, that_is_damaged_is_salvaged_by_a_restart_of_its_service) {
  Facts facts = healthy_facts();
  facts.databases[0].check = Result<void>(fail(ErrorCode::corrupt, "page 7"));
  EXPECT_EQ(complaints(facts), Lines{"critical database /var/lib/store.db [restart sensor-persistence.service]"});
}

/// Each way in which an owner keeps the doctor from a unit.
const std::vector<std::pair<const char*, void (*)(Facts&, UnitState&)>>& hands_off() {
  static const std::vector<std::pair<const char*, void (*)(Facts&, UnitState&)>> ways{
      {"disabled", [](Facts&, UnitState& unit) { unit.file_state = "disabled"; }},
      {"masked", [](Facts&, UnitState& unit) { unit.load_state = unit.file_state = "masked"; }},
      {"stopped with its target", [](Facts& facts, UnitState&) { facts.machine.target->active_state = "inactive"; }},
      {"ended with exit code 78",
       [](Facts&, UnitState& unit) {
         unit.active_state = "failed";
         unit.result = "exit-code";
         unit.exit_status = 78;
       }},
  };
  return ways;
}

std::vector<Remedy> remedies(const Facts& facts) {
  std::vector<Remedy> found;
  for (const Finding& finding : check_all(facts)) {
    if (finding.remedy.has_value()) found.push_back(*finding.remedy);
  }
  return found;
}

TEST(DoctorDatabase, that_is_damaged_is_no_reason_to_touch_a_unit_that_its_owner_keeps_down) {
  for (const auto& [name, keep_down] : hands_off()) {
    Facts facts = healthy_facts();
    facts.databases[0].check = Result<void>(fail(ErrorCode::corrupt, "page 7"));
    UnitState& unit = unit_of(facts, "sensor-persistence").state;
    unit.active_state = "inactive";
    keep_down(facts, unit);
    EXPECT_TRUE(remedies(facts).empty()) << name;
    EXPECT_EQ(worst(check_machine(facts)), Severity::critical) << name << ": it is damaged all the same";
  }
}

TEST(DoctorReserve, stays_when_the_owner_keeps_its_service_down) {
  for (const auto& [name, keep_down] : hands_off()) {
    Facts facts = healthy_facts();
    facts.disks[1].space->free_bytes = 0;
    UnitState& unit = unit_of(facts, "sensor-persistence").state;
    unit.active_state = "inactive";
    keep_down(facts, unit);
    EXPECT_TRUE(remedies(facts).empty()) << name;
  }
}

TEST(DoctorReserve, stays_when_another_disk_is_full) {
  Facts facts = healthy_facts();
  facts.disks[0].space->free_bytes = 0;
  unit_of(facts, "sensor-persistence").state.active_state = "failed";
  EXPECT_EQ(remedies(facts), (std::vector<Remedy>{{Remedy::Kind::restart, "sensor-persistence.service"}}));
}

TEST(DoctorDatabase, is_not_damaged_because_the_time_to_look_was_over_or_it_could_not_be_read) {
  Facts facts = healthy_facts();
  facts.databases[0].check = Result<void>(fail(ErrorCode::timeout, "5 s"));
  EXPECT_EQ(complaints(facts), Lines{});
  facts.databases[0].check = Result<void>(fail(ErrorCode::permission, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown database /var/lib/store.db"});
  facts.databases[0].is_there = false;
  EXPECT_EQ(complaints(facts), Lines{"warning database /var/lib/store.db"});
}

TEST(DoctorReserve, is_released_only_on_a_full_disk_whose_service_does_not_run) {
  Facts facts = healthy_facts();
  facts.disks[1].space->free_bytes = 0;
  EXPECT_EQ(complaints(facts), Lines{"critical disk /var/lib"}) << "the service does it itself";
  unit_of(facts, "sensor-persistence").state.active_state = "failed";
  EXPECT_EQ(
      complaints(facts),
      (Lines{"critical unit sensor-persistence.service [restart sensor-persistence.service]", "critical disk /var/lib",
             "critical reserve /var/lib/store.db.reserve [release /var/lib/store.db.reserve]"}));
}

TEST(DoctorReserve, that_is_spent_is_a_warning_and_none_wanted_is_none_missed) {
  Facts facts = healthy_facts();
  facts.databases[0].has_reserve = false;
  EXPECT_EQ(complaints(facts), Lines{"warning reserve /var/lib/store.db.reserve"});
  facts.databases[0].has_reserve.reset();
  EXPECT_EQ(complaints(facts), Lines{});
}

TEST(DoctorClock, that_nobody_vouches_for_is_a_warning) {
  Facts facts = healthy_facts();
  facts.clock.is_synced = false;
  EXPECT_EQ(complaints(facts), Lines{"warning clock wall clock"});
  facts.clock.is_trusted = true;
  EXPECT_EQ(complaints(facts), Lines{});
}

TEST(DoctorPower, tells_now_from_since_the_start) {
  Facts facts = healthy_facts();
  const auto with = [&](PowerFacts power) {
    facts.power = std::optional<PowerFacts>(power);
    return complaints(facts);
  };
  EXPECT_EQ(with({.under_voltage = true}), Lines{"critical power power supply"});
  EXPECT_EQ(with({.throttled = true}), Lines{"warning power power supply"});
  EXPECT_EQ(with({.was_under_voltage = true}), Lines{"warning power power supply"});
  EXPECT_EQ(with({.was_throttled = true}), Lines{"warning power power supply"});
  facts.power = std::optional<PowerFacts>();
  EXPECT_EQ(complaints(facts), Lines{}) << "a machine without such firmware";
  facts.power = Result<std::optional<PowerFacts>>(fail(ErrorCode::malformed, "not a number"));
  EXPECT_EQ(complaints(facts), Lines{"unknown power power supply"});
}

TEST(DoctorRoute, that_is_missing_is_a_warning) {
  Facts facts = healthy_facts();
  facts.default_route = false;
  EXPECT_EQ(complaints(facts), Lines{"warning route network"});
  facts.default_route = Result<bool>(fail(ErrorCode::io, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown route network"});
}

TEST(DoctorJournal, warns_of_errors_and_shows_the_newest) {
  Facts facts = healthy_facts();
  facts.journal = JournalFacts{3, "open store.db: disk full", Millis{3'600'000}};
  EXPECT_EQ(complaints(facts), Lines{"warning journal sensor-*"});
  EXPECT_NE(check_machine(facts).back().what.find("open store.db: disk full"), std::string::npos);
  facts.journal = Result<JournalFacts>(fail(ErrorCode::permission, "no"));
  EXPECT_EQ(complaints(facts), Lines{"unknown journal sensor-*"});
}

}  // namespace
}  // namespace sensors::doctor
