#include "services/sensor-publisher/logic/spool_policy.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace sensors {
namespace {

Reading reading(const std::string& sensor, Value value) { return {sensor, std::move(value), "", WallTime{}}; }

std::vector<bool> thinned(const std::vector<Reading>& readings) {
  std::vector<const Reading*> pointers;
  for (const Reading& r : readings) pointers.push_back(&r);
  return thin_out(pointers);
}

std::vector<double> numbers_left(const std::vector<Reading>& readings) {
  std::vector<double> left;
  const std::vector<bool> goes = thinned(readings);
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (!goes[i]) left.push_back(std::get<double>(readings[i].value));
  }
  return left;
}

TEST(SpoolPolicy, every_second_of_steady_numbers_goes) {
  const std::vector<Reading> readings(100, reading("t", 20.0));
  const std::vector<bool> goes = thinned(readings);
  const auto gone = std::count(goes.begin(), goes.end(), true);
  EXPECT_GE(gone, 45);
  EXPECT_LE(gone, 50);
}

TEST(SpoolPolicy, a_spike_and_both_sides_of_a_step_stay) {
  std::vector<Reading> readings(40, reading("t", 20.0));
  readings[13].value = 35.0;
  for (std::size_t i = 27; i < 40; ++i) readings[i].value = 24.0;
  const std::vector<bool> goes = thinned(readings);
  EXPECT_FALSE(goes[13]);
  EXPECT_FALSE(goes[26] && goes[27]);
}

TEST(SpoolPolicy, each_change_of_a_switch_stays) {
  std::vector<Reading> readings;
  for (int i = 0; i < 60; ++i) readings.push_back(reading("door", i % 20 >= 15));
  const std::vector<bool> goes = thinned(readings);
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const bool changed = readings[i].value != readings[i - 1].value;
    EXPECT_FALSE(changed && goes[i]) << i;
  }
  EXPECT_GT(std::count(goes.begin(), goes.end(), true), 20);
}

TEST(SpoolPolicy, sensors_do_not_pay_for_each_other) {
  std::vector<Reading> readings;
  for (int i = 0; i < 100; ++i) readings.push_back(reading("fast", i * 1.0));
  readings.push_back(reading("slow", 1.0));
  EXPECT_FALSE(thinned(readings).back()) << "a sensor's only reading stays";
}

TEST(SpoolPolicy, thinned_again_and_again_the_extremes_are_the_last_to_go) {
  std::vector<Reading> readings;
  for (int i = 0; i < 512; ++i) readings.push_back(reading("t", std::sin(i / 20.0) + (i == 300 ? 9.0 : 0.0)));
  for (int pass = 0; pass < 4; ++pass) {
    const std::vector<bool> goes = thinned(readings);
    std::vector<Reading> left;
    for (std::size_t i = 0; i < readings.size(); ++i) {
      if (!goes[i]) left.push_back(readings[i]);
    }
    EXPECT_LE(left.size(), readings.size() * 6 / 10);
    readings = std::move(left);
  }
  const std::vector<double> left = numbers_left(readings);
  EXPECT_GT(*std::max_element(left.begin(), left.end()), 8.0);
}

RC_GTEST_PROP(SpoolPolicyProperty, at_most_half_of_a_sensor_goes_and_of_numbers_nearly_half, ()) {
  const auto picks = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 4), rc::gen::inRange(-5, 5), rc::gen::inRange(0, 3)));
  std::vector<Reading> readings;
  for (const auto& [sensor, number, state] : picks) {
    readings.push_back(sensor < 2 ? reading("n" + std::to_string(sensor), double(number))
                                  : reading("s" + std::to_string(sensor), "state" + std::to_string(state)));
  }
  const std::vector<bool> goes = thinned(readings);
  RC_ASSERT(goes.size() == readings.size());
  std::map<std::string, std::pair<std::size_t, std::size_t>> counts;  // of a sensor: all, gone
  std::map<std::string, Value> before;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    auto& [all, gone] = counts[readings[i].sensor];
    ++all;
    gone += goes[i] ? 1 : 0;
    const auto known = before.find(readings[i].sensor);
    const bool changed = known == before.end() || known->second != readings[i].value;
    RC_ASSERT(!(readings[i].sensor[0] == 's' && changed && goes[i]));
    before.insert_or_assign(readings[i].sensor, readings[i].value);
  }
  for (const auto& [sensor, count] : counts) {
    const auto& [all, gone] = count;
    RC_ASSERT(gone * 2 <= all);
    RC_ASSERT(sensor[0] != 'n' || gone + (all + 9) / 10 >= all / 2);
  }
}

}  // namespace
}  // namespace sensors
