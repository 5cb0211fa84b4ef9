// The tests of real faults spoil their network and their disks: they run in a world of their own where that is
// possible, and those that need it say why they are skipped where it is not.
#include <gtest/gtest.h>

#include "tests/rig/private_world.hpp"

int main(int argc, char** argv) {
  sensors::rig::PrivateWorld::enter();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
