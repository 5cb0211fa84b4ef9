// Which of its sensors a publisher says are silent, and what it does not take for silence.
#include <gtest/gtest.h>

#include "common/codec/silent_json.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

/// A publisher whose drivers answer each round with the sensors that are plugged in.
class SilenceTest : public testing::Test {
 protected:
  static LogicOptions options() {
    LogicOptions options = bench_options();
    options.drivers = {{"bme", 10s, 5s, {}}};
    return options;
  }

  void begin(LogicOptions options, std::vector<KnownSensor> kept = {}) {
    OutboxContents contents{{{"run1", 0}}, 0, 0, ""};
    contents.sensors = std::move(kept);
    bench.emplace(std::move(options), std::move(contents));
    answered = 0;
    bench->step(MqttConnected{});
  }

  /// Moves time on; rounds are answered as they are asked for.
  void pass(Millis time) {
    for (; time > 0ms; time -= std::min(time, step)) {
      answer();
      bench->pass(std::min(time, step));
    }
    answer();
  }

  void answer() {
    for (; answered < bench->started.size(); ++answered) {
      const std::size_t driver = bench->started[answered];
      if (hanging.contains(driver)) continue;
      DriverReport report = reports[driver];
      for (Sample& sample : report.samples) sample.time = bench->now.wall;
      bench->step(DriverRead{driver, std::move(report)});
    }
    bench->acknowledge_all();
    std::erase_if(bench->published, [](const MqttPublish& message) {
      return message.topic.find("/silent/") == std::string::npos && message.topic.find("/event/") == std::string::npos;
    });
  }

  void plug(std::vector<std::string> names, std::size_t driver = 0) {
    reports[driver].samples.clear();
    for (std::string& name : names) reports[driver].samples.push_back({std::move(name), 20.0, "Cel"});
  }

  SilentReport said() const {
    std::string payload;
    for (const MqttPublish& message : bench->published) {
      if (message.topic == "sensors/kitchen/silent/sensor-publisher" && message.retain) payload = message.payload;
    }
    return payload.empty() ? SilentReport{} : decode_silent(payload).value();
  }
  std::vector<std::string> silent() const {
    std::vector<std::string> names;
    for (const SilentSensor& sensor : said().silent) names.push_back(sensor.sensor);
    return names;
  }
  std::vector<std::string> events() const {
    std::vector<std::string> texts;
    for (const MqttPublish& message : bench->published) {
      if (message.topic != "sensors/kitchen/event/sensor-publisher") continue;
      const ServiceEvent event = decode_event(message.payload).value();
      if (event.type == "silent") texts.push_back(event.text);
    }
    return texts;
  }
  void order(const std::string& payload, bool retained = false) {
    bench->step(MqttMessage{"sensors/kitchen/control/sensor-publisher", payload, "", "", retained});
  }
  void pressure(bool is_there) {
    MqttMessage message;
    message.topic = "sensors/kitchen/queue/sensor-http-bridge";
    message.payload = encode_queue_depth({.pressure = is_there});
    bench->step(std::move(message));
  }

  using Names = std::vector<std::string>;
  std::optional<PublisherBench> bench;
  std::map<std::size_t, DriverReport> reports;
  std::set<std::size_t> hanging;
  std::size_t answered = 0;
  Millis step = 1s;
};

TEST_F(SilenceTest, a_sensor_that_is_unplugged_is_said_to_be_silent_and_then_to_be_back) {
  begin(options());
  plug({"t", "h"});
  pass(1min);
  EXPECT_EQ(said().known, 2U);
  EXPECT_EQ(silent(), Names{});
  plug({"t"});
  const WallTime last = bench->now.wall;
  pass(70s);
  ASSERT_EQ(silent(), Names{"h"});
  const SilentSensor h = said().silent.at(0);
  EXPECT_EQ(h.node, "kitchen");
  EXPECT_EQ(h.interval, 10s);
  EXPECT_LE(h.since, last);
  EXPECT_GT(h.since, last - 11s);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_NE(events().front().find("sensor h of kitchen is silent: nothing has come of it since"), std::string::npos);
  EXPECT_NE(events().front().find("it came every 10 s"), std::string::npos);
  pass(10min);
  EXPECT_EQ(events().size(), 1U);
  plug({"t", "h"});
  pass(20s);
  EXPECT_EQ(silent(), Names{});
  ASSERT_EQ(events().size(), 2U);
  EXPECT_NE(events().back().find("sensor h of kitchen is back; it was silent since"), std::string::npos);
}

