#include "common/adapters/sqlite/disk_figures.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

constexpr std::size_t written_size = 1024 * 1024;

void write_megabyte(const std::string& path) {
  std::ofstream(path, std::ios::binary) << std::string(written_size, 'x') << std::flush;
}

TEST(DiskFigures, are_of_the_file_its_log_and_the_disk_they_are_on) {
  TemporaryFolder folder;
  const std::string path = folder.path("store.db");
  write_megabyte(path);
  const DiskFigures alone = measure_disk(path);
  EXPECT_GE(alone.file_bytes, written_size);
  EXPECT_GT(alone.size_bytes, alone.file_bytes);
  EXPECT_LE(alone.free_bytes, alone.size_bytes);
  write_megabyte(path + "-wal");
  EXPECT_GE(measure_disk(path).file_bytes, alone.file_bytes + written_size);
  EXPECT_EQ(measure_disk(folder.path("gone/store.db")), DiskFigures{});
}

}  // namespace
}  // namespace sensors
