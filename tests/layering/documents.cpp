#include "tests/layering/documents.hpp"

#include <fstream>
#include <iterator>
#include <set>

namespace sensors::layering {

namespace fs = std::filesystem;

fs::path top() { return SENSOR_SOURCE_DIR; }

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> documents() {
  static const std::set<std::string> not_ours = {"build", "node_modules", ".git"};
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator entry(top()), end; entry != end; ++entry) {
    if (entry->is_directory() && not_ours.contains(entry->path().filename())) entry.disable_recursion_pending();
    if (entry->path().extension() == ".md") paths.push_back(entry->path());
  }
  return paths;
}

}  // namespace sensors::layering
