#include "services/sensor-http-bridge/sinks/file/file_sink.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "common/core/bridge_name.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/file_descriptor.hpp"
#include "common/runtime/file_error.hpp"
#include "services/sensor-http-bridge/sinks/file/logic/file_lines.hpp"

namespace sensors::bridge {

namespace {

constexpr std::string_view file_scheme = "file://";

/// Its own lock, beside no other file: it ends with the descriptor, whatever becomes of the process.
Result<std::uint64_t> lock_and_measure(const std::string& path, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return file_error(path, "ask for its size", errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid, path + ": is not a regular file");
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(ErrorCode::in_use, path + ": another process appends to it");
    return file_error(path, "lock", errno);
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> check_room(const std::string& path, int descriptor, std::uint64_t wanted, std::uint64_t least_free) {
  struct statvfs disk {};
  if (::fstatvfs(descriptor, &disk) != 0) return file_error(path, "ask for its free space", errno);
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (room >= least_free + wanted) return {};
  return fail(ErrorCode::disk_full, fmt::format("{}: {} MiB are free on its disk, and {} MiB are left to others", path,
                                                room >> 20U, least_free >> 20U));
}

Result<std::string> read_from(const std::string& path, int descriptor, std::uint64_t from, std::uint64_t size) {
  std::string text(size - from, '\0');
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::pread(descriptor, text.data() + done, text.size() - done, static_cast<off_t>(from + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path, "read", errno);
    if (count == 0) return fail(ErrorCode::io, path + ": became shorter while it was read");
    done += static_cast<std::size_t>(count);
  }
  return text;
}

Result<void> cut(const std::string& path, int descriptor, std::uint64_t size) {
  if (::ftruncate(descriptor, static_cast<off_t>(size)) != 0) return file_error(path, "cut", errno);
  return {};
}

/// So that a file that was just made is there after a power cut too.
Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.value < 0 || ::fsync(directory.value) != 0) return file_error(path, "sync its folder", errno);
  return {};
}

Result<void> write_and_sync(const std::string& path, int descriptor, std::string_view lines) {
  if (const int error = write_all(descriptor, lines); error != 0) return file_error(path, "write", error);
  if (::fsync(descriptor) != 0) return file_error(path, "sync", errno);
  return {};
}

/// What was moved away, to be compressed or deleted perhaps, is not where the owner looks for it.
Result<void> is_still_there(const std::string& path, int descriptor) {
  struct stat written {};
  struct stat named {};
  if (::fstat(descriptor, &written) == 0 && ::stat(path.c_str(), &named) == 0 && written.st_ino == named.st_ino &&
      written.st_dev == named.st_dev)
    return {};
  return fail(ErrorCode::in_use, path + ": was moved away while it was written; the batch comes again");
}

void read_file_destination(ConfigTable& table, DestinationConfig& destination) {
  const std::string_view path = std::string_view(destination.url).substr(file_scheme.size());
  const bool is_plain =
      path.find_first_of("%?#") == std::string_view::npos && path.find("//") == std::string_view::npos;
  if (!path.starts_with('/') || path.ends_with('/') || !is_plain)
    table.refuse("url",
                 "must be file:// and the path of a file from / on, such as file:///srv/readings.jsonl, without % ? #");
}

std::string path_of(const DestinationConfig& destination) { return destination.url.substr(file_scheme.size()); }

}  // namespace

Result<void> append_lines(const std::string& path, std::string_view lines, std::uint64_t least_free_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640));
  if (file.value < 0) return file_error(path, "open", errno);
  TRY_ASSIGN(const std::uint64_t size, lock_and_measure(path, file.value));
  const std::uint64_t from = size - std::min<std::uint64_t>(size, tail_bytes(lines.size()));
  TRY_ASSIGN(const std::string tail, read_from(path, file.value, from, size));
  const Result<FileEnd> end = end_for(tail, from, lines);
  if (!end.has_value()) return fail(end.error().code, path + " " + end.error().message);
  TRY(check_room(path, file.value, end->write.size(), least_free_bytes));
  if (end->kept < size) TRY(cut(path, file.value, end->kept));
  Result<void> written = write_and_sync(path, file.value, end->write);
  if (!written.has_value()) {
    // As it was: what stays behind all the same, the next attempt cuts.
    static_cast<void>(cut(path, file.value, end->kept));
    return written;
  }
  if (end->kept == 0) TRY(sync_folder_of(path));
  return is_still_there(path, file.value);
}

FileSink::FileSink(std::string path, Done done, std::uint64_t least_free_bytes)
    : path_(std::move(path)),
      done_(std::move(done)),
      least_free_bytes_(least_free_bytes),
      lock_(-1),
      worker_("sink-file") {}

void FileSink::attempt(Attempt attempt) {
  worker_.post([this, attempt = std::move(attempt)] { done_(write(attempt)); });
}

/// A disk that is not mounted leaves a folder of the same name, where what is written is hidden later.
Result<void> FileSink::own_the_file() {
  const std::string lock = path_ + ".lock";
  if (lock_.value < 0) {
    FileDescriptor file(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600));
    if (file.value < 0) return file_error(lock, "open", errno);
    if (::flock(file.value, LOCK_EX | LOCK_NB) != 0)
      return fail(ErrorCode::in_use, path_ + ": another bridge has this file; give one of them another url");
    std::swap(lock_.value, file.value);
  }
  struct stat folder {};
  if (::stat(std::filesystem::path(path_).parent_path().c_str(), &folder) != 0)
    return file_error(path_, "look at its folder", errno);
  if (!device_.has_value()) device_ = folder.st_dev;
  if (device_ == folder.st_dev) return {};
  return fail(ErrorCode::not_found,
              path_ + ": its folder is on another disk than before; mount that disk, or restart this service");
}

Attempted FileSink::write(const Attempt& attempt) {
  const Instant begun = read_clocks().monotonic;
  const Result<std::string> lines = file_lines(attempt.batch);
  if (!lines.has_value()) return unreadable(attempt.id, lines.error());
  Attempted attempted;
  attempted.id = attempt.id;
  Result<void> owned = own_the_file();
  attempted.verdict = judge_writing(owned.has_value() ? append_lines(path_, *lines, least_free_bytes_) : owned);
  attempted.took = std::chrono::duration_cast<Millis>(read_clocks().monotonic - begun);
  attempted.bytes = lines->size();
  return attempted;
}

SinkKind file_sink_kind() {
  return {{"file"},
          {},
          {"file", "write", "disk of the file"},
          read_file_destination,
          [](const DestinationConfig& destination, FilesCheck& files) {
            files.writable_file("destination.url", path_of(destination));
          },
          [](const DestinationConfig& destination, Sink::Done done) -> std::unique_ptr<Sink> {
            return std::make_unique<FileSink>(path_of(destination), std::move(done));
          }};
}

}  // namespace sensors::bridge
