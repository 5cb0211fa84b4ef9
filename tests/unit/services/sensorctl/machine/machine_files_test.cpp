// The files of a machine, as a folder has them; and the log of actions on the disk.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "common/adapters/tls/certificate_ends.hpp"
#include "common/runtime/clocks.hpp"
#include "services/sensorctl/bundle/run_program.hpp"
#include "services/sensorctl/machine/action_file.hpp"
#include "services/sensorctl/machine/installation.hpp"
#include "services/sensorctl/machine/machine_files.hpp"
#include "services/sensorctl/machine/recover.hpp"
#include "tests/support/documented_options.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::doctor {
namespace {

constexpr WallTime noon{std::chrono::seconds{1'768'478'400}};

class OnFiles : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root.path(path)).parent_path());
    root.write(path, text);
  }

  TemporaryFolder root;
  MachineFiles files{root.path()};
};

/// As somebody else than root, whose folders nobody else may enter.
TEST_F(OnFiles, does_not_call_missing_what_may_not_be_seen) {
  put("private/store.db", "");
  std::filesystem::permissions(root.path("private"), std::filesystem::perms::none);
  std::filesystem::permissions(root.path(), std::filesystem::perms::all);
  constexpr uid_t nobody = 65534;
  const uid_t before = geteuid();
  ASSERT_TRUE(before != 0 || seteuid(nobody) == 0);
  const bool hidden = files.exists("/private/store.db");
  const bool missing = files.exists("/no-such-file");
  ASSERT_TRUE(before != 0 || seteuid(before) == 0);
  std::filesystem::permissions(root.path("private"), std::filesystem::perms::owner_all);
  EXPECT_TRUE(hidden);
  EXPECT_FALSE(missing);
}

TEST_F(OnFiles, knows_a_process_and_its_open_files) {
  put("proc/7/stat", "7 (x) T 1");
  put("proc/7/limits", "Max open files            4096                 4096                 files\n");
  for (const char* name : {"0", "1", "2"}) put(std::string("proc/7/fd/") + name, "");
  put("proc/7/oom_score_adj", "-500\n");
  EXPECT_EQ(files.process_state(7).value(), 'T');
  EXPECT_EQ(files.oom_score_adjust(7).value(), -500);
  const Result<OpenFiles> open = files.open_files(7);
  ASSERT_TRUE(open.has_value()) << open.error().message;
  EXPECT_EQ(open->open, 3U);
  EXPECT_EQ(open->limit, 4096U);
  EXPECT_EQ(files.process_state(8).error().code, ErrorCode::not_found);
}

