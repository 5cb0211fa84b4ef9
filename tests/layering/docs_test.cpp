// The documents name tests as their proof: each name must be a test's. Each decision has one form
// and a line in the list.
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/layering/documents.hpp"

namespace sensors::layering {
namespace {

namespace fs = std::filesystem;

/// "Suite.name" of each match; both are groups of `pattern`.
std::set<std::string> names_in(const std::string& text, const std::regex& pattern) {
  std::set<std::string> names;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    names.insert((*match)[1].str() + "." + (*match)[2].str());
  }
  return names;
}

std::set<std::string> all_tests() {
  static const std::regex definition(R"(\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\))");
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(top() / "tests")) {
    if (entry.path().extension() == ".cpp") names.merge(names_in(read(entry.path()), definition));
  }
  return names;
}

class Docs : public testing::TestWithParam<const char*> {};

TEST_P(Docs, name_only_tests_that_exist) {
  // `Suite.name`, `Each/Suite.name/parameter`; a suite begins with a capital letter, unlike a program or a file.
  static const std::regex mention(R"(`(?!CMakeLists)(?:\w+/)?([A-Z]\w*[a-z]\w*)\.([a-z]\w+)(?:/\w+)?`)");
  const std::set<std::string> tests = all_tests();
  const std::set<std::string> mentioned = names_in(read(top() / "docs" / GetParam()), mention);
  EXPECT_GE(mentioned.size(), 10U);
  for (const std::string& name : mentioned)
    EXPECT_TRUE(tests.contains(name)) << GetParam() << ": there is no test " << name;
}

INSTANTIATE_TEST_SUITE_P(Each, Docs,
                         testing::Values("incident-analysis.md", "resilience.md", "resilience-table.md",
                                         "common-errors.md"),
                         [](const auto& document) {
                           const std::string name = document.param;
                           return std::regex_replace(name.substr(0, name.find('.')), std::regex("-"), "_");
                         });

/// The first `cells` cells of each row of faults in a Markdown file: a row that names a test.
std::set<std::string> faults_of(const std::string& text, std::size_t cells) {
  std::set<std::string> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| ", 0) != 0 || line.find(" | `") == std::string::npos) continue;
    std::size_t end = 0;
    for (std::size_t cell = 0; cell < cells && end != std::string::npos; ++cell) end = line.find(" |", end + 1);
    rows.insert(line.substr(0, end));
  }
  return rows;
}

TEST(Resilience, has_ten_faults_as_the_whole_table_says_them) {
  const std::set<std::string> ten = faults_of(read(top() / "docs" / "resilience.md"), 4);
  const std::set<std::string> all = faults_of(read(top() / "docs" / "resilience-table.md"), 4);
  EXPECT_EQ(ten.size(), 10U);
  for (const std::string& row : ten) EXPECT_TRUE(all.contains(row)) << "resilience-table.md has no row " << row;
}

TEST(Documents, name_only_files_that_exist) {
  // `common/core/result.hpp`: a path from the top, in a document that leads people through the tree.
  static const std::regex path(
      "`((?:\\.ci|broker-config|cmake|common|docs|man|packaging|services|systemd|tests)/[\\w./-]+)`");
  for (const char* document :
       {"CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/style.md", "docs/common-errors.md"}) {
    const std::string text = read(top() / document);
    std::size_t named = 0;
    for (std::sregex_iterator match(text.begin(), text.end(), path), end; match != end; ++match, ++named) {
      EXPECT_TRUE(fs::exists(top() / (*match)[1].str())) << document << ": there is no " << (*match)[1];
    }
    EXPECT_GE(named, 2U) << document;
  }
}

/// What is wrong with the text of decision `number`; empty when it has the form of docs/adr/README.md.
std::string mistake_of_decision(int number, const std::string& text) {
  static const std::regex head(
      R"(# (\d+)\. \S[^\n]*\n\nStatus: (accepted|superseded by \[[^\n]*\)), \d{4}-\d\d-\d\d(; extended by \[[^\n]*\))?\n\n)");
  static const std::regex heading(R"((?:^|\n)## ([^\n]*))");
  std::smatch match;
  if (!std::regex_search(text, match, head, std::regex_constants::match_continuous)) return "title or status";
  if (std::stoi(match[1]) != number) return "the title has another number than the file";
  std::string headings;
  for (std::sregex_iterator found(text.begin(), text.end(), heading), end; found != end; ++found) {
    headings += (*found)[1].str() + " ";
  }
  return headings == "Context Choice Rejected Consequence " ? "" : "headings: " + headings;
}

TEST(Decisions, have_one_form_and_a_line_in_the_list) {
  const fs::path folder = top() / "docs" / "adr";
  const std::string list = read(folder / "README.md");
  std::ptrdiff_t decisions = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name == "README.md") continue;
    const std::string text = read(entry.path());
    ++decisions;
    ASSERT_TRUE(std::regex_match(name, std::regex(R"(\d{4}-[a-z0-9-]+\.md)"))) << name;
    EXPECT_EQ(mistake_of_decision(std::stoi(name.substr(0, 4)), text), "") << name;
    const std::string line = "\n- [" + text.substr(2, text.find('\n') - 2) + "](" + name + ")\n";
    EXPECT_NE(list.find(line), std::string::npos) << "docs/adr/README.md lacks the line" << line;
  }
  static const std::regex listed(R"(\n- \[\d+\. )");
  EXPECT_EQ(std::distance(std::sregex_iterator(list.begin(), list.end(), listed), std::sregex_iterator()), decisions);
}

TEST(Decisions, of_another_form_are_refused) {
  const std::string good =
      "# 7. It holds\n\nStatus: accepted, 2026-01-15\n\n## Context\n\nA\n\n## Choice\n\n## Rejected\n\n## "
      "Consequence\n";
  EXPECT_EQ(mistake_of_decision(7, good), "");
  EXPECT_NE(mistake_of_decision(8, good), "");
  EXPECT_NE(mistake_of_decision(7, good + "\n## Later\n"), "");
  EXPECT_NE(mistake_of_decision(7, std::regex_replace(good, std::regex("## Rejected\n"), "")), "");
  EXPECT_NE(mistake_of_decision(7, std::regex_replace(good, std::regex("2026-01-15"), "soon")), "");
  EXPECT_NE(mistake_of_decision(7, std::regex_replace(good, std::regex("Status: [^\n]*\n\n"), "")), "");
}

}  // namespace
}  // namespace sensors::layering
