#include "services/sensor-publisher/drivers/command/command_driver.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/runtime/event_loop.hpp"
#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

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

  /// With or without last words: a shell may say "Terminated" of what ended with it.
  static bool has_failed(const DriverReport& report) { return !report.errors.empty() || !report.bad_lines.empty(); }

  /// Reads until `done` says so, at most 20 s; everything that was read.
  template <class Done>
  static DriverReport read_until(CommandDriver& driver, Done done) {
    DriverReport all;
    const Instant until = read_clocks().monotonic + 20s;
    while (!done(all) && read_clocks().monotonic < until) {
      DriverReport report = driver.read(1s);
      std::move(report.samples.begin(), report.samples.end(), std::back_inserter(all.samples));
      std::move(report.errors.begin(), report.errors.end(), std::back_inserter(all.errors));
      std::move(report.bad_lines.begin(), report.bad_lines.end(), std::back_inserter(all.bad_lines));
      all.ended = report.ended;
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

TEST_F(CommandDriverTest, says_each_slip_in_the_lines_of_a_program_once_and_takes_the_readings) {
  std::vector<std::string> warned;
  CommandDriver driver(shell(R"(for i in 1 2 3; do
                                  echo '{"sensor":"a","value":1,"untit":"Cel","room":"attic"}'
                                  echo '{"sensor":"b","value":"0.31"}'
                                done
                                echo '{"sensor":"c","value":1,"unit":"Cel","name":"x","time":"2026-01-15T16:09:35Z"}'
                                echo '{"sensor":"d","value":"on"}'
                                exec sleep 60)"),
                       {}, [&](const std::string& text) { warned.push_back(text); });
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return all.samples.size() >= 8; });
  EXPECT_TRUE(report.errors.empty() && report.bad_lines.empty());
  EXPECT_EQ(find_sample(report, "b")->value, Value{std::string("0.31")});
  ASSERT_EQ(warned.size(), 2U);
  EXPECT_NE(warned[0].find("untit: is unknown; did you mean 'unit'?: \"{\"sensor\":\"a\""), std::string::npos)
      << warned[0];
  EXPECT_NE(warned[1].find("a number in quotes is stored as a text"), std::string::npos) << warned[1];
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
  const DriverReport report = read_until(driver, has_failed);
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
  read_until(driver, has_failed);
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
  EXPECT_EQ(report.errors.size(), 1U);
  ASSERT_EQ(report.bad_lines.size(), 5U);
  EXPECT_EQ(report.bad_lines[0].line, "Traceback (most recent call last):");
  EXPECT_EQ(report.bad_lines[0].why.code, ErrorCode::malformed);
  EXPECT_EQ(report.bad_lines[0].why.message.find("/bin/sh printed a bad line: "), 0U);
  EXPECT_EQ(report.bad_lines[1].why.code, ErrorCode::invalid);
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
  const DriverReport report = read_until(driver, has_failed);
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
  const DriverReport report = read_until(driver, has_failed);
  signal(SIGPIPE, SIG_DFL);
  EXPECT_TRUE(has_error(report, ErrorCode::disconnected, "was ended by signal 13"));
}

