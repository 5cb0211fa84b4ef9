// OpenFiles remembers which files a connection has open, by device and inode, and tells whether they still have their
// names. What is committed into a file without a name is gone with the process. Internal to this adapter; the thread
// that owns the connection.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/core/result.hpp"

struct sqlite3;

namespace sensors {

class OpenFiles {
 public:
  /// Of a connection that writes, just opened: the database, its -wal and its -shm. io when the database has lost its
  /// name already.
  static Result<OpenFiles> of(sqlite3* database);

  /// io when one of them was deleted, moved away or replaced, or the database was emptied; names it. Asks for the
  /// status of four names.
  Result<void> check() const;

  /// Whether the database itself has its name and was not emptied, whatever became of the -wal and the -shm.
  bool database_is_in_place() const;

 private:
  struct File {
    std::string path;
    dev_t device;
    ino_t inode;
  };
  static bool has_name(const File& file);

  std::vector<File> files_;  // the database first
};

}  // namespace sensors
