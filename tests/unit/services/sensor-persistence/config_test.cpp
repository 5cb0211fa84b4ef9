#include <fstream>

#include <fmt/format.h>

#include "services/sensor-persistence/config.hpp"
#include "tests/support/documented_options.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

constexpr const char* example = SENSOR_SOURCE_DIR "/services/sensor-persistence/sensor-persistence.toml";

Result<Config> config_of(const std::string& text) {
  const TestFolder folder;
  std::ofstream(folder.file("p.toml")) << text;
  return load_config(folder.file("p.toml"));
}

std::string mistakes_of(const std::string& text) {
  const Result<Config> config = config_of(text);
  return config.has_value() ? "none" : config.error().message;
}

TEST(Config, has_no_destination_without_a_name) {
  EXPECT_NE(mistakes_of("[[destination]]\nname = \"\"\n").find("destination[1].name: must not be empty"),
            std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\n").find("destination[1].name: is missing"), std::string::npos);
}

TEST(Config, has_no_more_destinations_than_the_status_tells) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += fmt::format("[[destination]]\nname = \"d{}\"\n", i);
  EXPECT_EQ(mistakes_of(text), "none");
  EXPECT_NE(mistakes_of(text + "[[destination]]\nname = \"d50\"\n").find("there are 50 destinations already"),
            std::string::npos);
}

TEST(Config, of_the_example_is_the_default_and_says_each_range) {
  const TestFolder folder;
  std::ofstream(folder.file("all.toml")) << with_examples_taken(example);
  ConfigFile file = ConfigFile::load(folder.file("all.toml")).value();
  const Config config = read_config(file);
  EXPECT_EQ(undocumented(example, file.options(), {"node"}), "");
  const Result<void> finished = file.finish();
  EXPECT_TRUE(finished.has_value()) << finished.error().message;
  EXPECT_EQ(config.logic.destinations, std::vector<std::string>{"api"});
}

TEST(Config, mistakes_are_named_with_their_line) {
  EXPECT_NE(mistakes_of("[store]\ncommit_rowz = 5\n").find("p.toml:2"), std::string::npos);
  EXPECT_NE(mistakes_of("[store]\ncommit_rows = 0\n").find("commit_rows"), std::string::npos);
  EXPECT_NE(mistakes_of("[store]\ncommit_age = 10\n").find("commit_age"), std::string::npos);
  EXPECT_NE(mistakes_of("[store]\npath = \"\"\n").find("path"), std::string::npos);
  EXPECT_NE(mistakes_of("[retention]\nmax_age = \"soon\"\n").find("max_age"), std::string::npos);
  EXPECT_NE(mistakes_of("[queue]\nhigh = 10\nlimit = 5\n").find("limit"), std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\n").find("name"), std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\nname = \"a b\"\n").find("name"), std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\nname = \"a\"\n[[destination]]\nname = \"a\"\n").find("already"),
            std::string::npos);
  EXPECT_NE(mistakes_of("log_level = \"loud\"\n").find("log_level"), std::string::npos);
  EXPECT_NE(mistakes_of("node = \n").find("p.toml:1"), std::string::npos);
}

TEST(Config, several_mistakes_are_told_at_once) {
  const std::string mistakes = mistakes_of("node = \"a b\"\n[store]\ncommit_rows = -1\n[rpc]\nmax_calls = 0\n");
  EXPECT_NE(mistakes.find("node"), std::string::npos);
  EXPECT_NE(mistakes.find("commit_rows"), std::string::npos);
  EXPECT_NE(mistakes.find("max_calls"), std::string::npos);
}

}  // namespace
}  // namespace sensors::persistence
