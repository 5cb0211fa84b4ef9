// The documents name tests as their proof: each name must be a test's. What they link to must be there, and each
// decision has one form and a line in the list.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sensors::layering {
namespace {

namespace fs = std::filesystem;

const fs::path top = SENSOR_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

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
  for (const auto& entry : fs::recursive_directory_iterator(top / "tests")) {
    if (entry.path().extension() == ".cpp") names.merge(names_in(read(entry.path()), definition));
  }
  return names;
}

class Docs : public testing::TestWithParam<const char*> {};

TEST_P(Docs, name_only_tests_that_exist) {
  // `Suite.name`, `Each/Suite.name/parameter`; a suite begins with a capital letter, unlike a program or a file.
  static const std::regex mention(R"(`(?!CMakeLists)(?:\w+/)?([A-Z]\w*[a-z]\w*)\.([a-z]\w+)(?:/\w+)?`)");
  const std::set<std::string> tests = all_tests();
  const std::set<std::string> mentioned = names_in(read(top / "docs" / GetParam()), mention);
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
  const std::set<std::string> ten = faults_of(read(top / "docs" / "resilience.md"), 4);
  const std::set<std::string> all = faults_of(read(top / "docs" / "resilience-table.md"), 4);
  EXPECT_EQ(ten.size(), 10U);
  for (const std::string& row : ten) EXPECT_TRUE(all.contains(row)) << "resilience-table.md has no row " << row;
}

TEST(Documents, name_only_files_that_exist) {
  // `common/core/result.hpp`: a path from the top, in a document that leads people through the tree.
  static const std::regex path(
      "`((?:\\.ci|broker-config|cmake|common|docs|man|packaging|services|systemd|tests)/[\\w./-]+)`");
  for (const char* document :
       {"CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/style.md", "docs/common-errors.md"}) {
    const std::string text = read(top / document);
    std::size_t named = 0;
    for (std::sregex_iterator match(text.begin(), text.end(), path), end; match != end; ++match, ++named) {
      EXPECT_TRUE(fs::exists(top / (*match)[1].str())) << document << ": there is no " << (*match)[1];
    }
    EXPECT_GE(named, 2U) << document;
  }
}

/// The headings of a Markdown file as GitHub names them in links: "## What is *not* done?" is "what-is-not-done".
std::set<std::string> anchors_of(const std::string& text) {
  std::set<std::string> anchors;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t words = line.find_first_not_of('#');
    if (words == 0 || words == std::string::npos || line[words] != ' ') continue;
    std::string anchor;
    for (const char c : line.substr(words + 1)) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '-' || c == '_' || byte >= 0x80)
        anchor += static_cast<char>(std::tolower(byte));
      if (c == ' ') anchor += '-';
    }
    anchors.insert(anchor);
  }
  return anchors;
}

/// All Markdown files that are ours.
std::vector<fs::path> documents() {
  static const std::set<std::string> not_ours = {"build", "node_modules", ".git"};
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator entry(top), end; entry != end; ++entry) {
    if (entry->is_directory() && not_ours.contains(entry->path().filename())) entry.disable_recursion_pending();
    if (entry->path().extension() == ".md") paths.push_back(entry->path());
  }
  return paths;
}

/// What is wrong with a link in `document`; empty when it leads to a file, and to one of its headings if it names one.
std::string mistake_of_link(const fs::path& document, const std::string& target) {
  const std::size_t hash = target.find('#');
  const fs::path path = hash == 0 ? document : document.parent_path() / target.substr(0, hash);
  if (!fs::exists(path)) return "there is no such file";
  if (hash == std::string::npos || path.extension() != ".md") return "";
  return anchors_of(read(path)).contains(target.substr(hash + 1)) ? "" : "that file has no such heading";
}

