// The services see a change at their next call: disk faults are read from a small text, the clock from a mapped file.
#include "tests/rig/preloads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "tests/rig/preload/clock_control.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::rig {

std::string preload_variable() { return std::string("LD_PRELOAD=") + RIG_DISK_FAULTS + ":" + RIG_CLOCK; }

DiskFaults::DiskFaults(const TempDir& folder) : path_(folder.write("disk-faults", "")) {}

void DiskFaults::add(const std::string& calls, const std::string& error, const std::string& part) {
  lines_.push_back(calls + " " + error + " " + part + "\n");
  write();
}

void DiskFaults::clear() {
  lines_.clear();
  write();
}

void DiskFaults::clear(const std::string& part) {
  std::erase_if(lines_, [&](const std::string& line) { return line.ends_with(" " + part + "\n"); });
  write();
}

/// By renaming, so that a service never reads half of it.
void DiskFaults::write() {
  const std::string draft = path_ + ".new";
  std::ofstream file(draft, std::ios::trunc);
  for (const std::string& line : lines_) file << line;
  file.close();
  if (!file || std::rename(draft.c_str(), path_.c_str()) != 0) {
    throw RigError("write " + path_ + ": " + std::strerror(errno));
  }
}

WallClock::WallClock(const TempDir& folder) : path_(folder.write("clock", std::string(sizeof(ClockControl), '\0'))) {
  set_synchronised(true);
}

void WallClock::set_offset(Millis offset) { put(offsetof(ClockControl, offset_ms), offset.count()); }

void WallClock::set_synchronised(bool synchronised) {
  put(offsetof(ClockControl, synchronised), synchronised ? ClockControl::yes : ClockControl::no);
}

void WallClock::put(std::size_t position, std::int64_t value) const {
  const int file = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  const ssize_t written = pwrite(file, &value, sizeof value, static_cast<off_t>(position));
  close(file);
  if (written != sizeof value) throw RigError("write " + path_ + ": " + std::strerror(errno));
}

}  // namespace sensors::rig
