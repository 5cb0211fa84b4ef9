// A backup's outbox that is put back beside the one that is there: both on real files, opened as the publisher does.
// Nothing that waits in either is lost, and nothing is there twice.
#include "services/sensor-publisher/outbox/outbox_join.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <random>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "services/sensor-publisher/logic/joined_streams.hpp"
#include "services/sensor-publisher/outbox/outbox_opening.hpp"
#include "services/sensor-publisher/outbox/outbox_worker.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

namespace fs = std::filesystem;

constexpr WallTime made_at{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

/// By stream and number: "reading", or the reason of the gap record.
using Contents = std::map<std::pair<std::string, std::uint64_t>, std::string>;

/// What is at a number of a stream and at no other.
Reading reading_of(const std::string& stream, std::uint64_t seq) {
  return {"sensor" + std::to_string(seq % 3), stream + "/" + std::to_string(seq), "", made_at + Millis{seq}};
}

class OutboxJoinTest : public testing::Test {
 protected:
  OutboxJoinTest() { options.path = folder.path("outbox.db"); }

  /// `count` more readings of the stream that `outbox` was opened with.
  static void add(Outbox& outbox, Position first, Position count) {
    const OutboxStream& stream = outbox.contents().streams.back();
    OutboxWrite write;
    for (Position p = first; p < first + count; ++p)
      write.append.push_back({p, p, reading_of(stream.id, stream.seq_at(p))});
    ASSERT_TRUE(outbox.write(write).has_value());
  }

  /// A run of the publisher that adds `count` readings, after which everything up to `confirmed` is at the store.
  void run(const std::string& stream, Position count, Position confirmed = 0) {
    Outbox outbox = Outbox::open(options.path, stream, "boot of " + stream, "kitchen").value();
    if (count > 0) add(outbox, outbox.contents().last + 1, count);
    if (confirmed > 0) confirm(outbox, confirmed);
  }

  static void confirm(Outbox& outbox, Position through) {
    OutboxWrite write;
    write.delete_through = through;
    write.known_store = "store1";
    ASSERT_TRUE(outbox.write(write).has_value());
  }

  void back_up() { fs::copy_file(options.path, backup, fs::copy_options::overwrite_existing); }
  void restore() { fs::copy_file(backup, restored, fs::copy_options::overwrite_existing); }
  void new_card() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options.path + suffix);
  }

  Outbox open(const std::string& stream) {
    OutboxOpen how;
    how.known.streams.push_back({stream, 0});
    how.is_settled = false;
    return open_and_join(options, how, made_at).value();
  }

  /// Every number that is to be sent. A reading must be what was taken, and each number there once.
  static Contents all_of(Outbox& outbox) {
    Contents all;
    const std::vector<OutboxStream>& streams = outbox.contents().streams;
    for (std::size_t i = 0; i + 1 < streams.size(); ++i) {
      const Position end = streams[i + 1].start();
      for (Position next = std::max(streams[i].start(), outbox.contents().confirmed) + 1; next <= end;) {
        const std::vector<OutboxEntry> entries = outbox.read(next, 700).value();
        if (entries.empty() || entries.front().first > next) {
          ADD_FAILURE() << "a hole at " << next;
          return all;
        }
        for (const OutboxEntry& entry : entries) {
          if (entry.first > end) break;
          EXPECT_EQ(entry.first, next);
          EXPECT_LE(entry.last, end) << "an entry is of one stream";
          for (; next <= entry.last; ++next) note(all, streams[i].id, streams[i].seq_at(next), entry);
        }
      }
    }
    return all;
  }

  static void note(Contents& all, const std::string& stream, std::uint64_t seq, const OutboxEntry& entry) {
    const Reading* reading = std::get_if<Reading>(&entry.what);
    if (reading != nullptr) {
      EXPECT_EQ(*reading, reading_of(stream, seq));
    }
    all[{stream, seq}] = reading != nullptr ? "reading" : std::get<DroppedEntries>(entry.what).reason;
  }

  static void expect(Contents& wanted, const std::string& stream, std::uint64_t first, std::uint64_t last,
                     const std::string& what = "reading") {
    for (std::uint64_t seq = first; seq <= last; ++seq) wanted[{stream, seq}] = what;
  }

  /// A page in the middle.
  static void damage(const std::string& path) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(fs::file_size(path) / 4'096 / 2 * 4'096));
    file << std::string(4'096, '\xa5');
  }

  std::vector<std::string> files(const std::string& part) const {
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
      if (entry.path().filename().string().find(part) != std::string::npos) found.push_back(entry.path().string());
    }
    return found;
  }

  TemporaryFolder folder;
  OutboxFileOptions options;
  const std::string backup = folder.path("backup.db");
  const std::string restored = folder.path("outbox.db.restored");
};

