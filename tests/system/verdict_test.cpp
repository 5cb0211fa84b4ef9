// Real services at their shipped status interval: whatever changes, the first line of /v1/verdict and of `sensorctl
// status` says the truth within five seconds.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/rig/faults.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr Millis five_seconds{5'000};
constexpr const char* thermometer = "28-0000000000d0";

class Truth : public RigTest {
 protected:
  Truth() : port_(free_port()), rig_(folder_, options()) { plug_in(); }

  RigOptions options() {
    RigOptions options = live_weather("100ms", 1);
    ConfigText& drivers = options.nodes.front().drivers;
    drivers.set_text("driver.greenhouse", "type", "onewire");
    drivers.set_text("driver.greenhouse", "sysfs_root", folder_.file("sys"));
    drivers.set("driver.greenhouse", "names", "[\"" + std::string(thermometer) + "=greenhouse.temperature\"]");
    drivers.set_text("driver.greenhouse", "prefix", "");
    drivers.set_text("driver.greenhouse", "interval", "500ms");
    options.publisher.set_text("", "status_interval", "10s");
    options.publisher.set_text("silence", "floor", "2s");
    options.persistence.set_text("", "status_interval", "10s");
    options.bridge.set_text("", "status_interval", "10s");
    options.bridge.set("breaker", "open_times", R"(["2s"])");
    // That an API is away shows when something is tried: here, as in the demo, twice a second.
    options.bridge.set_text("destination", "interval", "500ms");
    options.serve_http(port_);
    options.bridge.set("http", "rate_burst", "100000");
    return options;
  }

  std::filesystem::path device() const { return folder_.file("sys") + "/bus/w1/devices/" + thermometer; }
  void plug_in() {
    std::filesystem::create_directories(device());
    std::ofstream(device() / "temperature") << "21500\n";
  }
  void unplug() { std::filesystem::remove_all(device()); }

  /// The headline over HTTP.
  std::string headline() {
    if (!accepts_connections(port_)) return "no page";
    const HttpReplyText reply = http_get(port_, "/v1/verdict");
    return reply.status == 200 ? nlohmann::json::parse(reply.body).at("headline").get<std::string>() : reply.body;
  }

  /// The first line of `sensorctl status`.
  std::string first_line() {
    const std::string out = folder_.file("status.out");
    std::filesystem::remove(out);
    Process process({"sensorctl",
                     {program_path("sensorctl"), "--port", std::to_string(rig_.broker().port()), "--password-file",
                      rig_.broker().password_file("sensorctl"), "status"},
                     {},
                     folder_.file("sensorctl.log"),
                     out});
    process.start();
    static_cast<void>(process.wait_exit(five_seconds * 2));
    std::ifstream file(out);
    std::string line;
    std::getline(file, line);
    return line;
  }

  bool says(const std::string& wanted) { return headline().find(wanted) != std::string::npos; }

  void expect_within_five_seconds(const std::string& wanted) {
    const Millis begin = monotonic_now();
    EXPECT_TRUE(comes_true(five_seconds, [&] { return says(wanted); })) << headline();
    RecordProperty(wanted, static_cast<int>((monotonic_now() - begin).count()));
    EXPECT_NE(first_line().find(wanted), std::string::npos) << first_line();
  }

  void expect_gone_within(Millis time, const std::string& unwanted) {
    EXPECT_TRUE(comes_true(time, [&] { return !says(unwanted); })) << headline();
    EXPECT_EQ(first_line().find(unwanted), std::string::npos) << first_line();
  }

  /// What was asked of a store that was killed is asked again after 5 s: until then nothing is tried at the API.
  void wait_until_delivered() {
    const std::uint64_t then = rig_.store().uploaded_through("api");
    rig_.wait_until("readings are delivered", Millis{30'000},
                    [&] { return rig_.store().uploaded_through("api") > then; });
  }

  std::uint16_t port_;
  Rig rig_;
};

TEST_F(Truth, is_the_first_line_within_five_seconds_of_each_change) {
  rig_.start_all();
  rig_.wait_until("readings are delivered", Millis{30'000},
                  [&] { return rig_.store().exists() && rig_.store().uploaded_through("api") > 5; });

  process_of(rig_, Part::persistence).kill();
  expect_within_five_seconds("sensor-persistence is down");
  start(rig_, Part::persistence);
  expect_gone_within(five_seconds, "sensor-persistence is down");

  process_of(rig_, Part::publisher).kill();
  expect_within_five_seconds("sensor-publisher is down");
  start(rig_, Part::publisher);
  expect_gone_within(five_seconds, "sensor-publisher is down");

  unplug();
  expect_within_five_seconds("greenhouse");
  plug_in();
  expect_gone_within(five_seconds, "greenhouse");

  wait_until_delivered();
  process_of(rig_, Part::api).kill();
  expect_within_five_seconds("deliveries fail");
  start(rig_, Part::api);
  expect_gone_within(five_seconds, "deliveries fail");

  process_of(rig_, Part::broker).kill();
  EXPECT_TRUE(comes_true(five_seconds, [&] { return says("the broker is not reached"); })) << headline();
  start(rig_, Part::broker);
  expect_gone_within(five_seconds, "the broker is not reached");
}

}  // namespace
}  // namespace sensors::rig
