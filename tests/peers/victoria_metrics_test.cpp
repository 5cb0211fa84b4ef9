// A real VictoriaMetrics at the end of the pipeline. It answers before anything is on its disk, which its kill shows.
#include "tests/peers/victoria_metrics.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/peers/delivery_rig.hpp"
#include "tests/rig/http_peer.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

/// The series and the millisecond of each, where there are two only once: on a busy machine a sensor's readings come in
/// one millisecond now and then, and of those it keeps one.
Points series_and_times(Points points) {
  for (Point& point : points) point.value = 0;
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

std::int64_t newest_of(const Points& points) {
  std::int64_t newest = 0;
  for (const Point& point : points) newest = std::max(newest, point.time);
  return newest;
}

std::int64_t oldest_of(const Points& points) {
  std::int64_t oldest = newest_of(points);
  for (const Point& point : points) oldest = std::min(oldest, point.time);
  return oldest;
}

/// How long it may keep what it has answered for in memory: 5 s, and some for a slow machine.
constexpr std::int64_t unsaved_ms = 15'000;

class VictoriaMetricsPeer : public RigTest {
 protected:
  /// What it has, once it has all of `wanted`; what it takes can be read some seconds later.
  Points points_with(const DeliveryRig& rig, const Points& wanted) {
    Points found;
    rig.wait_until("all can be read", patience, [&] {
      found = database_.points();
      return missing(wanted, series_and_times(found)).empty();
    });
    return found;
  }

  void expect_each_reading_once(const DeliveryRig& rig) {
    const Points stored = in_milliseconds(stored_points(rig.store()));
    const Points wanted = series_and_times(stored);
    const Points found = points_with(rig, wanted);
    EXPECT_EQ(found.size(), wanted.size()) << "each once";
    EXPECT_TRUE(missing(found, stored).empty()) << "with its value";
    EXPECT_EQ(stored.size(), rig.publisher().outbox().taken());
  }

  VictoriaMetrics database_{folder_};
};

TEST_F(VictoriaMetricsPeer, has_each_reading_once_after_it_was_ended_and_started_in_the_middle_of_it) {
  database_.start();
  DeliveryRig rig(folder_, delivery_options(database_.write_url(), 1));
  rig.start_pipeline();
  for (std::uint64_t round = 1; round <= 3; ++round) {
    rig.wait_until("samples come", patience, [&] { return rig.has_delivered(60 * round); });
    ASSERT_TRUE(database_.stop());
    const std::uint64_t taken = rig.publisher().outbox().taken();
    rig.wait_until("readings are taken meanwhile", patience,
                   [&] { return rig.publisher().outbox().taken() >= taken + 30; });
    database_.start();
  }
  rig.drain();
  expect_each_reading_once(rig);
}

TEST_F(VictoriaMetricsPeer, lacks_after_a_kill_what_it_had_in_memory_and_gets_it_under_another_name) {
  database_.start();
  DeliveryRig rig(folder_, delivery_options(database_.write_url(), 1));
  rig.start_pipeline();
  rig.wait_until("samples come, for longer than it keeps them in memory", patience,
                 [&] { return rig.has_delivered(600); });
  database_.kill();
  const Points before = in_milliseconds(stored_points(rig.store()));
  database_.start();
  rig.wait_until("samples come again", patience, [&] { return rig.has_delivered(before.size() + 60); });
  rig.drain();
  const Points stored = in_milliseconds(stored_points(rig.store()));
  const std::int64_t killed_at = newest_of(before);
  Points later = series_and_times(stored);
  later.erase(std::remove_if(later.begin(), later.end(), [&](const Point& p) { return p.time <= killed_at; }),
              later.end());
  const Points found = points_with(rig, later);
  EXPECT_TRUE(missing(found, stored).empty()) << "nothing is there twice, or of nobody";
  const Points lost = missing(series_and_times(stored), series_and_times(found));
  for (const Point& point : lost) EXPECT_GE(point.time, killed_at - unsaved_ms) << "what was on its disk is there";
  if (!lost.empty())  // the figure of docs/testing.md
    std::cout << lost.size() << " readings lost, of the last " << killed_at - oldest_of(lost)
              << " ms before the kill\n";

  rig.persistence().config().set_text("[destination]", "name", "again");
  rig.bridge().config().set_text("destination", "name", "again");
  rig.bridge().stop();
  rig.persistence().stop();
  rig.persistence().start();
  rig.bridge().start();
  rig.drain("again");
  expect_each_reading_once(rig);
}

TEST(VictoriaMetricsAlone, answers_for_samples_older_than_its_retention_and_drops_them) {
  const TempDir folder;
  VictoriaMetrics database(folder, "1d");
  database.start();
  const HttpReplyText answer = http_post(database.port(), "/write", "",
                                         "sensor_reading,node=n,sensor=old value=1 1600000000000000000\n"
                                         "sensor_reading,node=n,sensor=new value=1\n");
  EXPECT_EQ(answer.status, 204);
  wait_until("the new one can be read", patience, folder, [&] { return !database.series("{sensor=\"new\"}").empty(); });
  EXPECT_TRUE(database.series("{sensor=\"old\"}").empty());
}

TEST_F(VictoriaMetricsPeer, has_booleans_as_numbers_and_no_texts) {
  database_.start();
  const std::uint16_t port = free_port();
  RigOptions options = delivery_options(database_.write_url(), 1);
  options.serve_http(port);
  DeliveryRig rig(folder_, options);
  rig.broker().start();
  rig.persistence().start();
  rig.bridge().start();
  const Json rows = {{{"sensor", "door.state"}, {"value", "a \"b\"\nsensor_reading,node=x,sensor=forged value=1"}},
                     {{"sensor", "door.open"}, {"value", true}},
                     {{"sensor", "door.third"}, {"value", 0.1234567890123456}}};
  rig.wait_until("the bridge takes readings", patience, [&] {
    return accepts_connections(port) &&
           http_post(port, "/v1/readings", "Content-Type: application/json\r\nIdempotency-Key: k\r\n", rows.dump())
                   .status == 201;
  });
  rig.wait_until("they are delivered", patience, [&] { return rig.has_delivered(rows.size()); });
  rig.wait_until("they can be read", patience, [&] { return database_.series("{sensor=~\"door.*\"}").size() == 3; });
  ASSERT_EQ(database_.series("sensor_reading_boolean").size(), 1U);
  EXPECT_EQ(database_.series("sensor_reading_boolean").at(0).at("values"), Json({1}));
  ASSERT_EQ(database_.series("sensor_reading_text").size(), 1U);
  EXPECT_EQ(database_.series("sensor_reading_text").at(0).at("values"), Json({0})) << "a text is the number 0";
  EXPECT_TRUE(database_.series("{sensor=\"forged\"}").empty());
  EXPECT_NEAR(database_.series("sensor_reading_value").at(0).at("values").at(0).get<double>(), 0.1234567890123456,
              1e-14);
}

}  // namespace
}  // namespace sensors::rig
