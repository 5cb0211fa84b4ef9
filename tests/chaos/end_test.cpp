// SIGTERM while something hangs: each service ends in less than the 5 s that systemd gives it, and loses nothing.
#include <csignal>
#include <filesystem>

#include "common/runtime/exit_deadline.hpp"
#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis stop_limit{5'000};
constexpr int ended_well = 0;

class End : public ChaosTest {
 protected:
  void begin(ChaosOptions options) {
    ChaosTest::begin(std::move(options));
    chaos().note_streams();
  }

  /// SIGTERM, and a second one a second later, which must not put the end off.
  void expect_end(Part part, int code) {
    Process& process = process_of(rig(), part);
    const Millis start = monotonic_now();
    process.signal(SIGTERM);
    if (!process.wait_exit(Millis{1'000}).has_value()) process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(stop_limit), code) << process.options().name << "\n" << folder_.log_tails();
    EXPECT_LT(monotonic_now() - start, stop_limit) << process.options().name << "\n" << folder_.log_tails();
  }

  void expect_all_to_end(int code = ended_well) {
    for (const Part part : {Part::publisher, Part::persistence, Part::bridge}) expect_end(part, code);
  }

  void expect_to_go_on_after_the_restart() {
    for (const Part part : {Part::publisher, Part::persistence, Part::bridge}) {
      if (!process_of(rig(), part).running()) chaos().restart(part);
    }
    expect_recovery();
    expect_nothing_lost();
  }

  /// The waits of a real installation, which are longer than an end may take.
  static ChaosOptions with_real_waits() {
    ChaosOptions options;
    options.publisher.set_text("send", "puback_timeout", "10s");
    for (const char* wait : {"connect_timeout", "few_timeout"}) options.bridge.set_text("destination", wait, "10s");
    options.bridge.set_text("destination", "bulk_timeout", "30s");
    return options;
  }
};

const char* const guide = "a thread that hangs in a call keeps the process until it is killed";

TEST_F(End, comes_in_time_while_the_broker_is_frozen) {
  describe(
      {"SIGTERM while the broker is frozen", guide, "each service ends within 5 s; readings wait in outbox and store"});
  begin(with_real_waits());
  rig().broker().process().signal(SIGSTOP);
  expect_readings_go_on(12);
  expect_all_to_end();
  rig().broker().process().signal(SIGCONT);
  expect_to_go_on_after_the_restart();
}

TEST_F(End, comes_in_time_while_the_API_hangs) {
  describe({"SIGTERM while the API hangs", guide, "the bridge ends within 5 s; the batch comes again under its key"});
  begin(with_real_waits());
  const std::uint64_t arrivals = rig().api().arrivals();
  rig().api().set_fault(R"({"mode":"hang_after_store"})");
  EXPECT_TRUE(comes_true(patience, [&] { return rig().api().arrivals() > arrivals; }));
  expect_end(Part::bridge, ended_well);
  rig().api().set_fault(R"({"mode":"none"})");
  expect_to_go_on_after_the_restart();
}

TEST_F(End, comes_in_time_with_a_dozen_sensor_programs_that_ignore_SIGTERM) {
  describe({"SIGTERM with 12 sensor programs that ignore it", "there were no such programs",
            "each gets its grace, all at once, and is killed; the publisher ends within 5 s"});
  const std::string program =
      folder_.write("stubborn.sh",
                    "trap '' TERM\n"
                    "i=0\n"
                    "while :; do i=$((i+1)); echo \"{\\\"sensor\\\":\\\"s\\\",\\\"value\\\":$i}\"; sleep 0.02; done\n");
  ChaosOptions options = with_real_waits();
  options.nodes.emplace_back();
  for (int i = 1; i <= 12; ++i) {
    const std::string driver = "driver.stubborn" + std::to_string(i);
    options.nodes[0].drivers.set_text(driver, "type", "command");
    options.nodes[0].drivers.set_text(driver, "interval", "100ms");
    options.nodes[0].drivers.set_text(driver, "prefix", "p" + std::to_string(i) + ".");
    options.nodes[0].drivers.set(driver, "program", R"(["/bin/sh", ")" + program + R"("])");
  }
  begin(std::move(options));
  expect_end(Part::publisher, ended_well);
  expect_to_go_on_after_the_restart();
}

TEST_F(End, comes_in_time_while_DNS_never_answers) {
  NEEDS_PRIVATE_WORLD();
  describe({"SIGTERM while DNS never answers, for broker and API", guide,
            "resolving is on threads that nobody waits for; each service ends within 5 s"});
  ChaosOptions options = with_real_waits();
  options.api_by_name = true;
  for (ConfigText* config : {&options.publisher, &options.persistence, &options.bridge})
    config->set_text("mqtt", "host", "broker.sensor-rig.test");
  begin(std::move(options));
  chaos().name_server().be_silent(true);
  const std::uint64_t questions = chaos().name_server().questions();
  rig().broker().process().signal(SIGSTOP);
  for (const Link link : all_links) chaos().wire(link).reset_connections();
  EXPECT_TRUE(comes_true(patience, [&] { return chaos().name_server().questions() >= questions + 3; }));
  expect_readings_go_on(12);
  expect_all_to_end();
  chaos().name_server().be_silent(false);
  rig().broker().process().signal(SIGCONT);
  expect_to_go_on_after_the_restart();
}

class EndOnHangingDisk : public End {
 protected:
  void begin_with_preloads() {
    ChaosOptions options = with_real_waits();
    options.preloads = true;
    begin(std::move(options));
  }
};

TEST_F(EndOnHangingDisk, comes_in_time_and_says_what_did_not_end) {
  describe({"SIGTERM while the disks hang", guide,
            "the deadline ends publisher and store after 4.5 s, with what they waited for in the log; what was not "
            "committed was not acknowledged"});
  begin_with_preloads();
  chaos().disk_faults().add("sync", "STALL", "store.db");
  expect_readings_go_on(30);  // more than one commit's
  chaos().disk_faults().add("sync", "STALL", "outbox-");
  const std::uint64_t taken = chaos().status("sensor-publisher")["counters"].value("taken", std::uint64_t{0});
  EXPECT_TRUE(comes_true(patience, [&] {
    return chaos().status("sensor-publisher")["counters"].value("taken", std::uint64_t{0}) > taken + 12;
  }));
  expect_end(Part::publisher, ExitDeadline::exit_code);
  expect_end(Part::persistence, ExitDeadline::exit_code);
  expect_end(Part::bridge, ended_well);
  expect_log(rig().publisher(), "waited for a commit of the outbox; threads left: main, outbox");
  expect_log(rig().persistence(), "waited for a commit in the store; threads left: main, store");
  chaos().disk_faults().clear();
  expect_to_go_on_after_the_restart();
}

TEST_F(EndOnHangingDisk, comes_in_time_while_the_services_start) {
  describe({"SIGTERM at the start, while the disks hang", guide, "ends within 5 s; nothing was taken yet"});
  begin_with_preloads();
  for (const Part part : {Part::publisher, Part::persistence}) expect_end(part, ended_well);
  // Not the locks beside them, which each takes before there is anything to wait for.
  for (const char* file : {"store.db-", "outbox-node-1.db-"}) chaos().disk_faults().add("all", "STALL", file);
  for (const Part part : {Part::publisher, Part::persistence}) chaos().restart(part);
  const auto holds = [this](Part part, const std::string& database) {
    return comes_true(patience, [&] {
      const std::string files = "/proc/" + std::to_string(process_of(rig(), part).pid()) + "/fd";
      for (const auto& file : std::filesystem::directory_iterator(files)) {
        std::error_code gone;
        if (std::filesystem::read_symlink(file.path(), gone).string().find(database) != std::string::npos) return true;
      }
      return false;
    });
  };
  EXPECT_TRUE(holds(Part::publisher, "outbox-node-1.db-"));
  EXPECT_TRUE(holds(Part::persistence, "store.db-"));
  expect_end(Part::publisher, ended_well);
  expect_end(Part::persistence, ExitDeadline::exit_code);
  chaos().disk_faults().clear();
  expect_to_go_on_after_the_restart();
}

}  // namespace
}  // namespace sensors::rig
