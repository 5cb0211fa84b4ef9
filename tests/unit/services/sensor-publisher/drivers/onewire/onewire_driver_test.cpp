#include "services/sensor-publisher/drivers/onewire/onewire_driver.hpp"

#include <gtest/gtest.h>

#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

const std::string id = "28-0316a2795afd";

std::string w1_slave(int milli, const std::string& verdict = "YES") {
  return "72 01 4b 46 7f ff 0e 10 57 : crc=57 " + verdict + "\n72 01 4b 46 7f ff 0e 10 57 t=" + std::to_string(milli) +
         "\n";
}

class OneWireDriverTest : public testing::Test {
 protected:
  void thermometer(const std::string& name, const std::string& text) {
    tree.write("bus/w1/devices/" + name + "/w1_slave", text);
  }
  OneWireOptions options(std::vector<std::string> devices = {}) { return {tree.root(), std::move(devices), {}}; }
  DriverReport read() { return OneWireDriver(options()).read(1s); }
  DeviceTree tree;
};

TEST_F(OneWireDriverTest, reads_each_thermometer) {
  thermometer(id, w1_slave(23125));
  thermometer("10-000802b4ba0e", w1_slave(-5500));
  tree.write("bus/w1/devices/w1_bus_master1/w1_master_slaves", id + "\n");
  const DriverReport report = read();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.samples.size(), 2U);
  EXPECT_DOUBLE_EQ(number_of(report, id + ".temperature", "Cel").value(), 23.125);
  EXPECT_DOUBLE_EQ(number_of(report, "10-000802b4ba0e.temperature", "Cel").value(), -5.5);
}

TEST_F(OneWireDriverTest, gives_a_thermometer_the_name_that_is_configured) {
  thermometer(id, w1_slave(23125));
  OneWireOptions named = options();
  named.names[id] = "boiler.flow";
  EXPECT_TRUE(number_of(OneWireDriver(named).read(1s), "boiler.flow", "Cel").has_value());
}

TEST_F(OneWireDriverTest, refuses_a_wrong_crc_and_the_others_go_on) {
  thermometer(id, w1_slave(23125, "NO"));
  thermometer("28-01", w1_slave(20000));
  const DriverReport report = read();
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(has_error(report, ErrorCode::corrupt, id + ": CRC error"));
}

TEST_F(OneWireDriverTest, refuses_the_zeros_of_a_shorted_bus_though_their_crc_is_right) {
  thermometer(id, "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n");
  EXPECT_TRUE(has_error(read(), ErrorCode::corrupt, "the bus is shorted"));
}

TEST_F(OneWireDriverTest, refuses_85_degrees_after_power_on) {
  thermometer(id, w1_slave(85000));
  OneWireDriver driver(options());
  EXPECT_TRUE(has_error(driver.read(1s), ErrorCode::corrupt, "after power-on"));
  thermometer(id, w1_slave(23000));
  EXPECT_TRUE(driver.read(1s).errors.empty());
  thermometer(id, w1_slave(85000));
  EXPECT_TRUE(has_error(driver.read(1s), ErrorCode::corrupt, "after power-on"));
}

TEST_F(OneWireDriverTest, takes_85_degrees_when_it_was_nearly_as_hot_before) {
  OneWireDriver driver(options());
  thermometer(id, w1_slave(75000));
  driver.read(1s);
  thermometer(id, w1_slave(85000));
  EXPECT_DOUBLE_EQ(number_of(driver.read(1s), id + ".temperature", "Cel").value(), 85);
}

TEST_F(OneWireDriverTest, refuses_what_a_thermometer_cannot_measure) {
  thermometer(id, w1_slave(127937));
  EXPECT_TRUE(has_error(read(), ErrorCode::corrupt, "outside -55 .. 125"));
}

TEST_F(OneWireDriverTest, the_range_is_that_of_the_chip) {
  thermometer("3b-0000000183ab", w1_slave(880'000));  // a thermocouple in a kiln
  thermometer("42-000000fa1122", w1_slave(-45'000));
  const DriverReport report = read();
  EXPECT_DOUBLE_EQ(number_of(report, "3b-0000000183ab.temperature", "Cel").value(), 880);
  EXPECT_TRUE(has_error(report, ErrorCode::corrupt, "outside -40 .. 125"));
}

TEST_F(OneWireDriverTest, refuses_text_that_is_no_w1_slave) {
  thermometer("28-01", "");
  thermometer("28-02", "72 01 : crc=57 YES");
  thermometer("28-03", "72 01 : crc=57 YES\n72 01 t=warm\n");
  const DriverReport report = read();
  EXPECT_TRUE(report.samples.empty());
  for (const std::string name : {"28-01", "28-02", "28-03"})
    EXPECT_TRUE(has_error(report, ErrorCode::malformed, name)) << name;
}

TEST_F(OneWireDriverTest, reads_the_temperature_file_where_there_is_no_w1_slave) {
  tree.write("bus/w1/devices/" + id + "/temperature", "21500\n");
  EXPECT_DOUBLE_EQ(number_of(read(), id + ".temperature", "Cel").value(), 21.5);
}

TEST_F(OneWireDriverTest, a_configured_thermometer_that_is_missing_is_an_error) {
  thermometer(id, w1_slave(20000));
  const DriverReport report = OneWireDriver(options({id, "28-aa"})).read(1s);
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(has_error(report, ErrorCode::not_found, "28-aa"));
}

TEST_F(OneWireDriverTest, a_thermometer_that_disappears_is_an_error_until_it_is_back) {
  thermometer(id, w1_slave(20000));
  OneWireDriver driver(options());
  driver.read(1s);
  tree.rename("bus/w1/devices/" + id, "gone");
  EXPECT_TRUE(has_error(driver.read(1s), ErrorCode::not_found, id));
  tree.rename("gone", "bus/w1/devices/" + id);
  EXPECT_TRUE(driver.read(1s).errors.empty());
}

}  // namespace
}  // namespace sensors
