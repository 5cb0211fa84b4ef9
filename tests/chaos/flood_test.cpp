// Far more than the parts are made for: each bounds its memory and its log, and what was taken is not lost.
#include <algorithm>

#include "tests/chaos/chaos_test.hpp"
#include "tests/rig/programs.hpp"

namespace sensors::rig {
namespace {

constexpr std::uint64_t most_memory_kib = 64 * 1'024;
constexpr std::size_t most_log_lines = 100;

std::size_t lines_of(const Service& service) {
  const std::string log = service.log();
  return static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
}

/// As the last line of the log about it says.
std::uint64_t refused_by_inbox(const Service& service) {
  constexpr std::string_view before = "the inbox was full: ";
  const std::string log = service.log();
  const std::size_t at = log.rfind(before);
  return at == std::string::npos ? 0 : std::stoull(log.substr(at + before.size()));
}

class Flood : public ChaosTest {
 protected:
  static constexpr std::uint64_t flood = 60'000;

  /// One sensor, from a program that prints `flood` readings, 10,000/s, and then waits to be ended.
  ChaosOptions one_fast_sensor() {
    return with_program(
        "n=0\n"
        "while [ $n -lt 60000 ]; do\n"
        "  seq -f '{\"sensor\":\"fast\",\"value\":%.0f}' $((n+1)) $((n+1000))\n"
        "  n=$((n+1000))\n"
        "  sleep 0.095\n"
        "done\n"
        "while :; do sleep 1; done\n");
  }

  ChaosOptions with_program(const std::string& script) {
    ChaosOptions options;
    options.nodes = {weather_node("node-1", "50ms", 2)};
    options.nodes.push_back({"node-2", {}});
    ConfigText& drivers = options.nodes[1].drivers;
    drivers.set_text("driver.program", "type", "command");
    drivers.set_text("driver.program", "interval", "10ms");
    drivers.set("driver.program", "program", R"(["/bin/sh", ")" + folder_.write("program.sh", script) + R"("])");
    options.publisher.set("pace", "steps", R"(["100ms", "300ms", "600ms"])");
    return options;
  }

  /// All that the program printed is in the store, in order.
  void expect_the_whole_flood() {
    std::uint64_t next = 1;
    for (const StoreReader::Stream& stream : rig().store().streams()) {
      for (const auto& row : rig().store().rows(stream.name)) {
        if (row.sensor == "fast" && row.value == static_cast<double>(next)) ++next;
      }
    }
    EXPECT_EQ(next, flood + 1);
  }

  void expect_bounds() {
    for (const auto& [service, worst] : chaos().vitals().by_service()) {
      EXPECT_GT(worst.memory_kib, 0U) << service;
      EXPECT_LT(worst.memory_kib, most_memory_kib) << service;
    }
    for (const Service* service :
         {static_cast<Service*>(&rig().publisher(0)), static_cast<Service*>(&rig().publisher(rig().nodes() - 1)),
          &rig().persistence(), &rig().bridge()})
      EXPECT_LT(lines_of(*service), most_log_lines) << service->name();
  }

