// The four scenarios of the guide to the earlier system, by its own names. Times are a twentieth of the real ones: a
// deadline of 500 ms for 10 s, an open breaker of 3 s for 60 s, a pace of 100, 300 and 600 ms for 10, 30 and 60 s.
#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>

#include "tests/chaos/chaos_test.hpp"
#include "tests/rig/notify_socket.hpp"

namespace sensors::rig {
namespace {

constexpr Millis open_time{3'000};

class Scenario : public ChaosTest {
 protected:
  static ChaosOptions scaled(NodeOptions node) {
    ChaosOptions options;
    options.nodes = {std::move(node)};
    options.publisher.set("pace", "steps", R"(["100ms", "300ms", "600ms"])");
    options.bridge.set("breaker", "open_times", R"(["3s", "6s", "12s"])");
    return options;
  }

  void expect_pace(Millis pace) {
    expect_status("sensor-publisher", "pace_ms " + std::to_string(pace.count()),
                  [&](const nlohmann::json& status) { return status.value("pace_ms", 0) == pace.count(); });
  }

  std::string breaker_of_the_bridge() {
    const nlohmann::json status = chaos().status("sensor-http-bridge");
    return status.contains("breaker") ? status["breaker"].value("state", "") : "";
  }

  std::vector<pid_t> processes() {
    return {rig().publisher().process().pid(), rig().persistence().process().pid(), rig().bridge().process().pid()};
  }
};

class Scenario1 : public Scenario {};

TEST_F(Scenario1, api_server_becomes_unresponsive) {
  describe(
      {"Scenario 1: the API server becomes unresponsive", "hangs for 10 s and 30 s, pool full, machine unreachable",
       "open after 3 failures, no more requests, pace 10 -> 30 -> 60 s; store and broker answer; a probe after 60 s"});
  begin(scaled(weather_node("node-1", "100ms", 1)));
  const std::vector<pid_t> before = processes();
  rig().api().set_fault(R"({"mode":"hang"})");
  const std::uint64_t arrivals = rig().api().arrivals();

  expect_log(rig().bridge(), "Circuit breaker OPEN - API failures exceeded threshold (3)");
  const Millis opened = monotonic_now();
  expect_pace(Millis{300});
  expect_pace(Millis{600});
  expect_readings_go_on(9);
  expect_store_goes_on(9);
  const std::optional<Millis> query = chaos().time_of_a_query();
  ASSERT_TRUE(query.has_value()) << "the store does not answer";
  EXPECT_LT(*query, Millis{2'000});
  if (monotonic_now() < opened + open_time / 2) {  // not on a machine that is too busy to tell
    EXPECT_EQ(rig().api().arrivals(), arrivals + 3);
    EXPECT_EQ(breaker_of_the_bridge(), "open");
  }

  rig().api().set_fault(R"({"mode":"none"})");
  expect_log(rig().bridge(), "Circuit breaker HALF_OPEN - attempting recovery");
  expect_log(rig().bridge(), "Circuit breaker CLOSED - recovered after");
  EXPECT_GE(monotonic_now() - opened, open_time * 8 / 10);
  expect_pace(Millis{100});
  expect_recovery();
  EXPECT_EQ(processes(), before);
  expect_nothing_lost();
}

/// Open files of a process, its threads among them.
struct Held {
  std::size_t files = 0;
  std::size_t threads = 0;
};

std::size_t entries_of(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

Held held_by(const Process& process) {
  const std::string folder = "/proc/" + std::to_string(process.pid());
  return {entries_of(folder + "/fd"), entries_of(folder + "/task")};
}

class Scenario2 : public Scenario {
 protected:
  std::vector<Process*> services() {
    return {&rig().publisher().process(), &rig().persistence().process(), &rig().bridge().process()};
  }
};

TEST_F(Scenario2, database_connection_leak) {
  describe(
      {"Scenario 2: a leak of database connections", "the pool fills with hung connections, readings block",
       "two connections to each database for the life of a service; files and threads stay as many in 10 rounds of "
       "hanging API, hanging disk and lost broker"});
  ChaosOptions options = scaled(weather_node("node-1", "50ms", 2));
  options.bridge.set("breaker", "open_times", R"(["100ms"])");
  options.publisher.set("pace", "steps", R"(["10s"])");
  options.preloads = true;
  begin(std::move(options));
  std::vector<Held> before;
  for (Process* service : services()) before.push_back(held_by(*service));
  for (int round = 0; round < 10; ++round) {
    rig().api().set_fault(R"({"mode":"hang"})");
    chaos().disk_faults().add("sync", round % 2 == 0 ? "STALL" : "EIO", "store.db");
    for (const Link link : all_links) chaos().wire(link).reset_connections();
    expect_readings_go_on(30);
    chaos().disk_faults().clear();
    rig().api().set_fault(R"({"mode":"none"})");
    expect_recovery();
  }
  constexpr std::size_t passing = 3;  // a connection that is being made, a file that is being written
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Held after = held_by(*services()[i]);
    const std::string& name = services()[i]->options().name;
    EXPECT_LE(after.files, before[i].files + passing) << name << " holds more files than before";
    EXPECT_LE(after.threads, before[i].threads + passing) << name << " has more threads than before";
  }
  expect_nothing_lost();
}

/// Hears what the services tell systemd, all the time as it does: a socket that nobody empties would block them.
class Systemd {
 public:
  explicit Systemd(const TempDir& folder)
      : socket_(folder), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            socket_.receive();
            pings_ = socket_.pings();
            let_pass(Millis{10});
          }
        }) {}

  const std::string& path() const { return socket_.path(); }
  bool hears_pings_within(Millis time, int count) const {
    const int before = pings_;
    return comes_true(time, [&] { return pings_ >= before + count; });
  }

 private:
  NotifySocket socket_;
  std::atomic<int> pings_ = 0;
  std::jthread thread_;
};

class Scenario3 : public Scenario {
 protected:
  /// The guide's limits are 256 and 512 MB.
  static constexpr std::uint64_t most_memory_kib = 64 * 1'024;
};

TEST_F(Scenario3, memory_leak_or_runaway_process) {
  describe({"Scenario 3: a memory leak or a runaway process (6,000 readings/s into a frozen store, a hanging API)",
            "unlimited memory, no recovery", "every queue is bounded; the rest waits on the disk"});
  begin(scaled(weather_node("node-1", "100ms", 200)));
  rig().api().set_fault(R"({"mode":"hang"})");
  rig().persistence().freeze();
  expect_readings_go_on(12'000);
  rig().persistence().thaw();
  rig().api().set_fault(R"({"mode":"none"})");
  expect_recovery();
  expect_nothing_lost();
  for (const auto& [service, worst] : chaos().vitals().by_service()) {
    EXPECT_GT(worst.memory_kib, 0U) << service;
    EXPECT_LT(worst.memory_kib, most_memory_kib) << service;
  }
}

TEST_F(Scenario3, process_that_hangs_no_longer_feeds_the_watchdog_and_its_restart_loses_nothing) {
  describe({"Scenario 3: a process that hangs", "runs for ever, a zombie",
            "the watchdog is fed by progress only: systemd kills and restarts it; sent again from the watermark on"});
  Systemd systemd(folder_);
  ChaosOptions options = scaled(weather_node("node-1", "100ms", 1));
  options.environment = {"NOTIFY_SOCKET=" + systemd.path(), "WATCHDOG_USEC=200000"};
  begin(std::move(options));
  chaos().kill(Part::publisher);  // one service that feeds it is enough
  chaos().kill(Part::bridge);
  EXPECT_TRUE(systemd.hears_pings_within(Millis{10'000}, 3));
  rig().persistence().freeze();
  EXPECT_FALSE(systemd.hears_pings_within(Millis{1'000}, 2));  // one may have been on its way
  chaos().kill(Part::persistence);                             // as systemd does now
  for (const Part part : {Part::persistence, Part::bridge, Part::publisher}) chaos().restart(part);
  expect_recovery();
  expect_nothing_lost();
}

class Scenario4 : public Scenario {};

TEST_F(Scenario4, graceful_api_recovery) {
  describe({"Scenario 4: the API recovers", "a manual restart or a power cycle",
            "the backlog drains without anybody, within 60 s of the API's health"});
  begin(scaled(weather_node("node-1", "100ms", 20)));
  const std::vector<pid_t> before = processes();
  rig().api().set_fault(R"({"mode":"503"})");
  expect_breaker("sensor-http-bridge", "open");
  expect_readings_go_on(600);
  rig().api().set_fault(R"({"mode":"none"})");
  const Millis healthy = monotonic_now();
  EXPECT_TRUE(comes_true(patience, [&] {
    const Rig::Progress progress = rig().progress();
    return progress.delivered + 200 >= progress.taken;
  })) << folder_.log_tails();
  EXPECT_LT(monotonic_now() - healthy, 4 * open_time);  // the probe may wait for the second, double time
  expect_pace(Millis{100});
  expect_recovery();
  EXPECT_EQ(processes(), before);
  expect_nothing_lost();
}

}  // namespace
}  // namespace sensors::rig
