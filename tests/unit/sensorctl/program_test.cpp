// The program itself, as its user at a real broker, beside real services.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{30'000};

class Sensorctl : public RigTest {
 protected:
  /// The rig reads a year of weather, eight sensors, quickly.
  Sensorctl() : rig_(folder_, options()) {}

  static RigOptions options() {
    RigOptions options;
    options.nodes[0].drivers =
        replay_driver("weather", source_path("tests/data/seattle-weather-hourly.csv"), "100ms", 1);
    return options;
  }

  /// sensorctl with `arguments`, not yet started.
  std::unique_ptr<Process> sensorctl(std::vector<std::string> arguments) {
    std::vector<std::string> command{program_path("sensorctl"), "--port", std::to_string(rig_.broker().port()),
                                     "--password-file", rig_.broker().password_file("sensorctl")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const std::string name = "sensorctl-" + std::to_string(++runs_);
    return std::make_unique<Process>(
        Process::Options{name, command, {}, folder_.file(name + ".log"), folder_.file(name + ".out")});
  }

  struct Outcome {
    std::optional<int> exit_code;
    std::string out;
    std::string log;
  };
  Outcome run(const std::vector<std::string>& arguments) {
    const auto process = sensorctl(arguments);
    process->start();
    const std::optional<int> code = process->wait_exit(patience);
    return {code, read_file(process->options().output_file), read_file(process->options().log_file)};
  }

  Rig rig_;

 private:
  int runs_ = 0;
};

TEST_F(Sensorctl, tails_readings_until_ctrl_c) {
  rig_.start_all();
  const auto tail = sensorctl({"tail"});
  tail->start();
  rig_.wait_until("a reading on stdout", patience,
                  [&] { return read_file(tail->options().output_file).find("node-1 pressure ") != std::string::npos; });
  tail->signal(SIGINT);
  EXPECT_EQ(tail->wait_exit(patience), 0);
}

TEST_F(Sensorctl, says_what_to_do_when_the_broker_is_away) {
  const Outcome outcome = run({"tail"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.log.find("systemctl status sensor-broker"), std::string::npos) << outcome.log;
}

TEST_F(Sensorctl, says_what_to_do_when_the_password_is_not_there) {
  const Outcome outcome = run({"tail", "--password-file", folder_.file("absent")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.log.find("--password-file"), std::string::npos) << outcome.log;
}

TEST_F(Sensorctl, refuses_a_command_line_that_is_wrong) {
  EXPECT_EQ(run({"tial"}).exit_code, 2);
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"tail", "--port", "0"}).exit_code, 2);
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "sensorctl " SENSOR_PROJECT_VERSION "\n");
}

}  // namespace
}  // namespace sensors::rig