TEST_F(OnFiles, reads_limits_of_version_2) {
  put("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
  put("sys/fs/cgroup/a.slice/b.service/cgroup.procs", "7\n");
  put("sys/fs/cgroup/a.slice/b.service/memory.max", "1048576\n");
  put("sys/fs/cgroup/a.slice/b.service/pids.max", "max\n");
  put("sys/fs/cgroup/a.slice/b.service/cpu.max", "75000 100000\n");
  const Result<LimitsInForce> limits = files.limits("/a.slice/b.service");
  ASSERT_TRUE(limits.has_value()) << limits.error().message;
  EXPECT_EQ(limits->memory_max, 1'048'576U);
  EXPECT_EQ(limits->tasks_max, std::nullopt);
  EXPECT_EQ(limits->cpu_us_per_s, 750'000U);
  EXPECT_EQ(limits->memory_high, std::nullopt) << "no file, nothing known";
  EXPECT_EQ(limits->io_weight, std::nullopt);
  put("sys/fs/cgroup/a.slice/b.service/memory.high", "max\n");
  put("sys/fs/cgroup/a.slice/b.service/memory.swap.max", "0\n");
  put("sys/fs/cgroup/a.slice/b.service/cpu.weight", "25\n");
  put("sys/fs/cgroup/a.slice/b.service/io.weight", "default 200\n");
  const Result<LimitsInForce> more = files.limits("/a.slice/b.service");
  ASSERT_TRUE(more.has_value()) << more.error().message;
  EXPECT_EQ(more->memory_high, UnitState::no_limit);
  EXPECT_EQ(more->swap_max, 0U);
  EXPECT_EQ(more->cpu_weight, 25U);
  EXPECT_EQ(more->io_weight, 200U);
  EXPECT_TRUE(files.memory_cgroup().value());
  EXPECT_FALSE(files.limits("/elsewhere").has_value());
  EXPECT_FALSE(files.limits("").has_value());
}

TEST_F(OnFiles, reads_limits_of_version_1) {
  put("proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t0\t1\t0\n");
  put("sys/fs/cgroup/pids/b.service/cgroup.procs", "7\n");
  put("sys/fs/cgroup/pids/b.service/pids.max", "100\n");
  put("sys/fs/cgroup/cpu/b.service/cpu.cfs_quota_us", "75000\n");
  put("sys/fs/cgroup/cpu/b.service/cpu.cfs_period_us", "100000\n");
  const Result<LimitsInForce> limits = files.limits("/b.service");
  ASSERT_TRUE(limits.has_value()) << limits.error().message;
  EXPECT_EQ(limits->memory_max, std::nullopt) << "no controller, no limit";
  EXPECT_EQ(limits->tasks_max, 100U);
  EXPECT_EQ(limits->cpu_us_per_s, 750'000U);
  EXPECT_FALSE(files.memory_cgroup().value());
}

TEST_F(OnFiles, asks_the_firmware_or_else_the_voltage_sensor) {
  EXPECT_EQ(files.power().value(), std::nullopt) << "no Raspberry Pi";
  put("sys/class/hwmon/hwmon0/name", "nvme\n");
  put("sys/class/hwmon/hwmon1/name", "rpi_volt\n");
  put("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");
  EXPECT_TRUE(files.power().value()->under_voltage);
  put("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n");
  EXPECT_FALSE(files.power().value()->under_voltage);
}

TEST_F(OnFiles, says_what_storage_a_folder_is_on) {
  put("proc/1/mountinfo", "1 0 8:1 / / rw - ext4 /dev/x rw\n2 1 0:9 / /var/lib rw - tmpfs tmpfs rw\n");
  EXPECT_NE(files.storage_risk("/var/lib/sensor-project").value().find("tmpfs"), std::string::npos);
  EXPECT_EQ(files.storage_risk("/srv").value(), "");
}

TEST_F(OnFiles, sees_the_mounts_of_the_first_process_rather_than_its_own) {
  put("proc/self/mountinfo", "1 0 8:1 / / ro - ext4 /dev/x rw\n");
  EXPECT_TRUE(files.is_read_only("/var").value());
  put("proc/1/mountinfo", "1 0 8:1 / / rw - ext4 /dev/x rw\n");
  EXPECT_FALSE(files.is_read_only("/var").value());
}

TEST_F(OnFiles, needs_no_ipv6_to_know_the_route) {
  EXPECT_FALSE(files.default_route().has_value());
  put("proc/net/route", "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
  EXPECT_TRUE(files.default_route().value());
}

TEST_F(OnFiles, has_space_where_there_is_a_folder) {
  EXPECT_GT(files.space("/").value().total_bytes, 0U);
  EXPECT_EQ(files.space("/nowhere").error().code, ErrorCode::not_found);
}

TEST_F(OnFiles, takes_paths_and_intervals_from_the_services_files) {
  put("etc/sensor-publisher.toml",
      "node = \"kitchen\"\nstatus_interval = \"20s\"\n[outbox]\npath = \"/data/o.db\"\nreserve_bytes = 0\n");
  put("etc/sensor-persistence.toml", "[clock]\ntrust = \"always\"\n[store]\npath = \"/data/s.db\"\n");
  const Installation installation = read_installation(root.path("etc"));
  EXPECT_EQ(installation.node, "kitchen");
  EXPECT_EQ(installation.outbox, "/data/o.db");
  EXPECT_FALSE(installation.outbox_has_reserve);
  EXPECT_EQ(installation.store, "/data/s.db");
  EXPECT_TRUE(installation.store_has_reserve);
  EXPECT_TRUE(installation.clock_is_trusted);
  EXPECT_EQ(installation.status_interval, Millis{20'000}) << "the longest of them";
  put("etc/sensor-publisher.toml", "status_interval = \"1s\"\n");
  put("etc/sensor-persistence.toml", "status_interval = \"2s\"\n");
  EXPECT_EQ(read_installation(root.path("etc")).status_interval, Millis{2'000}) << "also when that is short";
  EXPECT_EQ(read_installation(root.path("nowhere")).store, Installation{}.store);
  put("etc/sensor-alerts.toml", "status_interval = \"30s\"\n");
  EXPECT_TRUE(read_installation(root.path("etc")).has_alerts);
  EXPECT_EQ(read_installation(root.path("etc")).status_interval, Millis{30'000});
}

TEST_F(OnFiles, finds_the_bridges_that_have_a_name) {
  EXPECT_TRUE(read_installation(root.path("nowhere")).named_bridges.empty());
  EXPECT_FALSE(read_installation(root.path("nowhere")).has_alerts);
  for (const char* file : {"sensor-http-bridge.toml", "sensor-http-bridge@weather.toml", "sensor-http-bridge@.toml",
                           "sensor-http-bridge@archive.toml", "sensor-http-bridge@old.toml.bak"})
    put(std::string("etc/") + file, "");
  put("etc/sensor-http-bridge@weather.toml", "status_interval = \"40s\"\n[destination]\nca_file = \"/w.pem\"\n");
  const Installation installation = read_installation(root.path("etc"));
  EXPECT_EQ(installation.named_bridges, (std::vector<std::string>{"archive", "weather"}));
  EXPECT_EQ(installation.status_interval, Millis{40'000});
  ASSERT_EQ(installation.certificates.size(), 1U);
  EXPECT_EQ(installation.certificates[0].path, "/w.pem");
  EXPECT_EQ(installation.certificates[0].unit, "sensor-http-bridge@weather");
}

TEST_F(OnFiles, finds_the_certificates_that_the_services_and_the_broker_use_and_when_they_end) {
  const std::string pem = root.path("hub.pem");
  const std::vector<std::string> openssl{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                                         "-days",   "10",  "-subj", "/CN=hub", "-keyout",  root.path("hub.key"),
                                         "-out",    pem};
  ASSERT_EQ(bundle::run_program(openssl)->exit_code, 0);
  put("etc/sensor-publisher.toml", "[mqtt]\nca_file = \"/ca.pem\"\n");
  put("etc/sensor-persistence.toml", "[mqtt]\nca_file = \"\"\n");
  put("etc/sensor-http-bridge.toml",
      "[http]\ncertificate_file = \"" + pem + "\"\n[destination]\nca_file = \"/api.pem\"\n");
  put("etc/mosquitto.conf", "listener 8883\ncertfile /broker.pem\n");
  std::vector<std::string> paths;
  for (const CertificateFile& file : read_installation(root.path("etc")).certificates) paths.push_back(file.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/ca.pem", "/api.pem", pem, "/broker.pem"}));

  const std::string text = root.read("hub.pem");
  const CertificateEnds ends = certificate_ends(text + text).value();
  EXPECT_EQ(ends.first, ends.last);
  const Millis left = std::chrono::duration_cast<Millis>(ends.first - read_clocks().wall);
  EXPECT_GT(left, std::chrono::days{10} - std::chrono::minutes{5});
  EXPECT_LE(left, std::chrono::days{10});
  EXPECT_EQ(certificate_ends("").error().code, ErrorCode::malformed);
  EXPECT_EQ(certificate_ends(text + text.substr(0, text.size() / 2)).error().code, ErrorCode::malformed);
}

TEST_F(OnFiles, has_a_budget_file_with_every_key_and_its_default) {
  const std::string shipped = std::string(SENSOR_SOURCE_DIR) + "/services/sensorctl/doctor/sensor-recover.toml";
  ConfigFile file = ConfigFile::load(shipped).value();
  EXPECT_EQ(read_budget(file), Budget{});
  EXPECT_EQ(undocumented(shipped, file.options(), {}), "");
  EXPECT_TRUE(read_budget(shipped).has_value());
  EXPECT_EQ(read_budget(root.path("nowhere")).value(), Budget{});
  put("r.toml", "restarts_per_hour = 1\nreboot = true\n");
  EXPECT_EQ(read_budget(root.path("r.toml")).value(), (Budget{6, 1, true, 1}));
  put("r.toml", "restart_per_hour = 1\n");
  EXPECT_FALSE(read_budget(root.path("r.toml")).has_value());
}

TEST_F(OnFiles, remembers_actions_from_run_to_run) {
  const Remedy remedy{Remedy::Kind::restart, "a.service"};
  {
    Result<ActionFile> log = ActionFile::open(root.path("recover"));
    ASSERT_TRUE(log.has_value()) << log.error().message;
    EXPECT_TRUE(log->past().empty());
    ASSERT_TRUE(log->add(noon, remedy, "is stopped").has_value());
    EXPECT_EQ(ActionFile::open(root.path("recover")).error().code, ErrorCode::overloaded) << "one at a time";
  }
  Result<ActionFile> log = ActionFile::open(root.path("recover"));
  ASSERT_TRUE(log.has_value()) << log.error().message;
  EXPECT_EQ(log->past(), (std::vector<PastAction>{{noon, remedy}}));
}

TEST_F(OnFiles, begins_a_new_line_behind_one_that_a_power_cut_tore) {
  put("recover/actions.log", "2026-01-15T11:59:");
  const Remedy remedy{Remedy::Kind::restart, "a.service"};
  Result<ActionFile> log = ActionFile::open(root.path("recover"));
  ASSERT_TRUE(log.has_value()) << log.error().message;
  ASSERT_TRUE(log->add(noon, remedy, "x").has_value());
  EXPECT_EQ(parse_log(root.read("recover/actions.log")), (std::vector<PastAction>{{noon, remedy}}));
}

TEST_F(OnFiles, keeps_the_log_of_actions_bounded_and_its_newest_lines) {
  const Remedy remedy{Remedy::Kind::restart, "a.service"};
  Result<ActionFile> log = ActionFile::open(root.path("recover"));
  ASSERT_TRUE(log.has_value()) << log.error().message;
  for (int i = 0; i < 400; ++i)
    ASSERT_TRUE(log->add(noon + std::chrono::seconds{i}, remedy, std::string(280, 'x')).has_value());
  const std::string text = root.read("recover/actions.log");
  EXPECT_LE(text.size(), ActionFile::most_bytes);
  const auto kept = parse_log(text);
  EXPECT_EQ(kept.back().at, noon + std::chrono::seconds{399});
  EXPECT_GT(kept.size(), 50U);
}

TEST_F(OnFiles, releases_a_reserve_and_writes_it_down) {
  put("store.db.reserve", "room");
  Finding finding = critical("reserve", "r", "is held", "rm");
  finding.remedy = Remedy{Remedy::Kind::release, root.path("store.db.reserve")};
  RecoverOptions options{root.path("none.toml"), root.path("recover"), true};
  Result<Recovery> dry = recover({finding}, options, noon);
  ASSERT_TRUE(dry.has_value()) << dry.error().message;
  EXPECT_EQ(dry->withheld.size(), 1U);
  EXPECT_TRUE(files.exists("/store.db.reserve")) << "a dry run does nothing";
  options.dry_run = false;
  Result<Recovery> wet = recover({finding}, options, noon);
  ASSERT_TRUE(wet.has_value()) << wet.error().message;
  EXPECT_EQ(wet->done.size(), 1U);
  EXPECT_FALSE(files.exists("/store.db.reserve"));
  EXPECT_EQ(parse_log(root.read("recover/actions.log")).size(), 1U);
}

}  // namespace
}  // namespace sensors::doctor
