// Users who are not root get the rights for it from a user namespace in which they keep their own name.
#include "tests/rig/private_world.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {
namespace {

PrivateWorld& world() {
  static PrivateWorld instance;
  return instance;
}

bool write_line(const char* path, const std::string& line) {
  std::ofstream file(path);
  file << line << std::flush;
  return file.good();
}

/// The capabilities that a new user namespace gives are lost at exec(); nft needs this one.
bool pass_on_network_rights() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  data[0].inheritable |= 1U << CAP_NET_ADMIN;
  return syscall(SYS_capset, &header, data) == 0 &&
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == 0;
}

bool become_owner_of_a_user_namespace() {
  const std::string user = std::to_string(getuid());
  const std::string group = std::to_string(getgid());
  return unshare(CLONE_NEWUSER) == 0 && write_line("/proc/self/setgroups", "deny") &&
         write_line("/proc/self/uid_map", user + " " + user + " 1") &&
         write_line("/proc/self/gid_map", group + " " + group + " 1") && pass_on_network_rights();
}

bool raise_loopback() {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  const bool up = ioctl(any, SIOCSIFFLAGS, &request) == 0;
  close(any);
  return up;
}

/// What went wrong; empty: nothing.
std::string make_world() {
  const auto failed = [](const char* what) { return std::string(what) + ": " + std::strerror(errno); };
  if (getuid() != 0 && !become_owner_of_a_user_namespace()) return failed("make a user namespace");
  if (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0) return failed("make namespaces for network and mounts");
  // First, as what may fail below, in a chroot, must not leave the tests without it.
  if (!raise_loopback()) return failed("raise the loopback interface");
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("keep mounts to ourselves");
  return {};
}

/// Runs nft on `rules`; false when it is not there or refuses them.
bool filter(const std::string& rules, std::string& output) {
  const TempDir folder("sensor-nft");
  Process::Options options;
  options.name = "nft";
  options.log_file = folder.file("nft.log");
  try {
    options.command = {program_path("nft"), "-f", folder.write("rules", rules)};
    Process nft(options);
    nft.start();
    const std::optional<int> code = nft.wait_exit(Millis{10'000});
    output = read_file(options.log_file);
    return code == 0;
  } catch (const RigError& error) {
    output = error.what();
    return false;
  }
}

constexpr const char* no_rules = "table inet sensor_rig\ndelete table inet sensor_rig\n";

}  // namespace

const PrivateWorld& PrivateWorld::enter() {
  world().why_not_ = make_world();
  return world();
}

const PrivateWorld& PrivateWorld::current() { return world(); }

SmallDisk::SmallDisk(std::string path, std::size_t size_bytes) : path_(std::move(path)) {
  mkdir(path_.c_str(), 0700);
  const std::string options = "size=" + std::to_string(size_bytes);
  if (mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) != 0) {
    throw RigError("mount a small disk on " + path_ + ": " + std::strerror(errno));
  }
}

SmallDisk::~SmallDisk() { umount2(path_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  const int file = open(filling().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw RigError("fill " + path_ + ": " + std::strerror(errno));
  const std::vector<char> block(4'096);
  std::size_t size = block.size();
  while (size > 0) {
    if (write(file, block.data(), size) < 0) size /= 2;
  }
  close(file);
}

void SmallDisk::remove_filling() { unlink(filling().c_str()); }

void SmallDisk::remount_read_only() { remount(MS_REMOUNT | MS_RDONLY, "read-only"); }
void SmallDisk::remount_writable() { remount(MS_REMOUNT, "writable"); }

void SmallDisk::remount(unsigned long flags, const char* what) {
  if (mount("tmpfs", path_.c_str(), "tmpfs", flags, nullptr) == 0) return;
  throw RigError("remount " + path_ + " " + what + ": " + std::strerror(errno));
}

bool PacketFilter::works() {
  static const bool answer = [] {
    std::string ignored;
    return PrivateWorld::current().entered() && filter(no_rules, ignored);
  }();
  return answer;
}

void PacketFilter::lose(std::uint16_t port, int percent) {
  const std::string some = percent >= 100 ? "" : "numgen random mod 100 < " + std::to_string(percent) + " ";
  const std::string end = " " + std::to_string(port) + " " + some + "drop\n";
  std::string output;
  if (!filter(std::string(no_rules) +
                  "table inet sensor_rig {\nchain wire {\n"
                  "type filter hook input priority 0;\ntcp dport" +
                  end + "tcp sport" + end + "}\n}\n",
              output)) {
    throw RigError("nft: " + output);
  }
}

void PacketFilter::clear() {
  std::string output;
  if (!filter(no_rules, output)) throw RigError("nft: " + output);
}

}  // namespace sensors::rig
