// Damaged outboxes, on real files: moved aside, salvaged under their old positions, what is lost recorded; and never a
// reading that is not what was written.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "services/sensor-publisher/outbox/outbox_opening.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

namespace fs = std::filesystem;

constexpr WallTime now{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z
constexpr std::size_t page_bytes = 4'096;

/// The reading that belongs at `position`: so each that is read back can be judged.
Reading reading_at(Position position) {
  const std::string sensor = "sensor" + std::to_string(position % 5);
  const WallTime time = now + Millis{position * 1'000};
  if (position % 5 == 3) return {sensor, position % 2 == 0, "", time};
  if (position % 5 == 4) return {sensor, "state " + std::to_string(position), "", time};
  return {sensor, std::sin(static_cast<double>(position)), "Cel", time};
}

class OutboxDamage : public testing::Test {
 protected:
  OutboxDamage() {
    options.path = folder.path("outbox.db");
    options.salvage.time_limit = Millis{5'000};
  }

  /// Positions 1..last of run1, of which those up to `confirmed` are gone; closed in good order.
  void make(Position last, Position confirmed = 0) {
    Outbox outbox = Outbox::open(options.path, "run1").value();
    OutboxWrite write{.append = {}, .delete_through = 0, .drop = {}, .known_store = "store1"};
    for (Position p = 1; p <= last; ++p) write.append.push_back({p, p, reading_at(p)});
    ASSERT_TRUE(outbox.write(write).has_value());
    if (confirmed == 0) return;
    ASSERT_TRUE(outbox.write({.append = {}, .delete_through = confirmed, .drop = {}, .known_store = {}}).has_value());
  }

  Result<Outbox> open(const std::string& stream = "run2") {
    OutboxOpen how;
    how.known.streams.push_back({stream, 0});
    how.is_settled = false;
    return open_outbox(options, how, now);
  }

  std::size_t pages() const { return static_cast<std::size_t>(fs::file_size(options.path) / page_bytes); }

  void destroy_page(std::size_t number) {
    std::fstream file(options.path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>((number - 1) * page_bytes));
    file << std::string(page_bytes, '\xa5');
  }

  /// What the Sender would get of it: by position, an empty optional for one that a gap record or a hole covers.
  static std::map<Position, std::optional<Reading>> everything_in(Outbox& outbox, Position last) {
    std::map<Position, std::optional<Reading>> found;
    for (Position next = outbox.contents().confirmed + 1; next <= last;) {
      const Result<std::vector<OutboxEntry>> entries = outbox.read(next, 500);
      if (!entries || entries->empty()) break;
      for (const OutboxEntry& entry : *entries) {
        for (; next <= std::min(entry.last, last); ++next) {
          const bool is_it = next >= entry.first && std::holds_alternative<Reading>(entry.what);
          found[next] = is_it ? std::optional(std::get<Reading>(entry.what)) : std::nullopt;
        }
      }
    }
    return found;
  }

  static std::size_t readings_in(const std::map<Position, std::optional<Reading>>& found) {
    std::size_t count = 0;
    for (const auto& [position, reading] : found) {
      if (!reading.has_value()) continue;
      ++count;
      EXPECT_EQ(*reading, reading_at(position)) << position;
    }
    return count;
  }

  TemporaryFolder folder;
  OutboxFileOptions options;
};

TEST_F(OutboxDamage, a_damaged_page_costs_its_readings_and_no_others) {
  make(20'000, 1'000);
  destroy_page(pages() / 2);
  Result<Outbox> outbox = open();
  ASSERT_TRUE(outbox.has_value()) << outbox.error().message;
  const std::optional<OutboxRepair>& repair = outbox->contents().repair;
  ASSERT_TRUE(repair.has_value());
  EXPECT_EQ(repair->salvaged + repair->lost, 19'000U);
  EXPECT_LT(repair->lost, 300U);
  EXPECT_EQ(repair->moved_to, options.path + ".corrupt-20260115T160935Z");
  EXPECT_TRUE(fs::exists(repair->moved_to));
  EXPECT_EQ(outbox->contents().known_store, "store1");
  EXPECT_EQ(outbox->contents().confirmed, 1'000U);
  ASSERT_EQ(outbox->contents().streams.size(), 2U);
  EXPECT_EQ(outbox->contents().streams[0].id, "run1");
  EXPECT_EQ(outbox->contents().streams[1].base, 20'000U);
  const auto found = everything_in(*outbox, 20'000);
  EXPECT_EQ(found.size(), 19'000U) << "each is a reading or in a gap record";
  EXPECT_EQ(readings_in(found), repair->salvaged);
}

TEST_F(OutboxDamage, a_truncated_outbox_keeps_what_is_left) {
  make(20'000);
  fs::resize_file(options.path, fs::file_size(options.path) / 2);
  Result<Outbox> outbox = open();
  ASSERT_TRUE(outbox.has_value()) << outbox.error().message;
  ASSERT_TRUE(outbox->contents().repair.has_value());
  EXPECT_GT(outbox->contents().repair->salvaged, 5'000U);
  EXPECT_TRUE(outbox->contents().repair->end_is_unknown);
  readings_in(everything_in(*outbox, 20'000));
}

TEST_F(OutboxDamage, a_file_that_is_no_database_makes_room_for_a_new_outbox) {
  for (const std::string& bytes : {std::string(50'000, '\0'), std::string("not a database"), std::string(9'000, 'x')}) {
    folder.write("outbox.db", bytes);
    Result<Outbox> outbox = open();
    ASSERT_TRUE(outbox.has_value()) << outbox.error().message;
    ASSERT_TRUE(outbox->contents().repair.has_value());
    EXPECT_EQ(outbox->contents().repair->salvaged, 0U);
    EXPECT_EQ(outbox->contents().last, 0U);
  }
}

TEST_F(OutboxDamage, another_programs_database_and_a_later_versions_are_left_alone) {
  { Database other = Database::open(options.path, {"CREATE TABLE other(x)"}, {.application_id = 99}).value(); }
  const std::string before = folder.read("outbox.db");
  const Result<Outbox> outbox = open();
  ASSERT_FALSE(outbox.has_value());
  EXPECT_EQ(outbox.error().code, ErrorCode::invalid);
  EXPECT_EQ(folder.read("outbox.db"), before);
}

TEST_F(OutboxDamage, a_flipped_bit_in_a_value_is_noticed_when_it_is_read) {
  make(100);
  {
    // What no check of SQLite's notices.
    Database database = Database::open(options.path, {"-- the schema is there"}, {}).value();
    ASSERT_TRUE(database.execute("UPDATE reading SET value = value + 1 WHERE position = 50").has_value());
  }
  Result<Outbox> outbox = open();
  ASSERT_TRUE(outbox.has_value()) << outbox.error().message;
  const auto found = everything_in(*outbox, 100);
  EXPECT_EQ(readings_in(found), 99U);
  EXPECT_FALSE(found.at(50).has_value());
}

TEST_F(OutboxDamage, a_damaged_row_among_thinned_ones_is_not_taken_for_thinned) {
  make(100);
  {
    Outbox outbox = Outbox::open(options.path, "run2").value();
    OutboxWrite thin{.append = {}, .delete_through = 0, .drop = {}, .known_store = {}};
    thin.thin = ThinnedRange{1, 60, {}, now};
    for (Position p = 2; p <= 60; p += 2) thin.thin->keep.push_back({p, p, reading_at(p)});
    ASSERT_TRUE(outbox.write(thin).has_value());
  }
  {
    Database database = Database::open(options.path, {"-- the schema is there"}, {}).value();
    ASSERT_TRUE(database.execute("UPDATE reading SET time_ms = time_ms + 1 WHERE position = 10").has_value());
  }
  Outbox outbox = open("run3").value();
  std::vector<OutboxEntry> entries = outbox.read(9, 10).value();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(std::get<DroppedEntries>(entries[0].what).reason, "thinned");
  entries = outbox.read(10, 10).value();
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries[0].first, 12U) << "the caller sees a hole at 10, and says that it is damage";
}

TEST_F(OutboxDamage, either_copy_of_a_stream_is_enough) {
  for (const char* loss : {"UPDATE stream SET base = base + 1", "DELETE FROM meta WHERE key LIKE 'stream.%'"}) {
    fs::remove(options.path);
    make(2'000);
    {
      Database database = Database::open(options.path, {"-- the schema is there"}, {}).value();
      ASSERT_TRUE(database.execute(loss).has_value());
    }
    OutboxOpen how;
    how.known.streams.push_back({"run2", 0});
    how.is_settled = false;
    how.damage = "for the test";
    const Outbox outbox = open_outbox(options, how, now).value();
    ASSERT_EQ(outbox.contents().streams.size(), 2U) << loss;
    EXPECT_EQ(outbox.contents().streams[0].id, "run1");
    EXPECT_EQ(outbox.contents().streams[0].base, 0U);
    EXPECT_FALSE(outbox.contents().repair->streams_are_unknown);
  }
}

TEST_F(OutboxDamage, readings_whose_stream_is_lost_get_a_new_one_and_it_is_said) {
  make(2'000, 500);
  {
    Database database = Database::open(options.path, {"-- the schema is there"}, {}).value();
    ASSERT_TRUE(database.execute("DELETE FROM stream; DELETE FROM meta").has_value());
  }
  OutboxOpen how;
  how.known.streams.push_back({"run2", 0});
  how.is_settled = false;
  how.damage = "for the test";
  const Outbox outbox = open_outbox(options, how, now).value();
  ASSERT_EQ(outbox.contents().streams.size(), 2U);
  EXPECT_EQ(outbox.contents().streams[0].base, 500U);
  EXPECT_EQ(outbox.contents().streams[1].base, 2'000U);
  EXPECT_TRUE(outbox.contents().repair->streams_are_unknown);
}

TEST_F(OutboxDamage, what_the_running_service_knows_is_used_when_its_outbox_turns_out_to_be_damaged) {
  make(5'000);
  destroy_page(1);  // nothing can be read
  OutboxOpen how;
  how.known.streams = {{"run1", 0}};
  how.known.confirmed = 1'000;
  how.known.last = 5'000;
  how.damage = "outbox.db: malformed";
  Outbox outbox = open_outbox(options, how, now).value();
  EXPECT_EQ(outbox.contents().streams.size(), 1U);
  EXPECT_EQ(outbox.contents().repair->lost, 4'000U);
  const std::vector<OutboxEntry> entries = outbox.read(1'001, 10).value();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].last, 5'000U);
  EXPECT_EQ(std::get<DroppedEntries>(entries[0].what).reason, "outbox_damaged");
}

TEST_F(OutboxDamage, bytes_flipped_at_random_never_crash_and_never_give_a_wrong_reading) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr Position last = 3'000;
  make(last);
  const std::string whole = folder.read("outbox.db");
  std::size_t opened = 0;
  std::size_t salvaged = 0;
  for (int file = 0; file < 40; ++file) {
    for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove(entry.path());
    std::string bytes = whole;
    const int flips = 1 << (random() % 7);
    for (int i = 0; i < flips; ++i) bytes[random() % bytes.size()] ^= static_cast<char>(1U << (random() % 8));
    folder.write("outbox.db", bytes);
    SCOPED_TRACE("file " + std::to_string(file));
    Result<Outbox> outbox = open();
    if (!outbox) {
      // The few bytes that say what kind of file it is.
      EXPECT_TRUE(outbox.error().code == ErrorCode::invalid || outbox.error().code == ErrorCode::newer_schema)
          << outbox.error().message;
      continue;
    }
    ++opened;
    salvaged += readings_in(everything_in(*outbox, last));
  }
  EXPECT_GE(opened, 35U);
  std::cout << "seed " << seed << ": " << salvaged * 100 / (opened * last) << " % of the readings are left\n";
  EXPECT_GE(salvaged * 2, opened * last) << "a flip costs a page, unless it hits one that leads to many others";
}

TEST_F(OutboxDamage, an_earlier_outbox_beside_a_newer_log_gives_no_reading_another_number) {
  make(100);
  fs::copy(options.path, folder.path("earlier.db"));
  {
    // The run that is killed: its log is newer than the earlier file by more than one checkpoint.
    Outbox outbox = open("run2").value();
    for (Position first = 101; first <= 20'000; first += 50) {
      OutboxWrite write;
      for (Position p = first; p < first + 50; ++p) write.append.push_back({p, p, reading_at(p)});
      ASSERT_TRUE(outbox.write(write).has_value());
      ASSERT_TRUE(first % 5'000 != 1 || outbox.sync_log().has_value());
    }
    fs::copy(options.path + "-wal", folder.path("killed-wal"));
  }
  fs::copy(folder.path("earlier.db"), options.path, fs::copy_options::overwrite_existing);
  fs::copy(folder.path("killed-wal"), options.path + "-wal", fs::copy_options::overwrite_existing);
  Outbox outbox = open("run3").value();
  ASSERT_TRUE(outbox.contents().repair.has_value());
  const std::vector<OutboxStream> streams = outbox.contents().streams;
  ASSERT_EQ(streams.size(), 3U);
  EXPECT_EQ(streams[1].id, "run2");
  EXPECT_EQ(streams[1].base, 100U) << "its readings go out under its own name";
  std::size_t readings = 0;
  Position next = 1;
  while (next <= outbox.contents().last) {
    const std::vector<OutboxEntry> entries = outbox.read(next, 1'000).value();
    ASSERT_FALSE(entries.empty()) << next;
    for (const OutboxEntry& entry : entries) {
      ASSERT_EQ(entry.first, next) << "no number without an entry";
      next = entry.last + 1;
      const Reading* reading = std::get_if<Reading>(&entry.what);
      if (reading == nullptr) continue;
      EXPECT_EQ(*reading, reading_at(entry.first));
      ++readings;
    }
  }
  EXPECT_GT(readings, 100U);
}

}  // namespace
}  // namespace sensors::publisher
