#include "tests/rig/private_world.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {
namespace {

bool loopback_is_up() {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  const bool up = ioctl(any, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
  close(any);
  return up;
}

// There `/` is no mount that could be kept private: the world was half made, without a network.
TEST(PrivateWorldTest, leaves_a_process_in_a_chroot_its_loopback_interface) {
  if (geteuid() != 0) GTEST_SKIP() << "chroot() needs root";
  const TempDir folder("sensor-chroot");
  EXPECT_EXIT(
      {
        if (chroot(folder.path().c_str()) != 0 || chdir("/") != 0) _exit(2);
        PrivateWorld::enter();
        _exit(loopback_is_up() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sensors::rig
