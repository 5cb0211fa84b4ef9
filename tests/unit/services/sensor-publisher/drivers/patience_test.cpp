#include "services/sensor-publisher/drivers/patience.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

using namespace std::chrono_literals;

class PatienceTest : public testing::Test {
 protected:
  /// One round, ten seconds after the last, in which `sensor` fails with `code`; whether that is trouble.
  bool fails(ErrorCode code, const std::string& sensor = "dht11.temperature") {
    DriverReport report;
    report.no_values.push_back({sensor, {code, "read it"}});
    sift(report);
    EXPECT_TRUE(report.no_values.empty());
    EXPECT_EQ(report.errors.size() + report.passed_over, 1U);
    return !report.errors.empty();
  }
  void gives_a_value(const std::string& sensor = "dht11.temperature") {
    DriverReport report;
    report.samples.push_back({sensor, 21.0, "Cel"});
    sift(report);
  }
  void sift(DriverReport& report) {
    now += 10s;
    patience.sift(report, now);
  }

  Patience patience{2min};
  Instant now{};
};

TEST_F(PatienceTest, a_channel_that_is_off_is_never_in_trouble) {
  for (int i = 0; i < 1'000; ++i) ASSERT_FALSE(fails(ErrorCode::rejected));
}

TEST_F(PatienceTest, a_sensor_that_fails_now_and_then_is_not_in_trouble) {
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_FALSE(fails(ErrorCode::io));
    ASSERT_FALSE(fails(ErrorCode::timeout));
    gives_a_value();
  }
}

TEST_F(PatienceTest, one_of_which_nothing_comes_for_long_is) {
  for (int i = 0; i < 12; ++i) ASSERT_FALSE(fails(ErrorCode::io)) << i;
  EXPECT_TRUE(fails(ErrorCode::io));
  EXPECT_TRUE(fails(ErrorCode::timeout));
  gives_a_value();
  EXPECT_FALSE(fails(ErrorCode::io));
}

TEST_F(PatienceTest, one_that_is_read_rarely_must_fail_several_times) {
  for (int i = 1; i < Patience::least_failures; ++i, now += 1h) ASSERT_FALSE(fails(ErrorCode::io)) << i;
  EXPECT_TRUE(fails(ErrorCode::io));
}

TEST_F(PatienceTest, the_values_of_one_channel_do_not_hide_the_silence_of_another) {
  for (int i = 0; i < 6; ++i) {  // a round of each
    ASSERT_FALSE(fails(ErrorCode::io));
    gives_a_value("dht11.humidity");
  }
  EXPECT_TRUE(fails(ErrorCode::io));
}

TEST_F(PatienceTest, what_cannot_pass_by_itself_is_trouble_at_once) {
  EXPECT_TRUE(fails(ErrorCode::permission));
  EXPECT_TRUE(fails(ErrorCode::malformed));
  EXPECT_TRUE(fails(ErrorCode::not_found));
}

TEST_F(PatienceTest, none_is_had_where_the_owner_wants_none) {
  patience = Patience(0ms);
  EXPECT_TRUE(fails(ErrorCode::io));
  EXPECT_FALSE(fails(ErrorCode::rejected));
}

}  // namespace
}  // namespace sensors
