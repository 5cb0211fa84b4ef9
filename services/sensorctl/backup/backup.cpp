// The copies are made in FOLDER.partial, checked, described in the manifest and synced; then the folder gets its name.
#include "services/sensorctl/backup/backup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "common/adapters/sqlite/backup_file.hpp"
#include "common/adapters/sqlite/plain_file.hpp"
#include "common/codec/time_text.hpp"
#include "common/runtime/clocks.hpp"
#include "services/sensorctl/backup/files.hpp"
#include "services/sensorctl/backup/manifest.hpp"
#include "services/sensorctl/doctor/installation.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/terminal.hpp"

namespace sensors::backup {
namespace {

namespace fs = std::filesystem;
using sensorctl::complain;

/// Of a backup that did not come to its end; what is not ours stays.
void remove_partial(const std::string& partial) {
  std::error_code ignored;
  for (const char* name : {"outbox.db", "outbox.db-journal", "store.db", "store.db-journal", manifest_name})
    fs::remove(partial + "/" + name, ignored);
  fs::remove(partial, ignored);
}

/// The folder that a backup is made in: FOLDER.partial.
Result<void> make_partial(const std::string& folder, const std::string& partial) {
  std::error_code failed;
  if (fs::exists(folder, failed) && !(fs::is_directory(folder, failed) && fs::is_empty(folder, failed)))
    return fail(ErrorCode::invalid, folder + ": is there already; name a new folder, nothing is overwritten");
  remove_partial(partial);
  if (::mkdir(partial.c_str(), 0700) != 0 && (errno != EEXIST || !fs::is_directory(partial) || !fs::is_empty(partial)))
    return failed_call(partial, "make it", errno);
  return {};
}

Result<CopiedFile> copy(const Source& source, const std::string& partial) {
  const std::string path = partial + "/" + source.file();
  const Result<PlainFile> plain = plain_file(source.path);
  if (!plain.has_value()) return tl::unexpected<Error>(plain.error());
  if (Result<void> room = require_room(partial, plain->bytes); !room.has_value())
    return fail(room.error().code, source.path + ": " + room.error().message);
  Result<void> done = back_up(source.path, path, source.application_id, [] { return true; });
  if (done.has_value()) done = check_backup(path, source.application_id, longest_check);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  ::chmod(path.c_str(), 0600);  // not on every file system
  return describe(source, path);
}

Result<void> write_manifest(const Manifest& manifest, const std::string& partial) {
  const std::string path = partial + "/" + manifest_name;
  std::ofstream(path, std::ios::binary) << text_of(manifest) << std::flush;
  if (Result<void> synced = sync_file(path); !synced.has_value()) return synced;
  return sync_file(partial);
}

Result<void> give_name(const std::string& partial, const std::string& folder) {
  if (::rename(partial.c_str(), folder.c_str()) != 0) return failed_call(partial, "rename to " + folder, errno);
  return sync_file(parent_of(folder));
}

Result<Manifest> make(const BackupOptions& options, const std::string& folder) {
  const std::string partial = folder + ".partial";
  if (Result<void> made = make_partial(folder, partial); !made.has_value()) return tl::unexpected<Error>(made.error());
  Manifest manifest{
      time_text(read_clocks().wall), SENSOR_PROJECT_VERSION, doctor::read_installation(options.configuration).node, {}};
  for (const Source& source : sources_of(options.configuration)) {
    struct stat status {};
    if (::lstat(source.path.c_str(), &status) != 0 && errno == ENOENT) {
      complain(source.path + ": is not there, and not in the backup");
      continue;
    }
    Result<CopiedFile> file = copy(source, partial);
    if (!file.has_value()) return tl::unexpected<Error>(file.error());
    manifest.files.push_back(std::move(*file));
  }
  if (manifest.files.empty())
    return fail(ErrorCode::not_found, "there is neither an outbox nor a store; where they are is read from " +
                                          options.configuration + " (--configuration)");
  Result<void> done = write_manifest(manifest, partial);
  if (done.has_value()) done = give_name(partial, folder);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  return manifest;
}

}  // namespace

int make_backup(const BackupOptions& options) {
  ::umask(077);
  const std::string folder = without_last_slash(options.folder);
  const Result<Manifest> manifest = make(options, folder);
  if (!manifest.has_value()) {
    remove_partial(folder + ".partial");
    complain("no backup was made: " + manifest.error().message);
    return sensorctl::exit_trouble;
  }
  for (const CopiedFile& file : manifest->files) {
    fmt::print("{}/{}.db: {} readings and {} gap records, {} bytes, checked{}\n", folder, file.kind, file.readings,
               file.gaps, file.bytes, file.store.empty() ? "" : "; store " + file.store);
  }
  return sensorctl::exit_ok;
}

}  // namespace sensors::backup
