// A database that is well: settings, migrations, statements, transactions and the mapping of errors.
#include "common/adapters/sqlite/database.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

constexpr std::string_view version_1 =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size REAL)";
constexpr std::string_view version_2 = "ALTER TABLE item ADD COLUMN note TEXT; CREATE INDEX by_note ON item(note)";

constexpr std::string_view says_oldest_reader_1 =
    "CREATE TABLE compatibility(oldest_reader INTEGER NOT NULL); INSERT INTO compatibility VALUES(1)";

class DatabaseTest : public testing::Test {
 protected:
  Database open(const std::vector<std::string_view>& migrations = {version_1}, Database::Options options = {}) {
    Result<Database> database = Database::open(path_, migrations, options);
    if (!database.has_value()) throw std::runtime_error(database.error().message);
    return std::move(*database);
  }

  static std::string answer(Database& database, std::string_view sql) {
    Result<Statement> statement = database.prepare(sql);
    if (!statement.has_value()) return statement.error().message;
    const auto step = statement->step();
    if (!step.has_value()) return step.error().message;
    return *step == Statement::Step::row ? statement->text(0) : "nothing";
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("test.db");
};

TEST_F(DatabaseTest, makes_a_file_that_is_safe_against_power_cuts_and_gives_space_back) {
  Database database = open({version_1}, {.application_id = 1234});
  EXPECT_EQ(answer(database, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(answer(database, "PRAGMA synchronous"), "2");  // FULL
  EXPECT_EQ(answer(database, "PRAGMA auto_vacuum"), "2");  // INCREMENTAL
  EXPECT_EQ(answer(database, "PRAGMA busy_timeout"), "5000");
  EXPECT_EQ(answer(database, "PRAGMA cache_size"), "-2048");
  EXPECT_EQ(answer(database, "PRAGMA wal_autocheckpoint"), "1000");
  EXPECT_EQ(answer(database, "PRAGMA user_version"), "1");
  EXPECT_EQ(answer(database, "PRAGMA application_id"), "1234");
}

TEST_F(DatabaseTest, brings_an_older_file_up_to_date_and_keeps_its_rows) {
  {
    Database database = open({version_1});
    ASSERT_TRUE(database.execute("INSERT INTO item(name) VALUES('kept')").has_value());
  }
  Database database = open({version_1, version_2});
  EXPECT_EQ(answer(database, "PRAGMA user_version"), "2");
  EXPECT_EQ(answer(database, "SELECT name FROM item WHERE note IS NULL"), "kept");
}

TEST_F(DatabaseTest, opens_a_newer_file_that_says_that_older_programs_may) {
  {
    Database database = open({says_oldest_reader_1, version_1, version_2});
    ASSERT_TRUE(database.execute("INSERT INTO item(name, note) VALUES('newer', 'a note')").has_value());
  }
  Database older = open({says_oldest_reader_1, version_1});
  EXPECT_EQ(answer(older, "SELECT name FROM item"), "newer");
  EXPECT_TRUE(older.execute("INSERT INTO item(name) VALUES('older')").has_value());
  EXPECT_EQ(answer(older, "PRAGMA user_version"), "3") << "the newer program has nothing to migrate again";
}

TEST_F(DatabaseTest, refuses_a_newer_file_whose_oldest_reader_is_newer_too) {
  open({says_oldest_reader_1, version_1, version_2, "UPDATE compatibility SET oldest_reader = 3"});
  EXPECT_EQ(Database::open(path_, {says_oldest_reader_1, version_1}, {}).error().code, ErrorCode::newer_schema);
  EXPECT_TRUE(Database::open(path_, {says_oldest_reader_1, version_1, version_2}, {}).has_value());
}

TEST_F(DatabaseTest, leaves_the_file_at_its_version_when_a_migration_fails) {
  open({version_1});
  const Result<Database> failed =
      Database::open(path_, {version_1, "CREATE TABLE extra(x); INSERT INTO absent VALUES(1)"}, {});
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find(path_ + ": to schema version 2: "), std::string::npos)
      << failed.error().message;
  Database database = open({version_1});
  EXPECT_EQ(answer(database, "SELECT count(*) FROM sqlite_master WHERE name = 'extra'"), "0");
}

TEST_F(DatabaseTest, binds_and_reads_each_type) {
  Database database = open();
  Statement insert = database.prepare("INSERT INTO item(id, name, size) VALUES(?1, ?2, ?3)").value();
  insert.bind(1, std::int64_t{1} << 60).bind(2, std::string_view("a\0b", 3)).bind(3, 0.1);
  ASSERT_TRUE(insert.run().has_value());
  insert.bind(1, std::int64_t{-2}).bind(2, std::string_view{}).bind_null(3);
  ASSERT_TRUE(insert.run().has_value());
  EXPECT_EQ(database.changes(), 1);

  Statement select = database.prepare("SELECT id, name, size FROM item ORDER BY id DESC").value();
  ASSERT_EQ(select.step().value(), Statement::Step::row);
  EXPECT_EQ(select.integer(0), std::int64_t{1} << 60);
  EXPECT_EQ(select.text(1), std::string("a\0b", 3));
  EXPECT_EQ(select.real(2), 0.1);
  ASSERT_EQ(select.step().value(), Statement::Step::row);
  EXPECT_EQ(select.text(1), "");
  EXPECT_FALSE(select.is_null(1)) << "an empty text is not NULL";
  EXPECT_TRUE(select.is_null(2));
  EXPECT_EQ(select.type(0), Statement::integer_type);
  EXPECT_EQ(select.type(1), Statement::text_type);
  EXPECT_EQ(select.type(2), Statement::null_type);
  EXPECT_EQ(select.step().value(), Statement::Step::done);
}

TEST_F(DatabaseTest, forgets_a_transaction_that_is_rolled_back_and_takes_the_next) {
  Database database = open();
  ASSERT_TRUE(database.begin().has_value());
  ASSERT_TRUE(database.execute("INSERT INTO item(name) VALUES('gone')").has_value());
  database.rollback();
  database.rollback();  // outside a transaction it does nothing
  ASSERT_TRUE(database.begin().has_value());
  ASSERT_TRUE(database.execute("INSERT INTO item(name) VALUES('here')").has_value());
  ASSERT_TRUE(database.commit().has_value());
  EXPECT_EQ(answer(database, "SELECT group_concat(name) FROM item"), "here");
}

TEST_F(DatabaseTest, says_rejected_for_a_constraint_and_can_go_on) {
  Database database = open();
  Statement insert = database.prepare("INSERT INTO item(name) VALUES(?1)").value();
  ASSERT_TRUE(insert.bind(1, "same").run().has_value());
  const Result<void> twice = insert.bind(1, "same").run();
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().code, ErrorCode::rejected);
  EXPECT_NE(twice.error().message.find(path_), std::string::npos);
  EXPECT_TRUE(insert.bind(1, "other").run().has_value());
}

TEST_F(DatabaseTest, says_timeout_while_another_connection_holds_the_lock) {
  Database first = open();
  Database second = open({version_1}, {.busy_timeout_ms = 1});
  ASSERT_TRUE(first.begin().has_value());
  const Result<void> locked = second.begin();
  ASSERT_FALSE(locked.has_value());
  EXPECT_EQ(locked.error().code, ErrorCode::timeout);
  ASSERT_TRUE(first.commit().has_value());
  EXPECT_TRUE(second.begin().has_value());
}

TEST_F(DatabaseTest, says_disk_full_and_keeps_what_was_committed) {
  Database database = open();
  ASSERT_TRUE(database.execute("INSERT INTO item(name) VALUES('kept'); PRAGMA max_page_count=8").has_value());
  ASSERT_TRUE(database.begin().has_value());
  const Result<void> full = database.execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000) "
      "INSERT INTO item(name) SELECT hex(randomblob(200)) || i FROM n");
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::disk_full);
  EXPECT_NE(full.error().message.find("free space"), std::string::npos) << full.error().message;
  database.rollback();
  EXPECT_EQ(answer(database, "SELECT group_concat(name) FROM item"), "kept");
}

