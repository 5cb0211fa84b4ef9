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
  EXPECT_EQ(
      by_key(newest(in_trouble(bench), "status")),
      R"({"breaker":{"failing_since":"2026-01-15T16:09:45.000Z","next_attempt":"2026-01-15T16:10:45.000Z",)"
      R"("reason":"broker failures exceeded threshold (3): no PUBACK in 10000 ms",)"
      R"("since":"2026-01-15T16:09:45.000Z","state":"open","transitions":{"closed":0,"half_open":0,)"
      R"("open":1}},"clock":{"restamped":0,"synced":true,"unsynced_readings":0},)"
      R"("counters":{"connections_lost":1,"damaged":0,"driver_errors":3,"dropped":0,"events_dropped":0,)"
      R"("failed_connects":{"refused":1},"left_out":0,"malformed":1,"messages":11,"no_values":4,"refused":1,)"
      R"("refused_by_store":0,"resends":1,"shared_names":0,"suppressed":0,"taken":10,"thinned":0,)"
      R"("unwritable":0,"watermarks_refused":1},"disk":{},"instance":"ours","interval_ms":10000,)"
      R"("loop_max_ms":7,"outbox":{"claims":0,"confirmed":3,"depth":7,"pending":0,"used_bytes":280,"written":10},)"
      R"("pace_ms":10000,)"
      R"("pressure":"circuit breaker not closed: broker failures exceeded threshold (3): no PUBACK in 10000 ms",)"
      R"("puback_latency":{"count":7,"le_ms":{"1":7,"10":7,"100":7,"1000":7,"10000":7,"2":7,"25":7,"250":7,)"
      R"("2500":7,"30000":7,"5":7,"50":7},"sum_ms":0},)"
      R"("reason":"breaker not closed: broker failures exceeded threshold (3): no PUBACK in 10000 ms",)"
      R"("sensors":{"known":1,"not_watched":0,"silent":0},"service":"sensor-publisher",)"
      R"("since":"2026-01-15T16:09:40.000Z","state":"degraded","stream":"run1",)"
      R"("time":"2026-01-15T16:09:45.000Z","version":")" SENSOR_PROJECT_VERSION R"(","written_bytes":8192})");
}

// The verdict knows by its first words that a driver is told, and not each of its sensors (common/verdict/judge.cpp).
TEST(PublisherStatus, says_which_driver_fails_and_why) {
  PublisherBench bench(options_with_instance());
  bench.step(MqttConnected{});
  DriverReport report;
  report.errors.push_back({ErrorCode::not_found, "temp1_input: not there"});
  bench.step(DriverRead{0, std::move(report)});
  bench.pass(1ms);
  const std::string driver = bench_options().drivers.front().name;
  EXPECT_NE(
      newest(bench, "status").find(R"("reason":"drivers with errors: )" + driver + R"(: temp1_input: not there")"),
      std::string::npos)
      << newest(bench, "status");
}

/// Two drivers, an outbox that becomes full, and sensors with rules of their own.
LogicOptions options_of_a_busy_one() {
  LogicOptions options = options_with_instance();
  SensorOptions quiet;
  quiet.deadband = 1;
  SensorOptions alarm;
  alarm.critical = true;
  options.drivers.front().sensors = {{"quiet", quiet}};
  options.drivers.push_back({"other", 10s, 5s, {{"alarm", alarm}}});
  options.outbox.max_bytes = 400'000;
  options.outbox.max_readings = 4'900;
  options.outbox.max_pending = 50;
  return options;
}

DriverReport report_of(int samples, const std::string& sensor, WallTime time, double value = 1) {
  DriverReport report;
  for (int i = 0; i < samples; ++i) report.samples.push_back({sensor, value, "Cel", time});
  return report;
}

