// What can be read of a damaged database is read: every row of every page that is whole, also behind damage, and none
// twice. The damage is real: bytes of real files are overwritten.
#include "common/adapters/sqlite/salvage.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "common/adapters/sqlite/quick_check.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view schema = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)";
constexpr std::size_t page_bytes = 4096;
constexpr std::int64_t last_possible = std::numeric_limits<std::int64_t>::max();

class SalvageTest : public testing::Test {
 protected:
  /// Rows 1..`rows` with their own number as text, about 40 to a page.
  void make(int rows) {
    Result<Database> database = Database::open(path_, {schema}, {});
    ASSERT_TRUE(database.has_value()) << database.error().message;
    ASSERT_TRUE(database
                    ->execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                              std::to_string(rows) + ") INSERT INTO item SELECT i, i || printf('%.*c', 90, 'x') FROM n")
                    .has_value());
  }

  std::size_t pages() const { return static_cast<std::size_t>(fs::file_size(path_) / page_bytes); }

  /// Page numbers from 1, as in SQLite.
  void destroy_page(std::size_t number) {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>((number - 1) * page_bytes));
    file << std::string(page_bytes, '\xa5');
  }

  /// The rows found; each must say what row it is.
  std::set<std::int64_t> salvage(Millis limit = Millis{10'000}) {
    std::set<std::int64_t> found;
    Result<Database> damaged = Database::open_damaged(path_, Millis{10'000});
    if (!damaged.has_value()) return found;
    const Result<SalvagedRows> result =
        visit_readable_rows(*damaged, "item", "name", {1, last_possible}, limit, [&](const Statement& row) {
          EXPECT_TRUE(found.insert(row.integer(0)).second) << row.integer(0) << " came twice";
          EXPECT_EQ(row.text(1).find('x'), std::to_string(row.integer(0)).size());
          return Result<void>{};
        });
    EXPECT_TRUE(result.has_value());
    if (result.has_value()) last_ = *result;
    return found;
  }

  bool reported_unreadable(std::int64_t row) const {
    for (const RowRange& range : last_.unreadable) {
      if (row >= range.first && row <= range.last) return true;
    }
    return false;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("test.db");
  SalvagedRows last_;
};

TEST_F(SalvageTest, reads_everything_of_a_file_that_is_whole) {
  make(5'000);
  EXPECT_EQ(salvage().size(), 5'000U);
  EXPECT_TRUE(last_.unreadable.empty());
  EXPECT_FALSE(last_.out_of_time);
}

TEST_F(SalvageTest, reads_on_behind_a_damaged_page_and_says_which_rows_are_missing) {
  make(5'000);
  destroy_page(pages() / 2);
  const std::set<std::int64_t> found = salvage();
  EXPECT_GT(found.size(), 4'900U);
  EXPECT_LT(found.size(), 5'000U);
  for (std::int64_t row = 1; row <= 5'000; ++row) EXPECT_NE(found.contains(row), reported_unreadable(row)) << row;
}

TEST_F(SalvageTest, reads_what_is_between_damaged_pages_and_behind_a_damaged_end) {
  make(20'000);
  const std::size_t count = pages();
  for (const std::size_t page : {count / 4, count / 3, count / 3 + 2, count / 2, count}) destroy_page(page);
  EXPECT_GT(salvage().size(), 19'700U);
}

TEST_F(SalvageTest, reads_what_is_left_of_a_truncated_file) {
  make(5'000);
  fs::resize_file(path_, fs::file_size(path_) / 2);
  EXPECT_GT(salvage().size(), 2'300U);
}

TEST_F(SalvageTest, reads_rows_that_only_the_log_has) {
  make(100);
  Result<Database> database = Database::open(path_, {schema}, {});
  ASSERT_TRUE(database.has_value() && database->execute("INSERT INTO item VALUES(101, '101x')").has_value());
  const std::string copy = folder_.path("copy.db");  // as kill -9 would leave it
  fs::copy_file(path_, copy);
  fs::copy_file(path_ + "-wal", copy + "-wal");
  path_ = copy;
  EXPECT_TRUE(salvage().contains(101));
}

TEST_F(SalvageTest, finds_nothing_and_does_not_fail_where_nothing_is_left) {
  make(1'000);
  destroy_page(1);
  EXPECT_TRUE(salvage().empty());
  folder_.write("test.db", std::string(20'000, '\0'));
  EXPECT_TRUE(salvage().empty());
}

TEST_F(SalvageTest, stops_when_its_time_is_over_and_says_so) {
  make(20'000);
  for (std::size_t page = 3; page < pages(); page += 2) destroy_page(page);
  salvage(Millis{1});
  EXPECT_TRUE(last_.out_of_time);
  EXPECT_FALSE(last_.unreadable.empty());
}

TEST_F(SalvageTest, survives_bytes_flipped_at_random) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  make(3'000);
  const std::string whole = folder_.read("test.db");
  for (int file = 0; file < 60; ++file) {
    std::string bytes = whole;
    const int flips = 1 + static_cast<int>(random() % 30);
    for (int i = 0; i < flips; ++i) bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    folder_.write("test.db", bytes);
    Result<Database> damaged = Database::open_damaged(path_, Millis{10'000});
    if (!damaged.has_value()) continue;
    std::set<std::int64_t> found;
    const Result<SalvagedRows> result =
        visit_readable_rows(*damaged, "item", "name", {1, last_possible}, Millis{2'000}, [&](const Statement& row) {
          EXPECT_TRUE(found.insert(row.integer(0)).second) << row.integer(0) << " came twice";
          return Result<void>{};
        });
    EXPECT_TRUE(result.has_value());
  }
}

TEST_F(SalvageTest, ends_with_the_error_of_its_visitor) {
  make(10);
  Result<Database> database = Database::open_damaged(path_, Millis{10'000});
  const Result<SalvagedRows> result =
      visit_readable_rows(*database, "item", "name", {1, last_possible}, Millis{1'000},
                          [](const Statement&) { return Result<void>(fail(ErrorCode::disk_full, "full")); });
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::disk_full);
}

// ---- quick_check ----

TEST_F(SalvageTest, a_check_passes_a_file_that_is_whole_and_finds_damage) {
  make(5'000);
  {
    Database database = Database::open(path_, {schema}, {}).value();
    const Result<void> checked = quick_check(database, Millis{10'000});
    EXPECT_TRUE(checked.has_value()) << checked.error().message;
  }
  destroy_page(pages() / 2);
  Database database = Database::open(path_, {schema}, {}).value();
  const Result<void> checked = quick_check(database, Millis{10'000});
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code, ErrorCode::corrupt) << checked.error().message;
}

TEST_F(SalvageTest, a_check_ends_when_its_time_is_over) {
  make(400'000);
  Database database = Database::open(path_, {schema}, {}).value();
  const Result<void> checked = quick_check(database, Millis{1});
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code, ErrorCode::timeout) << checked.error().message;
  EXPECT_TRUE(database.execute("INSERT INTO item(name) VALUES('goes on')").has_value());
}

}  // namespace
}  // namespace sensors
