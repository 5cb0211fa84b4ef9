#include "services/sensor-publisher/drivers/device_name.hpp"

#include <gtest/gtest.h>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

TEST(DeviceName, is_of_the_kind_and_the_address) {
  EXPECT_EQ(device_name({"", "bme280", "iio:device0", "1-0076"}), "bme280-1-0076");
  EXPECT_EQ(device_name({"", "k10temp", "hwmon1", "0000:00:18.3"}), "k10temp-0000_00_18.3");
  EXPECT_EQ(device_name({"", "coretemp", "hwmon0", "coretemp.0"}), "coretemp.0");
  EXPECT_EQ(device_name({"", "cpu_thermal", "hwmon0", ""}), "cpu_thermal");
  EXPECT_EQ(device_name({"outdoor", "bme280", "iio:device0", "1-0076"}), "outdoor");
  EXPECT_EQ(device_name({"", "", "iio:device0", "1-0076"}), "1-0076");
}

TEST(DeviceName, is_asked_for_as_the_device_is_found_in_sysfs) {
  const DeviceIdentity device{"", "dht11@4", "iio:device0", "dht11@4"};
  for (const std::string& text : {std::string("dht11@4"), std::string("iio:device0"), device_name(device)})
    EXPECT_TRUE(is_called(device, text)) << text;
  EXPECT_FALSE(is_called(device, "dht11@17"));
  EXPECT_FALSE(is_called(device, ""));
}

TEST(DeviceName, of_a_serial_number_is_short_and_its_own) {
  EXPECT_EQ(address_of_serial("naa.5000c500a1b2c3d4"), "naa.5000c500a1b2c3d4");
  const std::string one = address_of_serial("t10.ATA     SSD 850 EVO    S2R5NX0H1234");
  EXPECT_TRUE(one.starts_with("S2R5NX0H1234-")) << one;
  EXPECT_NE(one, address_of_serial("t10.ATA     SSD 860 EVO    S2R5NX0H1234"));
  EXPECT_TRUE(is_name(address_of_serial(std::string(300, 'x') + "\xc3\xa9")));
  EXPECT_LE(address_of_serial(std::string(300, 'x')).size(), 32U);
}

TEST(ChannelNames, are_the_labels_where_no_two_become_one) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(channel_names({{"temp1", "Package id 0"}, {"temp2", ""}}), (Names{"Package_id_0", "temp2"}));
  EXPECT_EQ(channel_names({{"temp1", "Core"}, {"temp2", "Core"}}), (Names{"temp1", "temp2"}));
  EXPECT_EQ(channel_names({{"temp1", "A B"}, {"temp2", "A_B"}}), (Names{"temp1", "temp2"}));
  EXPECT_EQ(channel_names({{"temp1", "temp2"}, {"temp2", ""}}), (Names{"temp1", "temp2"}));
  EXPECT_EQ(channel_names({{"temp1", "x"}, {"temp2", "x"}, {"temp3", "temp1"}}), (Names{"temp1", "temp2", "temp3"}));
}

}  // namespace
}  // namespace sensors