  std::uint64_t counter(const std::string& service, const std::string& name, std::size_t node = 0) {
    const nlohmann::json status = chaos().status(service, node);
    return status.contains("counters") ? status["counters"].value(name, std::uint64_t{0}) : 0;
  }
};

TEST_F(Flood, of_ten_thousand_readings_a_second_from_one_sensor_is_stored_whole) {
  describe({"10,000 readings/s from one sensor for 6 s", "each reading is a POST: hours",
            "the program's pipe, outbox, window and batches are bounded; all of it is stored"});
  begin(one_fast_sensor());
  EXPECT_TRUE(comes_true(patience, [&] { return rig().taken() >= flood; })) << folder_.log_tails();
  expect_recovery();
  expect_nothing_lost();
  expect_the_whole_flood();
  expect_bounds();
}

TEST_F(Flood, into_a_frozen_store_slows_the_pace_and_is_stored_afterwards) {
  describe({"10,000 readings/s from one sensor while the store is frozen (a slow subscriber)",
            "readings block behind the database",
            "the rest waits in the outbox, sensors are read less often; afterwards all of it is sent"});
  ChaosOptions options = one_fast_sensor();
  options.publisher.set("outbox", "high_readings", "5000");
  begin(std::move(options));
  rig().persistence().freeze();
  expect_status("sensor-publisher", "a slower pace", [this](const nlohmann::json&) {
    return chaos().status("sensor-publisher", 1).value("pace_ms", 0) == 600;
  });
  EXPECT_TRUE(comes_true(patience, [&] { return rig().publisher(1).outbox().waiting() >= flood / 2; }));
  rig().persistence().thaw();
  EXPECT_TRUE(comes_true(patience, [&] { return rig().taken() >= flood; })) << folder_.log_tails();
  expect_recovery();
  expect_nothing_lost();
  expect_the_whole_flood();
  expect_bounds();
}

TEST_F(Flood, beyond_the_queue_limit_of_the_broker_is_sent_again) {
  describe({"the broker drops at its queue limit (20 messages) and still sends PUBACKs", "there was none",
            "the watermark stands still: sent again from there on"});
  ChaosOptions options = one_fast_sensor();
  options.broker = "max_queued_messages 20";
  begin(std::move(options));
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t taken = rig().taken();
    rig().persistence().freeze();
    EXPECT_TRUE(comes_true(patience, [&] { return rig().taken() >= taken + 5'000; }));
    rig().persistence().thaw();
  }
  EXPECT_NE(read_file(rig().broker().process().options().log_file).find("messages are being dropped"),
            std::string::npos);
  EXPECT_TRUE(comes_true(patience, [&] { return counter("sensor-publisher", "resends", 1) > 0; }));
  EXPECT_TRUE(comes_true(patience, [&] { return rig().taken() >= flood; })) << folder_.log_tails();
  expect_recovery();
  expect_nothing_lost();
  expect_the_whole_flood();
  expect_bounds();
}

TEST_F(Flood, of_foreign_rubbish_on_sensor_topics_is_counted_and_left_out) {
  describe({"50,000 messages of rubbish on the topics of sensors", "there were no topics",
            "refused and counted, one log line in 10 s; readings are stored on"});
  constexpr std::uint64_t rubbish = 50'000;
  begin();
  std::string lines;
  for (std::uint64_t i = 0; i < rubbish; ++i) lines += "{\"sensor\":\"s\",\"value\":" + std::to_string(i) + "\n";
  Process::Options options;
  options.name = "mosquitto_pub";
  options.command = {program_path("bash"), "-c",
                     "exec " + program_path("mosquitto_pub") + " -V 5 -q 1 -h 127.0.0.1 -p " +
                         std::to_string(rig().broker().port()) + " -u sensor-publisher -P \"$(cat " +
                         rig().broker().password_file("sensor-publisher") + ")\" -t sensors/node-9/reading/s -l < " +
                         folder_.write("rubbish", lines)};
  options.log_file = folder_.file("mosquitto_pub.log");
  Process stranger(options);
  stranger.start();
  expect_store_goes_on();
  EXPECT_EQ(stranger.wait_exit(patience), 0);
  // What the inbox had no room for was never looked at, and is counted there.
  EXPECT_TRUE(comes_true(
      patience,
      [&] {
        return counter("sensor-persistence", "refused_messages") + refused_by_inbox(rig().persistence()) >= rubbish;
      }))
      << counter("sensor-persistence", "refused_messages") << " and " << refused_by_inbox(rig().persistence());
  expect_store_goes_on();
  expect_recovery();
  expect_nothing_lost();
  expect_bounds();
}

TEST_F(Flood, of_rubbish_from_a_sensor_program_does_not_hide_the_log_nor_the_other_sensors) {
  describe({"a sensor program prints rubbish as fast as it can (a log storm)", "there were no such programs",
            "one log line in 10 s, the rest is counted; the other sensors go on"});
  begin(with_program("exec yes 'no reading at all'\n"));
  EXPECT_TRUE(comes_true(patience, [&] { return counter("sensor-publisher", "driver_errors", 1) >= flood; }))
      << folder_.log_tails();
  expect_store_goes_on();
  expect_nothing_lost();
  expect_bounds();
}

}  // namespace
}  // namespace sensors::rig
