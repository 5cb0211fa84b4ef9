// Names of series: two have never one, and one has never two.
#include "services/sensor-http-bridge/web/series_name.hpp"

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/core/reading.hpp"

namespace sensors::bridge {
namespace {

TEST(SeriesName, has_the_measurement_each_tag_and_the_field_but_for_value) {
  EXPECT_EQ(sensor_of({"temperature", {}}, "value"), "temperature");
  EXPECT_EQ(sensor_of({"bme280", {}}, "humidity"), "bme280.humidity");
  EXPECT_EQ(sensor_of({"temperature", {{"room", "attic"}}}, "value"), "temperature.room-attic");
  EXPECT_EQ(sensor_of({"cpu", {{"host", "pi-4"}, {"cpu", "cpu0"}}}, "usage_idle"), "cpu.cpu-cpu0.host-pi-4.usage_idle");
  EXPECT_EQ(sensor_of({"snmp", {{"agent_host", "10.0.0.2"}, {"host", "pi-4.lan"}}}, "uptime"),
            "snmp.agent_host-10.0.0.2.host-pi-4.lan.uptime");
}

TEST(SeriesName, is_the_same_in_every_version) {
  // Histories hang on these. A change here is a change of the wire contract.
  EXPECT_EQ(sensor_of({"temp", {{"room", "Кухня"}}}, "value"), "temp.room-_-777pdz7afinp");
  EXPECT_EQ(sensor_of({"greenhouse.co2", {}}, "value"), "greenhouse.co2-g3erm566zh5b");
  EXPECT_EQ(sensor_of({"volt", {{"rail", "+5V"}}}, "max"), "volt.rail-_5V-jcxr44fgeej4.max");
  EXPECT_EQ(sensor_of({"disk",
                       {{"device", "mmcblk0p1"},
                        {"fstype", "vfat"},
                        {"host", "raspberrypi"},
                        {"mode", "rw"},
                        {"path", "/boot/firmware"}}},
                      "inodes_used_percent"),
            "disk.device-mmc.._boot_firmware-4k3p2lleygmd.inodes_used_percent");
}

TEST(SeriesName, tells_series_apart_that_would_join_alike) {
  using Field = std::pair<Series, std::string>;
  const std::vector<Field> fields{{{"temp", {{"room", "Кухня"}}}, "value"},
                                  {{"temp", {{"room", "Ванна"}}}, "value"},
                                  {{"temp", {{"room", "кухня"}}}, "value"},
                                  {{"temp", {{"room", "kitchen"}}}, "value"},
                                  {{"temp", {{"room", "Kitchen"}}}, "value"},
                                  {{"temp", {{"floor", "kitchen"}}}, "value"},
                                  {{"temp", {}}, "kitchen"},
                                  {{"temp.kitchen", {}}, "value"},
                                  {{"temp", {}}, "room-kitchen"},
                                  {{"temp.room-kitchen", {}}, "value"},
                                  {{"temp", {{"room-kitchen", "x"}}}, "value"},
                                  {{"temp", {{"room", "kitchen-x"}}}, "value"},
                                  {{"volt", {{"rail", "+5V"}}}, "value"},
                                  {{"volt", {{"rail", "~5V"}}}, "value"},
                                  {{"volt", {{"rail", "_5V"}}}, "value"},
                                  {{"m", {{"a", "x_y"}, {"b", "z"}}}, "value"},
                                  {{"m", {{"a", "x"}, {"b", "y_z"}}}, "value"},
                                  {{"m", {{"a", "x.y"}, {"b", "z"}}}, "value"},
                                  {{"m", {{"a", "x"}, {"b", "y.z"}}}, "value"},
                                  {{"m", {{"a", "x,b=z"}}}, "value"},
                                  {{"m", {{"a", "x"}, {"b", "z"}}}, "value"},
                                  {{"m", {{"a", "x\\"}, {"b", "z"}}}, "value"},
                                  {{"m", {{"a", "x.y"}}}, "value"},
                                  {{"m", {{"a", "x"}}}, "y"},
                                  {{"m", {{"a", "x.y"}}}, "f"},
                                  {{"m", {{"a", "x.y-f"}}}, "value"},
                                  {{"m", {{"a", "x.b-z"}}}, "f"},
                                  {{"m", {{"a", "x"}, {"b", "z"}}}, "f"},
                                  {{"m", {{"a", "x."}}}, "f"},
                                  {{"m", {{"a", "x"}}}, "f"},
                                  {{"m", {{"a", "x f"}}}, "value"},
                                  {{"m a", {{"x", "x"}}}, "f"},
                                  {{"m", {{"a", std::string(70, 'x') + "1"}}}, "f"},
                                  {{"m", {{"a", std::string(70, 'x') + "2"}}}, "f"},
                                  {{"m", {{"a", std::string(70, 'x') + "1"}}}, "F"}};
  std::set<std::string> names;
  for (const auto& [series, field] : fields) {
    const std::string name = sensor_of(series, field);
    EXPECT_TRUE(is_name(name)) << name;
    EXPECT_TRUE(names.insert(name).second) << name << " is the name of two";
  }
}

/// Of few characters, so that names collide where they can.
std::string any_part() {
  return *rc::gen::nonEmpty(
      rc::gen::container<std::string>(rc::gen::element('a', 'b', '.', '-', '_', ' ', ',', '=', '\\')));
}

std::pair<Series, std::string> any_field() {
  Series series{any_part(), {}};
  const int tags = *rc::gen::inRange(0, 3);
  for (int i = 0; i < tags; ++i) series.tags.emplace(any_part(), any_part());
  return {series, *rc::gen::inRange(0, 3) == 0 ? "value" : any_part()};
}

TEST(SeriesName, is_never_that_of_another_series) {
  EXPECT_TRUE(rc::check("a name, and another one for another series", [] {
    const auto [one, one_field] = any_field();
    const auto [other, other_field] = any_field();
    const bool are_same =
        std::tie(one.measurement, one.tags, one_field) == std::tie(other.measurement, other.tags, other_field);
    RC_ASSERT(is_name(sensor_of(one, one_field)));
    RC_ASSERT((sensor_of(one, one_field) == sensor_of(other, other_field)) == are_same);
  }));
}

TEST(SeriesName, is_another_one_for_each_of_all_short_series) {
  std::set<std::string> names;
  std::size_t count = 0;
  const std::vector<std::string> parts{"a", "b", "a-b", "a.b", "a.b-a", "b.", ".", "-", "a b", "value"};
  for (const std::string& measurement : parts) {
    for (const std::string& field : parts) {
      names.insert(sensor_of({measurement, {}}, field));
      ++count;
      for (const std::string& key : parts) {
        for (const std::string& value : parts) {
          names.insert(sensor_of({measurement, {{key, value}}}, field));
          names.insert(sensor_of({measurement, {{key, value}, {"z", "a"}}}, field));
          count += 2;
        }
      }
    }
  }
  EXPECT_EQ(names.size(), count);
}

}  // namespace
}  // namespace sensors::bridge
