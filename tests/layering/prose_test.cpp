// Prose in the documents has at most 100 columns.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/layering/documents.hpp"

namespace sensors::layering {
namespace {

namespace fs = std::filesystem;

/// Whether a line of prose could be broken before its end: it has more than 100 columns, addresses
/// of links not counted, and a space outside of code behind its first word.
bool is_too_long(const std::string& line) {
  static const std::regex address(R"(\]\([^)\s]+\))");
  static const std::regex code("`[^`]*`");
  static const std::regex mark(R"(^\s*(?:[-*]|\d+\.)?\s*)");
  const std::string shown = std::regex_replace(line, address, "]");
  const auto is_column = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };  // UTF-8
  if (std::count_if(shown.begin(), shown.end(), is_column) <= 100) return false;
  const std::string words = std::regex_replace(std::regex_replace(shown, code, "`"), mark, "");
  return words.find(' ') != std::string::npos;
}

/// The numbers of the lines of a Markdown text that are too long: prose, not tables, code or images.
std::vector<int> long_lines_of(const std::string& text) {
  std::vector<int> numbers;
  std::istringstream lines(text);
  bool in_code = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::size_t begin = line.find_first_not_of(' ');  // a block may stand in a list
    if (begin != std::string::npos && line.compare(begin, 3, "```") == 0) in_code = !in_code;
    if (!in_code && line.rfind('|', 0) != 0 && line.rfind("![", 0) != 0 && is_too_long(line)) numbers.push_back(number);
  }
  return numbers;
}

TEST(Prose, has_at_most_100_columns) {
  std::size_t looked_at = 0;
  for (const fs::path& document : documents()) {
    if (document.filename() == "CHANGELOG.md") continue;
    ++looked_at;
    for (const int line : long_lines_of(read(document))) {
      ADD_FAILURE() << document.lexically_relative(top()).string() << ":" << line << " is too long";
    }
  }
  EXPECT_GT(looked_at, 40U) << "the check looks in the wrong place";
}

TEST(Prose, is_measured_without_tables_code_and_addresses) {
  const std::string full = std::string(99, 'a') + " b";
  const std::string text = full + "\n- " + full.substr(2) + "\n| " + full + " |\n  ```\n\n" + full + "\n  ```\n" +
                           "[a](" + full.substr(0, 99) + ") b\n`" + full + "`\n" + full.substr(2) + "\u00e9\n";
  EXPECT_EQ(long_lines_of(text), (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace sensors::layering
