#include "services/sensor-publisher/drivers/command/command_driver.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "common/runtime/event_loop.hpp"
#include "tests/unit/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class CommandDriverTest : public testing::Test {
 protected:
  static CommandOptions shell(const std::string& script) {
    CommandOptions options;
    options.program = {"/bin/sh", "-c", script};
    options.restart_first = 20ms;
    options.restart_longest = 10s;
    return options;
  }

  /// Reads until `done` says so, at most 20 s; everything that was read.
  template <class Done>
  static DriverReport read_until(CommandDriver& driver, Done done) {
    DriverReport all;
    const Instant until = read_clocks().monotonic + 20s;
    while (!done(all) && read_clocks().monotonic < until) {
      DriverReport report = driver.read(1s);
      std::move(report.samples.begin(), report.samples.end(), std::back_inserter(all.samples));
      std::move(report.errors.begin(), report.errors.end(), std::back_inserter(all.errors));
    }
    return all;
  }

  /// Of a process whose number a script wrote to `file`.
  bool is_gone(const std::string& file) const {
    pid_t process = 0;
    std::ifstream(folder.path(file)) >> process;
    if (process <= 0) return false;
    std::string state;
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    for (int word = 0; word < 3; ++word) stat >> state;
    return !stat || state == "Z" || state == "X";  // an orphan may wait for its collection
  }
  bool becomes_gone(const std::string& file) const {
    const Instant until = read_clocks().monotonic + 20s;
    while (!is_gone(file) && read_clocks().monotonic < until) std::this_thread::yield();
    return is_gone(file);
  }

  TemporaryFolder folder;
};

TEST_F(CommandDriverTest, gives_out_the_readings_that_a_program_prints) {
  CommandDriver driver(shell(R"(echo '{"sensor":"a","value":1.5,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"}'
                                echo '{"sensor":"b","value":true}'; exec sleep 60)"));
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return all.samples.size() >= 2; });
  EXPECT_TRUE(report.errors.empty());
  EXPECT_DOUBLE_EQ(number_of(report, "a", "Cel").value(), 1.5);
  EXPECT_EQ(find_sample(report, "a")->time, WallTime{Millis{1'768'493'375'123}});
  EXPECT_EQ(find_sample(report, "b")->value, Value{true});
}

TEST_F(CommandDriverTest, waits_no_longer_than_the_deadline_for_a_silent_program) {
  CommandDriver driver(shell("exec sleep 60"));
  const Instant began = read_clocks().monotonic;
  const DriverReport report = driver.read(50ms);
  EXPECT_TRUE(report.samples.empty());
  EXPECT_TRUE(report.errors.empty());
  EXPECT_GE(read_clocks().monotonic - began, 50ms);
  EXPECT_LT(read_clocks().monotonic - began, 10s);
}

TEST_F(CommandDriverTest, a_program_that_is_silent_for_too_long_is_ended_and_started_again) {
  CommandOptions options = shell("echo $$ >> " + folder.path("pids") + "; exec sleep 60");
  options.silence = 100ms;
  CommandDriver driver(options);
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return all.errors.size() >= 2; });
  EXPECT_TRUE(has_error(report, ErrorCode::timeout, "/bin/sh was silent for 100 ms (was ended by signal 15)"));
  EXPECT_TRUE(is_gone("pids"));
}

TEST_F(CommandDriverTest, a_program_that_ends_is_an_error_and_its_last_line_is_kept) {
  CommandDriver driver(shell(R"(printf '{"sensor":"a","value":1}'; exit 3)"));
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return !all.errors.empty(); });
  EXPECT_TRUE(number_of(report, "a", "").has_value());
  EXPECT_TRUE(has_error(report, ErrorCode::disconnected, "/bin/sh closed its output (exited with status 3)"));
}

TEST_F(CommandDriverTest, a_crash_loop_starts_less_and_less_often) {
  CommandDriver driver(shell("exit 1"));
  const Instant began = read_clocks().monotonic;
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return all.errors.size() >= 6; });
  EXPECT_EQ(report.errors.size(), 6U);
  // Five waits of at least half of 20, 40, 80, 160 and 320 ms.
  EXPECT_GE(read_clocks().monotonic - began, 310ms);
}

TEST_F(CommandDriverTest, while_it_waits_to_start_again_a_read_is_empty_and_bounded) {
  CommandOptions options = shell("exit 1");
  options.restart_first = options.restart_longest = 1h;
  CommandDriver driver(options);
  read_until(driver, [](const DriverReport& all) { return !all.errors.empty(); });
  const DriverReport report = driver.read(20ms);
  EXPECT_TRUE(report.errors.empty());
  EXPECT_TRUE(report.samples.empty());
}

