#include "services/sensor-publisher/logic/sample_filter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sensors {
namespace {

using namespace std::chrono_literals;

class SampleFilterTest : public testing::Test {
 protected:
  static SampleFilter with(const SensorOptions& options) { return SampleFilter({{"t", options}}); }
  Result<std::optional<Reading>> take(SampleFilter& filter, Value value, const std::string& unit = "Cel") {
    return filter.take({"t", std::move(value), unit, std::nullopt}, now);
  }
  bool goes_out(SampleFilter& filter, Value value) { return take(filter, std::move(value)).value().has_value(); }
  bool is_refused(SampleFilter& filter, Value value, const std::string& unit = "Cel") {
    const auto taken = take(filter, std::move(value), unit);
    return !taken.has_value() && taken.error().code == ErrorCode::invalid;
  }

  Now now{Instant{} + 1h, WallTime{Millis{1'768'493'375'000}}};
};

TEST_F(SampleFilterTest, stamps_what_has_no_time_and_keeps_the_time_that_is_there) {
  SampleFilter filter;
  EXPECT_EQ(take(filter, 1.0).value()->time, now.wall);
  const WallTime then{Millis{1'000}};
  EXPECT_EQ(filter.take({"t", 1.0, "Cel", then}, now).value()->time, then);
  EXPECT_EQ(filter.accepted(), 2U);
}

TEST_F(SampleFilterTest, refuses_and_counts_what_breaks_a_rule) {
  SampleFilter filter;
  EXPECT_TRUE(is_refused(filter, std::nan("")));
  EXPECT_TRUE(is_refused(filter, std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(is_refused(filter, 1.0, "degrees Celsius, more or less"));
  EXPECT_TRUE(is_refused(filter, std::string("\xff")));
  EXPECT_FALSE(filter.take({"living room", 1.0, "", std::nullopt}, now).has_value());
  EXPECT_EQ(filter.refused(), 5U);
  EXPECT_EQ(filter.accepted(), 0U);
}

TEST_F(SampleFilterTest, refuses_temperatures_below_absolute_zero) {
  SampleFilter filter;
  EXPECT_TRUE(is_refused(filter, -273.16));
  EXPECT_TRUE(is_refused(filter, -0.1, "K"));
  EXPECT_FALSE(is_refused(filter, -273.15));
}

TEST_F(SampleFilterTest, refuses_what_is_outside_min_and_max_without_naming_the_value) {
  SensorOptions options;
  options.min = -40;
  options.max = 85.5;
  SampleFilter filter = with(options);
  EXPECT_FALSE(is_refused(filter, -40.0));
  EXPECT_FALSE(is_refused(filter, 85.5));
  EXPECT_TRUE(is_refused(filter, -40.1));
  EXPECT_EQ(take(filter, 90.0).error().message, "sensor t: value is above its max 85.5 Cel");
  EXPECT_EQ(filter.refused(), 2U);
}

TEST_F(SampleFilterTest, calibrates_numbers_before_it_looks_at_min_max_and_deadband) {
  SensorOptions options;
  options.calibration.points = {{0, 100}, {1'000, 0}};
  options.min = 10;
  options.deadband = 5;
  SampleFilter filter = with(options);
  EXPECT_EQ(std::get<double>(take(filter, 500.0, "%").value()->value), 50.0);
  EXPECT_FALSE(goes_out(filter, 520.0)) << "2 % less";
  EXPECT_TRUE(is_refused(filter, 950.0, "%"));
  EXPECT_EQ(take(filter, std::string("wet"), "").value()->value, Value{std::string("wet")});
  EXPECT_EQ(take(filter, true, "").value()->value, Value{true});
}

TEST_F(SampleFilterTest, refuses_what_calibration_makes_infinite) {
  SensorOptions options;
  options.calibration.scale = 1e300;
  SampleFilter filter = with(options);
  EXPECT_TRUE(is_refused(filter, 1e300));
}

TEST_F(SampleFilterTest, puts_the_configured_unit_in_place_of_the_drivers) {
  SensorOptions options;
  options.unit = "m3/h";
  SampleFilter filter = with(options);
  EXPECT_EQ(take(filter, 1.0, "").value()->unit, "m3/h");
}

TEST_F(SampleFilterTest, suppresses_what_moved_less_than_the_deadband_since_the_last_that_went_out) {
  SensorOptions options;
  options.deadband = 0.5;
  SampleFilter filter = with(options);
  EXPECT_TRUE(goes_out(filter, 20.0));
  EXPECT_FALSE(goes_out(filter, 20.4));
  EXPECT_FALSE(goes_out(filter, 19.6));
  EXPECT_TRUE(goes_out(filter, 20.5));
  EXPECT_FALSE(goes_out(filter, 20.1));
  EXPECT_EQ(filter.suppressed(), 3U);
}

TEST_F(SampleFilterTest, a_slow_drift_goes_out_in_steps_of_the_deadband) {
  SensorOptions options;
  options.deadband = 1;
  options.deadband_max_age = 24h;
  SampleFilter filter = with(options);
  int out = 0;
  for (int i = 0; i <= 100; ++i) out += goes_out(filter, i * 0.125) ? 1 : 0;
  EXPECT_EQ(out, 13);
}

TEST_F(SampleFilterTest, lets_one_through_when_the_last_is_old) {
  SensorOptions options;
  options.deadband = 0.5;
  options.deadband_max_age = 60s;
  SampleFilter filter = with(options);
  EXPECT_TRUE(goes_out(filter, 20.0));
  now.monotonic += 59s;
  EXPECT_FALSE(goes_out(filter, 20.0));
  now.monotonic += 1s;
  EXPECT_TRUE(goes_out(filter, 20.0));
  now.monotonic += 59s;
  EXPECT_FALSE(goes_out(filter, 20.0));
}

TEST_F(SampleFilterTest, with_a_deadband_booleans_and_texts_go_out_when_they_change) {
  SensorOptions options;
  options.deadband = 0.5;
  SampleFilter filter = with(options);
  EXPECT_TRUE(goes_out(filter, true));
  EXPECT_FALSE(goes_out(filter, true));
  EXPECT_TRUE(goes_out(filter, false));
  EXPECT_TRUE(goes_out(filter, std::string("open")));
  EXPECT_FALSE(goes_out(filter, std::string("open")));
}

TEST_F(SampleFilterTest, a_refused_value_does_not_move_the_deadband) {
  SensorOptions options;
  options.deadband = 1;
  options.max = 50;
  SampleFilter filter = with(options);
  EXPECT_TRUE(goes_out(filter, 20.0));
  EXPECT_TRUE(is_refused(filter, 85.0));
  EXPECT_FALSE(goes_out(filter, 20.1));
}

}  // namespace
}  // namespace sensors
