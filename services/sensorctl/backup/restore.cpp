// The order, for each database: the copy is checked; a lock keeps its service from starting; the copy is copied beside
// the database, and changed; it gets the name of a replacement (common/adapters/sqlite/damaged_file.hpp), the database
// goes aside, and the replacement takes its name. What a power cut in between leaves (name_steps.hpp) is finished by
// the service when it opens the database, or by another restore.
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
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/machine/owner_process.hpp"
#include "services/sensorctl/shell/terminal.hpp"

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
  std::int64_t readings = 0;  // in the copy
  std::string target{};       // the name that the copy gets
  std::string aside{};        // where what was there is now
  std::string waiting{};      // how many wait in the outbox that it is joined with

  bool is_joined() const { return target != source.path; }
};

Result<std::vector<Restored>> wanted(const BackupOptions& options, const std::string& folder) {
  TRY_ASSIGN(const Manifest manifest, read_manifest(folder));
  std::vector<Restored> all;
  for (const Source& source : sources_of(options.configuration)) {
    if (!options.only.empty() && options.only != source.kind) continue;
    for (const CopiedFile& file : manifest.files) {
      if (file.kind == source.kind)
        all.push_back({source, folder + "/" + source.file(), nullptr, file.readings, source.path});
    }
  }
  if (all.empty()) return fail(ErrorCode::not_found, folder + ": has no " + options.only);
  return all;
}

/// The lock, for which a service that is ending is waited for. As the folder's owner, since the lock follows links: one
/// that a service has planted there leads no further than that service could go.
Result<void> lock(Restored& one, const BackupOptions& options) {
  constexpr Millis between_looks{200};
  TRY_ASSIGN(const PlainFile folder, folder_of_file(one.source.path));
  doctor::ActingAs owner(folder.owner, folder.group);
  if (!owner.begin())
    return fail(ErrorCode::permission, one.source.path + ": this process may not act as the user whose folder it is");
  one.lock = std::make_unique<FileLock>(one.source.path, "sensorctl restore");
  Result<void> locked = one.lock->take();
  for (Millis waited{0}; waited < options.longest_wait_for_lock; waited += between_looks) {
    if (locked.has_value() || locked.error().code != ErrorCode::in_use) break;
    if (waited == Millis{0}) complain(locked.error().message + "; waiting for it to end");
    options.pause(between_looks);
    locked = one.lock->take();
  }
  if (locked.has_value() || locked.error().code != ErrorCode::in_use) return locked;
  return fail(ErrorCode::in_use, locked.error().message + "; first: systemctl stop " + one.source.service);
}

/// Nothing is touched before all of these hold.
Result<void> prepare(Restored& one, const BackupOptions& options) {
  const Source& source = one.source;
  TRY_ASSIGN(const PlainFile plain, plain_file(one.copy));
  TRY(check_backup(one.copy, source.application_id, longest_check));
  TRY(lock(one, options));
  const Result<PlainFile> before = plain_file(source.path);
  const bool is_joined = source.kind == "outbox" && before.has_value();
  return require_room(folder_of(source.path), is_joined ? 2 * plain.bytes + before->bytes : plain.bytes);
}

/// Of the copy that is changed, "<path>.restoring".
void remove_staged(const std::string& file) {
  std::error_code ignored;
  for (const char* suffix : {"", "-journal"}) fs::remove(file + suffix, ignored);
}

/// The copy, changed, under the name of a replacement. From when it is written on we act as the folder's owner.
Result<void> stage(const Restored& one, doctor::ActingAs& owner) {
  const std::string file = one.target + ".restoring";
  bool is_acting = true;
  const auto go_on = [&is_acting] { return is_acting; };
  const Result<void> done = back_up(one.copy, file, one.source.application_id, go_on, [&] {
    is_acting = owner.begin();
    remove_staged(file);  // of a restore that was cut short
  });
  TRY(done);
  if (one.source.kind == "store") {  // publishers, and who uploads, see another one
    TRY(change_backup(
        file, "UPDATE store SET id = '" + random_id() + "'; UPDATE destination SET batch_first = 0, batch_last = 0"));
  }
  const Result<PlainFile> before = plain_file(one.source.path);
  if (::chmod(file.c_str(), before.has_value() ? before->mode & 0666 : usual_mode) != 0)
    return file_error(file, "set its mode", errno);
  TRY(sync_file(file));
  const std::string replacement = replacement_of(one.target);
  if (::rename(file.c_str(), replacement.c_str()) != 0) return file_error(file, "rename to " + replacement, errno);
  return {};
}

