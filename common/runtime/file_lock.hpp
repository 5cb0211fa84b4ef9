// FileLock makes one process the owner of a file: of a database, or of a folder with a program's state. A second
// process that wants the file is told who has it. The lock is flock(2) on FILE.lock beside it, so it holds between
// containers that share the folder, ends with the process however that ends, and what is in FILE.lock is for people
// only.
#pragma once

#include <string>

#include "common/core/result.hpp"

namespace sensors {

class FileLock {
 public:
  /// Takes nothing yet. `file` is what is to be owned; it need not be there, its folder must by the time of take().
  /// `program` is what others are told.
  FileLock(std::string file, std::string program);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Makes this the owner until it is destroyed; where it is that already, makes sure that FILE.lock is still there,
  /// and locks the file where it has come, or was replaced, since. Does not wait for another owner, and what is in the
  /// file is not touched. Links are followed: the same file has the same lock. Errors: in_use, whose message names the
  /// file and who has it; those of a folder that cannot be written: not_found, permission, read_only, disk_full, io.
  /// Any thread, one at a time. It must not be destroyed while SQLite has the file open in this process.
  Result<void> take();

  bool held() const { return descriptor_ >= 0; }

 private:
  Result<void> take_lock_file();
  Result<void> lock(int descriptor);
  Result<void> lock_the_file_itself();
  bool is_in_place() const;
  static void let_go(int& descriptor);
  void sign();

  const std::string file_;
  const std::string program_;
  std::string place_;      // of the file, links followed
  std::string lock_file_;  // beside it
  int descriptor_ = -1;    // of FILE.lock
  int itself_ = -1;        // of the file
};

}  // namespace sensors