TEST_F(OutboxJoinTest, an_earlier_backup_of_this_outbox_loses_nothing_of_what_came_since) {
  {
    Outbox outbox = Outbox::open(options.path, "run1", "boot1", "kitchen").value();
    add(outbox, 1, 30);
    confirm(outbox, 10);
  }
  back_up();
  {
    OutboxContents goes_on;  // the same run, for which the backup was made in between
    goes_on.streams.push_back({"run1", 0, "boot1"});
    goes_on.streams.back().node = "kitchen";
    Outbox outbox = Outbox::open(options.path, goes_on, true).value();
    add(outbox, 31, 30);
    confirm(outbox, 40);
  }
  run("run2", 20);
  restore();
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 11, 30);
  expect(wanted, "run1", 31, 40, "other_store");
  expect(wanted, "run1", 41, 60);
  expect(wanted, "run2", 1, 20);
  EXPECT_EQ(all_of(outbox), wanted);
  EXPECT_EQ(outbox.contents().confirmed, 0U);
  EXPECT_EQ(outbox.contents().known_store, "store1");
  ASSERT_EQ(outbox.contents().streams.size(), 3U);
  EXPECT_EQ(outbox.contents().streams[0].skipped, 10U) << "what was gone before takes no room in the outbox";
  EXPECT_EQ(outbox.contents().streams[0].node, "kitchen");
  EXPECT_EQ(outbox.contents().streams[0].boot, "boot1");
  EXPECT_EQ(outbox.contents().streams[2].id, "run3");
  EXPECT_FALSE(fs::exists(restored));
  EXPECT_EQ(files("before-restore").size(), 1U);
  ASSERT_FALSE(outbox.contents().notes.empty());
  EXPECT_NE(outbox.contents().notes.back().find("20 readings of it and 40 that were here"), std::string::npos)
      << outbox.contents().notes.back();
}

TEST_F(OutboxJoinTest, a_backup_of_the_old_card_goes_before_what_the_new_card_has_taken) {
  run("old1", 30, 10);
  run("old2", 5);
  back_up();
  new_card();
  run("new1", 7);
  restore();
  Outbox outbox = open("new2");
  Contents wanted;
  expect(wanted, "old1", 11, 30);
  expect(wanted, "old2", 1, 5);
  expect(wanted, "new1", 1, 7);
  EXPECT_EQ(all_of(outbox), wanted);
  EXPECT_EQ(outbox.contents().streams.front().id, "old1");
}

TEST_F(OutboxJoinTest, a_later_backup_over_an_earlier_outbox_loses_nothing_either) {
  run("run1", 30, 10);
  fs::copy_file(options.path, folder.path("earlier.db"));
  run("run2", 20, 45);  // run1 is at the store to its end
  back_up();
  new_card();
  fs::copy_file(folder.path("earlier.db"), options.path);
  restore();
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 11, 30);
  expect(wanted, "run2", 16, 20);
  EXPECT_EQ(all_of(outbox), wanted);
  EXPECT_TRUE(outbox.contents().ended.empty()) << "run1 has entries again";
}

