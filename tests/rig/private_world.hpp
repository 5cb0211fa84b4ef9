// PrivateWorld gives a test program a network, a set of mounts and a resolver of its own, so that it may spoil them:
// they are namespaces, and the kernel takes them away with the last process in them, whatever way the test ended.
#pragma once

#include <string>

namespace sensors::rig {

class PrivateWorld {
 public:
  /// Moves the calling process into it. Call first in main(), before there is a second thread. Needs root, or a kernel
  /// that lets users make namespaces; otherwise entered() is false and why_not() says why.
  static const PrivateWorld& enter();

  /// The world of this process; not entered when enter() was never called.
  static const PrivateWorld& current();

  bool entered() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }

 private:
  std::string why_not_ = "the program did not ask for a network and mounts of its own";
};

/// A file system in memory, of a limited size, on a folder that is made for it. Needs a PrivateWorld.
class SmallDisk {
 public:
  /// RigError when it cannot be mounted.
  SmallDisk(std::string path, std::size_t size_bytes);
  ~SmallDisk();

  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }

  /// Fills it to the last byte with a file of our own; remove_filling() takes that away again.
  void fill();
  void remove_filling();

  /// RigError while a file on it is open for writing, as the kernel refuses that.
  void remount_read_only();
  void remount_writable();

 private:
  std::string filling() const { return path_ + "/filling"; }
  void remount(unsigned long flags, const char* what);

  std::string path_;
};

/// Rules of the private network's packet filter, by the port that one side of a connection has. Needs a PrivateWorld
/// and the program nft.
class PacketFilter {
 public:
  /// Whether rules can be made here; asks nft once.
  static bool works();

  /// Loses `percent` of all packets from and to `port`: 100 is a cable that is out.
  static void lose(std::uint16_t port, int percent);

  /// Everything passes again.
  static void clear();
};

}  // namespace sensors::rig
