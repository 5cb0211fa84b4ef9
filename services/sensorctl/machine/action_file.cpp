#include "services/sensorctl/machine/action_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/runtime/file_error.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors::doctor {
namespace {

constexpr mode_t folder_mode = 0755;  // what was done is no secret
constexpr mode_t file_mode = 0644;

}  // namespace

Result<ActionFile> ActionFile::open(const std::string& folder) {
  if (::mkdir(folder.c_str(), folder_mode) != 0 && errno != EEXIST) return file_error(folder, "make", errno);
  const std::string path = folder + "/actions.log";
  ActionFile log(path, ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, file_mode));
  if (log.file_ < 0) return file_error(path, "open", errno);
  if (::flock(log.file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(ErrorCode::overloaded, path + ": another recovery is at work");
    return file_error(path, "lock", errno);
  }
  TRY(log.load());
  return log;
}

ActionFile::ActionFile(ActionFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      text_(std::move(other.text_)),
      past_(std::move(other.past_)) {}

ActionFile::~ActionFile() {
  if (file_ >= 0) ::close(file_);
}

Result<void> ActionFile::load() {
  // A larger one was not written by this: what it counts is in its newest lines all the same.
  constexpr std::size_t largest = 16 * most_bytes;
  TRY_ASSIGN(SmallFile file, read_small_file(path_, largest));
  text_ = std::move(file.text);
  past_ = parse_log(text_);
  return {};
}

Result<void> ActionFile::add(WallTime at, const Remedy& remedy, const std::string& reason) {
  std::string line = log_line(at, remedy, reason);
  // After a power cut the file may end in the middle of a line.
  if (!text_.empty() && !text_.ends_with('\n')) line.insert(0, 1, '\n');
  if (text_.size() + line.size() > most_bytes) {
    text_ = newest_lines(text_, most_bytes / 2);
    if (::ftruncate(file_, 0) != 0) return file_error(path_, "shorten", errno);
    if (const int error = write_all(file_, text_); error != 0) return file_error(path_, "write", error);
  }
  if (const int error = write_all(file_, line); error != 0) return file_error(path_, "write", error);
  if (::fsync(file_) != 0) return file_error(path_, "sync", errno);
  text_ += line;
  past_.push_back({at, remedy});
  return {};
}

}  // namespace sensors::doctor
