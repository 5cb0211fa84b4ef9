// The copies are made in FOLDER.partial, checked, described in the manifest and synced; then the folder gets its name.
#include "services/sensorctl/backup/backup.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "common/adapters/sqlite/backup_file.hpp"
#include "common/adapters/sqlite/plain_file.hpp"
#include "common/codec/time_text.hpp"
#include "common/runtime/clocks.hpp"
#include "services/sensorctl/backup/copy_process.hpp"
#include "services/sensorctl/backup/files.hpp"
#include "services/sensorctl/backup/manifest.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/machine/installation.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::backup {
namespace {

namespace fs = std::filesystem;
using sensorctl::complain;

/// The folder that a backup is made in, FOLDER.partial. It goes with this, unless it got its name.
class PartialFolder {
 public:
  explicit PartialFolder(std::string path) : path_(std::move(path)) {}
  ~PartialFolder() {
    if (is_ours_) remove_files();
    if (is_ours_) ::rmdir(path_.c_str());
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;

  const std::string& path() const { return path_; }

  /// Makes it, or takes one over that a backup left behind that was cut short. in_use: another backup is being made in
  /// it.
  Result<void> make() {
    if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) {
      if (errno != ENOENT) return file_error(path_, "make it", errno);
      return fail(ErrorCode::not_found, parent_of(path_) + ": this folder is not there; make it, or mount its disk");
    }
    descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor_ < 0) return file_error(path_, "is no folder of a backup; remove it", errno);
    TRY(check_owner());
    // A file system without such locks (ENOLCK, EOPNOTSUPP, EBADF) has none.
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      return fail(ErrorCode::in_use, path_ + ": another backup is being made there");
    remove_files();
    std::error_code failed;
    is_ours_ = fs::is_empty(path_, failed);
    if (is_ours_) return {};
    return fail(ErrorCode::invalid, path_ + ": has something in it that is of no backup; remove it");
  }

  Result<void> give_name(const std::string& folder) {
    if (::rename(path_.c_str(), folder.c_str()) != 0) return file_error(path_, "rename to " + folder, errno);
    is_ours_ = false;
    return sync_file(parent_of(folder));
  }

 private:
  /// Whoever owns the folder around it could put anything in its place; nobody else may have made it.
  Result<void> check_owner() const {
    struct stat own {};
    struct stat parent {};
    if (::fstat(descriptor_, &own) != 0) return file_error(path_, "look at it", errno);
    if (::stat(parent_of(path_).c_str(), &parent) != 0) return file_error(parent_of(path_), "look at it", errno);
    if (own.st_uid == ::geteuid() || own.st_uid == parent.st_uid) return {};
    return fail(ErrorCode::invalid, path_ + ": belongs to somebody else; remove it, or name another folder");
  }

  /// Of a backup; what is not ours stays.
  void remove_files() const {
    for (const char* name : {"outbox.db", "outbox.db-journal", "store.db", "store.db-journal", manifest_name})
      ::unlinkat(descriptor_, name, 0);
  }

  const std::string path_;
  int descriptor_ = -1;
  bool is_ours_ = false;
};

Result<void> require_new(const std::string& folder) {
  std::error_code failed;
  if (!fs::exists(folder, failed) || (fs::is_directory(folder, failed) && fs::is_empty(folder, failed))) return {};
  return fail(ErrorCode::invalid, folder + ": is there already; name a new folder, nothing is overwritten");
}

/// The copy, within the limits.
Result<void> copy_in_time(const Source& source, const std::string& path, const BackupOptions& options) {
  Result<void> done =
      copy_database({source.path, path, source.application_id, options.longest_opening, options.longest_copy});
  if (done.has_value() || done.error().code != ErrorCode::timeout) return done;
  return fail(
      ErrorCode::timeout,
      fmt::format("{}: the copy took longer than {} min, and the log of {} grows all that time; is {} on a disk "
                  "that is too slow?",
                  source.path, std::chrono::duration_cast<std::chrono::minutes>(options.longest_copy).count(),
                  source.service, parent_of(path)));
}

Result<CopiedFile> copy(const Source& source, const std::string& partial, const BackupOptions& options) {
  const std::string path = partial + "/" + source.file();
  TRY_ASSIGN(const PlainFile plain, plain_file(source.path));
  if (Result<void> room = require_room(partial, plain.bytes); !room.has_value())
    return fail(room.error().code, source.path + ": " + room.error().message);
  TRY(copy_in_time(source, path, options));
  TRY(check_backup(path, source.application_id, longest_check));
  ::chmod(path.c_str(), 0600);  // not on every file system
  return describe(source, path);
}

Result<Manifest> make(const BackupOptions& options, const std::string& folder) {
  PartialFolder partial(folder + ".partial");
  TRY(require_new(folder));
  TRY(partial.make());
  Manifest manifest{
      time_text(read_clocks().wall), SENSOR_PROJECT_VERSION, doctor::read_installation(options.configuration).node, {}};
  for (const Source& source : sources_of(options.configuration)) {
    struct stat status {};
    if (::lstat(source.path.c_str(), &status) != 0 && errno == ENOENT) {
      complain(source.path + ": is not there, and not in the backup");
      continue;
    }
    TRY_ASSIGN(CopiedFile file, copy(source, partial.path(), options));
    manifest.files.push_back(std::move(file));
  }
  if (manifest.files.empty())
    return fail(ErrorCode::not_found, "there is neither an outbox nor a store; where they are is read from " +
                                          options.configuration + " (--configuration)");
  TRY(write_manifest(manifest, partial.path()));
  TRY(partial.give_name(folder));
  return manifest;
}

}  // namespace

int make_backup(const BackupOptions& options) {
  ::umask(077);
  const std::string folder = without_last_slash(options.folder);
  const Result<Manifest> manifest = make(options, folder);
  if (!manifest.has_value()) {
    const bool wants_root = manifest.error().code == ErrorCode::permission && ::geteuid() != 0;
    complain("no backup was made: " + manifest.error().message + (wants_root ? "; use sudo" : ""));
    return sensorctl::exit_trouble;
  }
  std::string text;
  for (const CopiedFile& file : manifest->files) {
    text += fmt::format("{}/{}.db: {} readings and {} gap records, {} bytes, checked{}\n", folder, file.kind,
                        file.readings, file.gaps, file.bytes, file.store.empty() ? "" : "; store " + file.store);
  }
  return sensorctl::say(text) ? sensorctl::exit_ok : sensorctl::exit_trouble;
}

}  // namespace sensors::backup
