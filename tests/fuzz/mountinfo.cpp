// The mounts of a machine, as the kernel or a container shows them.
#include "common/core/storage.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const std::string path = "/media/root-rw/overlay/store.db";
  const MountedStorage storage = storage_of(input, path);
  const std::string risk = storage_risk(input, path);
  must(storage.type == "tmpfs" ? !risk.empty() : true, "memory is always a risk");
  must(storage.type != "ext4" || storage.source.starts_with("/dev/") || risk.empty(), "a disk is none");
}

}  // namespace sensors::fuzz
