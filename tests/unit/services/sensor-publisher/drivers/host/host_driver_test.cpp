#include "services/sensor-publisher/drivers/host/host_driver.hpp"

#include <gtest/gtest.h>

#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class HostDriverTest : public testing::Test {
 protected:
  HostDriverTest() {
    tree.write("proc/loadavg", "0.52 0.58 0.59 2/1280 12345\n");
    tree.write("proc/meminfo",
               "MemTotal:        8000000 kB\nMemFree:          500000 kB\nMemAvailable:    6000000 kB\n");
    tree.write("proc/uptime", "35012.25 129000.11\n");
  }
  DriverReport read(std::vector<std::string> disks = {"/"}) {
    return HostDriver({tree.path("sys"), tree.path("proc"), std::move(disks)}).read(1s);
  }
  DeviceTree tree;
};

TEST_F(HostDriverTest, reads_load_memory_disk_and_uptime) {
  const DriverReport report = read();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.samples.size(), 5U);
  EXPECT_DOUBLE_EQ(number_of(report, "load1", "").value(), 0.52);
  EXPECT_DOUBLE_EQ(number_of(report, "memory.available", "By").value(), 6'000'000.0 * 1024);
  EXPECT_DOUBLE_EQ(number_of(report, "memory.used", "By").value(), 2'000'000.0 * 1024);
  EXPECT_DOUBLE_EQ(number_of(report, "uptime", "s").value(), 35012.25);
  EXPECT_GE(number_of(report, "disk.root.free", "By").value(), 0);
}

TEST_F(HostDriverTest, reads_the_thermal_zone_of_the_cpu) {
  tree.write("sys/class/thermal/thermal_zone0/type", "acpitz\n");
  tree.write("sys/class/thermal/thermal_zone0/temp", "20000\n");
  tree.write("sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
  tree.write("sys/class/thermal/thermal_zone1/temp", "48312\n");
  EXPECT_DOUBLE_EQ(number_of(read(), "cpu.temperature", "Cel").value(), 48.312);
}

TEST_F(HostDriverTest, names_each_disk_by_its_path_and_says_which_is_not_there) {
  const DriverReport report = read({"/usr/lib", "/no/such/disk"});
  EXPECT_TRUE(number_of(report, "disk.usr_lib.free", "By").has_value());
  EXPECT_TRUE(has_error(report, ErrorCode::not_found, "disk /no/such/disk"));
}

TEST_F(HostDriverTest, what_is_broken_is_an_error_and_the_others_go_on) {
  tree.write("proc/loadavg", "often\n");
  tree.write("proc/meminfo", "MemTotal: 8000000 kB\n");
  tree.remove("proc/uptime");
  const DriverReport report = read();
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "loadavg"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "MemAvailable"));
  EXPECT_TRUE(has_error(report, ErrorCode::not_found, "uptime"));
}

TEST_F(HostDriverTest, reads_the_machine_that_this_test_runs_on) {
  const DriverReport report = HostDriver(HostOptions{}).read(1s);
  EXPECT_TRUE(number_of(report, "load1", "").has_value());
  EXPECT_GT(number_of(report, "memory.used", "By").value_or(0), 0);
  EXPECT_GT(number_of(report, "uptime", "s").value_or(0), 0);
}

}  // namespace
}  // namespace sensors
