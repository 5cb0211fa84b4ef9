// RigTest is the fixture of tests that run a Rig: a folder of the test's own, kept when the test fails.
#pragma once

#include <gtest/gtest.h>

#include "tests/rig/rig.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class RigTest : public testing::Test {
 protected:
  void TearDown() override {
    if (HasFailure()) folder_.keep();
  }

  TempDir folder_{"sensor-test"};
};

}  // namespace sensors::rig
