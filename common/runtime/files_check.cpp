#include "common/runtime/files_check.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "common/core/secret_name.hpp"
#include "common/core/toml_words.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/program_check.hpp"
#include "common/runtime/secret.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {

namespace {

// Where a unit shows its service what an owner adds.
constexpr const char* place_of_programs = "/usr/local/lib/sensor-project";
constexpr const char* place_of_files = "/etc/sensor-project";

constexpr std::size_t largest_authority_bytes = 16 * 1024 * 1024;  // all authorities of a machine are in one file

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

/// What a shell would have made another path of; empty: nothing.
std::string shell_mistake(const std::string& path) {
  if (!path.starts_with('~') && !path.starts_with('$')) return "";
  return "'" + path + "': only a shell knows what " + path.substr(0, path.find('/')) +
         " stands for: write the whole path, /...";
}

/// As the kernel finds it: without links, where they can be followed.
std::string without_links(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
  return failed ? "" : real.string();
}

/// Whether every address of `host`, a name or an address, is one of this machine alone: 127.0.1.1 is its own name's.
bool is_loopback(const std::string& host) {
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return false;
  bool all = true;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(one->ai_addr);
      all = all && (ntohl(address->sin_addr.s_addr) >> 24U) == IN_LOOPBACKNET;
    } else {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(one->ai_addr);
      all = all && IN6_IS_ADDR_LOOPBACK(&address->sin6_addr) != 0;
    }
  }
  ::freeaddrinfo(found);
  return all;
}

std::string as_written(const std::string& path) {
  std::error_code failed;
  return std::filesystem::absolute(path, failed).lexically_normal().string();
}

}  // namespace

FilesCheck::FilesCheck(const std::string& config_file, const std::string& user, UnitSandbox unit)
    : config_file_(config_file), user_(user), unit_(std::move(unit)) {
  if (Result<ConfigFile> file = ConfigFile::load(config_file); file.has_value()) file_ = *file;
}

void FilesCheck::look_at(const MqttConfig& mqtt) {
  secret("mqtt.password_file", mqtt.password_file);
  readable("mqtt.ca_file", mqtt.ca_file);
  peer("mqtt.host", mqtt.host);
}

void FilesCheck::peer(const std::string& key, const std::string& host) {
  if (host.empty() || unit_.reaches(host) || is_loopback(host)) return;
  add(key, "the unit lets the service talk to this machine only, and " + host +
               " is another one: " + unit_.allowed_by("IPAddressAllow=") + " with its address");
}

std::string FilesCheck::hidden_mistake(const std::string& path, const std::string& place) const {
  std::string setting = unit_.hidden_by(as_written(path));
  if (setting.empty()) setting = unit_.hidden_by(without_links(path));
  if (setting.empty()) return "";
  return path + " is hidden from the service by its unit (" + setting + "): put it into " + place +
         (setting.starts_with("ProtectHome") ? ", or " + unit_.allowed_by("ProtectHome=read-only") : "");
}

/// Systemd follows links before it makes a folder writable: one of the two ways is enough.
std::string FilesCheck::unwritable_mistake(const std::string& folder) const {
  const std::string setting = unit_.unwritable_by(as_written(folder));
  const std::string real = without_links(folder);
  if (setting.empty() || unit_.unwritable_by(real).empty()) return "";
  const bool is_hidden = !unit_.hidden_by(as_written(folder)).empty() || !unit_.hidden_by(real).empty();
  return "the unit keeps the service from writing " + folder + " (" + setting + "): " +
         (is_hidden ? "name a folder elsewhere, such as the service's own below /var/lib/sensor-project"
                    : unit_.allowed_by("ReadWritePaths=" + folder));
}

/// The first that there is of what keeps the service from a file, beside the rights of its user; empty: nothing.
std::string FilesCheck::out_of_reach(const std::string& path, const char* place) const {
  std::string mistake = shell_mistake(path);
  if (mistake.empty() && is_there(path)) mistake = hidden_mistake(path, place);
  return mistake;
}

