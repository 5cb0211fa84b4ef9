// Which sensors the store says are silent, and which it leaves to others.
#include <gtest/gtest.h>

#include "common/codec/silent_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/store_answer.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

class StoreSilence : public testing::Test {
 protected:
  /// One reading of `sensor`, handed in over HTTP unless `publisher` says otherwise.
  void comes(const std::string& sensor, const std::string& node = "hut",
             const std::string& publisher = "sensor-http-bridge", std::optional<WallTime> time = {}) {
    Batch batch;
    batch.stream = publisher == "sensor-http-bridge" ? "http-" + node : "run-" + node;
    batch.readings.push_back({++seqs[batch.stream], Reading{sensor, 1.0, "Cel", time.value_or(bench.now.wall)}});
    bench.give(LogicBench::message("sensors/" + node + "/backlog/" + publisher, encode_batch(batch)));
    bench.settle();
  }

  /// Moves time on as the loop does.
  void pass(Millis time) {
    const Instant until = bench.now.monotonic + time;
    while (bench.now.monotonic < until) {
      const std::optional<Instant> at = bench.logic().wake_at();
      const Instant next = std::clamp(at.value_or(until), bench.now.monotonic + 1ms, until);
      bench.pass(std::chrono::ceil<Millis>(next - bench.now.monotonic));
      while (bench.is_committing()) commit();
    }
  }

  void commit() {
    for (const KnownSensor& sensor : bench.commits.front().sensors.forgotten) kept.erase(sensor.sensor);
    for (const KnownSensor& sensor : bench.commits.front().sensors.kept) kept[sensor.sensor] = sensor;
    bench.commit();
  }

  void comes_every(Millis interval, int times, const std::string& sensor = "t", const std::string& node = "hut",
                   const std::string& publisher = "sensor-http-bridge") {
    for (int i = 0; i < times; ++i) {
      comes(sensor, node, publisher);
      pass(interval);
    }
  }

  void status(const std::string& node, ServiceState state, const std::string& service = "sensor-publisher") {
    bench.give(LogicBench::message("sensors/" + node + "/status/" + service,
                                   encode_status({service, state, "", bench.now.wall, "1", ""})));
  }

  SilentReport said() const {
    const std::string payload = bench.last_own("silent");
    return payload.empty() ? SilentReport{} : decode_silent(payload).value();
  }
  std::vector<std::string> silent() const {
    std::vector<std::string> names;
    for (const SilentSensor& sensor : said().silent) names.push_back(sensor.node + "/" + sensor.sensor);
    return names;
  }
  std::size_t events() const {
    return static_cast<std::size_t>(
        std::count_if(bench.published.begin(), bench.published.end(), [](const MqttPublish& message) {
          return message.topic == "sensors/node/event/sensor-persistence" &&
                 message.payload.find(R"("type":"silent")") != std::string::npos;
        }));
  }

  /// A commit takes 20 ms here.
  static std::chrono::seconds in_seconds(Millis interval) { return std::chrono::round<std::chrono::seconds>(interval); }

  using Names = std::vector<std::string>;
  std::optional<LogicBench> held{std::in_place, plain_options()};
  LogicBench& bench = *held;  // also of the next run
  std::map<std::string, std::uint64_t> seqs;
  std::map<std::string, KnownSensor> kept;  // on the disk
};

TEST_F(StoreSilence, says_of_a_sensor_that_was_handed_in_over_http_that_it_is_silent_and_back) {
  comes_every(30s, 20);
  EXPECT_EQ(silent(), Names{});
  EXPECT_EQ(said().known, 1U);
  pass(80s);
  EXPECT_EQ(silent(), Names{"hut/t"});
  EXPECT_EQ(in_seconds(said().silent.at(0).interval), 30s);
  EXPECT_TRUE(bench.logged("sensor t of hut is silent: nothing has come of it since"));
  comes("t");
  EXPECT_EQ(silent(), Names{});
  EXPECT_EQ(events(), 2U);
}

TEST_F(StoreSilence, leaves_to_a_publisher_what_is_its) {
  status("attic", ServiceState::up);
  comes_every(10s, 40, "t", "attic", "sensor-publisher");
  pass(24h);
  EXPECT_EQ(silent(), Names{});
  EXPECT_EQ(said().known, 0U) << "the publisher counts them";
}

TEST_F(StoreSilence, takes_a_machine_that_is_away_for_one_fact) {
  status("attic", ServiceState::up);
  comes_every(10s, 40, "t", "attic", "sensor-publisher");
  status("attic", ServiceState::down);
  pass(24h);
  EXPECT_EQ(silent(), Names{});
}

