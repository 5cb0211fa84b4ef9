// /metrics on virtual time: whose numbers, under which names, in both formats.
#include <gtest/gtest.h>

#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

const std::string publisher_status =
    R"({"service":"sensor-publisher","state":"degraded","reason":"r","since":"2026-01-15T16:09:35.123Z","version":"1",)"
    R"("pace_ms":30000,"loop_max_ms":7,"clock":{"synced":true},"breaker":{"state":"open","reason":"x"},)"
    R"("counters":{"taken":1042,"dropped":3,"suppressed":5}})";

/// Whether `line` is one of the lines of `text`.
testing::AssertionResult has_line(const std::string& text, const std::string& line) {
  if (("\n" + text).find("\n" + line + "\n") != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no line '" << line << "' in\n" << text;
}

class WebMetrics : public testing::Test {
 protected:
  WebMetrics() {
    web.step(MqttConnected{});
    web.hear("kitchen/status/sensor-publisher", publisher_status);
    web.hear("kitchen/queue/sensor-publisher", R"({"depth":12,"high":10,"oldest_s":3.25,"pressure":true})");
  }
  WebTimeline web;
};

TEST_F(WebMetrics, names_what_each_service_counts) {
  const WebResponse& answer = web.now_at("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(header_of(answer, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const std::string who = R"(node="kitchen",service="sensor-publisher")";
  for (const std::string& line :
       {std::string("# TYPE sensor_readings_taken_total counter"), "sensor_readings_taken_total{" + who + "} 1042",
        "sensor_readings_dropped_total{" + who + ",reason=\"outbox_full\"} 3", "sensor_pace_seconds{" + who + "} 30",
        "sensor_loop_lag_max_seconds{" + who + "} 0.007", "sensor_clock_synchronised{" + who + "} 1",
        "sensor_service_events_total{" + who + ",name=\"suppressed\"} 5", "sensor_queue_depth{" + who + "} 12",
        "sensor_queue_oldest_age_seconds{" + who + "} 3.25", "sensor_service_state{" + who + ",state=\"degraded\"} 1",
        "sensor_service_state{" + who + ",state=\"up\"} 0", "sensor_breaker_state{" + who + ",state=\"open\"} 1",
        std::string("sensor_broker_connected 1")})
    EXPECT_TRUE(has_line(answer.body, line));
}

TEST_F(WebMetrics, counts_what_each_bridge_delivered_in_one_family) {
  for (const std::string service : {"sensor-http-bridge", "sensor-http-bridge-weather"})
    web.hear("kitchen/status/" + service, R"({"service":")" + service +
                                              R"(","state":"up","reason":"","since":"2026-01-15T16:09:35.123Z",)" +
                                              R"("version":"1","counters":{"delivered":7}})");
  const WebResponse& answer = web.now_at("/metrics");
  for (const std::string service : {"sensor-http-bridge", "sensor-http-bridge-weather"})
    EXPECT_TRUE(
        has_line(answer.body, R"(sensor_readings_delivered_total{node="kitchen",service=")" + service + R"("} 7)"));
}

TEST_F(WebMetrics, say_which_bridge_has_a_destination) {
  for (const auto& [service, delivers] :
       {std::pair("sensor-http-bridge", "false"), {"sensor-http-bridge-weather", "true"}})
    web.hear(std::string("kitchen/status/") + service,
             std::string(R"({"service":")") + service +
                 R"(","state":"up","reason":"","since":"2026-01-15T16:09:35.123Z","version":"1","delivers":)" +
                 delivers + "}");
  const WebResponse& answer = web.now_at("/metrics");
  EXPECT_TRUE(has_line(answer.body, R"(sensor_bridge_delivers{node="kitchen",service="sensor-http-bridge"} 0)"));
  EXPECT_TRUE(
      has_line(answer.body, R"(sensor_bridge_delivers{node="kitchen",service="sensor-http-bridge-weather"} 1)"));
}

