#include "common/adapters/sqlite/reserve_file.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;

class ReserveFileTest : public testing::Test {
 protected:
  bool on_disk() const {
    struct stat status {};
    return ::stat(path_.c_str(), &status) == 0 && status.st_blocks * 512 >= mebibyte;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("test.db.reserve");
};

TEST_F(ReserveFileTest, holds_real_blocks_until_it_is_released) {
  ReserveFile reserve(path_, mebibyte);
  EXPECT_FALSE(reserve.held());
  ASSERT_TRUE(reserve.restore().has_value());
  EXPECT_TRUE(reserve.held() && on_disk());
  ASSERT_TRUE(reserve.release().has_value());
  EXPECT_FALSE(reserve.held() || std::filesystem::exists(path_));
}

TEST_F(ReserveFileTest, is_found_again_at_the_next_start) {
  ASSERT_TRUE(ReserveFile(path_, mebibyte).restore().has_value());
  EXPECT_TRUE(ReserveFile(path_, mebibyte).held());
  EXPECT_FALSE(ReserveFile(path_, 2 * mebibyte).held()) << "another size is wanted now";
}

TEST_F(ReserveFileTest, a_file_of_the_right_size_without_blocks_holds_nothing) {
  folder_.write("test.db.reserve", "");
  std::filesystem::resize_file(path_, mebibyte);
  EXPECT_FALSE(ReserveFile(path_, mebibyte).held());
}

TEST_F(ReserveFileTest, of_no_bytes_is_never_made) {
  ReserveFile reserve(path_, 0);
  ASSERT_TRUE(reserve.restore().has_value());
  EXPECT_FALSE(reserve.held() || std::filesystem::exists(path_));
}

TEST_F(ReserveFileTest, that_does_not_fit_leaves_nothing_behind) {
  ReserveFile reserve(path_, std::int64_t{1} << 50);
  const Result<void> made = reserve.restore();
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().message.rfind(path_, 0), 0U) << made.error().message;
  EXPECT_FALSE(reserve.held() || std::filesystem::exists(path_));
}

}  // namespace
}  // namespace sensors