/// Each thing that is counted has happened, and each another number of times.
PublisherBench& with_a_past(PublisherBench& bench) {
  bench.bytes_per_reading = 100;
  for (int i = 0; i < 2; ++i) bench.step(MqttDisconnected{"no", ErrorCode::refused});
  bench.auto_disk = false;
  bench.take(1);
  bench.serve_disk(fail(ErrorCode::io, "the card is gone"));
  bench.take(79);  // 80 wait, and 50 have room
  bench.auto_disk = true;
  bench.pass(1min);
  for (int i = 0; i < 50; ++i) bench.take(100);
  for (int i = 0; i < 6; ++i) {
    if (i > 0) bench.step(MqttDisconnected{"gone"});
    bench.step(MqttConnected{});
  }
  bench.step(DriverRead{0, report_of(9, "quiet", bench.now.wall)});
  bench.step(DriverRead{0, report_of(7, "not a name", bench.now.wall)});
  bench.step(DriverRead{1, report_of(4, "s", bench.now.wall)});
  DriverReport without_values;
  without_values.passed_over = 18;
  bench.step(DriverRead{0, std::move(without_values)});
  for (int i = 0; i < 3; ++i) bench.step(MqttMessage{"sensors/kitchen/queue/sensor-persistence", "{", "", "", false});
  for (int i = 0; i < 10; ++i) bench.watermark("store1", "run1", 1'000'000);
  MqttMessage refusal;
  refusal.topic = "sensors/kitchen/committed/sensor-publisher";
  refusal.payload = encode_committed({"store1", "run1", 0, false, "attic"});
  for (int i = 0; i < 11; ++i) bench.step(refusal);
  bench.pass(40s);  // without PUBACK: the breaker opens, and the pace goes down
  bench.step(DriverRead{1, report_of(1, "alarm", bench.now.wall)});
  bench.pass(10s);
  bench.step(DriverRead{1, report_of(14, "slow", bench.now.wall)});
  bench.pass(10s);
  return bench;
}

TEST(PublisherStatus, counts_each_thing_under_a_key_of_its_own) {
  OutboxContents contents{{{"run1", 0}}, 0, 0, "store1"};
  contents.repair.emplace().lost = 13;
  contents.warnings.resize(114, "look at this");
  PublisherBench bench(options_of_a_busy_one(), contents);
  const std::string counters = counters_in(newest(with_a_past(bench), "status"));
  EXPECT_EQ(repeated_number_in(counters), "") << counters;
  EXPECT_EQ(counters,
            R"({"connections_lost":5,"damaged":13,"driver_errors":17,"dropped":229,"events_dropped":21,)"
            R"("failed_connects":{"refused":2},"left_out":14,"malformed":3,"messages":120,"no_values":18,"refused":7,)"
            R"("refused_by_store":11,"resends":1,"shared_names":4,"suppressed":8,"taken":5086,"thinned":1363,)"
            R"("unwritable":31,"watermarks_refused":10})");
}

TEST(PublisherStatus, has_a_queue_that_is_this_text) {
  PublisherBench bench(options_with_instance(), {{{"run1", 0}}, 0, 0, "store1"});
  EXPECT_EQ(by_key(newest(in_trouble(bench), "queue")),
            R"({"depth":7,"high":10000,"limit":1000000000,"oldest_s":10,"pressure":false,"rate_per_s":0})");
}

TEST(PublisherStatus, after_its_end_is_this_text) {
  const MqttPublish down =
      Self::last_will(self_options(bench_options(), "run1"), "connection lost", WallTime{1'768'493'375'123ms});
  EXPECT_EQ(down.topic, "sensors/kitchen/status/sensor-publisher");
  EXPECT_TRUE(down.retain);
  EXPECT_EQ(
      by_key(down.payload),
      R"({"last_will":true,"reason":"connection lost","service":"sensor-publisher","since":"2026-01-15T16:09:35.123Z",)"
      R"("state":"down","stream":"run1","version":")" SENSOR_PROJECT_VERSION R"("})");
}

}  // namespace
}  // namespace sensors::publisher
