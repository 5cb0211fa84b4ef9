#include "services/sensorctl/setup/toml_edit.hpp"

#include <gtest/gtest.h>

namespace sensors::sensorctl {
namespace {

std::string with(const std::string& text, const std::string& value) {
  const Result<std::string> changed = with_key(text, "http", "listen", value);
  return changed.has_value() ? *changed : "error: " + changed.error().message;
}

TEST(TomlEdit, changes_the_one_line_and_keeps_every_comment) {
  EXPECT_EQ(with("# mine\n[http]\n# where\nlisten = \"a\"  # was b\nx = 1\n[other]\nlisten = 1\n", "\"c\""),
            "# mine\n[http]\n# where\nlisten = \"c\"  # was b\nx = 1\n[other]\nlisten = 1\n");
  EXPECT_EQ(with("[ http ] # the page\n\tlisten=\"#\\\"\"#x\n", "1"), "[ http ] # the page\nlisten = 1#x\n");
  EXPECT_EQ(with("[http]\nlisten = [ \"a\", 'b]' ]\n", "[]"), "[http]\nlisten = []\n");
}

TEST(TomlEdit, takes_the_place_of_an_example_that_is_a_comment) {
  EXPECT_EQ(with("[http]\n# Empty: neither.\n#listen = \"\"\n\n#x = 1\n", "\"c\""),
            "[http]\n# Empty: neither.\nlisten = \"c\"\n\n#x = 1\n");
  EXPECT_EQ(with("[http]\n#listen = 1\nlisten = 2\n", "3"), "[http]\n#listen = 1\nlisten = 3\n")
      << "the real one first";
  EXPECT_EQ(with("[http]\n#listened = 1\n", "3"), "[http]\nlisten = 3\n#listened = 1\n");
}

TEST(TomlEdit, adds_a_line_or_a_table_that_is_not_there) {
  EXPECT_EQ(with("[http]\nx = 1\n", "2"), "[http]\nlisten = 2\nx = 1\n");
  EXPECT_EQ(with("a = 1\n", "2"), "a = 1\n\n[http]\nlisten = 2\n");
  EXPECT_EQ(with("a = 1", "2"), "a = 1\n\n[http]\nlisten = 2\n");
  EXPECT_EQ(with("", "2"), "[http]\nlisten = 2\n");
  EXPECT_EQ(with("[http.tokens.x]\nlisten = 1\n", "2"), "[http.tokens.x]\nlisten = 1\n\n[http]\nlisten = 2\n");
}

TEST(TomlEdit, leaves_a_value_of_several_lines_to_the_owner) {
  EXPECT_EQ(with("[http]\nlisten = [\n  1,\n]\n", "2"),
            "error: listen has a value of several lines: change it by hand");
  EXPECT_EQ(with("[http]\nlisten = \"\"\"\nx\"\"\"\n", "2"),
            "error: listen has a value of several lines: change it by hand");
}

TEST(TomlEdit, makes_a_comment_of_a_key) {
  EXPECT_EQ(without_key("[http]\n  listen = 1 # x\na = 2\n", "http", "listen").value(),
            "[http]\n#listen = 1 # x\na = 2\n");
  EXPECT_EQ(without_key("[http]\na = 2\n", "http", "listen").value(), "[http]\na = 2\n");
  EXPECT_EQ(without_key("a = 2\n", "http", "listen").value(), "a = 2\n");
}

TEST(TomlEdit, takes_away_what_it_added_and_nothing_else) {
  const std::string before = "[http]\nlisten = 1\n\n# about tokens\n#[http.tokens.x]\n";
  const std::string table = "[http.tokens.garden]\nfile = \"a\"\nscopes = [\"read\"]\n";
  const std::string with_one = with_table(before, table);
  EXPECT_EQ(with_one, before + "\n" + table);
  EXPECT_EQ(without_table(with_one, "http.tokens.garden"), before);
  EXPECT_EQ(without_table(with_one + "# the owner's\n\n# about the next\n[x]\na = 1\n", "http.tokens.garden"),
            before + "# the owner's\n\n# about the next\n[x]\na = 1\n");
  EXPECT_EQ(without_table(before, "http.tokens.garden"), before);
}

}  // namespace
}  // namespace sensors::sensorctl
