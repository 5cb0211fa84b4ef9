#include "common/codec/status_json.hpp"

#include <gtest/gtest.h>

#include "common/codec/describe_shared.hpp"

namespace sensors {
namespace {

constexpr WallTime half_past{std::chrono::seconds{1'768'492'175}};

StatusReport report_of(std::string details) {
  return {"sensor-publisher", ServiceState::degraded, "the broker is slow", half_past, "0.1.0", std::move(details)};
}

std::string members_of(const CircuitBreaker& breaker, Now now) {
  StatusWriter status;
  describe(breaker, now, status);
  return status.members();
}

TEST(StatusJson, has_the_keys_of_every_service_and_its_own) {
  const std::string payload = encode_status({"sensor-http-bridge", ServiceState::degraded, "breaker \"open\"",
                                             half_past, "0.1.0", R"("counters":{"delivered":1})"});
  EXPECT_EQ(
      payload,
      R"({"service":"sensor-http-bridge","state":"degraded","reason":"breaker \"open\"","since":"2026-01-15T15:49:35.000Z",)"
      R"("version":"0.1.0","counters":{"delivered":1}})");
  EXPECT_EQ(decode_status_state(payload).value(), ServiceState::degraded);
}

TEST(StatusJson, reads_back_each_state) {
  for (const ServiceState state : {ServiceState::up, ServiceState::degraded, ServiceState::down}) {
    EXPECT_EQ(decode_status_state(encode_status({"s", state, "", half_past, "1", ""})).value(), state);
  }
}

TEST(StatusJson, is_refused_without_a_known_state) {
  for (const char* payload :
       {"", "[]", "{}", R"({"state":"UP"})", R"({"state":1})", R"({"state":"up","state":"down"})"}) {
    EXPECT_FALSE(decode_status_state(payload).has_value()) << payload;
  }
}

TEST(StatusJson, reads_back_what_a_service_says) {
  const auto report = decode_status(encode_status(report_of({})));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->service, "sensor-publisher");
  EXPECT_EQ(report->state, ServiceState::degraded);
  EXPECT_EQ(report->reason, "the broker is slow");
  EXPECT_EQ(report->since, half_past);
  EXPECT_EQ(report->version, "0.1.0");
  EXPECT_FALSE(report->breaker.has_value());
  EXPECT_FALSE(report->pace.has_value());
}

TEST(StatusJson, reads_what_is_left_for_each_destination) {
  const auto read = [](const std::string& destinations) {
    return decode_status(encode_status(report_of(R"("destinations":)" + destinations)));
  };
  EXPECT_EQ(
      read(R"({"api":{"waiting":12,"dead_letters":3},"new":{"waiting":0},"old":{"dead_letters":1}})")->destinations,
      (std::map<std::string, DestinationReport>{{"api", {12, 3}}, {"new", {0, 0}}, {"old", {{}, 1}}}));
  EXPECT_TRUE(read("{}")->destinations.empty());
  for (const char* wrong : {"[]", "1", R"({"a b":{}})", R"({"api":[]})"})
    EXPECT_FALSE(read(wrong).has_value()) << wrong;
}

TEST(StatusJson, reads_the_breaker_as_it_is_written) {
  CircuitBreakerOptions options;
  options.consecutive_failures = 1;
  CircuitBreaker breaker(options, 1);
  const Now now{Instant{std::chrono::hours{1}}, half_past};
  const auto permit = breaker.admit(now.monotonic);
  ASSERT_TRUE(permit.has_value());
  breaker.fail(*permit, "timeout", now.monotonic);
  const auto report = decode_status(encode_status(report_of(members_of(breaker, now))));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_TRUE(report->breaker.has_value());
  EXPECT_EQ(report->breaker->state, "open");
  EXPECT_EQ(report->breaker->since, half_past);
  EXPECT_TRUE(report->breaker->next_attempt.has_value());
  EXPECT_EQ(report->breaker->transitions, (BreakerTransitions{.closed = 0, .open = 1, .half_open = 0}));
}

TEST(StatusJson, reads_that_an_operator_has_isolated_the_breaker) {
  CircuitBreaker breaker({}, 1);
  const Now now{Instant{std::chrono::hours{1}}, half_past};
  breaker.isolate(now.monotonic);
  const auto report = decode_status(encode_status(report_of(members_of(breaker, now))));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->breaker->isolated);
  EXPECT_EQ(report->breaker->reason, "isolated by operator");
  EXPECT_FALSE(report->breaker->next_attempt.has_value());
}

TEST(StatusJson, reads_the_pace_and_why_it_is_slow) {
  const auto report = decode_status(encode_status(report_of(R"("pace_ms":30000,"pressure":"outbox","counters":{})")));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->pace, Millis{30'000});
  EXPECT_EQ(report->pressure, "outbox");
}

TEST(StatusJson, reads_what_the_store_says_of_itself) {
  const auto report = decode_status(encode_status(report_of(R"("store":"w5n2","used_bytes":4096,"dead_letters":3)")));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->store, "w5n2");
  EXPECT_EQ(report->used_bytes, 4'096U);
  EXPECT_EQ(report->dead_letters, 3U);
}

TEST(StatusJson, reads_when_it_was_said_and_how_its_machine_is) {
  const auto report = decode_status(
      R"({"service":"sensor-persistence","state":"up","reason":"","since":"2026-01-15T15:49:35Z","version":"1",)"
      R"("last_will":true,"time":"2026-01-15T15:50:35Z","interval_ms":2000,"newest":"2026-01-15T15:50:34Z",)"
      R"("clock":{"synced":false,"restamped":3},"disk":{"file_bytes":1,"free_bytes":2,"size_bytes":3,"at_risk":1,)"
      R"("risk":"memory"},"gaps":{"node":"attic","reason":"outbox_full","readings":5,"since":"2026-01-15T15:00:00Z",)"
      R"("time":"2026-01-15T15:10:00Z"}})");
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->last_will);
  EXPECT_EQ(report->time, half_past + std::chrono::seconds{60});
  EXPECT_EQ(report->interval, Millis{2'000});
  EXPECT_EQ(report->newest, half_past + std::chrono::seconds{59});
  EXPECT_EQ(report->clock_synced, false);
  EXPECT_EQ(report->disk, (DiskFigures{1, 2, 3, "memory"}));
  ASSERT_TRUE(report->gaps.has_value());
  EXPECT_EQ(report->gaps->node, "attic");
  EXPECT_EQ(report->gaps->reason, "outbox_full");
  EXPECT_EQ(report->gaps->readings, 5U);
  EXPECT_EQ(report->gaps->time - report->gaps->since, std::chrono::minutes{10});
}

TEST(StatusJson, has_no_figures_of_a_disk_that_could_not_be_measured) {
  const auto report = decode_status(
      R"({"service":"sensor-publisher","state":"up","reason":"","since":"2026-01-15T15:49:35Z","version":"1","disk":{}})");
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->disk.has_value());
  EXPECT_FALSE(report->last_will);
  EXPECT_FALSE(report->time.has_value());
}

TEST(StatusJson, reads_latencies_as_they_are_written) {
  LatencyHistogram latency;
  latency.observe(std::chrono::microseconds{1'500});
  latency.observe(std::chrono::seconds{60});
  StatusWriter object;
  describe(latency, object);
  const std::string text = object.object();
  EXPECT_EQ(text.substr(0, 24), R"({"le_ms":{"1":0,"2":1,"5)");
  const auto report = decode_status(encode_status(report_of(R"("puback_latency":)" + text)));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_TRUE(report->puback.has_value());
  EXPECT_FALSE(report->api.has_value());
  EXPECT_EQ(report->puback->buckets.size(), LatencyHistogram::bounds_ms.size());
  EXPECT_EQ(report->puback->buckets[1], (LatencyReport::Bucket{.most_ms = 2, .count = 1}));
  EXPECT_EQ(report->puback->count, 2U);
  EXPECT_DOUBLE_EQ(report->puback->sum_ms, 60'001.5);
  EXPECT_TRUE(decode_status(encode_status(report_of(R"("api_latency":)" + text)))->api.has_value());
}

TEST(StatusJson, refuses_latencies_that_no_histogram_has) {
  std::string many = R"({"le_ms":{"1":0)";
  for (int i = 2; i <= 65; ++i) many += ",\"" + std::to_string(i) + "\":0";
  for (const std::string& latency :
       {std::string("7"), many + R"(},"sum_ms":0,"count":0})", std::string("{}"),
        std::string(R"({"le_ms":{"1":0},"sum_ms":0})"), std::string(R"({"le_ms":{"1":0},"sum_ms":-1,"count":0})"),
        std::string(R"({"le_ms":{"2":0,"1":0},"sum_ms":0,"count":0})"),
        std::string(R"({"le_ms":{"1":2,"2":1},"sum_ms":0,"count":2})"),
        std::string(R"({"le_ms":{"1":2},"sum_ms":0,"count":1})"),
        std::string(R"({"le_ms":{"one":0},"sum_ms":0,"count":0})"),
        std::string(R"({"le_ms":{"inf":0},"sum_ms":0,"count":0})"),
        std::string(R"({"le_ms":{"0":0},"sum_ms":0,"count":0})")})
    EXPECT_FALSE(decode_status(encode_status(report_of(R"("api_latency":)" + latency))).has_value()) << latency;
}

TEST(StatusJson, refuses_what_is_no_status) {
  EXPECT_FALSE(decode_status("").has_value());
  EXPECT_FALSE(decode_status("[]").has_value());
  EXPECT_FALSE(decode_status(R"({"state":"up"})").has_value());
  EXPECT_FALSE(decode_status(encode_status(report_of(R"("breaker":7)"))).has_value());
  EXPECT_FALSE(decode_status(encode_status(report_of(R"("breaker":{"state":1,"reason":""})"))).has_value());
  EXPECT_FALSE(
      decode_status(encode_status(report_of(R"("breaker":{"state":"open","reason":"","transitions":{"open":1}})")))
          .has_value());
}

}  // namespace
}  // namespace sensors
