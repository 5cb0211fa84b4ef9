#include "services/sensor-publisher/outbox/outbox.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "services/sensor-publisher/outbox/schema.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

class OutboxTest : public testing::Test {
 protected:
  Outbox open(const std::string& stream) {
    Result<Outbox> outbox = Outbox::open(path, stream);
    EXPECT_TRUE(outbox.has_value()) << (outbox ? "" : outbox.error().message);
    return std::move(*outbox);
  }

  static OutboxEntry reading(Position position, Value value) {
    return {position, position, Reading{"s", std::move(value), "Cel", WallTime{Millis{1'768'493'375'123}}}};
  }

  static void expect_written(Outbox& outbox, const OutboxWrite& write) {
    const Result<void> result = outbox.write(write);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
  }

  TemporaryFolder folder;
  std::string path = folder.path("outbox.db");
};

TEST_F(OutboxTest, gives_back_what_was_written_with_its_types) {
  Outbox outbox = open("run1");
  const std::vector<OutboxEntry> entries{reading(1, 21.5), reading(2, true), reading(3, std::string("on")),
                                         reading(4, 21.0)};
  expect_written(outbox, {.append = entries, .delete_through = 0, .drop = {}, .known_store = {}});
  const std::vector<OutboxEntry> back = outbox.read(1, 10).value();
  ASSERT_EQ(back.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(std::get<Reading>(back[i].what), std::get<Reading>(entries[i].what));
}

TEST_F(OutboxTest, each_run_is_a_stream_that_starts_where_the_one_before_ended) {
  {
    Outbox outbox = open("run1");
    expect_written(
        outbox,
        {.append = {reading(1, 1.0), reading(2, 2.0)}, .delete_through = 0, .drop = {}, .known_store = "store1"});
  }
  const Outbox outbox = open("run2");
  ASSERT_EQ(outbox.contents().streams.size(), 2U);
  EXPECT_EQ(outbox.contents().streams[1].id, "run2");
  EXPECT_EQ(outbox.contents().streams[1].base, 2U);
  EXPECT_EQ(outbox.contents().last, 2U);
  EXPECT_EQ(outbox.contents().known_store, "store1");
}

TEST_F(OutboxTest, keeps_the_name_of_each_run_and_the_last_numbers_of_those_that_ended) {
  const auto run = [&](const std::string& stream, const std::string& node, const OutboxWrite& write) {
    Result<Outbox> outbox = Outbox::open(path, stream, "boot", node);
    EXPECT_TRUE(outbox.has_value());
    expect_written(*outbox, write);
    return outbox->contents();
  };
  run("run1", "attic",
      {.append = {reading(1, 1.0), reading(2, 2.0)}, .delete_through = 0, .drop = {}, .known_store = {}});
  const OutboxContents second =
      run("run2", "shed", {.append = {reading(3, 3.0)}, .delete_through = 2, .drop = {}, .known_store = {}});
  ASSERT_EQ(second.streams.size(), 2U);
  EXPECT_EQ(second.streams[0].node, "attic");
  EXPECT_EQ(second.streams[1].node, "shed");
  EXPECT_TRUE(second.ended.empty());
  const OutboxContents third = run("run3", "shed", {.append = {}, .delete_through = 3, .drop = {}, .known_store = {}});
  EXPECT_EQ(third.streams.size(), 2U);
  EXPECT_EQ(third.ended, (std::vector<EndedStream>{{"run1", "attic", 2}}));
  const OutboxContents fourth = run("run4", "shed", {.append = {}, .delete_through = 3, .drop = {}, .known_store = {}});
  EXPECT_EQ(fourth.ended, (std::vector<EndedStream>{{"run1", "attic", 2}, {"run2", "shed", 1}, {"run3", "shed", 0}}))
      << "run3 had no readings, and is told of once";
  const OutboxContents fifth = run("run5", "shed", {.append = {}, .delete_through = 3, .drop = {}, .known_store = {}});
  EXPECT_EQ(fifth.ended.size(), 3U);
  EXPECT_EQ(fifth.ended.back().id, "run4");
}

// What a later version may do to the schema and still let this one run: ADR 9.
TEST_F(OutboxTest, of_a_newer_schema_that_only_adds_is_used_on) {
  {
    Outbox outbox = open("run1");
    expect_written(outbox, {.append = {reading(1, 1.0)}, .delete_through = 0, .drop = {}, .known_store = {}});
  }
  std::vector<std::string_view> newer = outbox_migrations();
  newer.emplace_back("ALTER TABLE reading ADD COLUMN quality INTEGER; CREATE TABLE extra(x)");
  ASSERT_TRUE(Database::open(path, newer, {.application_id = outbox_application_id}).has_value());
  Outbox outbox = open("run2");
  expect_written(outbox, {.append = {reading(2, 2.0)}, .delete_through = 0, .drop = {}, .known_store = {}});
  EXPECT_EQ(outbox.read(1, 10)->size(), 2U);
}

TEST_F(OutboxTest, positions_are_not_used_again_when_every_row_is_gone) {
  {
    Outbox outbox = open("run1");
    expect_written(outbox,
                   {.append = {reading(1, 1.0), reading(2, 2.0)}, .delete_through = 0, .drop = {}, .known_store = {}});
    expect_written(outbox, {.append = {}, .delete_through = 2, .drop = {}, .known_store = {}});
  }
  const Outbox outbox = open("run2");
  EXPECT_EQ(outbox.contents().confirmed, 2U);
  EXPECT_EQ(outbox.contents().last, 2U);
  ASSERT_EQ(outbox.contents().streams.size(), 1U);
  EXPECT_EQ(outbox.contents().streams[0].base, 2U);
}

TEST_F(OutboxTest, a_run_that_took_nothing_leaves_the_numbers_alone) {
  open("run1");
  open("run2");
  EXPECT_EQ(open("run3").contents().last, 0U);
}

TEST_F(OutboxTest, a_gap_record_takes_the_place_of_dropped_rows) {
  Outbox outbox = open("run1");
  expect_written(outbox, {.append = {reading(1, 1.0), reading(2, 2.0), reading(3, 3.0)},
                          .delete_through = 0,
                          .drop = {},
                          .known_store = {}});
  const OutboxEntry gap{1, 2, DroppedEntries{"outbox_full", WallTime{Millis{5}}}};
  expect_written(outbox, {.append = {}, .delete_through = 0, .drop = gap, .known_store = {}});
  const std::vector<OutboxEntry> back = outbox.read(1, 10).value();
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].last, 2U);
  EXPECT_EQ(std::get<DroppedEntries>(back[0].what).reason, "outbox_full");
  EXPECT_EQ(back[1].first, 3U);
}