TEST_F(OutboxJoinTest, a_stream_that_has_ended_since_has_gap_records_for_what_was_at_the_store) {
  {
    Outbox outbox = Outbox::open(options.path, "run1").value();
    add(outbox, 1, 30);
    confirm(outbox, 25);
  }
  back_up();
  {
    OutboxContents goes_on;
    goes_on.streams.push_back({"run1", 0});
    Outbox outbox = Outbox::open(options.path, goes_on, true).value();
    add(outbox, 31, 50'000 - 30);
    confirm(outbox, 50'000);
  }
  run("run2", 3);
  restore();
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 26, 30);
  expect(wanted, "run1", 31, 50'000, "other_store");
  expect(wanted, "run2", 1, 3);
  EXPECT_EQ(all_of(outbox), wanted);
  EXPECT_TRUE(outbox.contents().ended.empty());
}

TEST_F(OutboxJoinTest, streams_that_are_confirmed_to_their_ends_stay_ended_once_each) {
  run("both", 10, 10);
  run("late", 10, 20);
  back_up();
  run("later", 10, 30);
  restore();
  Outbox outbox = open("run3");
  EXPECT_TRUE(all_of(outbox).empty());
  EXPECT_EQ(outbox.contents().streams.size(), 1U);
  ASSERT_EQ(outbox.contents().ended.size(), 3U);
  EXPECT_EQ(outbox.contents().ended[0], (EndedStream{"both", "kitchen", 10}));
  EXPECT_EQ(outbox.contents().ended[1], (EndedStream{"late", "kitchen", 10}));
  EXPECT_EQ(outbox.contents().ended[2], (EndedStream{"later", "kitchen", 10}));
}

TEST_F(OutboxJoinTest, of_two_that_are_empty_is_empty) {
  run("run1", 0);
  back_up();
  new_card();
  run("run2", 0);
  restore();
  Outbox outbox = open("run3");
  EXPECT_TRUE(all_of(outbox).empty());
  EXPECT_EQ(outbox.contents().last, 0U);
  EXPECT_EQ(outbox.contents().streams.size(), 1U);
  EXPECT_TRUE(outbox.contents().ended.empty());
}

TEST_F(OutboxJoinTest, what_was_thinned_out_here_is_a_gap_record_unless_the_backup_has_it) {
  run("run1", 20);
  back_up();
  {
    Outbox outbox = Outbox::open(options.path, "run2").value();
    add(outbox, 21, 20);
    OutboxWrite write;
    write.thin = ThinnedRange{11, 35, {}, made_at};
    for (const Position p : {15U, 25U, 35U})
      write.thin->keep.push_back({p, p, p <= 20 ? reading_of("run1", p) : reading_of("run2", p - 20)});
    ASSERT_TRUE(outbox.write(write).has_value());
  }
  restore();
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 1, 20);
  expect(wanted, "run2", 1, 20, "reading");
  expect(wanted, "run2", 1, 4, "thinned");
  expect(wanted, "run2", 6, 14, "thinned");
  EXPECT_EQ(all_of(outbox), wanted);
}

TEST_F(OutboxJoinTest, a_reading_of_which_the_backup_has_a_gap_record_only_is_not_counted_as_the_backups) {
  run("run1", 20);
  const std::string whole = folder.path("whole.db");
  fs::copy_file(options.path, whole);
  {
    Outbox outbox = Outbox::open(options.path, "run2").value();
    OutboxWrite write;
    write.thin = ThinnedRange{11, 20, {}, made_at};
    write.thin->keep.push_back({15, 15, reading_of("run1", 15)});
    ASSERT_TRUE(outbox.write(write).has_value());
  }
  back_up();
  new_card();
  fs::copy_file(whole, options.path);
  restore();
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 1, 20);
  EXPECT_EQ(all_of(outbox), wanted);
  EXPECT_NE(outbox.contents().notes.back().find("11 readings of it and 9 that were here"), std::string::npos)
      << outbox.contents().notes.back();
}

