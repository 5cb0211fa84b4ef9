#include "common/runtime/program_check.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace sensors {

namespace {

/// Of a text the words behind "#!" in its first line.
struct FirstLine {
  bool is_text = false;
  bool names_a_program = false;
  std::vector<std::string> words{};
};

FirstLine first_line_of(const std::string& path) {
  FirstLine first;
  std::ifstream file(path, std::ios::binary);
  if (!file) return first;
  std::array<char, 256> buffer{};
  file.read(buffer.data(), buffer.size());
  const std::string_view begin(buffer.data(), static_cast<std::size_t>(file.gcount()));
  first.is_text = begin.find('\0') == std::string_view::npos && !begin.starts_with(
                                                                    "\x7f"
                                                                    "ELF");
  first.names_a_program = begin.starts_with("#!");
  if (!first.names_a_program) return first;
  std::string text(begin.substr(2, std::min(begin.find('\n'), begin.size()) - 2));
  std::replace(text.begin(), text.end(), '\t', ' ');
  std::istringstream line(text);
  for (std::string word; std::getline(line, word, ' ');) {
    if (!word.empty()) first.words.push_back(word);
  }
  return first;
}

std::string name_of_program(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Programs that are there to run another one as somebody else.
bool changes_its_user(const std::string& path) {
  constexpr std::array<std::string_view, 5> all{"sudo", "su", "doas", "pkexec", "runuser"};
  return std::find(all.begin(), all.end(), name_of_program(path)) != all.end();
}

/// Programs that write code while they run, by the beginning of their names.
bool compiles_while_it_runs(const std::string& path) {
  const std::string name = name_of_program(path);
  constexpr std::array<std::string_view, 8> all{"node", "nodejs", "java", "pypy", "luajit", "deno", "bun", "dotnet"};
  return std::any_of(all.begin(), all.end(), [&](std::string_view one) {
    return name.starts_with(one) && name.find_first_not_of("0123456789.-", one.size()) == std::string::npos;
  });
}

/// "#!/usr/bin/env -S node x" runs node.
std::string run_by_env(const FirstLine& first) {
  if (first.words.empty() || name_of_program(first.words.front()) != "env") return "";
  const auto named = std::find_if(first.words.begin() + 1, first.words.end(), [](const std::string& word) {
    return !word.starts_with('-') && word.find('=') == std::string::npos;
  });
  return named == first.words.end() ? "" : *named;
}

}  // namespace

std::string found_in(const std::string& folders, const std::string& program) {
  std::istringstream all(folders);
  for (std::string folder; std::getline(all, folder, ':');) {
    std::string path = (std::filesystem::path(folder) / program).string();
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

std::string first_line_mistake(const std::string& path) {
  const FirstLine first = first_line_of(path);
  if (!first.names_a_program) {
    if (!first.is_text) return "";
    return fmt::format("{}: its first line does not say what runs it: let it begin with #!{}", path,
                       path.ends_with(".py") ? "/usr/bin/python3 -u" : "/bin/sh");
  }
  const std::string program = first.words.empty() ? "" : first.words.front();
  const bool is_windows = !first.words.empty() && first.words.back().ends_with('\r');
  const std::string missing = run_by_env(first);
  const bool is_there = ::access(program.c_str(), F_OK) == 0 || program.find('/') == std::string::npos;
  if (is_windows && (!is_there || !missing.empty()))
    return path + ": its lines end as on Windows, and so no program is found: sed -i 's/\\r$//' " + path;
  if (is_there &&
      (missing.empty() || missing.find('/') != std::string::npos || !found_in(path_of_units, missing).empty()))
    return "";
  return fmt::format("{}: its first line names {}, and there is no such program: install it, or mend that line", path,
                     is_there ? missing : program);
}

std::string forbidden_mistake(const std::string& path, const UnitSandbox& unit) {
  if (unit.denies_new_rights() && changes_its_user(path)) {
    return fmt::format(
        "{} cannot give a program another user's rights here, its unit forbids it (NoNewPrivileges=yes): name the "
        "program itself, and let the service's user do what it needs",
        path);
  }
  const FirstLine first = first_line_of(path);
  const std::string by_env = run_by_env(first);
  const std::string runs_it = !by_env.empty() ? by_env : first.words.empty() ? path : first.words.front();
  if (!unit.denies_new_code() || !compiles_while_it_runs(runs_it)) return "";
  return fmt::format("{} compiles while it runs, which its unit forbids (MemoryDenyWriteExecute=yes): {}", runs_it,
                     unit.allowed_by("MemoryDenyWriteExecute=no"));
}

}  // namespace sensors
