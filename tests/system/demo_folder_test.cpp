// The folders of demos that begin at once, each of which removes what was left behind.
#include "demo/demo_folder.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/rig/rig_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::demo {
namespace {

namespace fs = std::filesystem;

class DemoFolders : public testing::Test {
 protected:
  DemoFolders() { ::setenv("TMPDIR", here_.path().c_str(), 1); }
  ~DemoFolders() override { ::unsetenv("TMPDIR"); }

  std::size_t left() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(here_.path())) count += entry.exists() ? 1 : 0;
    return count;
  }

  TemporaryFolder here_;
};

// Between making the file and locking it another demo may take the lock, and with it the folder.
TEST_F(DemoFolders, are_nobody_else_s_as_long_as_their_demo_lives) {
  std::atomic<int> taken_away{0};
  std::vector<std::thread> demos;
  for (int i = 0; i < 4; ++i) {
    demos.emplace_back([&taken_away] {
      for (int round = 0; round < 200; ++round) {
        const DemoFolder folder("");
        taken_away += fs::exists(folder.dir().file("in-use")) ? 0 : 1;
        std::this_thread::yield();
        taken_away += fs::exists(folder.dir().file("in-use")) ? 0 : 1;
      }
    });
  }
  for (std::thread& demo : demos) demo.join();
  EXPECT_EQ(taken_away, 0);
  EXPECT_EQ(left(), 0U);
}

TEST_F(DemoFolders, that_were_left_behind_go_with_the_next) {
  fs::create_directory(here_.path("sensor-demo.abcdef"));
  here_.write("sensor-demo.abcdef/in-use", "");
  fs::create_directory(here_.path("sensor-demo.kept"));
  { const DemoFolder folder(""); }
  EXPECT_FALSE(fs::exists(here_.path("sensor-demo.abcdef")));
  EXPECT_TRUE(fs::exists(here_.path("sensor-demo.kept"))) << "it has no such file";
}

TEST_F(DemoFolders, say_when_they_are_gone) {
  const DemoFolder folder("");
  EXPECT_FALSE(folder.is_gone());
  fs::remove_all(folder.dir().path());
  EXPECT_TRUE(folder.is_gone());
}

}  // namespace
}  // namespace sensors::demo