TEST_F(OutboxJoinTest, a_row_with_a_wrong_checksum_comes_from_the_other_or_is_recorded_as_lost) {
  run("run1", 5'000);
  back_up();
  run("run2", 100);
  const auto spoil = [](const std::string& path, const std::string& which) {
    Database database = Database::open(path, {"-- the schema is there"}, {}).value();
    ASSERT_TRUE(database.execute("UPDATE reading SET time_ms = time_ms + 1 WHERE " + which).has_value());
  };
  spoil(options.path, "position BETWEEN 1 AND 2500 OR position = 5001 OR position = 5100");
  spoil(backup, "position BETWEEN 1700 AND 4000");
  restore();
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 1, 5'000);
  expect(wanted, "run1", 1'700, 2'500, "outbox_damaged");
  expect(wanted, "run2", 1, 100);
  expect(wanted, "run2", 1, 1, "outbox_damaged");
  expect(wanted, "run2", 100, 100, "outbox_damaged");
  EXPECT_EQ(all_of(outbox), wanted);
}

TEST_F(OutboxJoinTest, joined_twice_is_as_joined_once) {
  run("run1", 30, 10);
  run("run2", 30, 40);
  back_up();
  run("run3", 20, 50);
  restore();
  Contents once;
  {
    Outbox outbox = open("run4");
    once = all_of(outbox);
  }
  restore();
  Outbox outbox = open("run5");
  EXPECT_EQ(all_of(outbox), once);
  EXPECT_FALSE(once.empty());
}

TEST_F(OutboxJoinTest, a_crash_at_any_step_loses_nothing) {
  run("run1", 30, 10);
  back_up();
  run("run2", 20, 35);
  restore();
  const std::string before = folder.read("outbox.db");
  Contents wanted;
  expect(wanted, "run1", 11, 30);
  expect(wanted, "run2", 6, 20);
  const auto expect_all = [&](const std::string& step) {
    Outbox outbox = open("run3");
    EXPECT_EQ(all_of(outbox), wanted) << step;
    EXPECT_FALSE(fs::exists(restored)) << step;
  };

  folder.write("outbox.db.salvage", "as far as it came");
  expect_all("while the joined one was filled");

  restore();
  expect_all("before the backup's was deleted");

  folder.write("outbox.db", before);
  restore();
  {
    Outbox there = Outbox::open(restored, "run3").value();
    Outbox here = Outbox::open(options.path, "run3").value();
    ASSERT_TRUE(join_outboxes(
                    options.path, there, here, [] { return false; }, made_at)
                    .has_value());
  }
  fs::rename(options.path, options.path + ".before-restore-crash");
  expect_all("before the joined one had its name");
}

TEST_F(OutboxJoinTest, a_restored_file_that_is_no_database_is_set_aside_and_said_and_the_outbox_goes_on) {
  run("run1", 30);
  folder.write("outbox.db.restored", std::string(20'000, 'x'));
  Outbox outbox = open("run2");
  Contents wanted;
  expect(wanted, "run1", 1, 30);
  EXPECT_EQ(all_of(outbox), wanted);
  ASSERT_EQ(outbox.contents().warnings.size(), 1U);
  EXPECT_NE(outbox.contents().warnings[0].find("outbox.db.restored.corrupt-"), std::string::npos)
      << outbox.contents().warnings[0];
  EXPECT_EQ(files("restored.corrupt").size(), 1U);
}

TEST_F(OutboxJoinTest, a_restored_file_of_another_program_is_left_alone_and_the_outbox_goes_on) {
  run("run1", 30);
  { Database other = Database::open(restored, {"CREATE TABLE other(x)"}, {.application_id = 99}).value(); }
  Outbox outbox = open("run2");
  EXPECT_EQ(all_of(outbox).size(), 30U);
  ASSERT_EQ(outbox.contents().warnings.size(), 1U);
  EXPECT_NE(outbox.contents().warnings[0].find("not joined"), std::string::npos) << outbox.contents().warnings[0];
  EXPECT_TRUE(fs::exists(restored));
  EXPECT_TRUE(files("before-restore").empty());
}

TEST_F(OutboxJoinTest, a_join_that_takes_too_long_holds_up_one_start_and_is_made_when_its_owner_wants_it) {
  run("run1", 30);
  back_up();
  new_card();
  run("new1", 5);
  restore();
  Contents wanted;
  expect(wanted, "new1", 1, 5);
  options.join_limit = Millis{0};
  const std::string aside = restored + ".not-joined-20260115T160935Z";
  {
    Outbox outbox = open("new2");
    EXPECT_EQ(all_of(outbox), wanted);
    ASSERT_EQ(outbox.contents().warnings.size(), 1U);
    const std::string& said = outbox.contents().warnings[0];
    EXPECT_NE(said.find("it is " + aside + " now"), std::string::npos) << said;
    EXPECT_NE(said.find("rename that file to " + restored + ", and start it"), std::string::npos) << said;
    EXPECT_TRUE(files(".salvage").empty());
    add(outbox, 6, 2);
  }
  EXPECT_FALSE(awaits_join(options.path));
  EXPECT_EQ(files("not-joined"), std::vector<std::string>{aside}) << "whole, without a log";
  options.join_limit = Millis{40'000};
  expect(wanted, "new2", 1, 2);
  {
    Outbox outbox = open("new3");
    EXPECT_EQ(all_of(outbox), wanted) << "not joined by itself";
    EXPECT_TRUE(outbox.contents().warnings.empty());
  }
  fs::rename(aside, restored);
  Outbox outbox = open("new4");
  expect(wanted, "run1", 1, 30);
  EXPECT_EQ(all_of(outbox), wanted);
}

// The watchdog counts how long a later opening takes, and readings wait in memory.
TEST_F(OutboxJoinTest, an_outbox_that_could_not_be_opened_at_the_start_is_joined_at_the_next_start_and_says_so) {
  options.path = folder.path("disk/outbox.db");
  std::promise<OutboxContents> later;
  {
    OutboxWorker worker(options, [&](Event event) {
      if (auto* done = std::get_if<OutboxOpened>(&event)) later.set_value(done->contents.value());
    });
    const OutboxContents begun = worker.start("new1", "boot").value();
    EXPECT_FALSE(begun.failure.empty()) << "its disk is not there yet";
    fs::create_directory(folder.path("disk"));
    const std::string own = std::exchange(options.path, folder.path("backup.db"));
    run("old1", 30);
    options.path = own;
    fs::copy_file(backup, options.path + ".restored");
    worker.apply(OutboxOpen{begun, false, "", false});
    const OutboxContents opened = later.get_future().get();
    EXPECT_EQ(opened.streams.size(), 1U) << "not joined";
    ASSERT_EQ(opened.warnings.size(), 1U);
    EXPECT_NE(opened.warnings[0].find("restart sensor-publisher"), std::string::npos) << opened.warnings[0];
    EXPECT_TRUE(fs::exists(options.path + ".restored"));
  }
  Outbox outbox = open("new2");
  Contents wanted;
  expect(wanted, "old1", 1, 30);
  EXPECT_EQ(all_of(outbox), wanted);
  EXPECT_TRUE(outbox.contents().warnings.empty());
}

TEST_F(OutboxJoinTest, is_awaited_also_where_a_crash_came_before_the_restored_file_had_its_name) {
  EXPECT_FALSE(awaits_join(options.path));
  run("run1", 30);
  EXPECT_FALSE(awaits_join(options.path));
  fs::copy_file(options.path, replacement_of(restored));
  EXPECT_TRUE(awaits_join(options.path));
  run("run2", 5);
  Outbox outbox = open("run3");
  EXPECT_FALSE(awaits_join(options.path));
  EXPECT_EQ(files("before-restore").size(), 1U) << "it was joined";
  EXPECT_EQ(all_of(outbox).size(), 35U);
  options.join_limit = Millis{480'000};
  EXPECT_GE(longest_join(options), Millis{480'000 + 2 * 3 * 30'000});
}

TEST_F(OutboxJoinTest, that_is_given_up_in_the_middle_leaves_both_as_they_were) {
  run("run1", 30'000);
  back_up();
  run("run2", 10);
  restore();
  {
    Outbox there = Outbox::open(restored, "run3").value();
    Outbox here = Outbox::open(options.path, "run3").value();
    int asked = 0;
    const auto join = join_outboxes(
        options.path, there, here, [&] { return ++asked > 45; }, made_at);
    ASSERT_FALSE(join.has_value());
    EXPECT_EQ(join.error().error.code, ErrorCode::timeout);
    EXPECT_EQ(asked, 46) << "20,000 entries are committed by then";
    EXPECT_TRUE(files(".salvage").empty());
  }
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 1, 30'000);
  expect(wanted, "run2", 1, 10);
  EXPECT_EQ(all_of(outbox), wanted);
}

TEST_F(OutboxJoinTest, without_room_writes_nothing_says_what_is_needed_and_is_made_once_there_is_room) {
  run("run1", 30);
  back_up();
  run("run2", 10);
  restore();
  const std::string before = folder.read("outbox.db.restored");
  options.join_leaves_free = std::int64_t{1} << 60;  // more than any disk has
  {
    Outbox outbox = open("run3");
    EXPECT_EQ(all_of(outbox).size(), 40U);
    ASSERT_EQ(outbox.contents().warnings.size(), 1U);
    const std::string& said = outbox.contents().warnings[0];
    EXPECT_NE(said.find("1099511627777 MiB are needed in " + folder.path()), std::string::npos) << said;
    EXPECT_NE(said.find("make room"), std::string::npos) << said;
    EXPECT_EQ(outbox.contents().streams.size(), 3U) << "it goes on as it was";
  }
  EXPECT_TRUE(files("before-restore").empty());
  EXPECT_EQ(folder.read("outbox.db.restored").size(), before.size());
  options.join_leaves_free = 0;
  Outbox outbox = open("run4");
  EXPECT_EQ(all_of(outbox).size(), 40U);
  EXPECT_FALSE(fs::exists(restored));
}

TEST_F(OutboxJoinTest, only_so_many_outboxes_from_before_a_restore_are_kept) {
  run("run1", 30);
  back_up();
  options.salvage.keep_damaged = 2;
  std::string said;
  for (int i = 0; i < 4; ++i) {
    restore();
    Outbox outbox = open("later" + std::to_string(i));
    EXPECT_EQ(all_of(outbox).size(), 30U);
    said = outbox.contents().notes.back();
  }
  EXPECT_EQ(files("before-restore").size(), 2U);
  EXPECT_NE(said.find("; deleted " + options.path + ".before-restore-"), std::string::npos) << said;
  EXPECT_NE(said.find("delete it when all is well"), std::string::npos) << said;
}

TEST_F(OutboxJoinTest, a_damaged_outbox_is_salvaged_and_then_joined) {
  run("run1", 20'000);
  back_up();
  run("run2", 50);
  damage(options.path);
  restore();
  Outbox outbox = open("run3");
  ASSERT_TRUE(outbox.contents().repair.has_value());
  EXPECT_GT(outbox.contents().repair->lost, 0U);
  Contents wanted;
  expect(wanted, "run1", 1, 20'000);
  expect(wanted, "run2", 1, 50);
  EXPECT_EQ(all_of(outbox), wanted) << "the backup has what the damage took";
}

/// The look for damage is given up after `check_limit`.
TEST_F(OutboxJoinTest, damage_that_only_the_join_meets_in_the_restored_one_is_salvaged_and_joined_at_once) {
  run("old1", 20'000);
  back_up();
  new_card();
  run("new1", 5);
  damage(backup);
  restore();
  options.check_limit = Millis{0};
  Outbox outbox = open("new2");
  Contents found = all_of(outbox);
  ASSERT_EQ(found.size(), 20'005U);
  std::erase_if(found, [](const auto& entry) { return entry.second == "reading"; });
  EXPECT_GT(found.size(), 0U);
  EXPECT_LT(found.size(), 1'000U);
  for (const auto& [number, reason] : found) EXPECT_EQ(reason, "outbox_damaged") << number.second;
  EXPECT_FALSE(fs::exists(restored));
  EXPECT_FALSE(files("restored.corrupt").empty());
  ASSERT_FALSE(outbox.contents().warnings.empty());
  EXPECT_NE(outbox.contents().warnings.back().find("is damaged: "), std::string::npos);
}

TEST_F(OutboxJoinTest, damage_that_only_the_join_meets_in_the_present_one_is_salvaged_and_joined_at_once) {
  run("run1", 20'000);
  back_up();
  run("run2", 50);
  damage(options.path);
  restore();
  options.check_limit = Millis{0};
  Outbox outbox = open("run3");
  Contents wanted;
  expect(wanted, "run1", 1, 20'000);
  expect(wanted, "run2", 1, 50);
  EXPECT_EQ(all_of(outbox), wanted) << "the backup has what the damage took";
  ASSERT_TRUE(outbox.contents().repair.has_value());
  EXPECT_FALSE(fs::exists(restored));
}

/// Two outboxes that parted at a random moment, each with runs, confirmations and damage of its own.
TEST_F(OutboxJoinTest, whatever_either_has_is_there_once) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 8; ++round) {
    int runs = 0;
    const auto live = [&] {
      for (std::size_t i = random() % 4; i > 0; --i) {
        const Position last = Outbox::open(options.path, "look").value().contents().last;
        const Position count = random() % 40;
        const Position confirmed = random() % 2 == 0 ? 0 : random() % (last + count + 1);
        const Position before = Outbox::open(options.path, "look").value().contents().confirmed;
        run("run" + std::to_string(++runs), count, confirmed > before ? confirmed : 0);
      }
    };
    const auto readings_in = [&](const std::string& path) {
      Contents all;
      Outbox outbox = Outbox::open(path, "look").value();
      all = all_of(outbox);
      std::erase_if(all, [](const auto& entry) { return entry.second != "reading"; });
      return all;
    };
    new_card();
    live();
    run("common", random() % 20);
    fs::copy_file(options.path, folder.path("common.db"), fs::copy_options::overwrite_existing);
    live();
    back_up();
    if (random() % 2 == 0) {
      new_card();
      if (random() % 2 == 0) fs::copy_file(folder.path("common.db"), options.path);
    }
    live();
    run("last", random() % 20);
    Contents wanted = readings_in(backup);
    wanted.merge(readings_in(options.path));
    restore();
    Outbox outbox = open("joined");
    EXPECT_TRUE(outbox.contents().warnings.empty());
    Contents found = all_of(outbox);
    std::erase_if(found, [](const auto& entry) { return entry.second == "other_store"; });
    EXPECT_EQ(found, wanted) << "round " << round;
  }
}

}  // namespace
}  // namespace sensors::publisher