TEST_F(OutboxTest, gap_records_do_not_overlap) {
  Outbox outbox = open("run1");
  const auto gap = [](Position first, Position last, const char* reason) {
    return OutboxEntry{first, last, DroppedEntries{reason, WallTime{}}};
  };
  expect_written(outbox, {.append = {gap(1, 4, "before"), reading(5, 5.0), gap(6, 9, "behind"), reading(10, 10.0)},
                          .delete_through = 0,
                          .drop = {},
                          .known_store = {}});
  expect_written(outbox, {.append = {}, .delete_through = 0, .drop = gap(3, 7, "outbox_full"), .known_store = {}});
  const std::vector<OutboxEntry> back = outbox.read(1, 10).value();
  ASSERT_EQ(back.size(), 4U);
  Position next = 1;
  for (const OutboxEntry& entry : back) {
    EXPECT_EQ(entry.first, next);
    next = entry.last + 1;
  }
  EXPECT_EQ(back[0].last, 2U);
  EXPECT_EQ(back[1].last, 7U);
  EXPECT_EQ(back[2].last, 9U);
}

TEST_F(OutboxTest, reads_in_pieces_without_holes) {
  Outbox outbox = open("run1");
  expect_written(outbox, {.append = {reading(1, 1.0), reading(2, 2.0), reading(4, 4.0)},
                          .delete_through = 0,
                          .drop = {},
                          .known_store = {}});
  EXPECT_EQ(outbox.read(1, 1).value().size(), 1U);
  EXPECT_EQ(outbox.read(2, 10).value().size(), 1U) << "what follows a hole is not part of the answer";
}

TEST_F(OutboxTest, a_write_that_fails_leaves_nothing_behind) {
  Outbox outbox = open("run1");
  expect_written(outbox, {.append = {reading(1, 1.0)}, .delete_through = 0, .drop = {}, .known_store = {}});
  EXPECT_FALSE(outbox
                   .write({.append = {reading(2, 2.0), reading(3, std::nan(""))},
                           .delete_through = 0,
                           .drop = {},
                           .known_store = {}})
                   .has_value())
      << "SQLite has no NaN";
  EXPECT_EQ(outbox.read(1, 10).value().size(), 1U);
  expect_written(outbox, {.append = {reading(2, 2.0)}, .delete_through = 0, .drop = {}, .known_store = {}});
}

