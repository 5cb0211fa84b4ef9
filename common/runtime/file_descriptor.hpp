// FileDescriptor closes a descriptor that open(2) gave, or did not give.
#pragma once

#include <unistd.h>

namespace sensors {

struct FileDescriptor {
  int value;  // below 0: there is none
  explicit FileDescriptor(int descriptor) : value(descriptor) {}
  ~FileDescriptor() {
    if (value >= 0) ::close(value);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
};

}  // namespace sensors