TEST_F(SilenceTest, a_value_that_the_deadband_suppresses_is_life) {
  LogicOptions quiet = options();
  quiet.drivers.front().sensors["t"].deadband = 1;
  quiet.drivers.front().sensors["t"].deadband_max_age = 24h;
  begin(quiet);
  step = 10s;
  plug({"t"});
  pass(2h);
  EXPECT_EQ(events(), Names{});
  EXPECT_EQ(said().known, 1U);
}

TEST_F(SilenceTest, a_value_out_of_its_range_is_none) {
  LogicOptions strict = options();
  strict.drivers.front().sensors["t"].max = 50;
  begin(strict);
  plug({"t"});
  pass(1min);
  reports[0].samples.front().value = 900.0;
  pass(70s);
  EXPECT_EQ(silent(), Names{"t"});
  EXPECT_EQ(said().silent.at(0).driver, "bme") << "whose values are refused";
}

TEST_F(SilenceTest, a_channel_that_is_off_is_not_silent) {
  begin(options());
  plug({"disk"});
  pass(1min);
  plug({});
  reports[0].off = {"disk", "never seen"};
  pass(1h);
  EXPECT_EQ(events(), Names{});
  EXPECT_EQ(said().known, 1U);
}

TEST_F(SilenceTest, pressure_makes_nobody_silent_neither_as_it_comes_nor_as_it_goes) {
  for (const Millis interval : {10s, 60s, 600s}) {
    LogicOptions slow = options();
    slow.drivers.front().interval = interval;
    begin(slow);
    step = interval / 10;
    plug({"t"});
    pass(5 * interval);
    for (int i = 0; i < 3; ++i) {
      pressure(true);
      pass(20 * interval);
      pressure(false);
      pass(20 * interval);
    }
    EXPECT_EQ(events(), Names{}) << interval.count();
  }
}

TEST_F(SilenceTest, a_sensor_dies_under_pressure_by_the_interval_of_the_pressure) {
  LogicOptions slow = options();
  slow.drivers.front().interval = 60s;
  begin(slow);
  plug({"t"});
  pressure(true);
  pass(20min);
  plug({});
  pass(11min);
  EXPECT_EQ(silent(), Names{}) << "it comes every 6 min";
  pass(8min);
  EXPECT_EQ(silent(), Names{"t"});
  EXPECT_EQ(said().silent.at(0).interval, 6min);
}

TEST_F(SilenceTest, what_is_left_out_for_the_critical_ones_is_not_silent) {
  LogicOptions mixed = options();
  mixed.drivers.front().interval = 60s;
  mixed.drivers.front().sensors["smoke"].critical = true;
  begin(mixed);
  plug({"smoke", "t"});
  pressure(true);
  pass(1h);
  EXPECT_EQ(events(), Names{});
  plug({"t"});
  pass(4min);
  EXPECT_EQ(silent(), Names{"smoke"}) << "which keeps its interval";
}

TEST_F(SilenceTest, a_driver_that_hangs_is_why_its_sensors_are_silent) {
  LogicOptions two = options();
  two.drivers.push_back({"other", 10s, 5s, {}});
  begin(two);
  plug({"t", "h"});
  plug({"v"}, 1);
  pass(1min);
  hanging.insert(0);
  pass(80s);
  EXPECT_EQ(silent(), (Names{"h", "t"}));
  for (const SilentSensor& sensor : said().silent) EXPECT_EQ(sensor.driver, "bme");
  ASSERT_EQ(events().size(), 1U) << "of both";
  EXPECT_NE(events().front().find("2 sensors are silent"), std::string::npos);
  EXPECT_NE(events().front().find("its driver bme fails: a read takes longer than 5000 ms"), std::string::npos);
}

