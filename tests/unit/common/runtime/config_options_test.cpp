// A reader is the table of its options: what it asks for is held against the file that documents it.
#include <gtest/gtest.h>

#include "common/runtime/config_file.hpp"
#include "tests/support/documented_options.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

/// What `text` says otherwise than the reader here.
std::string differences_in(const std::string& text, const std::set<std::string>& examples = {}) {
  const TemporaryFolder folder;
  const std::string path = folder.write("x.toml", text);
  ConfigFile file = ConfigFile::load(folder.write("taken.toml", with_examples_taken(path))).value();
  ConfigTable root = file.root();
  std::string mode = "slow";
  root.read_choice("mode", mode, {"slow", "fast"});
  root.require("name");
  int window = 10;
  int failures = 5;
  double speed = 1;
  Millis wait{60'000};
  std::vector<Millis> waits{Millis{60'000}, Millis{90'000}};
  std::optional<double> least;
  bool on = false;
  ConfigTable table = root.table("a");
  table.read("window", window, 1, 1'000);
  table.read("failures", failures, 1, window);
  table.read("speed", speed, 0.001, 9.0);
  table.read("wait", wait, Millis{0}, Millis{3'600'000});
  table.read("waits", waits, Millis{1}, Millis{3'600'000});
  table.read("least", least, -5.0, 5.0);
  table.read("on", on);
  return undocumented(path, file.options(), examples);
}

const std::string right =
    "mode = \"slow\"  # \"slow\", \"fast\"\n#name = \"x\"\n[a]\n# Of all.\nwindow = 10  # 1 .. 1000\n"
    "failures = 5  # 1 .. window\nspeed = 1.0  # 0.001 .. 9\nwait = \"60s\"  # 0ms .. 1h\n"
    "waits = [\"60s\", \"90s\"]  # 1ms .. 1h\n#least = 2  # -5 .. 5\non = false\n";

std::string with(const std::string& old_text, const std::string& new_text) {
  std::string text = right;
  const std::size_t at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return text.replace(at, old_text.size(), new_text);
}

TEST(ConfigOptions, a_file_that_says_what_its_reader_does_is_right) {
  EXPECT_EQ(differences_in(right), "");
  EXPECT_EQ(differences_in(with("1 .. window", "1 .. 10")), "");
}

TEST(ConfigOptions, another_default_is_told_with_the_line_that_is_right) {
  EXPECT_EQ(differences_in(with("speed = 1.0", "speed = 2.0")), "a.speed = 1  # 0.001 .. 9\n");
  EXPECT_EQ(differences_in(with("speed = 1.0", "speed = 2.0"), {"a.speed"}), "");
  EXPECT_EQ(differences_in(with("\"60s\", \"90s\"", "\"60s\"")), "a.waits = [\"1min\", \"90s\"]  # 1ms .. 1h\n");
}

TEST(ConfigOptions, another_range_is_told) {
  EXPECT_EQ(differences_in(with("1 .. 1000", "1 .. 100")), "a.window = 10  # 1 .. 1000\n");
  EXPECT_EQ(differences_in(with("  # -5 .. 5", "")), "a.least = 2  # -5 .. 5\n");
  EXPECT_EQ(differences_in(with("\"slow\", \"fast\"", "\"fast\"")), "mode = \"slow\"  # \"slow\", \"fast\"\n");
  EXPECT_EQ(differences_in(with("on = false", "on = false  # 0 .. 1")), "a.on = false\n");
}

TEST(ConfigOptions, a_range_stands_once) {
  EXPECT_EQ(differences_in(with("# Of all.", "# Of all. 1 .. 1000.")),
            "a range stands behind its key, and only there: # Of all. 1 .. 1000.\n");
}

TEST(ConfigOptions, what_is_missing_or_is_read_by_nobody_is_told) {
  EXPECT_EQ(differences_in(with("window = 10  # 1 .. 1000\n", "")), "a.window = 10  # 1 .. 1000\n");
  EXPECT_EQ(differences_in(right + "#later = 3\n"), "a.later is read by nobody\n");
}

}  // namespace
}  // namespace sensors
