#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/sensorctl/doctor/acl.hpp"
#include "services/sensorctl/doctor/report.hpp"

namespace sensors::doctor {
namespace {

constexpr WallTime noon{std::chrono::seconds{1'768'478'400}};

Findings some_findings() {
  Finding stopped = critical("unit", "sensor-publisher.service", "is stopped", "start it");
  stopped.remedy = Remedy{Remedy::Kind::restart, "sensor-publisher.service"};
  return {ok("clock", "wall clock", "synchronised"), warning("disk", "/", "3 % \"free\"\nonly", "make room"), stopped};
}

TEST(DoctorReport, for_people_has_the_worst_first_and_what_is_ok_as_a_number) {
  EXPECT_EQ(human_report(some_findings(), false),
            "critical  unit          sensor-publisher.service: is stopped\n"
            "                        -> start it\n"
            "warning   disk          /: 3 % \"free\" only\n"
            "                        -> make room\n"
            "1 of 3 checks are ok; --all lists them\n");
  EXPECT_NE(human_report(some_findings(), true).find("ok        clock         wall clock: synchronised\n"),
            std::string::npos);
}

TEST(DoctorReport, fits_80_columns) {
  Finding finding = some_findings().front();
  finding.severity = Severity::critical;
  finding.what =
      "what is wrong here takes quite a few words to be said to the person in front of it, and a path /a/b/c";
  finding.advice =
      "first look at this, then at that, and when both are well: sudo systemctl restart sensor-persistence";
  std::istringstream report(human_report({finding}, true));
  int lines = 0;
  for (std::string line; std::getline(report, line); ++lines) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_GT(lines, 4);
}

TEST(DoctorReport, for_programs_is_json_with_the_same_in_it) {
  const auto json = nlohmann::json::parse(json_report(some_findings(), Recovery{{"restarted it"}, {}, {}}, noon));
  EXPECT_EQ(json["severity"], "critical");
  EXPECT_EQ(json["time"], "2026-01-15T12:00:00.000Z");
  ASSERT_EQ(json["findings"].size(), 3U);
  EXPECT_EQ(json["findings"][0]["remedy"]["kind"], "restart");
  EXPECT_EQ(json["findings"][1]["what"], "3 % \"free\"\nonly");
  EXPECT_FALSE(json["findings"][1].contains("remedy"));
  EXPECT_EQ(json["recovery"]["done"][0], "restarted it");
  EXPECT_FALSE(nlohmann::json::parse(json_report({}, std::nullopt, noon)).contains("recovery"));
}

TEST(DoctorReport, has_an_exit_code_for_each_severity) {
  EXPECT_EQ(exit_code_of(worst({})), 0);
  EXPECT_EQ(exit_code_of(worst({unknown("a", "b", {ErrorCode::io, "c"}), ok("a", "b", "c")})), 10);
  EXPECT_EQ(exit_code_of(worst({some_findings()[1], unknown("a", "b", {ErrorCode::io, "c"})})), 11);
  EXPECT_EQ(exit_code_of(worst(some_findings())), 12);
}

TEST(DoctorReport, of_a_recovery_says_what_was_done_and_what_was_not) {
  EXPECT_EQ(human_report(Recovery{{"a"}, {"b"}, {"c"}}), "recovery: a\nrecovery failed: b\nrecovery withheld: c\n");
  EXPECT_EQ(human_report(Recovery{}), "recovery: nothing that a restart would mend\n");
}

TEST(Acl, is_compared_rule_by_rule_whatever_its_order_and_comments) {
  const char* const shipped = "# who\nuser a\ntopic write x/+\ntopic read y/#\n\nuser b\ntopic z\n";
  EXPECT_TRUE(
      compare_acl(shipped, "user b\n  topic readwrite z\nuser a\ntopic read y/#\ntopic write x/+\n").missing.empty());
  const AclDifference difference = compare_acl(shipped, "user a\ntopic write x/+\ntopic read y/\nuser b\ntopic z\n");
  ASSERT_EQ(difference.missing.size(), 1U);
  EXPECT_EQ(text_of(difference.missing[0]), "user a: topic read y/#");
  ASSERT_EQ(difference.added.size(), 1U);
  EXPECT_EQ(text_of(difference.added[0]), "user a: topic read y/");
}

TEST(Acl, knows_which_rules_let_somebody_forge_a_watermark) {
  for (const char* filter :
       {"#", "sensors/#", "sensors/+/committed/+", "sensors/+/+/sensor-publisher", "+/kitchen/committed/x"}) {
    EXPECT_TRUE(lets_forge_watermarks({"x", "topic", "write", filter})) << filter;
    EXPECT_TRUE(lets_forge_watermarks({"", "pattern", "readwrite", filter})) << filter;
    EXPECT_FALSE(lets_forge_watermarks({"x", "topic", "read", filter})) << filter;
    EXPECT_FALSE(lets_forge_watermarks({"sensor-persistence", "topic", "write", filter})) << filter;
  }
  for (const char* filter : {"sensors/+/reading/+", "sensors/+", "sensors/+/rpc/#"}) {
    EXPECT_FALSE(lets_forge_watermarks({"x", "topic", "write", filter})) << filter;
  }
}

}  // namespace
}  // namespace sensors::doctor
