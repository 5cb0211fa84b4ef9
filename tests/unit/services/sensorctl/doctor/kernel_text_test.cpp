// What the kernel's files say, as they look on real machines, and what is no such text.
#include <gtest/gtest.h>

#include "services/sensorctl/doctor/kernel_text.hpp"

namespace sensors::doctor {
namespace {

TEST(KernelText, has_the_state_of_a_process_behind_its_name_whatever_that_is) {
  EXPECT_EQ(process_state("4711 (sensor-publishe) S 1 4711").value(), 'S');
  EXPECT_EQ(process_state("7 (a) R (b) c) T 1").value(), 'T');
  EXPECT_FALSE(process_state("").has_value());
  EXPECT_FALSE(process_state("4711 (x) ").has_value());
}

TEST(KernelText, has_the_soft_limit_of_open_files) {
  const char* const limits =
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max processes             100                  100                  processes \n"
      "Max open files            4096                 8192                 files     \n";
  EXPECT_EQ(open_files_limit(limits).value(), 4096U);
  EXPECT_FALSE(open_files_limit("Max open files\n").has_value());
  EXPECT_FALSE(open_files_limit("").has_value());
}

TEST(KernelText, knows_a_default_route_from_one_to_a_network_and_from_one_that_is_down) {
  const std::string head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
  EXPECT_TRUE(has_default_route(head + "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n", ""));
  EXPECT_FALSE(has_default_route(head + "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n", ""));
  EXPECT_FALSE(has_default_route(head + "eth0\t00000000\t0101A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0\n", ""));
  EXPECT_FALSE(has_default_route("", ""));
}

TEST(KernelText, knows_a_default_route_of_ipv6_and_not_the_kernels_own_reject_route) {
  const std::string nothing(32, '0');
  const auto line = [&](const std::string& prefix, const std::string& flags, const std::string& interface) {
    return nothing + " " + prefix + " " + nothing + " 00 fe80000000000000021132fffe112233 00000400 00000001 00000000 " +
           flags + " " + interface + "\n";
  };
  EXPECT_TRUE(has_default_route("", line("00", "00000003", "eth0")));
  EXPECT_FALSE(has_default_route("", line("40", "00000003", "eth0")));
  EXPECT_FALSE(has_default_route("", line("00", "00200200", "lo")));
}

TEST(KernelText, finds_the_mount_that_holds_a_path) {
  const std::string root = "25 1 8:2 / / rw,relatime shared:1 - ext4 /dev/root rw\n";
  const std::string data = "40 25 8:3 / /var/lib rw,noatime shared:9 - ext4 /dev/sda1 rw\n";
  EXPECT_FALSE(is_mounted_read_only(root + data, "/var/lib/sensor-project").value());
  EXPECT_TRUE(is_mounted_read_only(root + "40 25 8:3 / /var/lib ro - ext4 /dev/sda1 rw\n", "/var/lib/x").value());
  EXPECT_TRUE(is_mounted_read_only(root + "40 25 8:3 / /var/lib rw - ext4 /dev/sda1 ro,errors=remount-ro\n", "/var/lib")
                  .value())
      << "the kernel gave the file system up";
  EXPECT_FALSE(is_mounted_read_only(root + "40 25 8:3 / /var/lib ro - ext4 /dev/sda1 ro\n", "/var/library").value());
  EXPECT_FALSE(is_mounted_read_only("", "/").has_value());
}

TEST(KernelText, knows_whether_memory_can_be_limited) {
  EXPECT_TRUE(names_memory("cpuset cpu io memory hugetlb pids rdma\n"));
  EXPECT_FALSE(names_memory("cpuset cpu io pids\n")) << "as Raspberry Pi OS comes";
  EXPECT_TRUE(enables_memory("#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t6\t80\t1\n"));
  EXPECT_FALSE(enables_memory("#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t0\t80\t0\n"));
  EXPECT_FALSE(enables_memory(""));
}

TEST(KernelText, has_the_limits_of_both_versions_of_control_groups) {
  EXPECT_EQ(cgroup_limit("268435456\n").value(), 268'435'456U);
  EXPECT_EQ(cgroup_limit("max\n").value(), std::nullopt);
  EXPECT_EQ(cgroup_limit("9223372036854771712\n").value(), std::nullopt);
  EXPECT_FALSE(cgroup_limit("").has_value());
  EXPECT_FALSE(cgroup_limit("much").has_value());
  EXPECT_EQ(cgroup_cpu_limit("75000 100000\n").value(), 750'000U);
  EXPECT_EQ(cgroup_cpu_limit("max 100000\n").value(), std::nullopt);
  EXPECT_EQ(cgroup_cpu_limit("-1\n 100000\n").value(), std::nullopt);
  EXPECT_FALSE(cgroup_cpu_limit("75000 0").has_value());
  EXPECT_FALSE(cgroup_cpu_limit("75000").has_value());
}

TEST(KernelText, has_weights_with_and_without_those_of_single_devices) {
  EXPECT_EQ(cgroup_weight("25\n").value(), 25U);
  EXPECT_EQ(cgroup_weight("default 200\n179:0 50\n").value(), 200U);
  EXPECT_FALSE(cgroup_weight("").has_value());
  EXPECT_FALSE(cgroup_weight("default\n").has_value());
}

TEST(KernelText, has_the_oom_score_with_its_sign) {
  EXPECT_EQ(oom_score_adjust("-500\n").value(), -500);
  EXPECT_EQ(oom_score_adjust("0\n").value(), 0);
  EXPECT_FALSE(oom_score_adjust("").has_value());
  EXPECT_FALSE(oom_score_adjust("much\n").has_value());
}

TEST(KernelText, tells_the_firmwares_bits_apart) {
  const PowerFacts all = power_of("0x50005\n").value();
  EXPECT_TRUE(all.under_voltage && all.throttled && all.was_under_voltage && all.was_throttled);
  const PowerFacts before = power_of("50000\n").value();
  EXPECT_TRUE(!before.under_voltage && !before.throttled && before.was_under_voltage && before.was_throttled);
  const PowerFacts none = power_of("0").value();
  EXPECT_FALSE(none.under_voltage || none.throttled || none.was_under_voltage || none.was_throttled);
  EXPECT_FALSE(power_of("").has_value());
  EXPECT_FALSE(power_of("throttled=0x0").has_value());
}

}  // namespace
}  // namespace sensors::doctor
