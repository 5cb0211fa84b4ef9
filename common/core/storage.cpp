// An overlay keeps what changes in its upper folder, which may be in memory: a read-only Raspberry Pi's is. That folder
// is named as it was at the mount, so it is looked up as far as it is still there; an overlay is no place for a
// database in any case, since a container's goes with the container.
#include "common/core/storage.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace sensors {
namespace {

constexpr std::array memory_types{"tmpfs", "ramfs", "rootfs", "devtmpfs"};
constexpr std::array network_types{
    "nfs",          "nfs4",       "cifs",           "smb3",      "smbfs",      "9p",          "afs",
    "ceph",         "ncpfs",      "lustre",         "glusterfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs",
    "fuse.gcsfuse", "fuse.davfs", "fuse.glusterfs", "fuse.ceph", "davfs"};

constexpr const char* move_it =
    "; put the database on a disk of this machine (docs/guides/backup-and-moving.md), or give the container a "
    "volume";

template <std::size_t n>
bool is_one_of(const std::array<const char*, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// Blanks and the like are octal in mountinfo: "\040".
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_octal = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] != '\\' || i + 3 >= text.size() || !is_octal(i + 1) || !is_octal(i + 2) || !is_octal(i + 3)) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return plain;
}

bool is_below(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string option_of(std::string_view options, std::string_view name) {
  for (const std::string_view option : split(options, ',')) {
    if (option.starts_with(name) && option.substr(name.size()).starts_with('='))
      return unescaped(option.substr(name.size() + 1));
  }
  return {};
}

bool is_memory(const MountedStorage& storage) {
  return is_one_of(memory_types, storage.type) || storage.source.starts_with("/dev/zram") ||
         storage.source.starts_with("/dev/ram");
}

std::string of_overlay(std::string_view mountinfo, const MountedStorage& overlay) {
  const std::string upper = option_of(overlay.options, "upperdir");
  if (!upper.empty() && is_memory(storage_of(mountinfo, upper)))
    return "is on an overlay whose changes are in memory: everything is gone at the next power cut or restart";
  return "is on an overlay: what is written may be in memory (a read-only system), or go with its container";
}

}  // namespace

MountedStorage storage_of(std::string_view mountinfo, std::string_view path) {
  MountedStorage found;
  std::size_t longest = 0;
  // id, parent, device, root, mount point, options, optional fields, "-", type, source, options of the file system.
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::vector<std::string_view> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 3) continue;
    const std::string mount_point = unescaped(words[4]);
    if (!is_below(path, mount_point) || mount_point.size() < longest) continue;  // a later one hides an earlier one
    longest = mount_point.size();
    found = {std::string(dash[1]), unescaped(dash[2]), words.end() - dash > 3 ? std::string(dash[3]) : std::string(),
             mount_point};
  }
  return found;
}

std::string storage_risk(std::string_view mountinfo, std::string_view path, std::uint64_t names) {
  const MountedStorage storage = storage_of(mountinfo, path);
  if (is_memory(storage)) {
    const std::string what = storage.source.starts_with("/dev/") ? storage.source : storage.type;
    return "is in memory (" + what + "): everything is gone at the next power cut or restart" + move_it;
  }
  if (storage.type == "overlay" || storage.type == "aufs" || storage.type == "unionfs")
    return of_overlay(mountinfo, storage) + move_it;
  if (is_one_of(network_types, storage.type)) {
    return "is on a network file system (" + storage.type +
           "): locks and syncs are not what SQLite needs, the database may be damaged, and readings wait while the "
           "network is away" +
           move_it;
  }
  if (storage.at == path) {
    return "is mounted as a file alone: what is not in it yet stands in a log beside it, which is elsewhere, and may "
           "go "
           "with a container; mount its folder";
  }
  if (names > 1) {
    return "has " + std::to_string(names) +
           " names (hard links): who opens it by another one does not find the log beside it, and the database may be "
           "damaged; remove the others (find / -xdev -samefile), and make copies with sensorctl backup";
  }
  return {};
}

}  // namespace sensors
