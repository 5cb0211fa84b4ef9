#include "common/runtime/files_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "common/runtime/command_line.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/secret.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {

namespace {

constexpr std::size_t largest_authority_bytes = 16 * 1024 * 1024;  // all authorities of a machine are in one file

/// What systemd gives a service that names none.
constexpr const char* path_of_units = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

/// Where a program without a '/' is found; empty: nowhere.
std::string found_in(const std::string& folders, const std::string& program) {
  std::istringstream all(folders);
  for (std::string folder; std::getline(all, folder, ':');) {
    std::string path = (std::filesystem::path(folder) / program).string();
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

/// "/bin/a -u b" as the list that was meant: ["/bin/a", "-u", "b"].
std::string words_of(const std::string& line) {
  std::istringstream words(line);
  std::string out;
  for (std::string word; words >> word;) out += (out.empty() ? "[\"" : ", \"") + word + "\"";
  return out + "]";
}

/// What is wrong with the first line of a script, "#!/usr/bin/env python3"; empty: nothing, or it is none.
std::string interpreter_mistake(const std::string& path) {
  std::ifstream file(path);
  std::array<char, 256> first{};
  file.get(first.data(), first.size());
  std::string_view line(first.data());
  if (!line.starts_with("#!")) return "";
  line.remove_prefix(std::min(line.find_first_not_of(" \t", 2), line.size()));
  const std::string program(line.substr(0, line.find_first_of(" \t")));
  if (program.empty() || program.find('/') == std::string::npos || is_there(program)) return "";
  if (program.back() == '\r')
    return path + ": its lines end as on Windows, and so no program is found: sed -i 's/\\r$//' " + path;
  return path + ": its first line names " + program + ", and there is no such program: install it, or mend that line";
}

}  // namespace

FilesCheck::FilesCheck(const std::string& config_file, const std::string& user)
    : config_file_(config_file), user_(user) {
  if (Result<ConfigFile> file = ConfigFile::load(config_file); file.has_value()) file_ = *file;
}

void FilesCheck::look_at(const MqttConfig& mqtt) {
  secret("mqtt.password_file", mqtt.password_file);
  readable("mqtt.ca_file", mqtt.ca_file);
}

void FilesCheck::readable(const std::string& key, const std::string& path) {
  if (path.empty()) return;
  const Result<SmallFile> file = read_small_file(path, largest_authority_bytes);
  const bool is_for_us = file.has_value() || (user_.is_known() && file.error().code == ErrorCode::permission);
  add(key, is_for_us ? user_.reading_mistake(path) : file.error().message);
}

void FilesCheck::readable_stream(const std::string& key, const std::string& path) {
  if (path.empty()) return;
  add(key, is_there(path) ? user_.reading_mistake(path) : "there is no file '" + path + "'");
}

void FilesCheck::secret(const std::string& key, const std::string& path) {
  if (path.empty()) return;
  const Result<std::string> secret = read_secret(path);
  const std::string mistake = user_.reading_mistake(path);
  const bool is_unseen = !secret.has_value() && secret.error().code == ErrorCode::permission && user_.is_known() &&
                         ::access(path.c_str(), R_OK) != 0;
  add(key, secret.has_value() || is_unseen ? mistake : secret.error().message);
}

void FilesCheck::program(const std::string& key, const std::string& path) {
  const bool is_a_line = path.find(' ') != std::string::npos && !is_there(path);
  if (path.find('/') == std::string::npos && !is_a_line) {
    const char* own = std::getenv("PATH");
    const std::string folders = user_.is_known() || own == nullptr ? path_of_units : own;
    const std::string found = found_in(folders, path);
    return add(key, found.empty()
                        ? "there is no program '" + path + "' in " + folders + ": name it with its folder, /..."
                        : interpreter_mistake(found));
  }
  if (!is_there(path)) {
    return add(key, "there is no file '" + path + "'" +
                        (is_a_line ? "; each word is a text of its own: " + words_of(path) : ""));
  }
  const std::string mistake = user_.running_mistake(path);
  add(key, mistake.empty() ? interpreter_mistake(path) : mistake);
}

void FilesCheck::in_folder(const std::string& key, const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(folder, failed);
  if (status.type() == std::filesystem::file_type::not_found) {
    add(key, path + ": the folder " + folder + " is not there: make it, for the service's user, or mount its disk");
  } else if (status.type() != std::filesystem::file_type::directory) {
    add(key, path + ": " + folder + (failed ? ": " + failed.message() : " is no folder"));
  }
}

void FilesCheck::writable_file(const std::string& key, const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (is_made_at_start(folder)) return;
  const std::size_t before = mistakes_.size();
  in_folder(key, path);
  if (mistakes_.size() != before) return;
  struct stat status {};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  if (is_there && S_ISDIR(status.st_mode)) return add(key, path + " is a folder: name a file in it");
  const std::string& written = is_there ? path : folder;
  if (!is_there && ::stat(folder.c_str(), &status) != 0) return;
  if (!user_.may_write(written, status))
    add(key, written + " cannot be written by " + user_.who() + ": give it to that user (chown), or name another file");
}

bool is_made_at_start(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  std::error_code failed;
  return path.string().starts_with("/var/lib/sensor-project/") &&
         std::filesystem::symlink_status(path, failed).type() == std::filesystem::file_type::not_found;
}

void FilesCheck::add(const std::string& key, const std::string& mistake) {
  if (mistake.empty()) return;
  if (!mistakes_.empty()) mistakes_ += '\n';
  const std::size_t line = file_.has_value() ? file_->line_of(key) : 0;
  mistakes_.append(config_file_).append(line == 0 ? "" : ":" + std::to_string(line)).append(": ").append(key);
  mistakes_.append(": ").append(mistake);
}

std::optional<ConfigTable> FilesCheck::root() {
  return file_.has_value() ? std::optional(file_->root()) : std::nullopt;
}

Result<std::string> FilesCheck::finish() const {
  if (!mistakes_.empty()) return fail(ErrorCode::invalid, mistakes_);
  return config_file_ + ": no mistakes";
}

int tell_checked(const Result<std::string>& outcome) {
  log_lines(outcome.has_value() ? LogLevel::info : LogLevel::error,
            outcome.has_value() ? *outcome : outcome.error().message);
  return outcome.has_value() ? EXIT_SUCCESS : exit_bad_configuration;
}

}  // namespace sensors
