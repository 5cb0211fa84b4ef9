#include "services/sensor-publisher/drivers/iio/iio_driver.hpp"
#include "services/sensor-publisher/drivers/iio/iio_channel.hpp"

#include <gtest/gtest.h>

#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class IioDriverTest : public testing::Test {
 protected:
  void device(int number, const std::string& file, const std::string& text) {
    tree.write("bus/iio/devices/iio:device" + std::to_string(number) + "/" + file, text + "\n");
  }
  void bme280(int number) {
    device(number, "name", "bme280");
    device(number, "in_temp_input", "21530");
    device(number, "in_pressure_input", "101.325");
    device(number, "in_humidityrelative_input", "45200");
  }
  DriverReport read(std::vector<std::string> devices = {}) {
    IioDriver driver({tree.root(), {std::move(devices), {}, {}}});
    return driver.read(1s);
  }
  /// A chip at an address of the bus, and its entry of the class.
  void chip(const std::string& address, int number, const std::string& name, const std::string& milli) {
    const std::string folder = "devices/i2c-1/" + address + "/iio:device" + std::to_string(number);
    tree.write(folder + "/name", name + "\n");
    tree.write(folder + "/in_temp_input", milli + "\n");
    tree.link(folder, "bus/iio/devices/iio:device" + std::to_string(number));
  }
  static std::string sensors_of(const DriverReport& report) {
    std::string names;
    for (const Sample& sample : report.samples) names += (names.empty() ? "" : " ") + sample.sensor;
    return names;
  }

  DeviceTree tree;
};

TEST_F(IioDriverTest, reads_processed_values_in_ucum_units) {
  bme280(0);
  const DriverReport report = read();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.samples.size(), 3U);
  EXPECT_DOUBLE_EQ(number_of(report, "bme280.temperature", "Cel").value(), 21.53);
  EXPECT_DOUBLE_EQ(number_of(report, "bme280.pressure", "hPa").value(), 1013.25);
  EXPECT_DOUBLE_EQ(number_of(report, "bme280.humidity", "%").value(), 45.2);
  EXPECT_FALSE(report.samples.front().time.has_value());
}

TEST_F(IioDriverTest, scales_raw_values_by_offset_then_scale) {
  device(0, "name", "sht3x");
  device(0, "in_temp_raw", "25000");
  device(0, "in_temp_offset", "-16852");
  device(0, "in_temp_scale", "2.67");
  EXPECT_DOUBLE_EQ(number_of(read(), "sht3x.temperature", "Cel").value(), (25000.0 - 16852.0) * 2.67 / 1000);
}

TEST_F(IioDriverTest, takes_the_most_specific_scale_there_is) {
  device(0, "name", "ads1115");
  device(0, "in_voltage0_raw", "1000");
  device(0, "in_voltage1_raw", "1000");
  device(0, "in_voltage2-voltage3_raw", "-10");
  device(0, "in_voltage1_scale", "0.125");
  device(0, "in_voltage_scale", "2");
  device(0, "in_voltage-voltage_scale", "3");
  device(0, "in_accel_x_raw", "100");
  device(0, "in_accel_scale", "0.01");
  device(0, "in_illuminance_raw", "7");
  const DriverReport report = read();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_DOUBLE_EQ(number_of(report, "ads1115.voltage0", "V").value(), 2);
  EXPECT_DOUBLE_EQ(number_of(report, "ads1115.voltage1", "V").value(), 0.125);
  EXPECT_DOUBLE_EQ(number_of(report, "ads1115.voltage2-voltage3", "V").value(), -0.03);
  EXPECT_DOUBLE_EQ(number_of(report, "ads1115.accel_x", "m/s2").value(), 1);
  EXPECT_DOUBLE_EQ(number_of(report, "ads1115.illuminance", "lx").value(), 7);
}

TEST_F(IioDriverTest, prefers_a_processed_value_to_a_raw_one) {
  device(0, "name", "x");
  device(0, "in_temp_raw", "1");
  device(0, "in_temp_input", "5000");
  const DriverReport report = read();
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_DOUBLE_EQ(number_of(report, "x.temperature", "Cel").value(), 5);
}

TEST_F(IioDriverTest, passes_over_what_is_no_input_channel) {
  bme280(0);
  device(0, "in_temp_oversampling_ratio", "2");
  device(0, "in_rot_quaternion_raw", "0 0 0 1");
  device(0, "in_timestamp_index", "0");
  device(0, "out_voltage0_raw", "1");
  const DriverReport report = read();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.samples.size(), 3U);
}

// Found by fuzzing: the prefix and the ending share their underscore here, and the rest was longer than memory.
TEST(IioChannelTest, a_name_between_prefix_and_ending_is_needed) {
  EXPECT_FALSE(parse_iio_channel("in_raw").has_value());
  EXPECT_FALSE(parse_iio_channel("in_input").has_value());
  EXPECT_FALSE(parse_iio_channel("in__raw").has_value());
  EXPECT_TRUE(parse_iio_channel("in_temp_raw").has_value());
}

TEST_F(IioDriverTest, a_broken_channel_is_an_error_and_the_others_go_on) {
  bme280(0);
  device(0, "in_temp_input", "nan");
  device(0, "in_pressure_input", "1e999");
  device(0, "in_voltage0_raw", "12 monkeys");
  device(0, "in_current_raw", "1");
  device(0, "in_current_scale", "");
  device(0, "in_resistance_raw", std::string(5000, '1'));
  const DriverReport report = read();
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "in_temp_input: 'nan' is not a finite number"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "in_pressure_input"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "'12 monkeys'"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "in_current_scale"));
  EXPECT_TRUE(has_error(report, ErrorCode::too_large, "in_resistance_raw"));
  EXPECT_EQ(report.no_values.size(), 5U);
  EXPECT_TRUE(number_of(report, "bme280.humidity", "%").has_value());
}

