// A database whose files lose their names while they are open: that is noticed, and what was committed is not lost.
#include "common/adapters/sqlite/rescue.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <optional>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view schema = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL)";
constexpr WallTime now{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

class RescueTest : public testing::Test {
 protected:
  RescueTest() {
    fs::create_directory(folder_.path("data"));
    open();
  }

  void open() { database_ = std::move(Database::open(path_, {schema}, {}).value()); }

  Result<void> add(int rows) {
    TRY(database_->begin());
    for (int i = 0; i < rows; ++i) {
      const Result<void> done = database_->execute("INSERT INTO item(name) VALUES('" + std::string(500, 'x') + "')");
      EXPECT_TRUE(done.has_value());
    }
    return database_->commit();
  }

  std::int64_t rows() {
    Statement statement = database_->prepare("SELECT count(*) FROM item").value();
    return statement.step().has_value() ? statement.integer(0) : -1;
  }

  Result<std::string> put_back() {
    return rescue(*database_, {path_, now, [this] { database_.reset(); }});
  }

  /// It goes on under its name, with `wanted` rows, and can be committed to.
  void expect_whole(std::int64_t wanted) {
    if (!database_.has_value()) open();
    EXPECT_EQ(rows(), wanted);
    EXPECT_TRUE(add(1).has_value());
    const Statement::Step step = database_->prepare("PRAGMA integrity_check").value().step().value();
    EXPECT_EQ(step, Statement::Step::row);
  }

  void expect_noticed(const std::string& file) {
    const Result<void> committed = add(10);
    ASSERT_FALSE(committed.has_value()) << "it is not durable";
    EXPECT_EQ(committed.error().code, ErrorCode::io);
    EXPECT_NE(committed.error().message.find(file + ": was deleted, moved away or replaced"), std::string::npos)
        << committed.error().message;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("data/test.db");
  std::optional<Database> database_;
};

TEST_F(RescueTest, notices_nothing_while_all_is_well) {
  EXPECT_TRUE(add(5'000).has_value());
  EXPECT_TRUE(database_->sync_log().has_value());
  EXPECT_TRUE(add(5'000).has_value());
  { Database reader = Database::open(path_, {schema}, {.read_only = true}).value(); }
  { Database other = Database::open(path_, {schema}, {}).value(); }
  EXPECT_TRUE(add(1).has_value()) << "others that open and close it take no file away";
  EXPECT_TRUE(database_->check_names().has_value());
}

TEST_F(RescueTest, a_deleted_database_is_written_anew_with_all_that_was_committed) {
  ASSERT_TRUE(add(3'000).has_value());
  fs::remove(path_);
  expect_noticed(path_);
  const Result<std::string> said = put_back();
  ASSERT_TRUE(said.has_value()) << said.error().message;
  EXPECT_NE(said->find("nothing is lost"), std::string::npos) << *said;
  expect_whole(3'010);
}

TEST_F(RescueTest, a_database_that_is_deleted_with_its_log_and_index_is_written_anew_too) {
  ASSERT_TRUE(add(3'000).has_value());
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path_ + suffix);
  expect_noticed(path_);
  ASSERT_TRUE(put_back().has_value());
  expect_whole(3'010);
}

TEST_F(RescueTest, a_deleted_log_goes_into_the_database) {
  for (const char* suffix : {"-wal", "-shm"}) {
    if (!database_.has_value()) open();
    const std::int64_t before = rows();
    ASSERT_TRUE(add(100).has_value());
    fs::remove(path_ + suffix);
    expect_noticed(path_ + suffix);
    ASSERT_TRUE(put_back().has_value());
    expect_whole(before + 110);
  }
}

TEST_F(RescueTest, a_log_that_another_file_replaced_is_not_read) {
  ASSERT_TRUE(add(100).has_value());
  const std::string other = folder_.path("other.db");
  Database foreign = Database::open(other, {schema}, {}).value();
  ASSERT_TRUE(foreign.execute("INSERT INTO item(name) VALUES('foreign')").has_value());
  fs::rename(other + "-wal", path_ + "-wal");
  expect_noticed(path_ + "-wal");
  ASSERT_TRUE(put_back().has_value());
  expect_whole(110);
}

TEST_F(RescueTest, a_database_that_was_moved_away_stays_there_and_goes_on_under_its_name) {
  ASSERT_TRUE(add(100).has_value());
  fs::rename(path_, folder_.path("taken.db"));
  expect_noticed(path_);
  ASSERT_TRUE(put_back().has_value());
  EXPECT_TRUE(fs::exists(folder_.path("taken.db")));
  expect_whole(110);
}

TEST_F(RescueTest, a_file_that_took_the_name_is_moved_aside_and_kept) {
  ASSERT_TRUE(add(100).has_value());
  fs::rename(folder_.write("other", "an older copy, perhaps"), path_);
  expect_noticed(path_);
  const std::string said = put_back().value();
  const std::string aside = "data/test.db.replaced-20260115T160935Z";
  EXPECT_NE(said.find(aside), std::string::npos) << said;
  EXPECT_EQ(folder_.read(aside), "an older copy, perhaps");
  expect_whole(110);
}

TEST_F(RescueTest, without_a_folder_all_stays_open_until_there_is_one) {
  ASSERT_TRUE(add(100).has_value());
  fs::remove_all(folder_.path("data"));
  expect_noticed(path_);
  const Result<std::string> failed = put_back();
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::not_found) << failed.error().message;
  ASSERT_TRUE(database_.has_value());
  EXPECT_EQ(rows(), 110);
  fs::create_directory(folder_.path("data"));
  ASSERT_TRUE(put_back().has_value());
  expect_whole(110);
}

TEST_F(RescueTest, without_room_nothing_is_written) {
  ASSERT_TRUE(add(100).has_value());
  if (::mount("tmpfs", folder_.path("data").c_str(), "tmpfs", 0, "size=2m") != 0)
    GTEST_SKIP() << "needs root, to mount a small tmpfs";
  expect_noticed(path_);  // what is mounted over it hides it
  const Result<std::string> failed = put_back();
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::disk_full) << failed.error().message;
  EXPECT_TRUE(fs::is_empty(folder_.path("data")));
  ::umount(folder_.path("data").c_str());
  EXPECT_TRUE(database_->check_names().has_value()) << "it can be seen again";
  expect_whole(110);
}

TEST_F(RescueTest, a_copy_that_a_crash_cut_short_is_not_taken_for_the_database) {
  ASSERT_TRUE(add(20'000).has_value());
  fs::remove(path_);
  const std::string crashed = folder_.path("crashed");
  const auto note_what_a_crash_leaves = [&] {
    if (!fs::exists(crashed)) fs::copy(folder_.path("data"), crashed);
  };
  ASSERT_TRUE(rescue(*database_, {path_, now, [this] { database_.reset(); }, note_what_a_crash_leaves}).has_value());
  expect_whole(20'000);
  ASSERT_TRUE(fs::exists(crashed + "/test.db.copy"));
  EXPECT_FALSE(finish_replacement(crashed + "/test.db", now).value());
  EXPECT_FALSE(fs::exists(crashed + "/test.db")) << "a part of it under the name of all";
  EXPECT_FALSE(fs::exists(crashed + "/test.db.copy"));
  EXPECT_FALSE(fs::exists(crashed + "/test.db.copy-journal"));
}

}  // namespace
}  // namespace sensors
