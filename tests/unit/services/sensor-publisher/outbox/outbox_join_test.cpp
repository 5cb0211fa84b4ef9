// A backup's outbox that is put back beside the one that is there: nothing that waits in either is lost, and nothing is
// there twice.
#include "services/sensor-publisher/outbox/outbox_join.hpp"

#include <iostream>
#include <random>

#include "tests/unit/services/sensor-publisher/outbox/outbox_join_bench.hpp"

namespace sensors::publisher {
namespace {

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
