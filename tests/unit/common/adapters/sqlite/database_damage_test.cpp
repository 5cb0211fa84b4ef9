// Files that must not be opened: newer, foreign, damaged, out of reach; each error names the file and what to do.
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/adapters/sqlite/database.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view schema = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)";
constexpr const char* fill =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) "
    "INSERT INTO item(name) SELECT hex(randomblob(100)) FROM n";

class DatabaseDamageTest : public testing::Test {
 protected:
  /// A file of some 100 pages, closed in good order.
  void make() {
    Result<Database> database = Database::open(path_, {schema}, {.application_id = 77});
    ASSERT_TRUE(database.has_value()) << database.error().message;
    ASSERT_TRUE(database->execute(fill).has_value());
  }

  Error error_of_opening(const std::string& path, std::vector<std::string_view> migrations = {schema}) {
    const Result<Database> database = Database::open(path, migrations, {.application_id = 77});
    if (database.has_value()) return {ErrorCode::io, "was opened"};
    EXPECT_EQ(database.error().message.rfind(path, 0), 0U) << "names the file: " << database.error().message;
    return database.error();
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("test.db");
};

TEST_F(DatabaseDamageTest, refuses_a_newer_schema_with_both_versions_and_what_to_do) {
  { ASSERT_TRUE(Database::open(path_, {schema, "SELECT 1", "SELECT 1"}, {.application_id = 77}).has_value()); }
  const Error error = error_of_opening(path_);
  EXPECT_EQ(error.code, ErrorCode::newer_schema);
  EXPECT_NE(error.message.find(
                "schema version 3, which needs a program that knows version 3, and this program knows 1; install"),
            std::string::npos)
      << error.message;
}

TEST_F(DatabaseDamageTest, refuses_a_database_of_another_program) {
  { ASSERT_TRUE(Database::open(path_, {schema}, {.application_id = 78}).has_value()); }
  EXPECT_EQ(error_of_opening(path_).code, ErrorCode::invalid);
  const std::string without_id = folder_.path("foreign.db");
  { ASSERT_TRUE(Database::open(without_id, {schema}, {}).has_value()); }
  EXPECT_EQ(error_of_opening(without_id).code, ErrorCode::invalid);
}

TEST_F(DatabaseDamageTest, refuses_a_file_that_is_not_a_database) {
  const std::string text = folder_.write("text.db", std::string(5'000, 'x'));
  EXPECT_EQ(error_of_opening(text).code, ErrorCode::corrupt);
  const std::string nulls = folder_.write("nulls.db", std::string(8'192, '\0'));
  EXPECT_EQ(error_of_opening(nulls).code, ErrorCode::corrupt);
  const std::string few = folder_.write("few.db", "SQLite format 3");
  EXPECT_EQ(error_of_opening(few).code, ErrorCode::corrupt);
}

TEST_F(DatabaseDamageTest, takes_an_empty_file_as_a_new_one) {
  folder_.write("test.db", "");
  make();
}

TEST_F(DatabaseDamageTest, refuses_a_truncated_file) {
  make();
  fs::resize_file(path_, fs::file_size(path_) / 2);
  const Error error = error_of_opening(path_);
  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_NE(error.message.find("move it away"), std::string::npos) << error.message;
}

TEST_F(DatabaseDamageTest, refuses_a_truncated_file_also_when_there_is_a_log_to_recover) {
  make();
  Result<Database> database = Database::open(path_, {schema}, {.application_id = 77});
  ASSERT_TRUE(database.has_value() && database->execute("INSERT INTO item(name) VALUES('in the log')").has_value());
  const std::string copy = folder_.path("copy.db");  // as kill -9 would leave it
  fs::copy_file(path_, copy);
  fs::copy_file(path_ + "-wal", copy + "-wal");
  fs::resize_file(copy, fs::file_size(copy) / 2);
  const Error error = error_of_opening(copy);
  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_NE(error.message.find("truncated"), std::string::npos) << error.message;
}

TEST_F(DatabaseDamageTest, opens_a_file_whose_pages_are_still_in_the_log) {
  Result<Database> database = Database::open(path_, {schema}, {.application_id = 77});
  ASSERT_TRUE(database.has_value());
  ASSERT_TRUE(database->execute("PRAGMA wal_autocheckpoint=0").has_value() && database->execute(fill).has_value());
  const std::string copy = folder_.path("copy.db");
  fs::copy_file(path_, copy);
  fs::copy_file(path_ + "-wal", copy + "-wal");
  ASSERT_LT(fs::file_size(copy), 10U * 4096);
  Result<Database> recovered = Database::open(copy, {schema}, {.application_id = 77});
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message;
  Statement count = recovered->prepare("SELECT count(*) FROM item").value();
  ASSERT_TRUE(count.step().has_value());
  EXPECT_EQ(count.integer(0), 2'000);
}

TEST_F(DatabaseDamageTest, says_corrupt_when_a_page_turns_out_to_be_damaged) {
  make();
  std::string bytes = folder_.read("test.db");
  bytes.replace(8 * 4096, bytes.size() - 8 * 4096, bytes.size() - 8 * 4096, '\xa5');
  folder_.write("test.db", bytes);
  Result<Database> database = Database::open(path_, {schema}, {.application_id = 77});
  ASSERT_TRUE(database.has_value()) << database.error().message;
  const Result<void> read = database->prepare("SELECT sum(length(name)) FROM item").value().run();
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
}

TEST_F(DatabaseDamageTest, says_that_the_folder_is_missing) {
  const Error error = error_of_opening(folder_.path("absent/test.db"));
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_NE(error.message.find("make its folder"), std::string::npos) << error.message;
}

TEST_F(DatabaseDamageTest, refuses_a_folder_in_the_place_of_the_file) {
  EXPECT_EQ(error_of_opening(folder_.path()).code, ErrorCode::io);
}

/// What a user without rights is told who opens `path`: the name of the code, and the message. Root may write
/// anywhere, so the opening is done by a child that has become nobody.
std::string told_to_an_ordinary_user(const std::string& path) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t nobody = 65'534;
    std::string told = "could not become nobody";
    if (::geteuid() != 0 || (::setgid(nobody) == 0 && ::setuid(nobody) == 0)) {
      const Result<Database> database = Database::open(path, {schema}, {.application_id = 77});
      told = database.has_value() ? "was opened" : name_of(database.error().code) + (" " + database.error().message);
    }
    const ssize_t written = ::write(ends[1], told.data(), told.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  char buffer[1024];
  const ssize_t count = ::read(ends[0], buffer, sizeof buffer);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return count < 0 ? "" : std::string(buffer, static_cast<std::size_t>(count));
}

TEST_F(DatabaseDamageTest, says_what_is_wrong_with_a_folder_that_may_not_be_written) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  const std::string told = told_to_an_ordinary_user(path_);
  EXPECT_EQ(told.rfind("permission " + path_ + ": open: ", 0), 0U) << told;
  EXPECT_NE(told.find("must be able to write the file and its folder"), std::string::npos) << told;
}

TEST_F(DatabaseDamageTest, says_read_only_for_a_file_that_may_not_be_written) {
  make();
  ASSERT_EQ(::chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  const std::string told = told_to_an_ordinary_user(path_);
  EXPECT_EQ(told.rfind("read_only " + path_ + ": open: ", 0), 0U) << told;
}

TEST_F(DatabaseDamageTest, says_what_is_wrong_with_a_writable_file_in_a_folder_that_may_not_be_written) {
  make();
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  const std::string told = told_to_an_ordinary_user(path_);
  EXPECT_NE(told.find(path_), std::string::npos) << told;
  EXPECT_NE(told.find("must be able to write the file and its folder"), std::string::npos) << told;
}

}  // namespace
}  // namespace sensors
