// The demo as a program: it ends by itself, with its figures, and the exit code says whether they are right.
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/rig/demo_outcome.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

class DemoProgram : public RigTest {};

TEST_F(DemoProgram, ends_with_its_figures_and_with_no_reading_lost_or_doubled) {
  Process::Options options;
  options.name = "sensor_demo";
  options.command = {SENSOR_DEMO_PROGRAM, "--for", "5s", "--json"};
  options.log_file = folder_.file("demo.log");
  options.output_file = folder_.file("demo.json");
  Process demo(options);
  demo.start();
  ASSERT_EQ(demo.wait_exit(Millis{90'000}), 0) << read_file(options.log_file);

  const std::string output = read_file(options.output_file);
  const Json figures = Json::parse(output, nullptr, false);
  ASSERT_TRUE(figures.is_object()) << output;
  std::set<std::string> keys;
  for (const auto& [key, value] : figures.items()) keys.insert(key);
  ASSERT_EQ(keys,
            (std::set<std::string>{"taken", "stored", "delivered", "duplicates_at_api", "lost", "gaps", "seconds"}));
  EXPECT_GT(figures["taken"], 0) << output;
  EXPECT_EQ(figures["stored"], figures["taken"]) << output;
  EXPECT_EQ(figures["delivered"], figures["taken"]) << output;
  EXPECT_EQ(figures["lost"], 0) << output;
  EXPECT_EQ(figures["duplicates_at_api"], 0) << output;
  EXPECT_EQ(figures["gaps"], 0) << output;
  EXPECT_GE(figures["seconds"], 5.0) << output;
}

TEST_F(DemoProgram, has_help_that_fits_80_columns) {
  Process::Options options;
  options.name = "sensor_demo";
  options.command = {SENSOR_DEMO_PROGRAM, "--help"};
  options.log_file = folder_.file("demo.log");
  options.output_file = folder_.file("demo.help");
  Process demo(options);
  demo.start();
  ASSERT_EQ(demo.wait_exit(Millis{30'000}), 0);
  std::istringstream help(read_file(options.output_file));
  ASSERT_NE(help.peek(), EOF);
  for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(DemoOutcome, is_good_when_every_reading_arrived_once) {
  EXPECT_EQ((DemoOutcome{100, 100, 100, 0, 0, 0, 5.0}.exit_code()), 0);
}

TEST(DemoOutcome, is_bad_when_a_reading_was_lost_or_doubled_or_is_not_where_it_should_be) {
  EXPECT_EQ((DemoOutcome{100, 99, 99, 0, 1, 0, 5.0}.exit_code()), 1) << "lost";
  EXPECT_EQ((DemoOutcome{100, 100, 100, 1, 0, 0, 5.0}.exit_code()), 1) << "doubled";
  EXPECT_EQ((DemoOutcome{100, 101, 100, 0, 0, 0, 5.0}.exit_code()), 1) << "stored and never taken";
  EXPECT_EQ((DemoOutcome{100, 100, 99, 0, 0, 0, 5.0}.exit_code()), 1) << "not delivered";
}

TEST(DemoOutcome, says_all_its_figures_as_json) {
  EXPECT_EQ((DemoOutcome{105, 104, 103, 2, 1, 3, 5.04}.json()),
            R"({"taken":105,"stored":104,"delivered":103,"duplicates_at_api":2,"lost":1,"gaps":3,"seconds":5.0})");
}

}  // namespace
}  // namespace sensors::rig
