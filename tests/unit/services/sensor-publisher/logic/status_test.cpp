// What the publisher says of itself, to the letter: others read it by its keys.
#include <gtest/gtest.h>

#include "tests/support/by_key.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

std::string newest(const PublisherBench& bench, const std::string& kind) {
  std::string payload;
  for (const MqttPublish& message : bench.published) {
    if (message.topic == "sensors/kitchen/" + kind + "/sensor-publisher") payload = message.payload;
  }
  return payload;
}

/// Connected for the second time, with readings on their way, a refused watermark, and a breaker that is open.
PublisherBench& in_trouble(PublisherBench& bench) {
  bench.bytes_per_reading = 40;
  bench.now.loop_longest = 7ms;
  bench.now.written_bytes = 8'192;
  bench.step(MqttDisconnected{"broker x:1883: connection refused", ErrorCode::refused});
  bench.step(MqttConnected{});
  bench.step(MqttDisconnected{"gone"});
  bench.step(MqttConnected{});
  bench.now.clock_synced = false;
  bench.take(2);
  bench.now.clock_synced = true;
  bench.take(5);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 3);
  bench.watermark("store1", "run1", 900);
  bench.step(MqttMessage{"sensors/kitchen/committed/sensor-publisher", "{", "", "", false});
  DriverReport report;
  report.samples.push_back({"not a name", 1.0, "Cel", bench.now.wall});
  report.errors.push_back({ErrorCode::io, "no \"device\""});
  report.passed_over = 4;
  bench.step(DriverRead{0, std::move(report)});
  for (int i = 0; i < 3; ++i) bench.take(1);
  bench.pass(10'001ms);
  return bench;
}

LogicOptions options_with_instance() {
  LogicOptions options = bench_options();
  options.instance = "ours";
  options.breaker.jitter = 0;
  return options;
}

TEST(PublisherStatus, is_this_text) {
  PublisherBench bench(options_with_instance(), {{{"run1", 0}}, 0, 0, "store1"});
  EXPECT_EQ(by_key(newest(in_trouble(bench), "status")),
            R"({"breaker":{"next_attempt":"2026-01-15T16:10:45.000Z",)"
            R"("reason":"broker failures exceeded threshold (3): no PUBACK in 10000 ms",)"
            R"("since":"2026-01-15T16:09:45.000Z","state":"open","transitions":{"closed":0,"half_open":0,)"
            R"("open":1}},"clock":{"restamped":0,"synced":true,"unsynced_readings":0},)"
            R"("counters":{"connections_lost":1,"damaged":0,"driver_errors":3,"dropped":0,"events_dropped":0,)"
            R"("failed_connects":{"refused":1},"left_out":0,"malformed":1,"messages":11,"no_values":4,"refused":1,)"
            R"("refused_by_store":0,"resends":1,"shared_names":0,"suppressed":0,"taken":10,"thinned":0,)"
            R"("unwritable":0,"watermarks_refused":1},"disk":{},"instance":"ours","loop_max_ms":7,)"
            R"("outbox":{"claims":0,"confirmed":3,"depth":7,"pending":0,"used_bytes":280,"written":10},)"
            R"("pace_ms":10000,)"
            R"("pressure":"circuit breaker not closed: broker failures exceeded threshold (3): no PUBACK in 10000 ms",)"
            R"("puback_latency":{"count":7,"le_ms":{"1":7,"10":7,"100":7,"1000":7,"10000":7,"2":7,"25":7,"250":7,)"
            R"("2500":7,"30000":7,"5":7,"50":7},"sum_ms":0},)"
            R"("reason":"breaker not closed: broker failures exceeded threshold (3): no PUBACK in 10000 ms",)"
            R"("service":"sensor-publisher","since":"2026-01-15T16:09:40.000Z","state":"degraded","stream":"run1",)"
            R"("version":")" SENSOR_PROJECT_VERSION R"(","written_bytes":8192})");
}

TEST(PublisherStatus, has_a_queue_that_is_this_text) {
  PublisherBench bench(options_with_instance(), {{{"run1", 0}}, 0, 0, "store1"});
  EXPECT_EQ(by_key(newest(in_trouble(bench), "queue")),
            R"({"depth":7,"high":10000,"limit":1000000000,"oldest_s":10,"pressure":false,"rate_per_s":0})");
}

TEST(PublisherStatus, after_its_end_is_this_text) {
  EXPECT_EQ(by_key(Logic::down_status("run1", WallTime{1'768'493'375'123ms})),
            R"({"reason":"connection lost","service":"sensor-publisher","since":"2026-01-15T16:09:35.123Z",)"
            R"("state":"down","stream":"run1","version":")" SENSOR_PROJECT_VERSION R"("})");
}

}  // namespace
}  // namespace sensors::publisher
