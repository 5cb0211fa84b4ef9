// The demo as a program, as `sensorctl demo` starts it: it ends by itself, with its figures, and the exit code says
// whether they are right; and it leaves nothing behind.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "demo/demo_outcome.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr Millis patience{90'000};

class DemoProgram : public RigTest {
 protected:
  /// `sensorctl demo` with `words`; its temporary folder is in this test's.
  Process::Options demo(const std::string& name, std::vector<std::string> words) const {
    Process::Options options;
    options.name = name;
    options.command = {program_path("sensorctl"), "demo"};
    options.command.insert(options.command.end(), words.begin(), words.end());
    options.environment = {"TMPDIR=" + folder_.path()};
    options.log_file = folder_.file(name + ".log");
    options.output_file = folder_.file(name + ".out");
    return options;
  }

  /// What the demo has said; waits until `wanted` stands in it.
  std::string said(Process& demo, const std::string& wanted) const {
    const std::string& file = demo.options().output_file;
    wait_until(demo.options().name + " says '" + wanted + "'", patience, folder_,
               [&] { return fs::exists(file) && read_file(file).find(wanted) != std::string::npos; });
    return read_file(file);
  }

  std::vector<std::string> demo_folders() const {
    std::vector<std::string> folders;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().filename().string().starts_with("sensor-demo.")) folders.push_back(entry.path());
    }
    return folders;
  }

  /// Command lines of processes that name this test's folder, but for the demos themselves.
  static std::vector<std::string> running_in(const std::string& folder) {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
      std::ifstream file(entry.path() / "cmdline", std::ios::binary);
      std::string words{std::istreambuf_iterator<char>(file), {}};
      if (words.find(folder) != std::string::npos) found.push_back(words);
    }
    return found;
  }
};

/// Of the one process of `program` that works in `folder`; 0 when there is none.
pid_t pid_in(const std::string& folder, const std::string& program) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    std::string words{std::istreambuf_iterator<char>(file), {}};
    const std::string called = words.substr(0, words.find('\0'));
    if (called.ends_with("/" + program) && words.find(folder) != std::string::npos)
      return std::stoi(entry.path().filename().string());
  }
  return 0;
}

std::string found(const std::string& text, const std::string& pattern) {
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match.str(0) : "";
}

TEST_F(DemoProgram, ends_with_its_figures_and_with_no_reading_lost_or_doubled) {
  Process demo_process(demo("demo", {"--for", "5s", "--json"}));
  demo_process.start();
  ASSERT_EQ(demo_process.wait_exit(patience), 0) << read_file(demo_process.options().log_file);

  const std::string output = read_file(demo_process.options().output_file);
  const Json figures = Json::parse(output, nullptr, false);
  ASSERT_TRUE(figures.is_object()) << output;
  std::set<std::string> keys;
  for (const auto& [key, value] : figures.items()) keys.insert(key);
  ASSERT_EQ(keys, (std::set<std::string>{"taken", "stored", "delivered", "duplicates_at_api", "lost", "waiting", "gaps",
                                         "seconds"}));
  EXPECT_GT(figures["taken"], 0) << output;
  EXPECT_EQ(figures["stored"], figures["taken"]) << output;
  EXPECT_EQ(figures["delivered"], figures["taken"]) << output;
  EXPECT_EQ(figures["lost"], 0) << output;
  EXPECT_EQ(figures["duplicates_at_api"], 0) << output;
  EXPECT_EQ(figures["gaps"], 0) << output;
  EXPECT_GE(figures["seconds"], 5.0) << output;
  EXPECT_EQ(demo_folders(), std::vector<std::string>{});
}

TEST_F(DemoProgram, runs_twice_at_once_and_of_one_that_is_killed_nothing_runs_on) {
  Process first(demo("first", {}));
  first.start();
  const std::string first_page =
      found(said(first, "taken"), R"(http://127\.0\.0\.1:\d+/#machine=demo-weather&range=1y)");
  const std::vector<std::string> folders = demo_folders();
  ASSERT_EQ(folders.size(), 1U);
  EXPECT_GE(running_in(folders[0]).size(), 6U) << "the look for processes finds none";
  Process second(demo("second", {}));
  second.start();
  const std::string second_page =
      found(said(second, "taken"), R"(http://127\.0\.0\.1:\d+/#machine=demo-weather&range=1y)");
  EXPECT_NE(first_page, "");
  EXPECT_NE(second_page, "");
  EXPECT_NE(first_page, second_page);

  first.kill();
  wait_until("nothing of the killed demo runs", patience, folder_, [&] { return running_in(folders[0]).empty(); });
  EXPECT_TRUE(fs::exists(folders[0]));
  Process third(demo("third", {"--for", "1s"}));
  third.start();
  EXPECT_EQ(third.wait_exit(patience), 0) << read_file(third.options().log_file);
  EXPECT_FALSE(fs::exists(folders[0])) << "the next one takes away what the killed one left";
  const std::string third_page = found(read_file(third.options().output_file), R"(http://127\.0\.0\.1:809\d/)");
  EXPECT_NE(third_page, "") << "a page has one of a few ports, as another test may have the first of them just now";
  EXPECT_FALSE(second_page.starts_with(third_page)) << second_page;

  EXPECT_EQ(demo_folders().size(), 1U) << "and nothing of one that runs";
  EXPECT_EQ(second.stop(patience), 0) << read_file(second.options().log_file);
  EXPECT_NE(read_file(second.options().output_file).find("Every reading arrived, once."), std::string::npos);
  EXPECT_EQ(demo_folders(), std::vector<std::string>{});
  EXPECT_EQ(running_in(folder_.path() + "/sensor-demo"), std::vector<std::string>{});
}

