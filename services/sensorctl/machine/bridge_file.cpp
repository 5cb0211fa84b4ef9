#include "services/sensorctl/machine/bridge_file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/bridge_name.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/file_error.hpp"
#include "common/runtime/random_id.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensorctl/bundle/run_program.hpp"
#include "services/sensorctl/machine/installation.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::sensorctl {

namespace {

constexpr std::size_t largest_file = 1024 * 1024;
constexpr std::size_t secret_length = 40;  // of 32 letters each: 200 bits
constexpr mode_t token_mode = 0400;
constexpr const char* bridge_program = "sensor-http-bridge";
constexpr Millis check_deadline{30'000};
constexpr Millis look_again{50};

Scopes scopes_of(const std::vector<std::string>& names) {
  const auto has = [&](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  return {has("read"), has("write"), has("operate")};
}

HttpSetup setup_in(ConfigTable http, const std::string& bridge) {
  HttpSetup setup;
  setup.bridge = bridge;
  http.read("listen", setup.listen);
  std::string certificate;
  http.read("certificate_file", certificate);
  setup.has_certificate = !certificate.empty();
  if (http.has("anonymous")) {
    std::vector<std::string> scopes;
    http.read("anonymous", scopes);
    setup.anonymous = scopes_of(scopes);
  }
  for (auto& [name, table] : http.named_tables("tokens")) {
    Token token{name, "", {}};
    std::vector<std::string> scopes{"read"};
    table.read("file", token.file);
    table.read("scopes", scopes);
    token.scopes = scopes_of(scopes);
    setup.tokens.push_back(std::move(token));
  }
  return setup;
}

/// Says who may, where this user may not.
Error for_root(Error error) {
  if (error.code == ErrorCode::permission) error.message += ": only root may change this; use sudo";
  return error;
}

/// A new file of one of our names: another was left behind by a process that was killed.
int make_beside(const std::string& path, mode_t mode) {
  ::unlink(path.c_str());
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
}

Result<void> write_like(const std::string& path, const std::string& text, const struct stat& like) {
  const FileDescriptor file(make_beside(path, 0600));
  if (file.value < 0) return file_error(path, "make it", errno);
  const bool is_mine = like.st_uid == ::geteuid() && like.st_gid == ::getegid();
  if (!is_mine && ::fchown(file.value, like.st_uid, like.st_gid) != 0) return file_error(path, "give it away", errno);
  if (::fchmod(file.value, like.st_mode & 07777) != 0) return file_error(path, "set its mode", errno);
  if (const int error = write_all(file.value, text); error != 0) return file_error(path, "write it", error);
  if (::fsync(file.value) != 0) return file_error(path, "sync it", errno);
  return {};
}

/// `folder`, locked as machine-access.sh locks it.
Result<std::unique_ptr<FileDescriptor>> locked(const std::string& folder, Millis patience) {
  auto descriptor = std::make_unique<FileDescriptor>(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor->value < 0) return tl::unexpected<Error>(file_error(folder, "open it", errno).value());
  const Instant until = read_clocks().monotonic + patience;
  while (::flock(descriptor->value, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return tl::unexpected<Error>(file_error(folder, "lock it", errno).value());
    if (read_clocks().monotonic >= until)
      return fail(ErrorCode::in_use, folder + ": somebody else changes files there; try again when that is done");
    std::this_thread::sleep_for(look_again);
  }
  return descriptor;
}

/// What the bridge says of the file; invalid when it would not take it.
Result<void> check(const std::string& path) {
  TRY_ASSIGN(const bundle::ProgramOutput output,
             bundle::run_program({bridge_program, "--config", path, "--check-config"}, {check_deadline, largest_file}));
  if (output.exit_code == 0) return {};
  return fail(ErrorCode::invalid, output.text);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

Result<void> check_instead_of(const BridgeFile& file, const std::string& beside, const Change& change) {
  Result<ConfigFile> read = ConfigFile::load(beside);
  HttpSetup meant = change.setup;
  meant.taken.clear();
  if (!read.has_value() || setup_in(read->root().table("http"), meant.bridge) != meant) {
    return fail(
        ErrorCode::invalid,
        file.path + ": [http] is written in a way that is not changed here: change it by hand; it is as it was");
  }
  const Result<void> checked = check(beside);
  if (checked.has_value()) return {};
  if (checked.error().code == ErrorCode::not_found) {
    return fail(
        ErrorCode::not_found,
        std::string(bridge_program) + ": is not installed here, and only it can check the file, which is as it was");
  }
  const bool was_so = !check(file.path).has_value();
  return fail(checked.error().code, fmt::format("{}: the bridge does not take {}; the file is as it was\n{}", file.path,
                                                was_so ? "it, nor did it before: mend this first" : "the change",
                                                replaced(checked.error().message, beside, file.path)));
}

/// From the rename on the change is there, whatever else fails.
Result<void> put_in_place(const BridgeFile& file, const std::string& beside) {
  if (::rename(beside.c_str(), file.path.c_str()) != 0) return file_error(file.path, "replace it", errno);
  if (::fsync(file.lock->value) != 0) {
    complain(
        fmt::format("{} is changed, but its folder cannot be synced ({}): a power cut now may bring back the old one",
                    file.path, std::strerror(errno)));
  }
  return {};
}

Result<void> fill_token_file(int file, const std::string& path, const passwd& owner) {
  const bool is_mine = owner.pw_uid == ::geteuid();
  if (!is_mine && ::fchown(file, owner.pw_uid, owner.pw_gid) != 0) return file_error(path, "give it away", errno);
  if (const int error = write_all(file, random_id(secret_length) + "\n"); error != 0)
    return file_error(path, "write it", error);
  if (::fsync(file) != 0) return file_error(path, "sync it", errno);
  return {};
}

std::string plain_folder(const std::string& folder) {
  std::error_code failed;
  std::filesystem::path path = std::filesystem::absolute(folder, failed);
  if (failed) path = folder;
  path = path.lexically_normal();
  return path.has_filename() ? path.string() : path.parent_path().string();
}

BridgeFile found_in(const std::string& folder, const std::string& name) {
  BridgeFile bridge;
  bridge.folder = plain_folder(folder);
  bridge.unit = unit_name_of(bridge_service_of(name));
  bridge.setup.bridge = name;
  bridge.path = bridge.folder + "/" + bridge.unit + ".toml";
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(bridge.path, failed);
  if (!failed) bridge.path = real.string();
  return bridge;
}

Error with_bridges_that_are_there(Error error, const BridgeFile& bridge) {
  const std::vector<std::string> names = doctor::named_bridges_in(bridge.folder);
  if (error.code == ErrorCode::not_found && !bridge.setup.bridge.empty()) {
    error.message += names.empty() ? "; no bridge has a name here, so leave --bridge out"
                                   : fmt::format("; there is: {}", fmt::join(names, ", "));
  }
  return error;
}

std::vector<std::string> names_of_bridges(const std::string& folder) {
  std::vector<std::string> names = doctor::named_bridges_in(folder);
  names.emplace_back();
  return names;
}

/// Of those that can be read.
std::vector<std::string> taken_by_others(const BridgeFile& bridge) {
  std::vector<std::string> taken;
  for (const std::string& name : names_of_bridges(bridge.folder)) {
    Result<ConfigFile> file = ConfigFile::load(found_in(bridge.folder, name).path);
    if (file.has_value() && name != bridge.setup.bridge)
      taken.push_back(setup_in(file->root().table("http"), name).listen);
  }
  return taken;
}

Result<void> read_into(BridgeFile& bridge) {
  Result<ConfigFile> file = ConfigFile::load(bridge.path);
  if (!file.has_value()) return tl::unexpected<Error>(with_bridges_that_are_there(file.error(), bridge));
  TRY_ASSIGN(SmallFile content, read_small_file(bridge.path, largest_file));
  bridge.text = std::move(content.text);
  bridge.setup = setup_in(file->root().table("http"), bridge.setup.bridge);
  bridge.setup.taken = taken_by_others(bridge);
  return {};
}

/// As its configuration has it. Errors of ConfigFile::load().
Result<std::vector<std::string>> token_files_of(const BridgeFile& bridge) {
  TRY_ASSIGN(ConfigFile file, ConfigFile::load(bridge.path));
  std::vector<std::string> files(1);
  file.root().table("destination").read("token_file", files.front());
  for (const Token& token : setup_in(file.root().table("http"), bridge.setup.bridge).tokens)
    files.push_back(token.file);
  return files;
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code is_not_there;
  return a == b || std::filesystem::equivalent(a, b, is_not_there);
}

/// Another folder of the same files has its own lock: only who holds it may have one of this name.
std::string beside_name(const std::string& path) { return path + ".sensorctl-new"; }

}  // namespace

Result<BridgeFile> read_bridge_file(const std::string& folder, const std::string& name) {
  BridgeFile bridge = found_in(folder, name);
  TRY(read_into(bridge));
  return bridge;
}

Result<BridgeFile> lock_bridge_file(const std::string& folder, const std::string& name, Millis patience) {
  BridgeFile bridge = found_in(folder, name);
  TRY_ASSIGN(bridge.lock, locked(std::filesystem::path(bridge.path).parent_path().string(), patience));
  TRY(read_into(bridge));
  return bridge;
}

Result<void> replace_bridge_file(const BridgeFile& file, const Change& change) {
  const std::string beside = beside_name(file.path);
  struct stat like {};
  if (::stat(file.path.c_str(), &like) != 0) return file_error(file.path, "look at it", errno);
  Result<void> done = write_like(beside, change.text, like);
  if (done.has_value()) done = check_instead_of(file, beside, change);
  if (done.has_value()) done = put_in_place(file, beside);
  if (done.has_value()) return {};
  ::unlink(beside.c_str());
  return tl::unexpected<Error>(for_root(done.error()));
}

bool is_named_in(const std::string& folder, const std::string& path) {
  const std::vector<std::string> names = names_of_bridges(folder);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const Result<std::vector<std::string>> files = token_files_of(found_in(folder, name));
    if (!files.has_value()) return files.error().code != ErrorCode::not_found;  // it may
    return std::any_of(files->begin(), files->end(), [&](const std::string& one) { return is_same_file(one, path); });
  });
}

bool is_left_behind(const BridgeFile& file, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const Result<SmallFile> content = read_small_file(path, secret_length + 1);
  const bool is_ours = (status.st_mode & 07777) == token_mode && content.has_value() &&
                       content->text.size() == secret_length + 1 && content->text.back() == '\n' &&
                       content->text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == secret_length;
  return is_ours && !is_named_in(file.folder, path);
}

Result<void> make_token_file(const BridgeFile& file, const Token& token, const std::string& user) {
  const passwd* owner = ::getpwnam(user.c_str());
  if (owner == nullptr) {
    return fail(ErrorCode::not_found,
                fmt::format("there is no user {}, whose the token is to be: install sensor-project here", user));
  }
  const std::string beside = beside_name(token.file);
  const FileDescriptor made(make_beside(beside, token_mode));
  if (made.value < 0) return tl::unexpected<Error>(for_root(file_error(token.file, "make it", errno).value()));
  Result<void> done = fill_token_file(made.value, token.file, *owner);
  const bool takes_place = done.has_value() && is_left_behind(file, token.file);
  if (done.has_value() && !takes_place && ::link(beside.c_str(), token.file.c_str()) != 0) {
    done = file_error(token.file, "make it", errno);
    if (errno == EEXIST)
      done = fail(ErrorCode::in_use,
                  token.file + " is there already, and is not overwritten: delete it, or take another name");
  }
  if (takes_place && ::rename(beside.c_str(), token.file.c_str()) != 0)
    done = file_error(token.file, "replace it", errno);
  ::unlink(beside.c_str());
  if (done.has_value()) return {};
  return tl::unexpected<Error>(for_root(done.error()));
}

}  // namespace sensors::sensorctl