TEST_F(WebMetrics, is_OpenMetrics_for_who_asks_for_it) {
  const WebResponse& answer =
      web.now_at("/metrics", {{"accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}});
  EXPECT_EQ(header_of(answer, "Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(has_line(answer.body, "# TYPE sensor_readings_taken counter"));
  EXPECT_TRUE(has_line(answer.body, R"(sensor_readings_taken_total{node="kitchen",service="sensor-publisher"} 1042)"));
  EXPECT_TRUE(answer.body.ends_with("# EOF\n"));
}

TEST_F(WebMetrics, shows_how_long_broker_and_api_took_and_where_breakers_went) {
  web.hear(
      "kitchen/status/sensor-http-bridge",
      R"({"service":"sensor-http-bridge","state":"up","reason":"","since":"2026-01-15T16:09:35.123Z","version":"1",)"
      R"("breaker":{"state":"closed","reason":"","transitions":{"closed":2,"open":3,"half_open":4}},)"
      R"("api_latency":{"le_ms":{"10":1,"250":2},"sum_ms":60205,"count":3}})");
  web.hear("cellar/status/sensor-publisher",
           R"({"service":"sensor-publisher","state":"up","reason":"","since":"2026-01-15T16:09:35.123Z","version":"1",)"
           R"("puback_latency":{"le_ms":{"1":5},"sum_ms":2.5,"count":5}})");
  const std::string text = web.now_at("/metrics").body;
  const std::string bridge = R"(node="kitchen",service="sensor-http-bridge")";
  const std::string cellar = R"(node="cellar",service="sensor-publisher")";
  for (const std::string& line : {"sensor_api_request_duration_seconds_bucket{" + bridge + R"(,le="0.01"} 1)",
                                  "sensor_api_request_duration_seconds_bucket{" + bridge + R"(,le="0.25"} 2)",
                                  "sensor_api_request_duration_seconds_bucket{" + bridge + R"(,le="+Inf"} 3)",
                                  "sensor_api_request_duration_seconds_sum{" + bridge + "} 60.205",
                                  "sensor_api_request_duration_seconds_count{" + bridge + "} 3",
                                  "sensor_puback_duration_seconds_bucket{" + cellar + R"(,le="0.001"} 5)",
                                  "sensor_puback_duration_seconds_count{" + cellar + "} 5",
                                  "sensor_breaker_transitions_total{" + bridge + R"(,state="open"} 3)",
                                  "sensor_breaker_transitions_total{" + bridge + R"(,state="half_open"} 4)"})
    EXPECT_TRUE(has_line(text, line));
}

TEST_F(WebMetrics, names_every_reason_for_which_readings_were_given_up) {
  web.hear(
      "kitchen/status/sensor-persistence",
      R"({"state":"up","disk":{"file_bytes":1,"free_bytes":2,"size_bytes":3,"at_risk":1,"risk":"is in memory"},"written_bytes":4,)"
      R"("counters":{"malformed_rows":1,"lost_in_damage":2,"dead_lettered":3,"dead_letters_dropped":4}})");
  web.hear("kitchen/status/sensor-publisher",
           R"({"state":"up","counters":{"dropped":5,"unwritable":6,"thinned":7,"damaged":8}})");
  const std::string text = web.now_at("/metrics").body;
  const std::string store = R"({node="kitchen",service="sensor-persistence")";
  const std::string publisher = R"({node="kitchen",service="sensor-publisher")";
  for (const std::string& line :
       {store + R"(,reason="malformed"} 1)", store + R"(,reason="store_damaged"} 2)",
        store + R"(,reason="dead_letter"} 3)", store + R"(,reason="dead_letter_limit"} 4)",
        publisher + R"(,reason="outbox_full"} 5)", publisher + R"(,reason="outbox_unwritable"} 6)",
        publisher + R"(,reason="thinned"} 7)", publisher + R"(,reason="damaged"} 8)"})
    EXPECT_TRUE(has_line(text, "sensor_readings_dropped_total" + line));
  EXPECT_TRUE(has_line(text, "sensor_database_file_bytes" + store + "} 1"));
  EXPECT_TRUE(has_line(text, "sensor_disk_free_bytes" + store + "} 2"));
  EXPECT_TRUE(has_line(text, "sensor_disk_size_bytes" + store + "} 3"));
  EXPECT_TRUE(has_line(text, "sensor_disk_at_risk" + store + "} 1"));
  EXPECT_TRUE(has_line(text, "sensor_written_bytes_total" + store + "} 4"));
}

TEST_F(WebMetrics, shows_what_the_http_side_refused_and_the_servers_own_figures) {
  web.now_at("/v1/nothing");
  WebRequest request;
  request.method = "GET";
  request.target = "/metrics";
  request.server.open = 4;
  request.server.evicted = 9;
  const std::string text = web.answer(web.ask(request)).body;
  EXPECT_TRUE(has_line(text, R"(sensor_http_refused_total{reason="bad_request"} 1)"));
  EXPECT_TRUE(has_line(text, R"(sensor_http_refused_total{reason="connection_evicted"} 9)"));
  EXPECT_TRUE(has_line(text, "sensor_http_connections 4"));
}

TEST_F(WebMetrics, needs_the_scope_read) {
  WebOptions options = web_options();
  options.anonymous = {};
  WebTimeline closed(options);
  EXPECT_EQ(closed.now_at("/metrics").status, 401);
}

}  // namespace
}  // namespace sensors::bridge
