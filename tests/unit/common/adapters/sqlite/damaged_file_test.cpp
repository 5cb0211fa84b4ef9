#include "common/adapters/sqlite/damaged_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/adapters/sqlite/name_steps.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

constexpr WallTime now{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

class DamagedFileTest : public testing::Test {
 protected:
  bool exists(const std::string& name) const { return std::filesystem::exists(folder_.path(name)); }

  Result<MovedAside> replace(WallTime at) {
    folder_.write("test.db.salvage", "fresh");
    return replace_damaged(path_, at, 3);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("test.db");
};

TEST_F(DamagedFileTest, goes_aside_with_its_log_under_a_name_that_says_when) {
  folder_.write("test.db", "damaged");
  folder_.write("test.db-wal", "log");
  folder_.write("test.db-shm", "index");
  const Result<MovedAside> moved = replace(now);
  ASSERT_TRUE(moved.has_value()) << moved.error().message;
  EXPECT_EQ(moved->path, folder_.path("test.db.corrupt-20260115T160935Z"));
  EXPECT_EQ(folder_.read("test.db.corrupt-20260115T160935Z"), "damaged");
  EXPECT_EQ(folder_.read("test.db.corrupt-20260115T160935Z-wal"), "log");
  EXPECT_EQ(folder_.read("test.db"), "fresh");
  EXPECT_FALSE(exists("test.db.salvage") || exists("test.db-wal") || exists("test.db-shm"));
}

TEST_F(DamagedFileTest, never_takes_the_place_of_another) {
  folder_.write("test.db", "first");
  const std::string first = replace(now).value().path;
  folder_.write("test.db", "second");
  const std::string second = replace(now).value().path;
  EXPECT_NE(first, second);
  EXPECT_EQ(folder_.read("test.db.corrupt-20260115T160935Z"), "first");
}

TEST_F(DamagedFileTest, keeps_only_the_newest_and_says_which_went) {
  std::vector<std::string> deleted;
  for (int i = 0; i < 5; ++i) {
    folder_.write("test.db", std::to_string(i));
    std::filesystem::last_write_time(path_, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(i));
    const MovedAside moved = replace(now + Millis{1'000 * i}).value();
    deleted.insert(deleted.end(), moved.deleted.begin(), moved.deleted.end());
  }
  EXPECT_EQ(deleted, (std::vector<std::string>{folder_.path("test.db.corrupt-20260115T160935Z"),
                                               folder_.path("test.db.corrupt-20260115T160936Z")}));
  EXPECT_FALSE(exists("test.db.corrupt-20260115T160936Z"));
  EXPECT_TRUE(exists("test.db.corrupt-20260115T160937Z"));
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

/// A folder in which steps are taken, and what a power cut leaves of them.
class PowerCut : public DamagedFileTest {
 protected:
  using Steps = std::vector<NameStep>;

  void begin() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) std::filesystem::remove(entry.path());
    folder_.write("test.db.corrupt-20250101T000000Z", "of a year ago");
    struct stat a_year_ago {};
    struct stat log {};
    ::stat(folder_.path("test.db.corrupt-20250101T000000Z").c_str(), &a_year_ago);
    do {  // until the file system's clock, of some milliseconds, tells them apart
      for (const char* suffix : {"", "-wal", "-shm"}) folder_.write(std::string("test.db") + suffix, "old");
      ::stat(folder_.path("test.db-wal").c_str(), &log);
    } while (log.st_mtim.tv_sec == a_year_ago.st_ctim.tv_sec && log.st_mtim.tv_nsec <= a_year_ago.st_ctim.tv_nsec);
    folder_.write("test.db.salvage", "new");
  }

  /// What each power cut leaves: all steps up to a sync, and any of those up to the next one.
  static std::vector<Steps> cuts(const Steps& steps) {
    std::vector<Steps> all;
    Steps synced;
    for (std::size_t at = 0; at <= steps.size();) {
      std::size_t end = at;
      while (end < steps.size() && !steps[end].from.empty()) ++end;
      for (std::size_t chosen = 0; chosen < std::size_t{1} << (end - at); ++chosen) {
        all.push_back(synced);
        for (std::size_t i = at; i < end; ++i) {
          if ((chosen >> (i - at) & 1) != 0) all.back().push_back(steps[i]);
        }
      }
      synced.insert(synced.end(), steps.begin() + static_cast<std::ptrdiff_t>(at),
                    steps.begin() + static_cast<std::ptrdiff_t>(end));
      at = end + 1;
    }
    return all;
  }

  /// Nobody opens anything between two cuts but by finish_replacement().
  void expect_no_mixture() const {
    const bool has_log = exists("test.db-wal");
    if (!exists("test.db")) {
      EXPECT_TRUE(exists("test.db.salvage")) << "neither of them";
    } else if (folder_.read("test.db") == "new") {
      EXPECT_FALSE(has_log) << "the old log beside the new database";
    } else {
      EXPECT_TRUE(has_log) << "the old database without its log";
    }
  }

  void expect_one_of_them_whole() const {
    expect_no_mixture();
    ASSERT_TRUE(exists("test.db"));
    EXPECT_FALSE(exists("test.db.salvage"));
    if (folder_.read("test.db") == "old") return;
    EXPECT_EQ(folder_.read("test.db.before-restore-20260115T160935Z"), "old");
    EXPECT_EQ(folder_.read("test.db.before-restore-20260115T160935Z-wal"), "old") << "what was there is kept whole";
    EXPECT_FALSE(exists("test.db.corrupt-20250101T000000Z-wal")) << "the log of another database";
  }

  Steps all_steps() const {
    Steps steps = steps_aside(path_, path_ + ".before-restore-20260115T160935Z");
    for (const NameStep& step : steps_into_place(path_)) steps.push_back(step);
    return steps;
  }
};

TEST_F(PowerCut, between_any_two_names_leaves_the_old_database_or_the_new_one_and_no_mixture) {
  const std::vector<Steps> left = cuts(all_steps());
  ASSERT_GE(left.size(), 12U);
  for (const Steps& steps : left) {
    SCOPED_TRACE(std::to_string(steps.size()) + " steps");
    begin();
    ASSERT_TRUE(carry_out(steps).has_value());
    expect_no_mixture();
    ASSERT_TRUE(finish_replacement(path_, now + Millis{60'000}).has_value());
    expect_one_of_them_whole();
  }
}

TEST_F(PowerCut, while_that_is_finished_leaves_what_the_next_start_finishes) {
  for (const Steps& steps : cuts(all_steps())) {
    begin();
    ASSERT_TRUE(carry_out(steps).has_value());
    if (exists("test.db")) continue;  // nothing to finish
    for (const Steps& finishing : cuts(steps_to_finish(path_, now))) {
      SCOPED_TRACE(std::to_string(steps.size()) + " steps, then " + std::to_string(finishing.size()));
      begin();
      ASSERT_TRUE(carry_out(steps).has_value());
      ASSERT_TRUE(carry_out(finishing).has_value());
      expect_no_mixture();
      ASSERT_TRUE(finish_replacement(path_, now + Millis{60'000}).has_value());
      expect_one_of_them_whole();
    }
  }
}

}  // namespace
}  // namespace sensors
