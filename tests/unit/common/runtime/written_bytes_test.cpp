#include "common/runtime/written_bytes.hpp"

#include <sys/statfs.h>

#include <linux/magic.h>

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

constexpr std::size_t written_size = 1024 * 1024;
constexpr Instant first_asked{std::chrono::seconds{1'000}};

void write_file(const std::string& path) {
  std::ofstream(path, std::ios::binary) << std::string(written_size, 'x') << std::flush;
}

TEST(WrittenBytes, are_what_the_kernel_says_and_not_what_was_cancelled) {
  const std::string text =
      "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 600\ncancelled_write_bytes: 7\n";
  EXPECT_EQ(write_bytes_in(text), 600U);
  for (const char* other : {"", "write_bytes: 1", "\ncancelled_write_bytes: 7\n", "\nwrite_bytes: \n",
                            "\nwrite_bytes: 99999999999999999999\n"})
    EXPECT_FALSE(write_bytes_in(other).has_value()) << other;
}

TEST(WrittenBytes, grow_with_what_is_written_and_are_asked_for_once_a_second) {
  TemporaryFolder folder;
  struct statfs disk {};
  ASSERT_EQ(::statfs(folder.path("").c_str(), &disk), 0);
  if (disk.f_type == TMPFS_MAGIC) GTEST_SKIP() << "the temporary folder is in memory, which is no disk";
  WrittenBytes written;
  const std::uint64_t before = written.at(first_asked);
  write_file(folder.path("file"));
  EXPECT_EQ(written.at(first_asked + Millis{999}), before);
  EXPECT_GE(written.at(first_asked + Millis{1'000}), before + written_size);
}

}  // namespace
}  // namespace sensors