/// Reads to the end that finish() asks for.
TEST_F(CommandDriverTest, when_it_is_to_finish_it_reads_all_that_was_printed_and_then_ends) {
  CommandOptions options = shell(
      R"(trap 'i=3000; while [ $i -lt 4000 ]; do i=$((i+1)); echo "{\"sensor\":\"a\",\"value\":$i}"; done; exit 0' TERM
         i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "{\"sensor\":\"a\",\"value\":$i}"; done
         echo $$ > )" +
      folder.path("ready") + "; while :; do sleep 0.01; done");
  options.stop_grace = 10s;
  options.max_lines = 100;
  CommandDriver driver(options);
  DriverReport all = read_until(driver, [](const DriverReport& some) { return some.samples.size() >= 100; });
  // The pipe has room for the rest: the program has printed it, and waits.
  const Instant until = read_clocks().monotonic + 20s;
  while (folder.read("ready").empty() && read_clocks().monotonic < until) {
    const DriverReport more = driver.read(10ms);
    all.samples.insert(all.samples.end(), more.samples.begin(), more.samples.end());
  }
  driver.finish();
  const DriverReport rest = read_until(driver, [](const DriverReport& some) { return some.ended; });
  EXPECT_TRUE(rest.ended);
  EXPECT_TRUE(rest.errors.empty());
  all.samples.insert(all.samples.end(), rest.samples.begin(), rest.samples.end());
  ASSERT_EQ(all.samples.size(), 4'000U);
  for (std::size_t i = 0; i < all.samples.size(); ++i)
    ASSERT_EQ(std::get<double>(all.samples[i].value), static_cast<double>(i + 1));
}

TEST_F(CommandDriverTest, what_a_program_printed_before_it_was_killed_at_the_end_of_its_grace_is_read_and_it_is_said) {
  CommandOptions options = shell(R"(trap '' TERM; i=0
      while [ $i -lt 1500 ]; do i=$((i+1)); echo "{\"sensor\":\"a\",\"value\":$i}"; done; while :; do sleep 60; done)");
  options.stop_grace = 50ms;
  options.max_lines = 100;
  CommandDriver driver(options);
  DriverReport all = read_until(driver, [](const DriverReport& some) { return !some.samples.empty(); });
  std::this_thread::sleep_for(
      300ms);  // for the rest to be in the pipe, which has room for it; sooner it may be cut off
  driver.finish();
  const DriverReport rest = read_until(driver, [](const DriverReport& some) { return some.ended; });
  EXPECT_TRUE(rest.ended);
  EXPECT_TRUE(has_error(rest, ErrorCode::disconnected, "/bin/sh did not end within 50 ms and was cut off"));
  EXPECT_EQ(all.samples.size() + rest.samples.size(), 1'500U);
}

TEST_F(CommandDriverTest, heeds_the_room_also_while_it_finishes) {
  CommandDriver driver(
      shell("seq -f '{\"sensor\":\"a\",\"value\":%.0f}' 1 500; echo > " + folder.path("ready") + "; exec sleep 60"));
  driver.allow(7);
  std::size_t got = driver.read(10s).samples.size();
  EXPECT_LE(got, 7U);
  const Instant printed_by = read_clocks().monotonic + 20s;
  while (folder.read("ready").empty() && read_clocks().monotonic < printed_by) std::this_thread::yield();
  driver.finish();
  const Instant until = read_clocks().monotonic + 20s;
  for (bool ended = false; !ended && read_clocks().monotonic < until;) {
    const DriverReport report = driver.read(1s);
    ASSERT_LE(report.samples.size(), 7U);
    got += report.samples.size();
    ended = report.ended;
  }
  EXPECT_EQ(got, 500U);
}

TEST_F(CommandDriverTest, is_finished_at_once_where_no_program_runs) {
  CommandOptions options = shell("exit 1");
  options.restart_first = options.restart_longest = 1h;
  CommandDriver driver(options);
  read_until(driver, has_failed);
  driver.finish();
  EXPECT_TRUE(driver.read(10s).ended);
}

TEST_F(CommandDriverTest, what_a_silent_program_prints_when_it_is_ended_is_read) {
  CommandOptions options =
      shell(R"(trap 'seq -f "{\"sensor\":\"a\",\"value\":%.0f}" 1 5000; exit 0' TERM; while :; do sleep 0.01; done)");
  options.silence = 100ms;
  options.stop_grace = 10s;
  CommandDriver driver(options);
  const DriverReport report = read_until(driver, has_failed);
  EXPECT_EQ(report.samples.size(), 5'000U);
  EXPECT_TRUE(has_error(report, ErrorCode::timeout, "was silent for 100 ms (exited with status 0)"));
}

TEST_F(CommandDriverTest, ending_ends_what_went_away_into_a_session_of_its_own) {
  {
    CommandDriver driver(
        shell("setsid sh -c 'echo $$ > " + folder.path("daemon") +
              "; exec sleep 1000 </dev/null >/dev/null 2>&1' & (setsid env -i sleep 1000 & echo $! > " +
              folder.path("other") + R"(; sleep 1000) & echo '{"sensor":"a","value":1}'; exec sleep 1000)"));
    read_until(driver, [&](const DriverReport& all) {
      return !all.samples.empty() && !folder.read("daemon").empty() && !folder.read("other").empty();
    });
  }
  EXPECT_TRUE(becomes_gone("daemon"));
  EXPECT_TRUE(becomes_gone("other"));
}

TEST_F(CommandDriverTest, what_a_program_left_behind_is_gone_before_it_is_started_again) {
  CommandDriver driver(shell("setsid sh -c 'echo $$ > " + folder.path("daemon") + "; exec sleep 1000' & while [ ! -s " +
                             folder.path("daemon") + " ]; do sleep 0.01; done; exit 3"));
  const DriverReport report = read_until(driver, has_failed);
  EXPECT_TRUE(has_error(report, ErrorCode::disconnected, "/bin/sh ended (exited with status 3)"));
  EXPECT_TRUE(becomes_gone("daemon"));
}

TEST_F(CommandDriverTest, the_end_of_a_program_says_the_last_of_its_stderr_and_its_script) {
  const std::string script = folder.write("sensor.sh", "echo 'ModuleNotFoundError: smbus' >&2; exit 1\n");
  CommandOptions options = shell("");
  options.program = {"/bin/sh", script};
  CommandDriver driver(options, [](const std::string&) {});
  const DriverReport report = read_until(driver, has_failed);
  ASSERT_EQ(report.bad_lines.size(), 1U);
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.bad_lines[0].why.code, ErrorCode::disconnected);
  EXPECT_EQ(
      report.bad_lines[0].why.message,
      "/bin/sh " + script + " closed its output (exited with status 1); it will be started again; the last it said");
  EXPECT_EQ(report.bad_lines[0].line, "ModuleNotFoundError: smbus");
}

TEST_F(CommandDriverTest, a_program_is_not_called_by_the_address_that_it_asks) {
  CommandOptions options = shell("");
  options.program = {"/bin/sh", "-c", "exit 1", "https://api/?appid=0ff1ce"};
  CommandDriver driver(options);
  const DriverReport report = read_until(driver, has_failed);
  EXPECT_TRUE(has_error(report, ErrorCode::disconnected, "/bin/sh closed its output (exited with status 1)"));
}

TEST_F(CommandDriverTest, a_flood_on_stderr_blocks_no_program_and_is_a_few_lines) {
  std::vector<std::string> said;
  {
    CommandDriver driver(shell(R"(seq 1 100000 >&2; echo '{"sensor":"a","value":1}'; exit 0)"),
                         [&](const std::string& line) { said.push_back(line); });
    const DriverReport report = read_until(driver, has_failed);
    EXPECT_EQ(report.samples.size(), 1U);
  }
  ASSERT_GE(said.size(), 31U);
  EXPECT_LE(said.size(), 35U);
  EXPECT_EQ(said.front(), "1");
  EXPECT_NE(said.back().find("lines left out"), std::string::npos);
}

TEST_F(CommandDriverTest, a_program_is_told_nothing_that_is_the_services_own) {
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY"}) setenv(name, "secret", 1);
  setenv("SENSOR_OWNERS_SETTING", "kept", 1);
  CommandDriver driver(shell(R"(n=$(env | grep -c secret); k=$(env | grep -c SENSOR_OWNERS_SETTING=kept)
                                echo "{\"sensor\":\"secrets\",\"value\":$n}"
                                echo "{\"sensor\":\"settings\",\"value\":$k}"; exec sleep 60)"));
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return all.samples.size() >= 2; });
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY", "SENSOR_OWNERS_SETTING"})
    unsetenv(name);
  EXPECT_EQ(number_of(report, "secrets", ""), 0.0);
  EXPECT_EQ(number_of(report, "settings", ""), 1.0);
}

TEST_F(CommandDriverTest, a_script_whose_interpreter_is_missing_is_said_to_be_so) {
  CommandOptions options = shell("");
  options.program = {folder.write("sensor.py", "#!/no/such/python\n", 0700)};
  CommandDriver driver(options);
  EXPECT_TRUE(
      has_error(driver.read(1s), ErrorCode::not_found, "sensor.py: No such file or directory; the file is there"));
}

TEST_F(CommandDriverTest, leaves_no_child_uncollected_and_no_file_open) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{});
  };
  const auto before = open_files();
  {
    CommandOptions options = shell("echo no reading; exit 1");
    options.restart_first = options.restart_longest = 10ms;
    CommandDriver driver(options, [](const std::string&) {});
    read_until(driver, [](const DriverReport& all) { return all.errors.size() >= 5; });
  }
  EXPECT_EQ(open_files(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(CommandDriverTest, a_program_that_closes_its_output_and_lives_on_is_ended) {
  CommandDriver driver(shell("echo $$ > " + folder.path("pid") + "; exec >&-; exec sleep 1000"));
  const DriverReport report = read_until(driver, has_failed);
  EXPECT_TRUE(has_error(report, ErrorCode::disconnected, "/bin/sh closed its output (was ended by signal 15)"));
  EXPECT_TRUE(becomes_gone("pid"));
}

TEST_F(CommandDriverTest, bytes_that_are_no_text_are_bad_lines_and_the_others_go_on) {
  CommandDriver driver(shell(R"(printf 'a\0b\n{"sensor":"a","value":1}\n\303\n{"sensor":"a","value":2}'; exit 0)"));
  const DriverReport report = read_until(driver, [](const DriverReport& all) { return !all.errors.empty(); });
  EXPECT_EQ(report.samples.size(), 2U);
  ASSERT_EQ(report.bad_lines.size(), 2U);
  EXPECT_EQ(report.bad_lines[0].line, std::string("a\0b", 3));
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