TEST_F(IioDriverTest, says_when_there_is_no_iio_at_all) {
  EXPECT_TRUE(has_error(read(), ErrorCode::not_found, "bus/iio/devices"));
}

TEST_F(IioDriverTest, a_wanted_device_that_is_missing_is_an_error) {
  bme280(0);
  const DriverReport report = read({"bme280", "bh1750"});
  EXPECT_EQ(report.samples.size(), 3U);
  EXPECT_TRUE(has_error(report, ErrorCode::not_found, "device bh1750"));
}

TEST_F(IioDriverTest, reads_only_wanted_devices) {
  bme280(0);
  device(1, "name", "bh1750");
  device(1, "in_illuminance_input", "300");
  const DriverReport report = read({"bh1750"});
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(report.errors.empty());
}

TEST_F(IioDriverTest, a_device_that_disappears_is_an_error_until_it_is_back) {
  bme280(0);
  device(1, "name", "bh1750");
  device(1, "in_illuminance_input", "300");
  IioDriver driver({tree.root(), {}});
  EXPECT_EQ(driver.read(1s).samples.size(), 4U);
  tree.rename("bus/iio/devices/iio:device0", "gone");
  const DriverReport without = driver.read(1s);
  EXPECT_EQ(without.samples.size(), 1U);
  EXPECT_TRUE(has_error(without, ErrorCode::not_found, "device bme280"));
  tree.rename("gone", "bus/iio/devices/iio:device0");
  const DriverReport again = driver.read(1s);
  EXPECT_EQ(again.samples.size(), 4U);
  EXPECT_TRUE(again.errors.empty());
}

TEST_F(IioDriverTest, a_chip_on_a_bus_has_its_address_in_its_name_whatever_else_is_there_at_this_start) {
  chip("1-0076", 0, "bme280", "21000");
  chip("1-0077", 1, "bme280", "-4000");
  EXPECT_EQ(sensors_of(read()), "bme280-1-0076.temperature bme280-1-0077.temperature");
  tree.remove("bus/iio/devices/iio:device0");
  tree.remove("bus/iio/devices/iio:device1");
  chip("1-0077", 0, "bme280", "-4000");  // alone, and counted anew
  const DriverReport alone = read();
  EXPECT_EQ(sensors_of(alone), "bme280-1-0077.temperature");
  EXPECT_EQ(number_of(alone, "bme280-1-0077.temperature", "Cel"), -4);
}

TEST_F(IioDriverTest, an_owner_may_give_a_chip_the_name_that_its_history_has) {
  chip("1-0076", 0, "bme280", "21000");
  chip("1-0077", 1, "bme280", "-4000");
  IioDriver driver({tree.root(), {{}, {{"1-0076", "bme280"}}, {}}});
  EXPECT_EQ(sensors_of(driver.read(1s)), "bme280.temperature bme280-1-0077.temperature");
  tree.remove("bus/iio/devices/iio:device0");
  IioDriver later({tree.root(), {{}, {{"1-0076", "bme280"}}, {}}});
  EXPECT_EQ(sensors_of(later.read(1s)), "bme280-1-0077.temperature");
}

TEST_F(IioDriverTest, two_chips_that_would_have_one_name_are_told_apart_and_that_is_said) {
  chip("1-0076", 0, "bme280", "21000");
  chip("1-0077", 1, "bme280", "-4000");
  IioDriver driver({tree.root(), {{}, {{"bme280", "air"}}, {}}});  // means both
  const DriverReport report = driver.read(1s);
  EXPECT_EQ(sensors_of(report), "bme280-1-0076.temperature bme280-1-0077.temperature");
  EXPECT_TRUE(has_error(report, ErrorCode::invalid, "would have the name of another, air"));
}

TEST_F(IioDriverTest, a_device_is_asked_for_by_what_its_name_file_shows) {
  const std::string folder = "devices/platform/dht11@4/iio:device0";
  tree.write(folder + "/name", "dht11@4\n");
  tree.write(folder + "/in_temp_input", "23000\n");
  tree.link(folder, "bus/iio/devices/iio:device0");
  const DriverReport report = read({"dht11@4"});
  ASSERT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(report.errors.empty());
  EXPECT_TRUE(report.samples[0].sensor.starts_with("dht11")) << report.samples[0].sensor;
  EXPECT_TRUE(is_name(report.samples[0].sensor));
}

TEST_F(IioDriverTest, a_channel_that_is_left_out_is_not_even_read) {
  bme280(0);
  device(0, "in_temp_input", "broken");
  IioDriver driver({tree.root(), {{}, {}, {"*.temp*"}}});
  const DriverReport report = driver.read(1s);
  EXPECT_EQ(report.samples.size(), 2U);
  EXPECT_TRUE(report.no_values.empty());
}

TEST_F(IioDriverTest, names_are_made_to_fit_the_grammar_and_no_two_become_one) {
  device(0, "name", "my sensor/\xc3\xa9");
  device(0, "in_temp_input", "1");
  device(1, "name", "my sensor/\xc3\xa8");
  device(1, "in_temp_input", "1");
  const DriverReport report = read();
  ASSERT_EQ(report.samples.size(), 2U);
  EXPECT_NE(report.samples[0].sensor, report.samples[1].sensor);
  for (const Sample& sample : report.samples) EXPECT_TRUE(is_name(sample.sensor)) << sample.sensor;
}

}  // namespace
}  // namespace sensors
