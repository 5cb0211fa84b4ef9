// A damaged database makes room for one that was salvaged from it: beside it a fresh file is filled, then the damaged
// one is moved aside and the fresh one takes its name; a backup that is restored replaces one likewise. A crash at any
// step leaves what finish_replacement() can finish.
// The worker's thread; blocks for a few syncs of the folder.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// Where the database that is to replace `path` is filled: "<path>.salvage".
std::string replacement_of(const std::string& path);

/// Where a copy of it is made before it may be called so, because `path` has no file that says it is not complete:
/// "<path>.copy".
std::string unfinished_copy_of(const std::string& path);

/// Where `sensorctl restore` puts a copy that the service of `path` joins with it at its next start: "<path>.restored".
std::string restored_beside(const std::string& path);

struct MovedAside {
  std::string path;                  // "<path>.corrupt-20260115T160935Z", with its -wal and -shm
  std::vector<std::string> deleted;  // older ones beyond those that are kept
};

/// Moves the database `path`, which must be closed, aside with its logs, never over another file: returns the name that
/// it has then, "<path>.<word>-20260115T160935Z". Errors: io, permission, read_only, disk_full.
Result<std::string> set_aside(const std::string& path, const std::string& word, WallTime now);

/// Gives the name `path` to the database replacement_of(path), which must be closed and synced. What has the name goes
/// aside before, with its logs, as "<path>.<word>-20260115T160935Z", never over another file: returns that; empty when
/// there was none. Errors: io, permission, read_only, disk_full.
Result<std::string> put_in_place(const std::string& path, const std::string& word, WallTime now);

/// The same; keeps the newest `keep` (1 or more) of such files and deletes older ones.
Result<MovedAside> put_in_place(const std::string& path, const std::string& word, WallTime now, std::size_t keep);

/// The same for a damaged one.
Result<MovedAside> replace_damaged(const std::string& path, WallTime now, std::size_t keep);

/// The same for a database that lost its name while it was open: what has the name `path` now, if anything, goes aside
/// as "<path>.replaced-20260115T160935Z", where the owner may look for it; `close` closes what is open, and the
/// replacement gets the name. Returns where the other file is; empty when there was none.
Result<std::string> replace_lost(const std::string& path, WallTime now, const std::function<void()>& close);

/// With its last slash; "." for a path that has none.
std::string folder_of(const std::string& path);

/// Before `path` is opened: finishes a replacement that a crash or a power cut cut short, or deletes one that had not
/// begun. True when it finished one.
Result<bool> finish_replacement(const std::string& path, WallTime now);

}  // namespace sensors
