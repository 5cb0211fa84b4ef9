// plain_file() looks at a file that somebody else may have put there, before it is opened with more rights than they
// have: root and a service's folder. Any thread; never waits, as opening a FIFO would.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/core/result.hpp"

namespace sensors {

struct PlainFile {
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;  // its permissions
  std::int64_t bytes = 0;
};

/// Of the regular file `path`. not_found; invalid for a link, FIFO, device, folder or socket, and for a file of
/// somebody who is neither root nor the owner of its folder: names it.
Result<PlainFile> plain_file(const std::string& path);

/// Of the folder that `path` is in, links followed: whose the files in it are.
Result<PlainFile> folder_of_file(const std::string& path);

}  // namespace sensors
