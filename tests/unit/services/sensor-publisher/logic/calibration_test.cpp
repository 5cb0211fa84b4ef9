#include "services/sensor-publisher/logic/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

Calibration through(std::vector<CalibrationPoint> points) { return {.points = std::move(points)}; }

TEST(Calibrated, is_the_number_itself_without_a_calibration) {
  EXPECT_EQ(calibrated({}, 21.53), 21.53);
  EXPECT_EQ(calibrated({.scale = 2, .offset = -1}, 21.5), 42.0);
}

TEST(Calibrated, is_on_straight_lines_between_points_and_beyond_them) {
  const Calibration probe = through({{0.3, 0}, {99.1, 100}});
  EXPECT_EQ(calibrated(probe, 0.3), 0.0);
  EXPECT_EQ(calibrated(probe, 99.1), 100.0);
  EXPECT_NEAR(calibrated(probe, 49.7), 50.0, 1e-9);
  EXPECT_NEAR(calibrated(probe, -98.5), -100.0, 1e-9);
  const Calibration table = through({{0, 0}, {10, 5}, {20, 25}});
  EXPECT_EQ(calibrated(table, 5), 2.5);
  EXPECT_EQ(calibrated(table, 15), 15.0);
  EXPECT_EQ(calibrated(table, 30), 45.0);
  EXPECT_EQ(calibrated(table, -2), -1.0);
  EXPECT_EQ(calibrated(through({{0, 100}, {1, 0}}), 0.25), 75.0) << "a probe that falls as it gets wetter";
}

TEST(Calibrated, meets_each_point_and_keeps_the_order_of_a_table_that_rises) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> step(0.001, 50), number(-500, 3'000);
  for (int round = 0; round < 200; ++round) {
    std::vector<CalibrationPoint> points{{number(random), number(random)}};
    const auto count = std::uniform_int_distribution<std::size_t>(2, 20)(random);
    while (points.size() < count)
      points.push_back({points.back().raw + step(random), points.back().value + step(random)});
    const Calibration table = through(points);
    for (const CalibrationPoint& point : points) EXPECT_EQ(calibrated(table, point.raw), point.value);
    std::vector<double> raw(50);
    std::generate(raw.begin(), raw.end(), [&] { return number(random); });
    std::sort(raw.begin(), raw.end());
    for (std::size_t i = 1; i < raw.size(); ++i)
      EXPECT_LE(calibrated(table, raw[i - 1]), calibrated(table, raw[i]) + 1e-9);
  }
}

TEST(CalibrationText, says_what_it_does) {
  EXPECT_EQ(text_of(Calibration{}), "");
  EXPECT_EQ(text_of({.scale = 1.02, .offset = -0.3}), "scale 1.02, offset -0.3");
  EXPECT_EQ(text_of(through({{0.3, 0}, {99.1, 100}})), "0.3 is 0, 99.1 is 100");
}

TEST(CalibrationText, tells_what_changed) {
  EXPECT_TRUE(changed_calibrations("", "").empty());
  EXPECT_TRUE(changed_calibrations("soil scale 2, offset 0\n", "soil scale 2, offset 0\n").empty());
  EXPECT_EQ(
      changed_calibrations("a scale 2, offset 0\nb scale 3, offset 1\n", "a scale 4, offset 0\nc 0 is 0, 1 is 2\n"),
      (std::vector<std::string>{"a is calibrated anew: scale 4, offset 0; before: scale 2, offset 0",
                                "b is calibrated anew: none; before: scale 3, offset 1",
                                "c is calibrated anew: 0 is 0, 1 is 2; before: none"}));
}

/// A publisher whose sensor `s` has this scale.
LogicOptions with_scale(double scale) {
  LogicOptions options = bench_options();
  options.drivers.front().sensors["s"].calibration.scale = scale;
  return options;
}

int events(const PublisherBench& bench) {
  return static_cast<int>(std::count_if(bench.published.begin(), bench.published.end(), [](const MqttPublish& message) {
    return message.payload.find(R"("type":"calibration")") != std::string::npos;
  }));
}

TEST(CalibrationEvent, comes_once_and_is_remembered) {
  OutboxContents contents{{{"run1", 0}}, 0, 0, "store1"};
  PublisherBench bench{with_scale(2), contents};
  bench.step(MqttConnected{});
  bench.pass(10s);
  EXPECT_EQ(events(bench), 1);
  EXPECT_TRUE(bench.logged("s is calibrated anew: scale 2, offset 0; before: none"));
  EXPECT_EQ(bench.calibrations, "s scale 2, offset 0\n");

  contents.calibrations = bench.calibrations;
  PublisherBench same{with_scale(2), contents};
  same.step(MqttConnected{});
  same.pass(10s);
  EXPECT_EQ(events(same), 0);

  PublisherBench none{with_scale(1), contents};
  none.step(MqttConnected{});
  none.pass(10s);
  EXPECT_EQ(events(none), 1);
  EXPECT_EQ(none.calibrations, "");
}

TEST(CalibrationEvent, waits_for_an_outbox_that_opens_late) {
  OutboxContents unopened{{{"run1", 0}}, 0, 0, ""};
  unopened.failure = "outbox.db: open: read-only file system";
  PublisherBench late{with_scale(2), unopened, true, false};
  late.step(MqttConnected{});
  EXPECT_EQ(events(late), 0);
  late.on_disk = {{{"run1", 0}}, 0, 0, "store1"};
  late.on_disk.calibrations = "s scale 2, offset 0\n";
  late.serve_disk();
  late.pass(10s);
  EXPECT_EQ(events(late), 0) << "it is the one that the run before used";
}

TEST(RawReading, stands_beside_the_calibrated_one_where_it_is_asked_for) {
  LogicOptions options = with_scale(2);
  options.drivers.front().sensors["s"].keeps_raw = true;
  options.drivers.front().sensors["s"].unit = "Cel";
  PublisherBench bench{options};
  DriverReport report;
  report.samples = {{"s", 20.5, "mV", {}}, {"s", std::string("wet"), "", {}}, {"other", 3.0, "", {}}};
  bench.step(DriverRead{0, std::move(report)});
  std::vector<std::string> taken;
  for (const OutboxEntry& row : bench.rows) {
    const Reading& reading = std::get<Reading>(row.what);
    const double* number = std::get_if<double>(&reading.value);
    taken.push_back(reading.sensor + " " + (number == nullptr ? "text" : std::to_string(*number)) + " " + reading.unit);
  }
  EXPECT_EQ(taken,
            (std::vector<std::string>{"s 41.000000 Cel", "s text Cel", "other 3.000000 ", "s.raw 20.500000 mV"}));
}

}  // namespace
}  // namespace sensors::publisher
