#include "services/sensor-publisher/drivers/hwmon/hwmon_driver.hpp"

#include <gtest/gtest.h>

#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class HwmonDriverTest : public testing::Test {
 protected:
  void chip(const std::string& file, const std::string& text) { tree.write("class/hwmon/hwmon0/" + file, text + "\n"); }
  DriverReport read() { return HwmonDriver({tree.root()}).read(1s); }
  DeviceTree tree;
};

TEST_F(HwmonDriverTest, reads_each_kind_of_channel_in_its_ucum_unit) {
  chip("name", "chip");
  chip("temp1_input", "45250");
  chip("in0_input", "3312");
  chip("fan1_input", "1200");
  chip("curr1_input", "1500");
  chip("power1_input", "15200000");
  chip("energy1_input", "2500000");
  chip("humidity1_input", "45200");
  const DriverReport report = read();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.samples.size(), 7U);
  EXPECT_DOUBLE_EQ(number_of(report, "chip.temp1", "Cel").value(), 45.25);
  EXPECT_DOUBLE_EQ(number_of(report, "chip.in0", "V").value(), 3.312);
  EXPECT_DOUBLE_EQ(number_of(report, "chip.fan1", "/min").value(), 1200);
  EXPECT_DOUBLE_EQ(number_of(report, "chip.curr1", "A").value(), 1.5);
  EXPECT_DOUBLE_EQ(number_of(report, "chip.power1", "W").value(), 15.2);
  EXPECT_DOUBLE_EQ(number_of(report, "chip.energy1", "J").value(), 2.5);
  EXPECT_DOUBLE_EQ(number_of(report, "chip.humidity1", "%").value(), 45.2);
}

TEST_F(HwmonDriverTest, names_channels_by_their_labels_and_two_of_one_label_apart) {
  chip("name", "coretemp");
  chip("temp1_input", "50000");
  chip("temp1_label", "Package id 0");
  chip("temp2_input", "40000");
  chip("temp2_label", "Core");
  chip("temp3_input", "41000");
  chip("temp3_label", "Core");
  const DriverReport report = read();
  EXPECT_TRUE(number_of(report, "coretemp.Package_id_0", "Cel").has_value());
  EXPECT_DOUBLE_EQ(number_of(report, "coretemp.temp2", "Cel").value(), 40);
  EXPECT_DOUBLE_EQ(number_of(report, "coretemp.temp3", "Cel").value(), 41);
}

TEST_F(HwmonDriverTest, two_disks_are_told_apart_by_what_is_their_own_in_whatever_order_they_are_found) {
  const auto disk = [&](int number, const std::string& wwid) {
    const std::string hardware = "devices/pci/host" + std::to_string(number) + "/" + std::to_string(number) + ":0:0:0";
    const std::string entry = "class/hwmon/hwmon" + std::to_string(number);
    tree.write(hardware + "/wwid", wwid + "\n");
    tree.write(entry + "/name", "drivetemp\n");
    tree.write(entry + "/temp1_input", number == 0 ? "30000\n" : "40000\n");
    tree.link(hardware, entry + "/device");
  };
  disk(0, "naa.5000c500a1b2c3d4");
  disk(1, "t10.ATA     SSD 850 EVO 250GB                 S2R5NX0H1234");
  const DriverReport report = read();
  EXPECT_DOUBLE_EQ(number_of(report, "drivetemp-naa.5000c500a1b2c3d4.temp1", "Cel").value(), 30);
  EXPECT_EQ(report.samples.size(), 2U);
  EXPECT_TRUE(report.samples[1].sensor.starts_with("drivetemp-S2R5NX0H1234-")) << report.samples[1].sensor;
}

TEST_F(HwmonDriverTest, a_chip_of_the_machine_itself_has_no_address) {
  tree.write("devices/virtual/thermal/thermal_zone0/type", "cpu-thermal\n");
  chip("name", "cpu_thermal");
  chip("temp1_input", "50000");
  tree.link("devices/virtual/thermal/thermal_zone0", "class/hwmon/hwmon0/device");
  EXPECT_TRUE(number_of(read(), "cpu_thermal.temp1", "Cel").has_value());
}

TEST_F(HwmonDriverTest, passes_over_limits_alarms_and_pwm) {
  chip("name", "chip");
  chip("temp1_input", "1000");
  chip("temp1_max", "90000");
  chip("temp1_crit_alarm", "0");
  chip("pwm1", "128");
  chip("intrusion0_alarm", "0");
  EXPECT_EQ(read().samples.size(), 1U);
}

TEST_F(HwmonDriverTest, takes_the_average_power_of_a_chip_that_has_no_other) {
  chip("name", "amdgpu");
  chip("power1_average", "9000000");
  EXPECT_DOUBLE_EQ(number_of(read(), "amdgpu.power1", "W").value(), 9);
}

TEST_F(HwmonDriverTest, a_reported_fault_and_a_broken_file_are_errors_and_the_others_go_on) {
  chip("name", "chip");
  chip("temp1_input", "-128000");
  chip("temp1_fault", "1");
  chip("temp2_input", "inf");
  chip("temp3_input", "30000");
  const DriverReport report = read();
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(has_error(report, ErrorCode::corrupt, "chip.temp1: the chip reports a fault"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "temp2_input"));
}

TEST_F(HwmonDriverTest, finds_the_name_where_old_chips_have_it) {
  chip("device/name", "lm75");
  chip("temp1_input", "1000");
  EXPECT_TRUE(number_of(read(), "lm75.temp1", "Cel").has_value());
}

TEST_F(HwmonDriverTest, says_when_there_is_no_hwmon_at_all) {
  EXPECT_TRUE(has_error(read(), ErrorCode::not_found, "class/hwmon"));
}

}  // namespace
}  // namespace sensors
