// Sensor programs that print more than is read, with the whole pipeline behind them: each line that they printed is at
// the API. What else they may do stands in tests/system/program_test.cpp.
#include <filesystem>

#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

constexpr const char* no_programs = "there were no such programs";

class PrintingProgram : public ChaosTest {
 protected:
  /// The weather of node-1, and on node-2 a program that runs `script` with /bin/sh.
  ChaosOptions with_script(const std::string& script) {
    ChaosOptions options;
    options.nodes = {weather_node("node-1", "50ms", 2), {"node-2", {}}};
    ConfigText& drivers = options.nodes[1].drivers;
    drivers.set_text("driver.program", "type", "command");
    drivers.set("driver.program", "program", R"(["/bin/sh", ")" + folder_.write("program.sh", script) + R"("])");
    return options;
  }

  /// The lines 1..count of the sensor `printed` are at the API, each once.
  void expect_lines(std::uint64_t count) {
    std::uint64_t next = 1;
    for (const StoreReader::Stream& stream : rig().store().streams()) {
      for (const ApiProcess::Row& row : rig().api().rows(stream.name)) {
        if (row.sensor == "printed" && row.value == static_cast<double>(next)) ++next;
      }
    }
    EXPECT_EQ(next, count + 1);
  }
};

TEST_F(PrintingProgram, that_is_stopped_with_lines_in_its_pipe_loses_none) {
  describe(
      {"SIGTERM while 1,000 lines of a sensor program wait in its pipe, and it prints 500 more", no_programs,
       "the pipe is read to its end within `stop_grace`; all lines are in the outbox, and sent after the restart"});
  const std::string ready = folder_.file("ready");
  ChaosOptions options = with_script(
      "trap 'seq -f \"{\\\"sensor\\\":\\\"printed\\\",\\\"value\\\":%.0f}\" 1001 1500; exit 0' TERM\n"
      "sleep 1\n"
      "seq -f '{\"sensor\":\"printed\",\"value\":%.0f}' 1 1000\n"
      "echo > " +
      ready + "\nwhile :; do sleep 0.05; done\n");
  ConfigText& drivers = options.nodes[1].drivers;
  drivers.set_text("driver.program", "interval", "1h");
  drivers.set_text("driver.program", "deadline", "500ms");
  drivers.set_text("driver.program", "stop_grace", "2s");
  begin(std::move(options));
  ASSERT_TRUE(comes_true(patience, [&] { return std::filesystem::exists(ready); })) << folder_.log_tails();
  ASSERT_EQ(rig().publisher(1).stop(), 0) << rig().publisher(1).log();
  chaos().note_streams();
  rig().publisher(1).start_without_drivers();
  expect_recovery();
  expect_nothing_lost();
  expect_lines(1'500);
}

TEST_F(PrintingProgram, that_is_faster_than_the_disk_waits_and_loses_no_line) {
  describe(
      {"a sensor program prints 60,000 lines at once; 500 readings may wait in memory, 10,000 lines are read at once",
       no_programs, "it is asked only for what there is room for; the rest waits in its pipe, and it with it"});
  ChaosOptions options =
      with_script("seq -f '{\"sensor\":\"printed\",\"value\":%.0f}' 1 60000\nwhile :; do sleep 1; done\n");
  options.nodes[1].drivers.set("driver.program", "max_lines", "10000");
  options.publisher.set("outbox", "max_pending", "500");
  begin(std::move(options));
  EXPECT_TRUE(comes_true(patience, [&] { return rig().taken() >= 60'000; })) << folder_.log_tails();
  expect_recovery();
  expect_nothing_lost();
  expect_lines(60'000);
}

}  // namespace
}  // namespace sensors::rig
