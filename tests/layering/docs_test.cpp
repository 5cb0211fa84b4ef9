// The documents name tests as their proof: each name must be a test's.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

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
  static const std::regex mention(R"(`(?:\w+/)?([A-Z]\w*[a-z]\w*)\.([a-z]\w+)(?:/\w+)?`)");
  const std::set<std::string> tests = all_tests();
  const std::set<std::string> mentioned = names_in(read(top / "docs" / GetParam()), mention);
  EXPECT_GT(mentioned.size(), 10U);
  for (const std::string& name : mentioned)
    EXPECT_TRUE(tests.contains(name)) << GetParam() << ": there is no test " << name;
}

INSTANTIATE_TEST_SUITE_P(Each, Docs, testing::Values("incident-analysis.md", "resilience.md"),
                         [](const auto& document) {
                           return std::string(document.param).substr(0, 8) == "incident" ? "incident" : "resilience";
                         });

}  // namespace
}  // namespace sensors::layering