/// What is wrong with a mention of a document outside of Markdown, `docs/protocol.md, "rpc"`; empty when the document
/// is there, and has a heading that begins with the quoted words.
std::string mistake_of_mention(const std::string& document, const std::string& heading) {
  if (!fs::exists(top / document)) return "there is no such file";
  return heading.empty() || read(top / document).find("# " + heading) != std::string::npos ? ""
                                                                                           : "it has no such heading";
}

TEST(Documents, that_other_files_name_are_there) {
  static const std::regex mention(R"re((docs/[\w/-]+\.md)(?:, \\?"([^"\\]+)\\?")?)re");
  std::size_t mentions = 0;
  for (const char* folder :
       {"broker-config", "cmake", "common", "compose", "man", "packaging", "services", "systemd", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      if (!entry.is_regular_file() || entry.path().extension() == ".md" || entry.file_size() > 1'000'000) continue;
      if (entry.path().filename() == "docs_test.cpp") continue;
      const std::string text = read(entry.path());
      for (std::sregex_iterator match(text.begin(), text.end(), mention), end; match != end; ++match, ++mentions) {
        EXPECT_EQ(mistake_of_mention((*match)[1], (*match)[2]), "")
            << entry.path().lexically_relative(top) << ": " << match->str();
      }
    }
  }
  EXPECT_GT(mentions, 30U) << "the check looks in the wrong place";
}

TEST(Documents, that_are_not_there_are_found) {
  EXPECT_EQ(mistake_of_mention("docs/protocol.md", "Topics"), "");
  EXPECT_NE(mistake_of_mention("docs/protocol.md", "Upload"), "");
  EXPECT_NE(mistake_of_mention("docs/rpc.md", ""), "");
}

/// What a Markdown text links to within the project; not what stands in code.
std::vector<std::string> links_of(const std::string& text) {
  static const std::regex code("`[^`]*`");
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  std::vector<std::string> targets;
  std::istringstream lines(text);
  bool in_code = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) in_code = !in_code;
    if (in_code) continue;
    line = std::regex_replace(line, code, "");
    for (std::sregex_iterator match(line.begin(), line.end(), link), end; match != end; ++match) {
      const std::string target = (*match)[1];
      if (target.find("://") == std::string::npos && target.rfind("mailto:", 0) != 0) targets.push_back(target);
    }
  }
  return targets;
}

TEST(Links, lead_only_to_what_is_there) {
  std::size_t links = 0;
  for (const fs::path& document : documents()) {
    for (const std::string& target : links_of(read(document))) {
      ++links;
      EXPECT_EQ(mistake_of_link(document, target), "") << document.lexically_relative(top) << ": " << target;
    }
  }
  EXPECT_GT(links, 100U) << "the check looks in the wrong place";
}

TEST(Links, are_found_outside_of_code_and_within_the_project) {
  const std::vector<std::string> expected = {"a.md", "b.md#there"};
  EXPECT_EQ(links_of("[`a`](a.md), `[no](c.md)`\n```\n[no](d.md)\n```\n[b](b.md#there) [e](https://e.example/f.md)\n"),
            expected);
}

/// Whether a line of prose could be broken before its end: it has more than 100 columns, addresses of links not
/// counted, and a space outside of code behind its first word.
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
      ADD_FAILURE() << document.lexically_relative(top).string() << ":" << line << " is too long";
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
  const fs::path folder = top / "docs" / "adr";
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

TEST(Links, that_lead_nowhere_are_found) {
  const fs::path document = top / "docs" / "adr" / "README.md";
  EXPECT_EQ(mistake_of_link(document, "#a-new-one"), "");
  EXPECT_EQ(mistake_of_link(document, "../architecture.md#a-service-is-pure-logic-and-a-shell"), "");
  EXPECT_NE(mistake_of_link(document, "../no-such-file.md"), "");
  EXPECT_NE(mistake_of_link(document, "../architecture.md#no-such-heading"), "");
}

}  // namespace
}  // namespace sensors::layering