TEST_F(SilenceTest, a_driver_that_fails_later_is_named_then) {
  begin(options());
  plug({"t"});
  pass(1min);
  plug({});
  pass(70s);
  EXPECT_EQ(said().silent.at(0).driver, "");
  reports[0].errors = {{ErrorCode::io, "no chip"}};
  pass(20s);
  EXPECT_EQ(said().silent.at(0).driver, "bme");
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(SilenceTest, a_program_is_judged_by_what_it_usually_prints) {
  LogicOptions program = options();
  program.drivers = {{"program", 0s, 5s, {}, true}};
  begin(program);
  const auto prints = [this] { bench->step(DriverRead{0, {{{"rain", 1.0, "mm", bench->now.wall}}, {}, false}}); };
  for (int i = 0; i < 40; ++i) {
    prints();
    bench->pass(i % 2 == 0 ? 200s : 40s);
  }
  EXPECT_EQ(events(), Names{});
  bench->pass(20min);
  EXPECT_EQ(silent(), Names{"rain"});
}

TEST_F(SilenceTest, a_program_that_waits_for_room_keeps_nobody_silent) {
  LogicOptions program = options();
  program.drivers = {{"program", 0s, 5s, {}, true}};
  program.outbox.max_pending = 100;
  begin(program);
  for (int i = 0; i < 40; ++i) {
    bench->step(DriverRead{0, {{{"rain", 1.0, "mm", bench->now.wall}}, {}, false}});
    bench->acknowledge_all();
    bench->pass(10s);
  }
  bench->auto_disk = false;
  DriverReport many;
  many.samples.assign(90, {"rain", 1.0, "mm", bench->now.wall});
  bench->step(DriverRead{0, many});
  bench->step(DriverRead{0, many});
  bench->pass(30s);  // below the deadline of a disk
  for (int i = 0; i < 20; ++i) bench->pass(1s);
  EXPECT_EQ(events(), Names{});
}

TEST_F(SilenceTest, a_file_at_its_end_is_not_silent) {
  LogicOptions replay = options();
  replay.drivers = {{"file", 10s, 5s, {}, true}};
  begin(replay);
  for (int i = 0; i < 40; ++i) {
    bench->step(DriverRead{0, {{{"t", 1.0, "Cel", bench->now.wall}}, {}, i == 39}});
    bench->acknowledge_all();
    bench->pass(10s);
  }
  bench->pass(24h);
  EXPECT_EQ(events(), Names{});
}

TEST_F(SilenceTest, its_own_limit_is_that_of_the_configuration) {
  LogicOptions own = options();
  own.drivers.front().sensors["door"].silence = 10min;
  own.drivers.front().sensors["bell"].silence = 0ms;
  begin(own);
  plug({"door", "bell", "t"});
  pass(1min);
  plug({});
  pass(70s);
  EXPECT_EQ(silent(), Names{"t"});
  pass(9min);
  EXPECT_EQ(silent(), (Names{"door", "t"}));
  step = 1min;
  pass(5h);
  EXPECT_EQ(silent().size(), 2U);
}

TEST_F(SilenceTest, a_clock_that_jumps_makes_nobody_silent) {
  begin(options());
  plug({"t"});
  pass(1min);
  for (const Millis jump : {Millis(24h * 365 * 50), Millis(-24h * 365)}) {
    bench->now.wall += jump;
    pass(1min);
  }
  EXPECT_EQ(events(), Names{});
}

TEST_F(SilenceTest, a_connection_that_was_lost_has_said_it_again) {
  begin(options());
  plug({"t"});
  pass(1min);
  plug({});
  bench->step(MqttDisconnected{"gone"});
  pass(2min);
  EXPECT_EQ(silent(), Names{});
  bench->step(MqttConnected{});
  EXPECT_EQ(silent(), Names{"t"});
  EXPECT_EQ(events().size(), 1U) << "it waited";
  bench->published.clear();
  bench->step(MqttDisconnected{"gone"});
  bench->step(MqttConnected{});
  EXPECT_EQ(silent(), Names{"t"}) << "the broker keeps nothing";
  EXPECT_EQ(events(), Names{});
}

// ---- what is kept ----

TEST_F(SilenceTest, known_sensors_survive_a_restart_and_so_does_their_silence) {
  begin(options());
  plug({"t", "h"});
  pass(1min);
  plug({"t"});
  pass(70s);
  ASSERT_EQ(bench->known_sensors.size(), 2U);
  EXPECT_TRUE(bench->known_sensors["h"].silent);
  std::vector<KnownSensor> kept{bench->known_sensors["h"], bench->known_sensors["t"]};
  begin(options(), kept);
  plug({});
  pass(50s);
  EXPECT_EQ(silent(), Names{"h"});
  EXPECT_EQ(events(), Names{}) << "that was told before";
  pass(20s);
  EXPECT_EQ(silent().size(), 2U);
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(SilenceTest, no_reading_costs_a_write_for_it) {
  begin(options());
  step = 10s;
  plug({"t", "h"});
  pass(6h);
  EXPECT_LE(bench->sensor_rows, 2U * 8);
}

TEST_F(SilenceTest, when_the_service_ends_the_last_times_are_written) {
  begin(options());
  plug({"t"});
  pass(30min);
  bench->step(StopRequested{});
  EXPECT_EQ(bench->exit_code, 0);
  EXPECT_GT(bench->known_sensors["t"].last, bench->now.wall - 15s);
}

TEST_F(SilenceTest, it_ends_also_where_they_cannot_be) {
  begin(options());
  plug({"t"});
  pass(1min);
  bench->auto_disk = false;
  bench->step(StopRequested{});
  ASSERT_TRUE(bench->write.has_value());
  bench->serve_disk(fail(ErrorCode::disk_full, "full"));
  bench->pass(5s);
  EXPECT_EQ(bench->exit_code, 0);
}

TEST_F(SilenceTest, of_a_write_that_failed_they_are_written_again) {
  begin(options());
  bench->auto_disk = false;
  plug({"t"});
  answer();
  ASSERT_TRUE(bench->write.has_value());
  EXPECT_EQ(bench->write->sensors.kept.size(), 1U);
  bench->serve_disk(fail(ErrorCode::disk_full, "full"));
  bench->auto_disk = true;
  pass(1min);
  EXPECT_TRUE(bench->known_sensors.contains("t"));
}

TEST_F(SilenceTest, an_outbox_that_opens_late_tells_what_was_known) {
  OutboxContents contents{{{"run1", 0}}, 0, 0, ""};
  contents.failure = "no such disk";
  bench.emplace(options(), contents, true, false);
  bench->on_disk.sensors = {{"", "t", "bme", 10s, bench->now.wall - 1h, false}};
  bench->auto_disk = true;
  bench->step(MqttConnected{});
  plug({});
  pass(2min);
  EXPECT_EQ(silent(), Names{"t"});
}

TEST_F(SilenceTest, a_sensor_that_is_forgotten_is_known_when_it_comes_again) {
  begin(options());
  plug({"t", "h"});
  pass(1min);
  plug({"t"});
  pass(70s);
  ASSERT_EQ(silent(), Names{"h"});
  order(encode_forget_order({"kitchen", "h"}), true);
  EXPECT_EQ(silent(), Names{"h"}) << "a retained order is ignored";
  order(encode_forget_order({"kitchen", "h"}));
  EXPECT_EQ(silent(), Names{});
  EXPECT_EQ(said().known, 1U);
  EXPECT_FALSE(bench->known_sensors.contains("h")) << "also behind a crash";
  EXPECT_TRUE(bench->logged("sensor h of kitchen is forgotten"));
  order(encode_forget_order({"kitchen", "h"}));
  EXPECT_TRUE(bench->logged("is to be forgotten, and is not known"));
  order(R"({"forget":"a b","node":"kitchen"})");
  EXPECT_TRUE(bench->logged("order ignored: forget:"));
  plug({"t", "h"});
  pass(10s);
  EXPECT_EQ(said().known, 2U);
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(SilenceTest, sensors_of_a_driver_that_is_gone_from_the_configuration_are_forgotten) {
  begin(options(), {{"", "t", "bme", 10s, WallTime{}, false}, {"", "old", "gone", 10s, WallTime{}, true}});
  plug({"t"});
  pass(20s);
  EXPECT_EQ(said().known, 1U);
  EXPECT_EQ(silent(), Names{});
  EXPECT_TRUE(bench->logged("driver gone is not configured any more: its sensors are forgotten, 1: old"));
  EXPECT_FALSE(bench->known_sensors.contains("old"));
}

}  // namespace
}  // namespace sensors::publisher