void FilesCheck::readable(const std::string& key, const std::string& path) {
  if (path.empty()) return;
  if (std::string far = out_of_reach(path, place_of_files); !far.empty()) return add(key, far);
  const Result<SmallFile> file = read_small_file(path, largest_authority_bytes);
  const bool is_for_us = file.has_value() || (user_.is_known() && file.error().code == ErrorCode::permission);
  add(key, is_for_us ? user_.reading_mistake(path) : file.error().message);
}

void FilesCheck::readable_stream(const std::string& key, const std::string& path, const char* place) {
  if (path.empty()) return;
  if (std::string far = out_of_reach(path, place); !far.empty()) return add(key, far);
  add(key, is_there(path) ? user_.reading_mistake(path) : "there is no file '" + path + "'");
}

void FilesCheck::secret(const std::string& key, const std::string& path) {
  if (path.empty()) return;
  if (std::string far = out_of_reach(path, place_of_files); !far.empty()) return add(key, far);
  const Result<std::string> secret = read_secret(path);
  const std::string mistake = user_.reading_mistake(path);
  const bool is_unseen = !secret.has_value() && secret.error().code == ErrorCode::permission && user_.is_known() &&
                         ::access(path.c_str(), R_OK) != 0;
  add(key, secret.has_value() || is_unseen ? mistake : secret.error().message);
}

void FilesCheck::program(const std::string& key, const std::string& path) {
  const bool is_a_line = path.find(' ') != std::string::npos && !is_there(path);
  if (const std::string mistake = shell_mistake(path); !mistake.empty()) return add(key, mistake);
  if (path.find('/') == std::string::npos && !is_a_line) return program_of_path(key, path);
  if (!is_there(path)) {
    const std::string list = is_a_line ? toml_words::list_meant_by(path) : "";
    return add(key, "there is no file '" + (is_a_line ? quotable(path) : path) + "'" +
                        (is_a_line ? "; each word is a text of its own" : "") + (list.empty() ? "" : ": " + list));
  }
  std::string mistake = hidden_mistake(path, place_of_programs);
  if (mistake.empty()) mistake = user_.running_mistake(path);
  if (mistake.empty()) mistake = first_line_mistake(path);
  add(key, mistake.empty() ? forbidden_mistake(path, unit_) : mistake);
}

void FilesCheck::program_of_path(const std::string& key, const std::string& name) {
  const char* own = std::getenv("PATH");
  const std::string folders = user_.is_known() || own == nullptr ? path_of_units : own;
  const std::string found = found_in(folders, name);
  if (found.empty())
    return add(key, "there is no program '" + name + "' in " + folders + ": name it with its folder, /...");
  const std::string mistake = first_line_mistake(found);
  add(key, mistake.empty() ? forbidden_mistake(found, unit_) : mistake);
}

void FilesCheck::script(const std::string& key, const std::string& path) {
  const bool is_whole = path.starts_with('/') || !shell_mistake(path).empty();
  if (is_whole) return readable_stream(key, path, place_of_programs);
  add(key, "'" + path + "': the service has another folder than your shell: name it with its whole path, /.../" + path);
}

void FilesCheck::own_folder(const std::string& key, const std::string& folder) {
  const std::string mistake = shell_mistake(folder);
  add(key, mistake.empty() ? unwritable_mistake(folder) : mistake);
}

void FilesCheck::in_folder(const std::string& key, const std::string& path) {
  if (const std::string mistake = shell_mistake(path); !mistake.empty()) return add(key, mistake);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(folder, failed);
  if (status.type() == std::filesystem::file_type::not_found) {
    add(key, path + ": the folder " + folder + " is not there: make it, for the service's user, or mount its disk");
  } else if (status.type() != std::filesystem::file_type::directory) {
    add(key, path + ": " + folder + (failed ? ": " + failed.message() : " is no folder"));
  } else {
    add(key, unwritable_mistake(folder));
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

void FilesCheck::port(const std::string& key, int port) {
  std::ifstream setting("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  int first = 1'024;
  if (!(setting >> first) || port >= first || unit_.gives_low_ports() || user_.is_root()) return;
  add(key, "port " + std::to_string(port) + " is below " + std::to_string(first) + ", and " + user_.who() +
               " may not take one of those: take another, such as 8080");
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
