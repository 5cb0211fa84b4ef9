// What the documents link to must be there, and so must the documents that other files name.
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/layering/documents.hpp"

namespace sensors::layering {
namespace {

namespace fs = std::filesystem;

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

/// What is wrong with a link in `document`; empty when it leads to a file, and to one of its headings if it names one.
std::string mistake_of_link(const fs::path& document, const std::string& target) {
  const std::size_t hash = target.find('#');
  const fs::path path = hash == 0 ? document : document.parent_path() / target.substr(0, hash);
  if (!fs::exists(path)) return "there is no such file";
  if (hash == std::string::npos || path.extension() != ".md") return "";
  return anchors_of(read(path)).contains(target.substr(hash + 1)) ? "" : "that file has no such heading";
}

/// What is wrong with a mention of a document outside of Markdown, `docs/protocol.md, "rpc"`; empty
/// when the document is there, and has a heading that begins with the quoted words.
std::string mistake_of_mention(const std::string& document, const std::string& heading) {
  if (!fs::exists(top() / document)) return "there is no such file";
  return heading.empty() || read(top() / document).find("# " + heading) != std::string::npos ? ""
                                                                                             : "it has no such heading";
}

TEST(Documents, that_other_files_name_are_there) {
  static const std::regex mention(R"re((docs/[\w/-]+\.md)(?:, \\?"([^"\\]+)\\?")?)re");
  std::size_t mentions = 0;
  for (const char* folder :
       {"broker-config", "cmake", "common", "compose", "man", "packaging", "services", "systemd", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top() / folder)) {
      if (!entry.is_regular_file() || entry.path().extension() == ".md" || entry.file_size() > 1'000'000) continue;
      if (entry.path().filename() == "links_test.cpp") continue;
      if (entry.path().string().find("/node_modules/") != std::string::npos) continue;  // npm's, after ./dev web
      const std::string text = read(entry.path());
      for (std::sregex_iterator match(text.begin(), text.end(), mention), end; match != end; ++match, ++mentions) {
        EXPECT_EQ(mistake_of_mention((*match)[1], (*match)[2]), "")
            << entry.path().lexically_relative(top()) << ": " << match->str();
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
      EXPECT_EQ(mistake_of_link(document, target), "") << document.lexically_relative(top()) << ": " << target;
    }
  }
  EXPECT_GT(links, 100U) << "the check looks in the wrong place";
}

/// What the package has in /usr/share/doc/sensor-project, by its path there.
std::set<std::string> installed_documents() {
  static const std::regex list(R"re(\nset\(SENSOR_DOCUMENTS\n([^)]*)\))re");
  const std::string cmake = read(top() / "CMakeLists.txt");
  std::smatch found;
  std::set<std::string> all{"CHANGELOG.md"};  // packaging/debian/rules
  if (!std::regex_search(cmake, found, list)) return all;
  std::istringstream lines(found[1].str());
  for (std::string document; lines >> document;) all.insert(document);
  for (const auto& entry : fs::recursive_directory_iterator(top() / "docs")) {
    if (entry.is_regular_file()) all.insert(entry.path().lexically_relative(top()).string());
  }
  return all;
}

/// Whether dh_compress leaves a file of the package as it is: each -X of it is a part of a path.
bool leaves_out(const std::string& path, const std::string& rules) {
  std::istringstream words(rules.substr(rules.find("dh_compress -X")));
  for (std::string word; words >> word && (word == "dh_compress" || word.starts_with("-X"));) {
    if (word.starts_with("-X") && path.find(word.substr(2)) != std::string::npos) return true;
  }
  return false;
}

/// Whether the package has the file as it is, and not compressed under another name (dh_compress).
bool keeps_its_name(const std::string& file, const std::string& rules) {
  return leaves_out("usr/share/doc/sensor-project/" + file, rules) || fs::path(file).extension() == ".png" ||
         fs::file_size(top() / file) < 4'096;
}

// README as it is installed led to five files that are in the sources alone.
TEST(Links, of_documents_that_are_installed_lead_only_to_what_is_installed) {
  const std::set<std::string> installed = installed_documents();
  const std::string rules = read(top() / "packaging" / "debian" / "rules");
  std::size_t links = 0;
  for (const std::string& document : installed) {
    EXPECT_TRUE(fs::is_regular_file(top() / document)) << "CMakeLists.txt: there is no " << document;
    if (!document.ends_with(".md")) continue;
    for (const std::string& target : links_of(read(top() / document))) {
      if (target.starts_with('#')) continue;
      const fs::path path = fs::path(document).parent_path() / target.substr(0, target.find('#'));
      const std::string file = path.lexically_normal().string();
      const std::string folder = file.ends_with('/') ? file : file + "/";
      const auto below = installed.lower_bound(folder);
      const bool has_folder = below != installed.end() && below->starts_with(folder);
      ++links;
      EXPECT_TRUE(installed.contains(file) || has_folder)
          << document << ": " << target << " is not in SENSOR_DOCUMENTS";
      EXPECT_TRUE(!installed.contains(file) || keeps_its_name(file, rules)) << file << " is compressed";
    }
  }
  EXPECT_GT(links, 100U) << "the check looks in the wrong place";
}

TEST(Package, compresses_manual_pages) {
  const std::string rules = read(top() / "packaging" / "debian" / "rules");
  for (const char* page : {"man8/sensor-alerts.8", "man5/sensor-publisher.toml.5", "man5/sensor-recover.toml.5"})
    EXPECT_FALSE(leaves_out(std::string("usr/share/man/") + page, rules)) << page;
}

TEST(Links, are_found_outside_of_code_and_within_the_project) {
  const std::vector<std::string> expected = {"a.md", "b.md#there"};
  EXPECT_EQ(links_of("[`a`](a.md), `[no](c.md)`\n```\n[no](d.md)\n```\n[b](b.md#there) [e](https://e.example/f.md)\n"),
            expected);
}

TEST(Links, that_lead_nowhere_are_found) {
  const fs::path document = top() / "docs" / "adr" / "README.md";
  EXPECT_EQ(mistake_of_link(document, "#a-new-one"), "");
  EXPECT_EQ(mistake_of_link(document, "../architecture.md#a-service-is-pure-logic-and-a-shell"), "");
  EXPECT_NE(mistake_of_link(document, "../no-such-file.md"), "");
  EXPECT_NE(mistake_of_link(document, "../architecture.md#no-such-heading"), "");
}

}  // namespace
}  // namespace sensors::layering
