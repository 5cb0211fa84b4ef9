#include "common/runtime/files_check.hpp"

#include <cstdlib>
#include <filesystem>

#include "common/runtime/command_line.hpp"
#include "common/runtime/secret.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {

namespace {

constexpr std::size_t largest_authority_bytes = 16 * 1024 * 1024;  // all authorities of a machine are in one file

}  // namespace

void FilesCheck::look_at(const MqttConfig& mqtt) {
  if (!mqtt.password_file.empty()) {
    if (const Result<std::string> secret = read_secret(mqtt.password_file); !secret.has_value())
      add("mqtt.password_file", secret.error().message);
  }
  readable("mqtt.ca_file", mqtt.ca_file);
}

void FilesCheck::readable(const std::string& key, const std::string& path) {
  if (path.empty()) return;
  if (const Result<SmallFile> file = read_small_file(path, largest_authority_bytes); !file.has_value())
    add(key, file.error().message);
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

void FilesCheck::add(const std::string& key, const std::string& mistake) {
  if (mistake.empty()) return;
  if (!mistakes_.empty()) mistakes_ += '\n';
  mistakes_.append(config_file_).append(": ").append(key).append(": ").append(mistake);
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