TEST_F(DatabaseTest, says_invalid_for_sql_that_is_wrong) {
  Database database = open();
  const Result<Statement> wrong = database.prepare("SELEKT 1");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, ErrorCode::invalid);
  EXPECT_EQ(database.execute("DROP TABLE absent").error().code, ErrorCode::invalid);
}

TEST_F(DatabaseTest, counts_the_bytes_in_use_without_the_free_pages) {
  Database database = open();
  const std::int64_t empty = database.used_bytes().value();
  ASSERT_TRUE(database
                  .execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000) "
                           "INSERT INTO item(name) SELECT hex(randomblob(200)) || i FROM n")
                  .has_value());
  EXPECT_GT(database.used_bytes().value(), empty + 400'000);
  ASSERT_TRUE(database.execute("DELETE FROM item").has_value());
  EXPECT_LT(database.used_bytes().value(), empty + 50'000);
}

TEST_F(DatabaseTest, reads_but_does_not_write_when_opened_read_only) {
  open();
  Database database = open({version_1}, {.read_only = true});
  EXPECT_EQ(answer(database, "SELECT count(*) FROM item"), "0");
  EXPECT_EQ(database.execute("INSERT INTO item(name) VALUES('x')").error().code, ErrorCode::read_only);
}

TEST_F(DatabaseTest, keeps_its_write_ahead_log_small_after_much_was_written) {
  Database database = open();
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(database
                    .execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000) "
                             "INSERT INTO item(name) SELECT hex(randomblob(500)) || i FROM n")
                    .has_value());
  }
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 12U * 1024 * 1024);
}

TEST_F(DatabaseTest, a_transaction_that_takes_too_long_ends_and_leaves_nothing) {
  Database database = open({version_1}, {.time_limit = Millis{20}});
  ASSERT_TRUE(database.begin().has_value());
  ASSERT_TRUE(database.execute("INSERT INTO item(name) VALUES('early')").has_value());
  const Result<void> endless =
      database.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  ASSERT_FALSE(endless.has_value());
  EXPECT_EQ(endless.error().code, ErrorCode::timeout);
  database.rollback();
  EXPECT_EQ(answer(database, "SELECT count(*) FROM item"), "0");
  ASSERT_TRUE(database.begin().has_value()) << "the next one has its own time";
  ASSERT_TRUE(database.execute("INSERT INTO item(name) VALUES('later')").has_value());
  EXPECT_TRUE(database.commit().has_value());
}

TEST_F(DatabaseTest, moves_its_log_into_the_file) {
  Database database = open();
  ASSERT_TRUE(database.execute("INSERT INTO item(name) VALUES('x')").has_value());
  ASSERT_GT(std::filesystem::file_size(path_ + "-wal"), 0U);
  const Result<void> done = database.sync_log();
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0U);
}

TEST_F(DatabaseTest, gives_many_free_pages_back_in_steps) {
  Database database = open();
  ASSERT_TRUE(database
                  .execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                           "INSERT INTO item(name) SELECT i || hex(zeroblob(2000)) FROM n; DELETE FROM item")
                  .has_value());
  const std::string before = answer(database, "PRAGMA page_count");
  const Result<void> done = database.give_back_space();
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(std::stol(answer(database, "PRAGMA page_count")), std::stol(before) - 500);
}

}  // namespace
}  // namespace sensors