TEST_F(OutboxTest, takes_a_write_again_that_is_on_the_disk_already) {
  // As after a failed sync: nobody knows what of it is there.
  Outbox outbox = open("run1");
  const OutboxWrite write{
      .append = {reading(1, 1.0), reading(2, 2.0)}, .delete_through = 0, .drop = {}, .known_store = {}};
  expect_written(outbox, write);
  expect_written(outbox, write);
  EXPECT_EQ(outbox.read(1, 10).value().size(), 2U);
}

TEST_F(OutboxTest, what_was_thinned_out_reads_as_one_gap_record_a_run) {
  Outbox outbox = open("run1");
  OutboxWrite write{.append = {}, .delete_through = 0, .drop = {}, .known_store = {}};
  for (Position p = 1; p <= 10; ++p) write.append.push_back(reading(p, double(p)));
  expect_written(outbox, write);
  OutboxWrite thin{.append = {}, .delete_through = 0, .drop = {}, .known_store = {}};
  thin.thin = ThinnedRange{1, 8, {reading(2, 2.0), reading(3, 3.0), reading(8, 8.0)}, WallTime{Millis{5}}};
  expect_written(outbox, thin);
  for (int again = 0; again < 2; ++again) {
    const std::vector<OutboxEntry> back = outbox.read(1, 10).value();
    ASSERT_EQ(back.size(), 7U);
    EXPECT_EQ(std::get<DroppedEntries>(back[0].what).reason, "thinned");
    EXPECT_EQ(back[0].last, 1U);
    EXPECT_EQ(back[3].first, 4U);
    EXPECT_EQ(back[3].last, 7U);
    EXPECT_EQ(std::get<DroppedEntries>(back[3].what).time, WallTime{Millis{5}});
    EXPECT_EQ(outbox.read(5, 1).value()[0].first, 5U) << "a read may begin within a run";
    outbox = open("run1");  // and what was thinned is known after a restart
  }
}

TEST_F(OutboxTest, thinning_frees_pages_again_and_again) {
  Outbox outbox = open("run1");
  OutboxWrite write{.append = {}, .delete_through = 0, .drop = {}, .known_store = {}};
  for (Position p = 1; p <= 40'000; ++p) write.append.push_back(reading(p, double(p) + 0.5));
  expect_written(outbox, write);
  std::vector<OutboxEntry> left = std::move(write.append);
  for (int pass = 0; pass < 3; ++pass) {
    const std::int64_t before = outbox.used_bytes();
    std::vector<OutboxEntry> kept;
    for (std::size_t from = 0; from < left.size(); from += 4'000) {
      OutboxWrite thin{.append = {}, .delete_through = 0, .drop = {}, .known_store = {}};
      const std::size_t end = std::min(left.size(), from + 4'000);
      thin.thin = ThinnedRange{left[from].first, left[end - 1].last, {}, WallTime{}};
      for (std::size_t i = from + 1; i < end; i += 2) thin.thin->keep.push_back(left[i]);
      kept.insert(kept.end(), thin.thin->keep.begin(), thin.thin->keep.end());
      expect_written(outbox, thin);
    }
    EXPECT_LT(outbox.used_bytes(), before * 6 / 10) << "pass " << pass;
    left = std::move(kept);
  }
}

TEST_F(OutboxTest, a_stream_that_began_in_memory_is_put_behind_what_is_there) {
  {
    Outbox outbox = open("run1");
    expect_written(outbox, {.append = {reading(1, 1.0)}, .delete_through = 0, .drop = {}, .known_store = {}});
  }
  OutboxContents known;
  known.streams.push_back({"run2", 0});
  known.streams[0].skipped = 5;
  for (int attempt = 0; attempt < 2; ++attempt) {  // also when an earlier attempt got as far as that
    const Outbox outbox = Outbox::open(path, known, false).value();
    ASSERT_EQ(outbox.contents().streams.size(), 2U);
    EXPECT_EQ(outbox.contents().streams[1].start(), 1U);
    EXPECT_EQ(Position{2} - outbox.contents().streams[1].base, 6U) << "position 2 is the run's sixth number";
    known.streams[0].skipped = 6;
    EXPECT_EQ(Outbox::open(path, known, false).value().contents().streams[1].start(), 1U);
    known.streams[0].skipped = 5;
  }
}

TEST_F(OutboxTest, says_which_file_it_cannot_open) {
  const Result<Outbox> outbox = Outbox::open(folder.path("no/such/folder/outbox.db"), "run1");
  ASSERT_FALSE(outbox.has_value());
  EXPECT_NE(outbox.error().message.find("outbox.db"), std::string::npos);
}

}  // namespace
}  // namespace sensors::publisher