TEST_F(StoreSilence, judges_sensors_of_a_publisher_that_the_broker_knows_nothing_of) {
  status("attic", ServiceState::up);
  comes_every(10s, 40, "t", "attic", "sensor-publisher");
  bench.give(MqttDisconnected{"gone"});
  bench.give(MqttConnected{});
  pass(10min);
  EXPECT_EQ(silent(), Names{}) << "it may come back for so long";
  pass(61s);
  EXPECT_EQ(silent(), Names{"attic/t"});
  status("attic", ServiceState::up);
  EXPECT_EQ(silent(), Names{}) << "and when it does it is its own";
}

TEST_F(StoreSilence, forgets_sensors_of_a_name_that_is_taken_off_the_broker) {
  status("attic", ServiceState::up);
  comes_every(10s, 40, "t", "attic", "sensor-publisher");
  bench.give(LogicBench::message("sensors/attic/status/sensor-publisher", ""));
  EXPECT_TRUE(bench.logged("sensor-publisher of attic was taken off the broker: its 1 sensors are forgotten"));
  comes("t", "attic", "sensor-publisher");  // what waited under that name
  pass(24h);
  EXPECT_EQ(silent(), Names{});
}

TEST_F(StoreSilence, a_broker_that_is_away_makes_nobody_silent) {
  comes_every(30s, 20);
  bench.give(MqttDisconnected{"gone"});
  pass(24h);
  bench.give(MqttConnected{});
  EXPECT_EQ(silent(), Names{});
  EXPECT_EQ(events(), 0U);
  pass(90s);
  EXPECT_EQ(silent(), Names{"hut/t"});
}

TEST_F(StoreSilence, a_store_that_cannot_be_written_makes_nobody_silent) {
  comes_every(30s, 20);
  comes("t");
  Batch batch;
  batch.stream = "http-hut";
  batch.readings.push_back({++seqs["http-hut"], Reading{"t", 1.0, "Cel", bench.now.wall}});
  bench.give(LogicBench::message("sensors/hut/backlog/sensor-http-bridge", encode_batch(batch)));
  bench.pass(20ms);
  bench.fail_commit();
  for (int i = 0; i < 3'000; ++i) {
    bench.pass(1s);
    if (bench.is_committing()) bench.fail_commit();
  }
  EXPECT_EQ(silent(), Names{});
}

TEST_F(StoreSilence, a_bridge_that_is_away_makes_nobody_silent) {
  status("node", ServiceState::up, "sensor-http-bridge");
  comes_every(30s, 20);
  status("node", ServiceState::down, "sensor-http-bridge");
  pass(24h);
  EXPECT_EQ(silent(), Names{});
  status("node", ServiceState::up, "sensor-http-bridge");
  pass(90s);
  EXPECT_EQ(silent(), Names{"hut/t"});
}

TEST_F(StoreSilence, old_readings_are_life_and_teach_nothing) {
  comes_every(30s, 20);
  for (int i = 0; i < 100; ++i) comes("t", "hut", "sensor-http-bridge", test_time - 24h * 365 + i * 1h);
  comes_every(30s, 3);
  EXPECT_EQ(events(), 0U);
  pass(80s);
  EXPECT_EQ(in_seconds(said().silent.at(0).interval), 30s);
}

TEST_F(StoreSilence, a_reading_that_comes_twice_is_no_life) {
  comes_every(30s, 20);
  Batch again;
  again.stream = "http-hut";
  again.readings.push_back({20, Reading{"t", 1.0, "Cel", bench.now.wall}});
  for (int i = 0; i < 10; ++i) {
    bench.give(LogicBench::message("sensors/hut/backlog/sensor-http-bridge", encode_batch(again)));
    pass(10s);
  }
  EXPECT_EQ(silent(), Names{"hut/t"});
}

TEST_F(StoreSilence, two_publishers_of_one_node_have_one_set_of_sensors) {
  status("attic", ServiceState::up);
  for (int i = 0; i < 40; ++i) {
    comes("t", "attic", "sensor-publisher");
    status("attic", ServiceState::up);
    comes(i % 2 == 0 ? "u" : "t", "attic", "sensor-publisher");
    pass(10s);
  }
  EXPECT_EQ(bench.shown("known"), 2U);
  EXPECT_EQ(events(), 0U);
}