TEST_F(DemoProgram, ends_at_once_and_leaves_nothing_when_it_is_told_twice) {
  Process impatient(demo("impatient", {}));
  impatient.start();
  said(impatient, "taken");
  ASSERT_EQ(demo_folders().size(), 1U);
  const pid_t bridge = pid_in(demo_folders().front(), "sensor-http-bridge");
  ASSERT_EQ(::kill(bridge, SIGSTOP), 0) << "so that it takes its time";
  impatient.signal(SIGINT);
  said(impatient, "Ctrl-C ends at once");
  impatient.signal(SIGINT);
  EXPECT_EQ(impatient.wait_exit(Millis{10'000}), 130);
  EXPECT_EQ(demo_folders(), std::vector<std::string>{});
  EXPECT_EQ(running_in(folder_.path() + "/sensor-demo"), std::vector<std::string>{});
}

TEST_F(DemoProgram, starts_a_part_again_that_was_killed_by_hand_and_loses_nothing) {
  Process demo_process(demo("killed", {}));
  demo_process.start();
  said(demo_process, "taken");
  const std::string folder = demo_folders().at(0);
  for (const char* program : {"sensor-http-bridge", "sensor-persistence"}) ::kill(pid_in(folder, program), SIGKILL);
  said(demo_process, "the bridge was ended by somebody else, and was started again");
  EXPECT_EQ(demo_process.stop(patience), 0) << read_file(demo_process.options().log_file);
  EXPECT_NE(said(demo_process, "lost").find("Every reading arrived, once."), std::string::npos);
}

/// Only the thread of its loop stops: to the broker the service is there.
TEST_F(DemoProgram, says_that_a_service_hangs) {
  Process demo_process(demo("hanging", {}));
  demo_process.start();
  said(demo_process, "taken");
  // One that was never heard is not silent.
  wait_until("the bridge is heard", patience, folder_, [&] {
    return std::regex_search(read_file(demo_process.options().output_file), std::regex("bridge to the API [1-9]"));
  });
  const pid_t bridge = pid_in(demo_folders().at(0), "sensor-http-bridge");
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, bridge, nullptr, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, bridge, nullptr, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(::waitpid(bridge, nullptr, __WALL), bridge);
  said(demo_process, "sensor-http-bridge is silent");
  ASSERT_EQ(::ptrace(PTRACE_DETACH, bridge, nullptr, nullptr), 0) << std::strerror(errno);
  EXPECT_EQ(demo_process.stop(patience), 0) << read_file(demo_process.options().log_file);
}

TEST_F(DemoProgram, says_that_its_folder_is_gone) {
  Process demo_process(demo("gone", {}));
  demo_process.start();
  said(demo_process, "taken");
  const std::string folder = demo_folders().at(0);
  fs::rename(folder, folder_.file("away"));
  EXPECT_EQ(demo_process.wait_exit(patience), 1);
  const std::string log = read_file(demo_process.options().log_file);
  EXPECT_NE(log.find("sensorctl demo: " + folder + ": somebody deleted this folder"), std::string::npos) << log;
  EXPECT_EQ(log.find("kept: "), std::string::npos) << log;
}

TEST_F(DemoProgram, goes_elsewhere_than_where_a_path_has_a_blank_or_is_long) {
  for (const std::string& odd : {std::string("a folder"), std::string(90, 'x')}) {
    const std::string folder = folder_.file(odd);
    fs::create_directory(folder);
    Process::Options options = demo("odd" + std::to_string(odd.size()), {"--for", "1s"});
    options.environment = {"TMPDIR=" + folder, "XDG_RUNTIME_DIR=" + folder_.path()};
    Process process(options);
    process.start();
    EXPECT_EQ(process.wait_exit(patience), 0) << read_file(options.log_file);
    EXPECT_EQ(
        found(read_file(options.output_file), "Watch: sh " + folder_.path() + "/sensor-demo[^ ]*/watch\n").empty(),
        false)
        << read_file(options.output_file);
  }
}

TEST_F(DemoProgram, refuses_a_folder_to_keep_whose_path_has_a_blank) {
  Process process(demo("blank", {"--keep", folder_.file("a folder")}));
  process.start();
  EXPECT_EQ(process.wait_exit(patience), 1);
  EXPECT_EQ(read_file(process.options().log_file),
            "sensorctl demo: " + folder_.file("a folder") + ": its path has a blank: name another folder\n");
  EXPECT_FALSE(fs::exists(folder_.file("a folder")));
}

TEST_F(DemoProgram, draws_the_newest_values_on_a_terminal) {
  Process::Options options = demo("drawn", {});
  options.command = {program_path("script"),
                     "--quiet",
                     "--return",
                     "--command",
                     program_path("sensorctl") + " demo --for 5s",
                     "/dev/null"};
  Process script(options);
  script.start();
  ASSERT_EQ(script.wait_exit(patience), 0) << read_file(options.output_file);
  const std::string drawn = read_file(options.output_file);
  EXPECT_NE(drawn.find("\x1b[H"), std::string::npos);
  for (const std::string sensor : {"temperature", "pressure", "wind", "load1", "memory.available"}) {
    EXPECT_NE(found(drawn, sensor + R"( +-?[0-9.]+.* (now|ago))"), "") << sensor << " in\n" << drawn;
  }
}

TEST_F(DemoProgram, says_on_one_line_that_mosquitto_is_not_installed) {
  Process::Options options = demo("without", {});
  options.environment.push_back("MOSQUITTO_PROGRAM=/nowhere/mosquitto");
  Process without(options);
  without.start();
  EXPECT_EQ(without.wait_exit(patience), 1);
  EXPECT_EQ(read_file(options.log_file),
            "sensorctl demo: mosquitto: is not installed; it is in Debian's package mosquitto: sudo apt install "
            "mosquitto\n");
  EXPECT_EQ(demo_folders(), std::vector<std::string>{});
}

TEST_F(DemoProgram, refuses_a_time_that_is_none) {
  for (const auto& [time, why] : {std::pair("20", "has no unit: write 20s, 20min or 20h"),
                                  {"20m", "none of ms, s, min, h and d: write 20s, 20min or 20h"},
                                  {"soon", "is no time such as 20s or 2min"},
                                  {"-3s", "is no time such as 20s or 2min"},
                                  {"0s", "is no time that passes"}}) {
    Process refusing(demo(std::string("for") + time, {"--for", time}));
    refusing.start();
    EXPECT_EQ(refusing.wait_exit(patience), 2) << time;
    EXPECT_NE(read_file(refusing.options().log_file).find(why), std::string::npos);
  }
}

TEST_F(DemoProgram, has_help_that_fits_80_columns) {
  Process help_process(demo("help", {"--help"}));
  help_process.start();
  ASSERT_EQ(help_process.wait_exit(Millis{30'000}), 0);
  std::istringstream help(read_file(help_process.options().output_file));
  ASSERT_NE(help.peek(), EOF);
  for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(DemoOutcome, is_good_when_every_reading_arrived_once) {
  EXPECT_EQ((demo::DemoOutcome{100, 100, 100, 0, 0, 0, 5.0}.exit_code()), 0);
}

TEST(DemoOutcome, is_bad_when_a_reading_was_lost_or_doubled_or_is_not_where_it_should_be) {
  EXPECT_EQ((demo::DemoOutcome{100, 99, 99, 0, 1, 0, 5.0}.exit_code()), 1) << "lost";
  EXPECT_EQ((demo::DemoOutcome{100, 100, 100, 1, 0, 0, 5.0}.exit_code()), 1) << "doubled";
  EXPECT_EQ((demo::DemoOutcome{100, 101, 100, 0, 0, 0, 5.0}.exit_code()), 1) << "stored and never taken";
  EXPECT_EQ((demo::DemoOutcome{100, 100, 99, 0, 0, 0, 5.0}.exit_code()), 1) << "not delivered";
}

TEST(DemoOutcome, calls_nothing_safe_of_which_it_knows_only_how_many_wait) {
  const demo::DemoOutcome waits{100, 100, 90, 0, 0, 0, 5.0, 10, 12};
  EXPECT_EQ(waits.exit_code(), 1);
  EXPECT_EQ(waits.text(),
            "100 readings taken, 100 stored, 90 delivered; 10 did not arrive in time, 0 doubled, 0 gap records. Outbox "
            "and store still hold 12: see the logs.");
  EXPECT_EQ((demo::DemoOutcome{100, 100, 80, 0, 10, 0, 5.0, 10, 10}.text()),
            "100 readings taken, 100 stored, 80 delivered; 20 did not arrive in time, at least 10 of them are lost, 0 "
            "doubled, 0 gap records. THIS IS WRONG: see the logs.");
}

TEST(DemoOutcome, says_all_its_figures_as_json) {
  EXPECT_EQ(
      (demo::DemoOutcome{105, 104, 103, 2, 1, 3, 5.04}.json()),
      R"({"taken":105,"stored":104,"delivered":103,"duplicates_at_api":2,"lost":1,"waiting":0,"gaps":3,"seconds":5.0})");
}

}  // namespace
}  // namespace sensors::rig
