// Folders of tests: made with mkdtemp, removed with their content.
#include "tests/rig/temp_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

std::string make_folder(const std::string& prefix, const std::string& parent) {
  const char* usual = std::getenv("TMPDIR");
  std::string path = (!parent.empty() ? parent : usual == nullptr ? "/tmp" : usual) + "/" + prefix + ".XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw RigError("make the folder " + path + ": " + std::strerror(errno));
  return path;
}

std::string tail(const std::filesystem::path& file, std::size_t lines) {
  std::ifstream input(file);
  std::deque<std::string> last;
  for (std::string line; std::getline(input, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += "  " + line + "\n";
  return text;
}

}  // namespace

TempDir::TempDir(const std::string& prefix, const std::string& parent)
    : path_(make_folder(prefix, parent)),
      keep_(std::getenv("SENSOR_RIG_KEEP") != nullptr),
      exceptions_at_start_(std::uncaught_exceptions()) {}

TempDir::TempDir(const At& at) : path_(at.path), keep_(true), exceptions_at_start_(std::uncaught_exceptions()) {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) throw RigError("make the folder " + path_ + ": " + error.message());
  path_ = std::filesystem::absolute(path_).string();
  if (!std::filesystem::is_empty(path_, error)) throw RigError(path_ + ": not empty; name a new folder");
}

bool TempDir::is_kept() const { return keep_ || std::uncaught_exceptions() > exceptions_at_start_; }

TempDir::~TempDir() {
  std::error_code ignored;
  if (is_kept()) {
    if (!std::filesystem::exists(path_, ignored)) return;
    std::fprintf(stderr, "kept: %s\n", path_.c_str());
    return;
  }
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& content) const {
  const std::string path = file(name);
  std::ofstream output(path, std::ios::trunc);
  chmod(path.c_str(), S_IRUSR | S_IWUSR);
  output << content;
  output.close();
  if (!output) throw RigError("write " + path + ": " + std::strerror(errno));
  return path;
}

std::string TempDir::log_tails(std::size_t lines) const {
  std::set<std::filesystem::path> logs;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored)) {
    if (entry.path().extension() == ".log") logs.insert(entry.path());
  }
  std::string text;
  for (const std::filesystem::path& log : logs) text += log.filename().string() + ":\n" + tail(log, lines);
  return text;
}

std::string read_file(const std::string& path) {
  std::ifstream input(path);
  if (!input) throw RigError("read " + path + ": " + std::strerror(errno));
  std::ostringstream content;
  content << input.rdbuf();
  return content.str();
}

}  // namespace sensors::rig
