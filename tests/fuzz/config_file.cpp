// A configuration file. That of the bridge is left out: loading it tries the folders and files that it names.
#include <sys/mman.h>
#include <unistd.h>

#include "services/sensor-persistence/config.hpp"
#include "services/sensor-publisher/config.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

/// A file in memory with `text`, by its path.
std::string file_with(std::string_view text) {
  static const int fd = ::memfd_create("config", MFD_CLOEXEC);
  must(fd >= 0 && ::ftruncate(fd, 0) == 0, "there is memory for the file");
  must(::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()), "the file can be written");
  return "/proc/self/fd/" + std::to_string(fd);
}

}  // namespace

void run(std::string_view input) {
  const std::string path = file_with(input);
  static_cast<void>(taken(publisher::load_config(path)));
  static_cast<void>(taken(persistence::load_config(path)));
}

}  // namespace sensors::fuzz
