// Joining two outboxes where something goes wrong: a crash, damage, a full disk, too little time, a file of another
// program.
#include "services/sensor-publisher/outbox/outbox_join.hpp"

#include <future>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "services/sensor-publisher/outbox/outbox_worker.hpp"
#include "tests/unit/services/sensor-publisher/outbox/outbox_join_bench.hpp"

namespace sensors::publisher {
namespace {

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

}  // namespace
}  // namespace sensors::publisher
