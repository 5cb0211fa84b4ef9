#include "common/adapters/sqlite/damaged_file.hpp"

#include <gtest/gtest.h>

#include "tests/unit/runtime/temporary_folder.hpp"

namespace sensors {
namespace {

constexpr WallTime now{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

class DamagedFileTest : public testing::Test {
 protected:
  bool exists(const std::string& name) const { return std::filesystem::exists(folder_.path(name)); }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("test.db");
};

TEST_F(DamagedFileTest, goes_aside_with_its_log_under_a_name_that_says_when) {
  folder_.write("test.db", "damaged");
  folder_.write("test.db-wal", "log");
  folder_.write("test.db-shm", "index");
  const Result<MovedAside> moved = move_aside(path_, now, 3);
  ASSERT_TRUE(moved.has_value()) << moved.error().message;
  EXPECT_EQ(moved->path, folder_.path("test.db.corrupt-20260115T160935Z"));
  EXPECT_EQ(folder_.read("test.db.corrupt-20260115T160935Z"), "damaged");
  EXPECT_EQ(folder_.read("test.db.corrupt-20260115T160935Z-wal"), "log");
  EXPECT_FALSE(exists("test.db") || exists("test.db-wal") || exists("test.db-shm"));
}

TEST_F(DamagedFileTest, never_takes_the_place_of_another) {
  folder_.write("test.db", "first");
  const std::string first = move_aside(path_, now, 3).value().path;
  folder_.write("test.db", "second");
  const std::string second = move_aside(path_, now, 3).value().path;
  EXPECT_NE(first, second);
  EXPECT_EQ(folder_.read("test.db.corrupt-20260115T160935Z"), "first");
}

TEST_F(DamagedFileTest, keeps_only_the_newest_and_says_which_went) {
  std::vector<std::string> deleted;
  for (int i = 0; i < 5; ++i) {
    folder_.write("test.db", std::to_string(i));
    std::filesystem::last_write_time(path_, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(i));
    const MovedAside moved = move_aside(path_, now + Millis{1'000 * i}, 3).value();
    deleted.insert(deleted.end(), moved.deleted.begin(), moved.deleted.end());
  }
  EXPECT_EQ(deleted, (std::vector<std::string>{folder_.path("test.db.corrupt-20260115T160935Z"),
                                               folder_.path("test.db.corrupt-20260115T160936Z")}));
  EXPECT_FALSE(exists("test.db.corrupt-20260115T160936Z"));
  EXPECT_TRUE(exists("test.db.corrupt-20260115T160937Z"));
}

TEST_F(DamagedFileTest, gives_its_name_to_the_replacement) {
  folder_.write("test.db", "damaged");
  folder_.write("test.db.salvage", "fresh");
  ASSERT_TRUE(replace_damaged(path_, now, 3).has_value());
  EXPECT_EQ(folder_.read("test.db"), "fresh");
  EXPECT_FALSE(exists("test.db.salvage"));
}

TEST_F(DamagedFileTest, a_replacement_that_a_crash_kept_from_its_name_gets_it_and_not_the_old_log) {
  folder_.write("test.db-wal", "log of the damaged one");
  folder_.write("test.db.salvage", "fresh");
  ASSERT_TRUE(finish_replacement(path_, now).value());
  EXPECT_EQ(folder_.read("test.db"), "fresh");
  EXPECT_FALSE(exists("test.db-wal"));
  EXPECT_TRUE(exists("test.db.corrupt-20260115T160935Z-wal"));
}

TEST_F(DamagedFileTest, a_replacement_that_a_crash_left_unfinished_goes) {
  folder_.write("test.db", "damaged");
  folder_.write("test.db.salvage", "half");
  folder_.write("test.db.salvage-wal", "log");
  EXPECT_FALSE(finish_replacement(path_, now).value());
  EXPECT_FALSE(exists("test.db.salvage") || exists("test.db.salvage-wal"));
  EXPECT_EQ(folder_.read("test.db"), "damaged");
}

}  // namespace
}  // namespace sensors