/// The readings in an outbox that no store has confirmed. A log that was left beside it may have more of them.
std::string waiting_in(const std::string& path) {
  constexpr const char* query =
      "SELECT count(*) FROM reading WHERE position > (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta"
      " WHERE key = 'confirmed')";
  const Result<PlainFile> plain = plain_file(path);
  if (!plain.has_value()) return "nobody can say how many wait";
  const Result<std::vector<std::int64_t>> counts = integers_of(path, {query});
  if (!counts.has_value()) return "nobody can say how many wait";
  std::error_code failed;
  const bool is_closed = !fs::exists(path + "-wal", failed);
  return fmt::format("{}{} readings wait", is_closed ? "" : "about ", counts->front());
}

/// As the folder's owner.
Result<void> finish_what_was_cut_short(Restored& one, const PlainFile& folder) {
  doctor::ActingAs owner(folder.owner, folder.group);
  if (!owner.begin())
    return fail(ErrorCode::permission, one.source.path + ": this process may not act as the user whose folder it is");
  Result<bool> finished = finish_replacement(one.source.path, read_clocks().wall);
  struct stat status {};
  if (one.source.kind == "outbox" && ::lstat(one.source.path.c_str(), &status) == 0) {
    one.target = restored_beside(one.source.path);
    one.waiting = waiting_in(one.source.path);
    if (finished.has_value()) finished = finish_replacement(one.target, read_clocks().wall);
  }
  TRY(finished);
  return {};
}

Result<void> restore_one(Restored& one) {
  TRY_ASSIGN(const PlainFile folder, folder_of_file(one.source.path));
  TRY(finish_what_was_cut_short(one, folder));
  doctor::ActingAs owner(folder.owner, folder.group);
  if (Result<void> staged = stage(one, owner); !staged.has_value()) {
    remove_staged(one.target + ".restoring");  // the services need the room
    return staged;
  }
  TRY_ASSIGN(one.aside, put_in_place(one.target, aside_word, read_clocks().wall));
  return {};
}

bool say(const Restored& one) {
  if (one.is_joined()) {
    return sensorctl::say(fmt::format(
        "{}: restored from {}, with {} readings; in {} {}: sensor-publisher joins the two when it starts{}\n",
        one.target, one.copy, one.readings, one.source.path, one.waiting,
        one.aside.empty() ? "" : "; what was to be joined before is " + one.aside));
  }
  return sensorctl::say(fmt::format(
      "{}: restored from {}, with {} readings{}{}\n", one.source.path, one.copy, one.readings,
      one.aside.empty() ? "" : "; what was there is " + one.aside,
      one.source.kind == "store" ? "; it is another store now, so publishers and uploads begin anew with it" : ""));
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
    if (Result<void> ready = prepare(one, options); !ready.has_value()) {
      complain("nothing was restored: " + ready.error().message);
      return sensorctl::exit_trouble;
    }
  }
  bool is_said = true;
  for (Restored& one : *all) {
    if (Result<void> done = restore_one(one); !done.has_value()) {
      complain(one.source.path + ": was not restored: " + done.error().message);
      return sensorctl::exit_trouble;
    }
    is_said = say(one) && is_said;
  }
  is_said = sensorctl::say("Start the services: systemctl start sensor-project.target\n") && is_said;
  return is_said ? sensorctl::exit_ok : sensorctl::exit_trouble;
}

}  // namespace sensors::backup
