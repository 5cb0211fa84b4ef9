// FILE.lock is one line: "sensor-publisher, process 812 on host pi, since 2026-01-15T16:07:31Z". It stays when its
// owner ends, so that two processes never lock two files of one name; a line of an owner that was killed locks nothing.
//
// To close any descriptor of a file drops all that SQLite has locked in it (fcntl(2)). So the descriptor of the file
// itself stays open as long as the lock, and is closed only where another file has its name since, or another process
// has the file: then nothing more is written to it. Over a network the kernel makes flock(2) a lock of SQLite's kind,
// which would keep SQLite out: there FILE.lock alone counts.
#include "common/runtime/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/core.h>

#include "common/core/printable.hpp"
#include "common/runtime/file_error.hpp"

namespace sensors {
namespace {

constexpr std::size_t most_line_bytes = 256;

tl::unexpected<Error> failed(const std::string& path, int error) {
  if (error == ENOENT) {
    return fail(code_of_errno(error),
                fmt::format("{}: its folder is not there; make it, for the user of this service, or mount "
                            "the disk that it is on",
                            path));
  }
  return fail(code_of_errno(error), fmt::format("lock {}: {}", path, std::strerror(error)));
}

/// Where `file` is once all links are followed, also a last one that leads to nothing yet.
Result<std::string> place_of(const std::string& file) {
  namespace fs = std::filesystem;
  constexpr int most_links = 40;  // path_resolution(7)
  fs::path place = file;
  for (int links = 0; links < most_links; ++links) {
    std::error_code error;
    const fs::path folder = fs::canonical(place.has_parent_path() ? place.parent_path() : fs::path("."), error);
    if (error) return failed(file, error.value());
    place = folder / place.filename();
    const fs::path target = fs::read_symlink(place, error);
    if (error) return place.string();  // no link, or nothing there
    place = target.is_absolute() ? target : folder / target;
  }
  return failed(file, ELOOP);
}

/// One that a service's user cannot write (made by root, or on a disk that became read-only) can be locked all the
/// same.
int open_lock_file(const std::string& path) {
  constexpr int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | flags, 0644);
  if (descriptor >= 0) return descriptor;
  const int error = errno;
  const int readable = ::open(path.c_str(), O_RDONLY | flags);
  if (readable < 0) errno = error;
  return readable;
}

std::string owner_in(int descriptor) {
  std::array<char, most_line_bytes> line{};
  const ssize_t count = ::pread(descriptor, line.data(), line.size(), 0);
  const std::string text = count > 0 ? std::string(line.data(), static_cast<std::size_t>(count)) : std::string();
  return text.empty() ? "another process" : printable_line(text, most_line_bytes);
}

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool is_over_a_network(int descriptor) {
  constexpr std::array<std::uint32_t, 5> magics{0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x01021997};  // statfs(2)
  struct statfs status {};
  if (::fstatfs(descriptor, &status) != 0) return false;
  return std::find(magics.begin(), magics.end(), static_cast<std::uint32_t>(status.f_type)) != magics.end();
}

/// Who has flock(2) on the file, as proc_locks(5) tells it; a process of another container is not told.
std::string holder_of(const struct stat& file) {
  const std::string wanted = fmt::format("{:02x}:{:02x}:{}", ::major(file.st_dev), ::minor(file.st_dev), file.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    const std::vector<std::string> word{std::istream_iterator<std::string>(words),
                                        {}};  // "7:", "FLOCK", "ADVISORY" ...
    if (word.size() > 5 && word[1] == "FLOCK" && word[5] == wanted && word[4] != "0") return "process " + word[4];
  }
  return "another process";
}

}  // namespace

FileLock::FileLock(std::string file, std::string program) : file_(std::move(file)), program_(std::move(program)) {}

FileLock::~FileLock() {
  let_go(itself_);
  let_go(descriptor_);
}

Result<void> FileLock::take() {
  if (!held() || !is_in_place()) {
    TRY(take_lock_file());
  }
  Result<void> locked = lock_the_file_itself();
  if (!locked) let_go(descriptor_);  // its owner may take FILE.lock again, where somebody removed it
  return locked;
}

Result<void> FileLock::take_lock_file() {
  let_go(descriptor_);
  TRY_ASSIGN(place_, place_of(file_));
  lock_file_ = place_ + ".lock";
  constexpr int most_attempts = 3;  // another process may take FILE.lock away between opening and locking it
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const int descriptor = open_lock_file(lock_file_);
    if (descriptor < 0) return failed(lock_file_, errno);
    if (Result<void> locked = lock(descriptor); !locked.has_value()) {
      ::close(descriptor);
      return locked;
    }
    descriptor_ = descriptor;
    if (is_in_place()) {
      sign();
      return {};
    }
    let_go(descriptor_);
  }
  return failed(lock_file_, EAGAIN);
}

Result<void> FileLock::lock_the_file_itself() {
  struct stat there {};
  struct stat locked {};
  if (::lstat(place_.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) return {};  // who opens it says what it is
  if (itself_ >= 0 && ::fstat(itself_, &locked) == 0 && is_same_file(locked, there)) return {};
  const int descriptor = ::open(place_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return {};
  let_go(itself_);
  itself_ = descriptor;
  if (is_over_a_network(descriptor) || ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return {};
  const int error = errno;
  let_go(itself_);
  if (error != EWOULDBLOCK) return failed(place_, error);
  const std::string holder = holder_of(there);
  return fail(ErrorCode::in_use,
              fmt::format("{}: is in use by {} under another name (a hard link, or a mount of the file alone); two "
                          "processes on one file would lose readings: end one of them, or give each a file of its own",
                          file_, holder));
}

Result<void> FileLock::lock(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return failed(lock_file_, errno);
  if (!S_ISREG(status.st_mode) || status.st_nlink > 1) {
    return fail(ErrorCode::io, lock_file_ + ": is not a file of its own; remove it");
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return failed(lock_file_, errno);
  return fail(ErrorCode::in_use,
              fmt::format("{}: is in use by {}; two processes on one file would lose readings: end one of them, or "
                          "give each a file of its own",
                          file_, owner_in(descriptor)));
}

void FileLock::let_go(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

/// Whether another process that opens FILE.lock now gets the one that is locked here.
bool FileLock::is_in_place() const {
  struct stat locked {};
  struct stat there {};
  return ::fstat(descriptor_, &locked) == 0 && ::lstat(lock_file_.c_str(), &there) == 0 && is_same_file(locked, there);
}

/// What fails here leaves the lock as good as it is: the line is for people. A file that root made belongs to who owns
/// the folder, who signs it the next time; all may read it, whatever the umask.
void FileLock::sign() {
  const std::size_t slash = lock_file_.rfind('/');
  struct stat folder {};
  if (::geteuid() == 0 && ::stat(lock_file_.substr(0, slash + 1).c_str(), &folder) == 0) {
    [[maybe_unused]] const int given = ::fchown(descriptor_, folder.st_uid, folder.st_gid);
  }
  static_cast<void>(::fchmod(descriptor_, 0644));
  std::array<char, 65> host{};  // utsname(7): at most 64
  static_cast<void>(::gethostname(host.data(), host.size() - 1));
  const std::string line = fmt::format("{}, process {} on host {}, since {:%FT%TZ}\n", program_, ::getpid(),
                                       host.data(), fmt::gmtime(std::time(nullptr)));
  if (::ftruncate(descriptor_, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, line.data(), line.size(), 0);
}

}  // namespace sensors