TEST_F(CommandDriverTest, a_program_that_does_not_exist_is_an_error_each_time_it_is_tried) {
  CommandOptions options = shell("");
  options.program = {"/no/such/program"};
  CommandDriver driver(options);
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return all.errors.size() >= 2; });
  EXPECT_TRUE(has_error(report, ErrorCode::not_found, "start /no/such/program"));
  options.program = {folder.write("not-executable", "", 0600)};
  CommandDriver other(options);
  EXPECT_TRUE(has_error(other.read(1s), ErrorCode::permission, "not-executable"));
}

TEST_F(CommandDriverTest, malformed_and_overlong_lines_are_errors_and_the_others_go_on) {
  CommandDriver driver(shell(R"(echo 'Traceback (most recent call last):'; echo '{"sensor":"bad name","value":1}'
                                echo '{"sensor":"a","value":{}}'; echo '{"value":1}'; printf '\377\376\n'
                                head -c 100000 /dev/zero | tr '\0' x; echo
                                echo '{"sensor":"a","value":1}'; exec sleep 60)"));
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return !all.samples.empty(); });
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_EQ(report.errors.size(), 6U);
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "/bin/sh printed a bad line"));
  EXPECT_TRUE(has_error(report, ErrorCode::invalid, "/bin/sh printed a bad line"));
  EXPECT_TRUE(has_error(report, ErrorCode::too_large, "/bin/sh printed a line of more than 4096 bytes"));
}

TEST_F(CommandDriverTest, a_flood_is_taken_in_bounded_portions_in_order_and_whole) {
  CommandOptions options = shell(
      R"(i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "{\"sensor\":\"a\",\"value\":$i}"; done; exec sleep 60)");
  options.max_lines = 100;
  CommandDriver driver(options);
  double last = 0;
  const Instant until = read_clocks().monotonic + 40s;
  while (last < 20'000 && read_clocks().monotonic < until) {
    const DriverReport report = driver.read(1s);
    ASSERT_LE(report.samples.size(), 100U);
    ASSERT_TRUE(report.errors.empty());
    for (const Sample& sample : report.samples) {
      ASSERT_EQ(std::get<double>(sample.value), last + 1);
      ++last;
    }
  }
  EXPECT_EQ(last, 20'000);
}

TEST_F(CommandDriverTest, ending_ends_the_whole_process_group_also_what_ignores_sigterm) {
  {
    CommandOptions options = shell("trap '' TERM; sh -c 'echo $$ > " + folder.path("grandchild") +
                                   "; while :; do sleep 60; done' & echo $$ > " + folder.path("child") +
                                   R"(; echo '{"sensor":"a","value":1}'; while :; do sleep 60; done)");
    options.stop_grace = 50ms;
    CommandDriver driver(options);
    read_until(driver,
               [&](const DriverReport& all) { return !all.samples.empty() && !folder.read("grandchild").empty(); });
  }
  EXPECT_TRUE(becomes_gone("child"));
  EXPECT_TRUE(becomes_gone("grandchild"));
}

TEST_F(CommandDriverTest, notices_that_a_program_ended_though_its_grandchild_holds_the_pipe) {
  CommandDriver driver(shell("sleep 60 & exit 0"));
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return !all.errors.empty(); });
  EXPECT_TRUE(has_error(report, ErrorCode::disconnected, "exited with status 0"));
}

TEST_F(CommandDriverTest, a_program_has_nothing_on_stdin_and_no_file_of_the_service) {
  CommandDriver driver(shell(R"(cat; set -- /proc/$$/fd/*; n=0
                                for fd; do case ${fd##*/} in 0|1|2) ;; *) [ -e "$fd" ] && n=$((n+1));; esac; done
                                echo "{\"sensor\":\"files\",\"value\":$n}"; exec sleep 60)"));
  const std::ifstream open_here("/dev/null");
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return !all.samples.empty(); });
  EXPECT_EQ(number_of(report, "files", ""), 0.0);
}

TEST_F(CommandDriverTest, a_program_dies_of_a_closed_pipe_though_the_service_ignores_that_signal) {
  signal(SIGPIPE, SIG_IGN);
  CommandDriver driver(shell("(kill -PIPE $$; exit 0); exit 7"));
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return !all.errors.empty(); });
  signal(SIGPIPE, SIG_DFL);
  EXPECT_TRUE(has_error(report, ErrorCode::disconnected, "was ended by signal 13"));
}

TEST_F(CommandDriverTest, an_interrupt_ends_a_wait) {
  CommandDriver driver(shell("exec sleep 60"));
  std::thread other([&driver] { driver.interrupt(); });
  const Instant began = read_clocks().monotonic;
  driver.read(1h);
  EXPECT_LT(read_clocks().monotonic - began, 30s);
  other.join();
}

}  // namespace
}  // namespace sensors
