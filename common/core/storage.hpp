// What a database's file system means for the promise that a reading which is acknowledged outlasts a power cut. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sensors {

/// The file system that a path is on, of the lines of /proc/PID/mountinfo (proc(5)).
struct MountedStorage {
  std::string type;     // "ext4", "fuse.sshfs"; empty: not known
  std::string source;   // "/dev/mmcblk0p2"
  std::string options;  // of the file system, "rw,lowerdir=...,upperdir=..."
  std::string at;       // where it is mounted, "/var/lib"
};

/// `path` is absolute and without links.
MountedStorage storage_of(std::string_view mountinfo, std::string_view path);

/// Why what is synced at `path` may still be lost, or the database damaged, and what to do; empty when nothing is known
/// against it: memory (tmpfs, a RAM disk), an overlay (of a read-only system, or a container's own layer), a file
/// system over a network, a file that is mounted without its folder, or one with more than one name. `path` as of
/// storage_of(), of a file; `names`: how many hard links it has, 0 if it is not there.
std::string storage_risk(std::string_view mountinfo, std::string_view path, std::uint64_t names = 1);

}  // namespace sensors
