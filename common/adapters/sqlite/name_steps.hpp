// How the files of a database change their names when another one takes its place, as a list of steps: a power cut may
// come between any two, and of those since the last sync any may be on the disk. Whatever is left has at PATH the old
// database with its log or the new one without it, or nothing and a replacement, which finish_replacement() puts there.
// Internal to this adapter, and for its tests. Any thread; carry_out() blocks for the syncs.
#pragma once

#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

inline constexpr const char* damaged_word = "corrupt";

struct NameStep {
  std::string from;  // empty: the folder of `to` is synced
  std::string to;
};

/// The database `path` becomes `aside`, with its logs. Its own name goes first, and for good: that is what says that a
/// replacement is complete.
std::vector<NameStep> steps_aside(const std::string& path, const std::string& aside);

/// The replacement gets the name `path`, which is free.
std::vector<NameStep> steps_into_place(const std::string& path);

/// What is left of both when `path` has gone and its replacement is there. Logs go to their database, where that can be
/// told; to the name of a damaged one otherwise.
std::vector<NameStep> steps_to_finish(const std::string& path, WallTime now);

/// A file that is not there is as good as renamed. Errors: io, permission, read_only, disk_full, of the first that
/// fails.
Result<void> carry_out(const std::vector<NameStep>& steps);

/// "<path>.<word>-20260115T160935Z", or with a number behind it where that is taken.
std::string free_name(const std::string& path, const std::string& word, WallTime now);

}  // namespace sensors