TEST_F(StoreSilence, survives_a_restart_and_tells_nothing_twice) {
  comes_every(30s, 20);
  pass(80s);
  ASSERT_TRUE(kept.contains("t"));
  EXPECT_TRUE(kept["t"].silent);
  StoreContents contents;
  contents.sensors = {kept["t"], {"hut", "u", "sensor-http-bridge", 30s, test_time, false}};
  held.emplace(plain_options(), contents);
  pass(80s);
  EXPECT_EQ(silent(), Names{"hut/t"});
  EXPECT_EQ(events(), 0U);
  pass(20s);
  EXPECT_EQ(silent().size(), 2U);
  EXPECT_EQ(events(), 1U);
}

TEST_F(StoreSilence, no_reading_costs_a_row_for_it) {
  std::size_t rows = 0;
  for (int i = 0; i < 720; ++i) {  // 6 h
    Batch batch;
    batch.stream = "http-hut";
    batch.readings.push_back({++seqs["http-hut"], Reading{"t", 1.0, "Cel", bench.now.wall}});
    bench.give(LogicBench::message("sensors/hut/backlog/sensor-http-bridge", encode_batch(batch)));
    bench.pass(20ms);
    while (bench.is_committing()) {
      rows += bench.commits.front().sensors.kept.size();
      bench.commit();
    }
    pass(30s);
  }
  EXPECT_LE(rows, 10U);
}

TEST_F(StoreSilence, when_it_stops_the_last_times_are_written) {
  comes_every(30s, 20);
  const WallTime last = bench.now.wall;
  bench.give(StopRequested{});
  ASSERT_TRUE(bench.is_committing());
  commit();
  EXPECT_GT(kept["t"].last, last - 31s);
  EXPECT_EQ(bench.exit_code, 0);
}

TEST_F(StoreSilence, an_order_forgets_a_sensor) {
  comes_every(30s, 20);
  pass(80s);
  MqttMessage order = LogicBench::message("sensors/node/control/sensor-persistence", encode_forget_order({"hut", "t"}));
  order.retained = true;
  bench.give(order);
  EXPECT_EQ(silent(), Names{"hut/t"});
  order.retained = false;
  bench.give(order);
  EXPECT_EQ(silent(), Names{});
  EXPECT_TRUE(bench.logged("sensor t of hut is forgotten"));
  pass(1s);
  EXPECT_FALSE(kept.contains("t"));
  bench.give(order);
  EXPECT_TRUE(bench.logged("is to be forgotten, and is not known"));
  bench.give(LogicBench::message("sensors/node/control/sensor-persistence", "{"));
  EXPECT_TRUE(bench.logged("order ignored"));
}

TEST_F(StoreSilence, the_newest_readings_say_how_often_they_come_and_since_when_they_do_not) {
  status("attic", ServiceState::up);
  for (int i = 0; i < 40; ++i) {
    comes("t", "attic", "sensor-publisher");
    comes("v", "attic", "sensor-publisher");
    comes("w");
    pass(10s);
  }
  const WallTime since = test_time + 30min;
  bench.give(LogicBench::message("sensors/attic/silent/sensor-publisher",
                                 encode_silent({2, {{"attic", "t", since, 10s}, {"other", "v", since, 10s}}, 0})));
  pass(70s);
  bench.request("query", R"({"latest":true})");
  ASSERT_EQ(bench.queries.size(), 1U);
  QueryRows rows;
  rows.is_latest = true;
  for (const auto& [node, sensor] :
       {std::pair("attic", "t"), std::pair("attic", "v"), std::pair("hut", "w"), std::pair("hut", "unknown")}) {
    rows.readings.push_back({1, node, "k", {1, Reading{sensor, 1.0, "Cel", test_time}}});
  }
  bench.give(QueryDone{bench.queries.front().call, rows});
  const QueryAnswer answer = decode_query_answer(bench.take_answer()).value();
  ASSERT_EQ(answer.readings.size(), 4U);
  EXPECT_EQ(in_seconds(answer.readings[0].interval), 10s);
  EXPECT_EQ(answer.readings[0].silent_since, since);
  EXPECT_EQ(answer.readings[1].silent_since, std::nullopt);
  EXPECT_EQ(in_seconds(answer.readings[2].interval), 10s);
  EXPECT_TRUE(answer.readings[2].silent_since.has_value()) << "as the store itself judges";
  EXPECT_EQ(answer.readings[3].interval, 0s);
}

TEST_F(StoreSilence, a_message_that_cannot_be_read_is_refused_and_counted) {
  bench.give(LogicBench::message("sensors/attic/silent/sensor-publisher", "{"));
  EXPECT_TRUE(bench.logged("silent sensors refused"));
  EXPECT_EQ(bench.shown("refused_messages"), 1U);
}

}  // namespace
}  // namespace sensors::persistence
