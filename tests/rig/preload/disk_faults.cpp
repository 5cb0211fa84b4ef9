// Loaded before libc into a service (LD_PRELOAD) to make its disk fail, as the file named in SENSOR_DISK_FAULTS says at
// each call. One fault a line: "sync EIO outbox" makes fsync and fdatasync fail on each open file with "outbox" in its
// path, "write ENOSPC store.db" what writes to it or lengthens it, "all EROFS store.db" both. The error STALL lets the
// call wait until the line is gone, as a disk does that hangs.
#undef _FILE_OFFSET_BITS  // which gives both forms of a call one name
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int stall = -1;
constexpr unsigned stall_tick_us = 10'000;

int error_of(const char* name) {
  if (std::strcmp(name, "EIO") == 0) return EIO;
  if (std::strcmp(name, "ENOSPC") == 0) return ENOSPC;
  if (std::strcmp(name, "EROFS") == 0) return EROFS;
  return std::strcmp(name, "STALL") == 0 ? stall : 0;
}

/// Reads by system calls of its own, so that it never meets itself. False when there is nothing to read.
bool read_text(const char* path, char* text, std::size_t size) {
  const long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const long got = syscall(SYS_read, file, text, size - 1);
  syscall(SYS_close, file);
  text[got > 0 ? got : 0] = '\0';
  return got > 0;
}

bool path_of(int file, char* path, std::size_t size) {
  char link[64];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, size - 1);
  path[length > 0 ? length : 0] = '\0';
  return length > 0;
}

/// The error for a call of this kind on `file`: 0 none, or `stall`.
int fault_for(const char* kind, int file) {
  const char* control = std::getenv("SENSOR_DISK_FAULTS");
  char text[1'024];
  char path[1'024];
  if (control == nullptr || !read_text(control, text, sizeof text) || !path_of(file, path, sizeof path)) return 0;
  char* rest = nullptr;
  for (char* line = strtok_r(text, "\n", &rest); line != nullptr; line = strtok_r(nullptr, "\n", &rest)) {
    char calls[16];
    char error[16];
    char part[256];
    if (std::sscanf(line, "%15s %15s %255s", calls, error, part) != 3) continue;
    const bool meant = std::strcmp(calls, "all") == 0 || std::strcmp(calls, kind) == 0;
    if (meant && std::strstr(path, part) != nullptr) return error_of(error);
  }
  return 0;
}

/// Whether the call must fail; errno is set then. Waits while the disk hangs.
bool struck(const char* kind, int file) {
  int error = fault_for(kind, file);
  while (error == stall) {
    usleep(stall_tick_us);
    error = fault_for(kind, file);
  }
  if (error == 0) return false;
  errno = error;
  return true;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int file) { return struck("sync", file) ? -1 : static_cast<int>(syscall(SYS_fsync, file)); }

int fdatasync(int file) { return struck("sync", file) ? -1 : static_cast<int>(syscall(SYS_fdatasync, file)); }

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return struck("write", file) ? -1 : real(file, bytes, size);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return struck("write", file) ? -1 : real(file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return struck("write", file) ? -1 : real(file, bytes, size, offset);
}

int ftruncate(int file, off_t size) {
  static const auto real = next<int (*)(int, off_t)>("ftruncate");
  return struck("write", file) ? -1 : real(file, size);
}

int ftruncate64(int file, off64_t size) {
  static const auto real = next<int (*)(int, off64_t)>("ftruncate64");
  return struck("write", file) ? -1 : real(file, size);
}

int posix_fallocate(int file, off_t offset, off_t size) {
  static const auto real = next<int (*)(int, off_t, off_t)>("posix_fallocate");
  return struck("write", file) ? errno : real(file, offset, size);
}

int posix_fallocate64(int file, off64_t offset, off64_t size) {
  static const auto real = next<int (*)(int, off64_t, off64_t)>("posix_fallocate64");
  return struck("write", file) ? errno : real(file, offset, size);
}

}  // extern "C"
