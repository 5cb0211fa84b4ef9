// The command line of the services, with what it prints.
#include "common/runtime/command_line.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sensors {
namespace {

CommandLineResult parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "sensor-test");
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), "sensor-test", "Tests.", "/etc/test.toml");
}

TEST(CommandLine, takes_the_default_configuration_file_when_nothing_is_said) {
  const CommandLineResult result = parse({});
  EXPECT_FALSE(result.exit_code.has_value());
  EXPECT_EQ(result.command_line.config_file, "/etc/test.toml");
  EXPECT_FALSE(result.command_line.check_config);
}

TEST(CommandLine, takes_a_configuration_file_and_the_wish_to_check_it) {
  const CommandLineResult result = parse({"--config", "a.toml", "--check-config"});
  EXPECT_FALSE(result.exit_code.has_value());
  EXPECT_EQ(result.command_line.config_file, "a.toml");
  EXPECT_TRUE(result.command_line.check_config);
}

TEST(CommandLine, prints_help_and_version_and_ends_well) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"--help"}).exit_code, 0);
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_NE(help.find("--check-config"), std::string::npos) << help;
  EXPECT_NE(help.find("/etc/test.toml"), std::string::npos) << help;

  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"--version"}).exit_code, 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), std::string("sensor-test ") + SENSOR_PROJECT_VERSION + "\n");
}

TEST(CommandLine, ends_with_the_configuration_code_on_a_mistake_and_names_it) {
  for (const std::vector<std::string>& mistake : {std::vector<std::string>{"--chek-config"}, {"--config"}, {"stray"}}) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(parse(mistake).exit_code, exit_bad_configuration);
    EXPECT_NE(testing::internal::GetCapturedStderr().find(mistake.front()), std::string::npos);
  }
}

}  // namespace
}  // namespace sensors
