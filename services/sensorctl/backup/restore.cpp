// The order, for each database: the copy is checked; a lock keeps its service from starting; the copy is copied beside
// the database, and changed; it gets the name of a replacement (common/adapters/sqlite/damaged_file.hpp), the database
// goes aside, and the replacement takes its name. A crash in between is finished by the service when it opens the
// database, or by another restore.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "common/adapters/sqlite/backup_file.hpp"
#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/plain_file.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/file_lock.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensorctl/backup/backup.hpp"
#include "services/sensorctl/backup/files.hpp"
#include "services/sensorctl/backup/manifest.hpp"
#include "services/sensorctl/doctor/owner_process.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/terminal.hpp"

namespace sensors::backup {
namespace {

namespace fs = std::filesystem;
using sensorctl::complain;

constexpr const char* aside_word = "before-restore";
constexpr mode_t usual_mode = 0600;

/// One database on its way.
struct Restored {
  Source source;
  std::string copy;  // in the backup
  std::unique_ptr<FileLock> lock;
  std::string aside{};  // where what was there is now
};

Result<std::vector<Restored>> wanted(const BackupOptions& options, const std::string& folder) {
  const Result<Manifest> manifest = read_manifest(folder);
  if (!manifest.has_value()) return tl::unexpected<Error>(manifest.error());
  std::vector<Restored> all;
  for (const Source& source : sources_of(options.configuration)) {
    if (!options.only.empty() && options.only != source.kind) continue;
    for (const CopiedFile& file : manifest->files) {
      if (file.kind == source.kind) all.push_back({source, folder + "/" + source.file(), nullptr});
    }
  }
  if (all.empty()) return fail(ErrorCode::not_found, folder + ": has no " + options.only);
  return all;
}

/// Nothing is touched before all of these hold.
Result<void> prepare(Restored& one) {
  const Source& source = one.source;
  const Result<PlainFile> plain = plain_file(one.copy);
  if (!plain.has_value()) return tl::unexpected<Error>(plain.error());
  if (Result<void> sound = check_backup(one.copy, source.application_id, longest_check); !sound.has_value())
    return sound;
  one.lock = std::make_unique<FileLock>(source.path, "sensorctl restore");
  if (Result<void> locked = one.lock->take(); !locked.has_value()) {
    return fail(locked.error().code, locked.error().message + (locked.error().code == ErrorCode::in_use
                                                                   ? "; first: systemctl stop " + source.service
                                                                   : std::string()));
  }
  return require_room(folder_of(source.path), plain->bytes);
}

/// Of the copy that is changed, "<path>.restoring".
void remove_staged(const std::string& file) {
  std::error_code ignored;
  for (const char* suffix : {"", "-journal"}) fs::remove(file + suffix, ignored);
}

/// The copy, changed, under the name of a replacement. From when it is written on we act as the folder's owner.
Result<void> stage(const Restored& one, doctor::ActingAs& owner) {
  const std::string& path = one.source.path;
  const std::string file = path + ".restoring";
  bool is_acting = true;
  const auto go_on = [&is_acting] { return is_acting; };
  Result<void> done = back_up(one.copy, file, one.source.application_id, go_on, [&] {
    is_acting = owner.begin();
    remove_staged(file);  // of a restore that was cut short
  });
  if (done.has_value() && one.source.kind == "store") {  // publishers, and who uploads, see another one
    done = change_backup(
        file, "UPDATE store SET id = '" + random_id() + "'; UPDATE destination SET batch_first = 0, batch_last = 0");
  }
  if (!done.has_value()) return done;
  const Result<PlainFile> before = plain_file(path);
  if (::chmod(file.c_str(), before.has_value() ? before->mode & 0666 : usual_mode) != 0)
    return failed_call(file, "set its mode", errno);
  if (Result<void> synced = sync_file(file); !synced.has_value()) return synced;
  const std::string replacement = replacement_of(path);
  if (::rename(file.c_str(), replacement.c_str()) != 0) return failed_call(file, "rename to " + replacement, errno);
  return sync_file(parent_of(path));  // before the database loses its name
}

Result<void> put_in_place(Restored& one) {
  const std::string& path = one.source.path;
  const Result<PlainFile> folder = folder_of_file(path);
  if (!folder.has_value()) return tl::unexpected<Error>(folder.error());
  doctor::ActingAs owner(folder->owner, folder->group);
  if (Result<void> staged = stage(one, owner); !staged.has_value()) {
    remove_staged(path + ".restoring");  // the services need the room
    return staged;
  }
  struct stat status {};
  const bool is_there = ::lstat(path.c_str(), &status) == 0;
  Result<std::string> aside = set_aside(path, aside_word, read_clocks().wall);
  if (!aside.has_value()) return tl::unexpected<Error>(aside.error());
  if (is_there) one.aside = std::move(*aside);
  const std::string replacement = replacement_of(path);
  if (::rename(replacement.c_str(), path.c_str()) != 0) return failed_call(replacement, "rename to " + path, errno);
  return sync_file(parent_of(path));
}

void say(const Restored& one) {
  fmt::print(
      "{}: restored from {}{}{}\n", one.source.path, one.copy,
      one.aside.empty() ? "" : "; what was there is " + one.aside,
      one.source.kind == "store" ? "; it is another store now, so publishers and uploads begin anew with it" : "");
}

}  // namespace

int restore_backup(const BackupOptions& options) {
  ::umask(077);
  const std::string folder = without_last_slash(options.folder);
  Result<std::vector<Restored>> all = wanted(options, folder);
  if (!all.has_value()) {
    complain("nothing was restored: " + all.error().message);
    return sensorctl::exit_trouble;
  }
  for (Restored& one : *all) {
    if (Result<void> ready = prepare(one); !ready.has_value()) {
      complain("nothing was restored: " + ready.error().message);
      return sensorctl::exit_trouble;
    }
  }
  for (Restored& one : *all) {
    if (Result<void> done = put_in_place(one); !done.has_value()) {
      complain(one.source.path + ": was not restored: " + done.error().message);
      return sensorctl::exit_trouble;
    }
    say(one);
  }
  fmt::print("Start the services: systemctl start sensor-project.target\n");
  return sensorctl::exit_ok;
}

}  // namespace sensors::backup
