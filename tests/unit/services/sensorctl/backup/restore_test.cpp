// sensorctl restore: what takes the place of what, also where it is cut short.
#include "services/sensorctl/backup/backup.hpp"

#include <thread>

#include "common/adapters/sqlite/backup_file.hpp"
#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/name_steps.hpp"
#include "common/runtime/file_lock.hpp"
#include "tests/unit/services/sensorctl/backup/backup_bench.hpp"

namespace sensors::backup {
namespace {

TEST_F(BackupTest, restored_is_another_store_with_all_that_it_had_and_what_was_there_is_kept) {
  std::unique_ptr<StoreWriter> store = open_store();
  add(*store, 1, 200);
  ASSERT_EQ(back_up(), 0) << err_;
  const std::string id = store->contents(1)->store;
  add(*store, 201, 300);
  store.reset();
  ASSERT_EQ(restore(), 0) << err_;
  const std::string aside = file_with("persistence", ".before-restore-");
  ASSERT_NE(aside, "");
  store = open_store();
  const persistence::StoreContents contents = store->contents(10).value();
  EXPECT_NE(contents.store, id);
  EXPECT_EQ(contents.last_id, 200U);
  EXPECT_EQ(contents.streams.front().through, 200U);
  EXPECT_EQ(contents.destinations.front().batch_first, 0U) << "a batch of the other store is not confirmed by name";
  store_.path = aside;
  EXPECT_EQ(open_store()->contents(10)->last_id, 300U);
}

TEST_F(BackupTest, restored_outbox_goes_on_behind_what_it_has_in_another_stream) {
  { const publisher::Outbox publisher = outbox(30); }
  ASSERT_EQ(back_up(), 0) << err_;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(outbox_path_ + suffix);
  ASSERT_EQ(restore(), 0) << err_;
  const publisher::Outbox publisher = publisher::Outbox::open(outbox_path_, "run2").value();
  EXPECT_EQ(publisher.contents().last, 30U);
  ASSERT_EQ(publisher.contents().streams.size(), 2U);
  EXPECT_EQ(publisher.contents().streams.back().id, "run2");
  EXPECT_EQ(publisher.contents().streams.back().base, 30U) << "no number of run1 is given again";
  EXPECT_EQ(file_with("publisher", ".before-restore-"), "") << "there was nothing to keep";
}

TEST_F(BackupTest, restored_over_an_outbox_in_which_readings_wait_goes_beside_it_and_the_publisher_joins_them) {
  { const publisher::Outbox publisher = outbox(30); }
  ASSERT_EQ(back_up(), 0) << err_;
  {
    publisher::Outbox publisher = publisher::Outbox::open(outbox_path_, "run2").value();
    publisher::OutboxWrite write;
    for (Position p = 31; p <= 50; ++p) write.append.push_back({p, p, Reading{"s", 2.0, "", a_time}});
    write.delete_through = 35;  // run1 is at the store to its end
    ASSERT_TRUE(publisher.write(write).has_value());
  }
  ASSERT_EQ(::chmod(outbox_path_.c_str(), 0640), 0);
  const std::string before = folder_.read("publisher/outbox.db");
  for (int times = 0; times < 2; ++times) ASSERT_EQ(restore(), 0) << err_;
  EXPECT_EQ(folder_.read("publisher/outbox.db"), before) << "what waits there stays";
  EXPECT_NE(out_.find("with 30 readings; in " + outbox_path_ + " 15 readings wait"), std::string::npos) << out_;
  struct stat status {};
  ASSERT_EQ(::stat(restored_beside(outbox_path_).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
  EXPECT_NE(file_with("publisher", ".restored.before-restore-"), "") << "what waited to be joined is kept";

  publisher::OutboxOpen open;
  open.known.streams.push_back({"run3", 0});
  open.is_settled = false;
  const publisher::Outbox joined = publisher::open_and_join({outbox_path_}, open, a_time).value();
  EXPECT_EQ(joined.contents().last, 45U) << "30 of run1, and 15 of run2";
  EXPECT_EQ(joined.contents().streams.size(), 3U);
}

TEST_F(BackupTest, is_not_restored_while_a_service_has_the_file) {
  { const publisher::Outbox publisher = outbox(3); }
  ASSERT_EQ(back_up(), 0) << err_;
  FileLock lock(outbox_path_, "sensor-publisher");
  ASSERT_TRUE(lock.take().has_value());
  const std::string before = folder_.read("publisher/outbox.db");
  Millis waited{0};
  options_.pause = [&waited](Millis time) { waited += time; };
  EXPECT_EQ(restore(), 1);
  EXPECT_EQ(waited, options_.longest_wait_for_lock);
  expect_said("is in use by sensor-publisher");
  expect_said("systemctl stop sensor-publisher");
  EXPECT_EQ(folder_.read("publisher/outbox.db"), before);
}

TEST_F(BackupTest, waits_for_a_service_that_is_just_ending) {
  { const publisher::Outbox publisher = outbox(3); }
  ASSERT_EQ(back_up(), 0) << err_;
  std::optional<FileLock> lock(std::in_place, outbox_path_, "sensor-publisher");
  ASSERT_TRUE(lock->take().has_value());
  int looks = 0;
  options_.pause = [&](Millis) {
    if (++looks == 3) lock.reset();
  };
  EXPECT_EQ(restore(), 0) << err_;
  EXPECT_EQ(looks, 3);
  expect_said("waiting for it to end");
}

TEST_F(BackupTest, that_is_damaged_is_not_restored_not_even_what_is_well_of_it) {
  { const publisher::Outbox publisher = outbox(3); }
  {
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 1, 5'000);
  }
  ASSERT_EQ(back_up(), 0) << err_;
  const std::string copy = options_.folder + "/store.db";
  std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(copy) / 2));
  file << std::string(20'000, '\xa5') << std::flush;
  EXPECT_EQ(restore(), 1);
  expect_said("nothing was restored");
  EXPECT_EQ(file_with("publisher", ".before-restore-") + file_with("persistence", ".before-restore-"), "");
}

TEST_F(BackupTest, of_one_kind_does_not_take_the_place_of_the_other) {
  { const publisher::Outbox publisher = outbox(3); }
  {
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 1, 5);
  }
  ASSERT_EQ(back_up(), 0) << err_;
  fs::rename(options_.folder + "/outbox.db", options_.folder + "/store.db");
  options_.only = "store";
  EXPECT_EQ(restore(), 1);
  expect_said("another kind");
}

TEST_F(BackupTest, that_cannot_be_restored_leaves_no_copy_behind) {
  {
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 1, 20);
  }
  ASSERT_EQ(back_up(), 0) << err_;
  ASSERT_TRUE(change_backup(options_.folder + "/store.db", "ALTER TABLE store RENAME COLUMN id TO other").has_value());
  EXPECT_EQ(restore(), 1);
  expect_said("was not restored");
  EXPECT_EQ(file_with("persistence", ".restoring"), "");
  EXPECT_EQ(open_store()->contents(1)->last_id, 20U) << "what was there is there";
}

/// A store with 300 readings, of which the last 100 are in its log only, as a power cut leaves it; and a backup of it
/// with the first 200 that is to take its place.
class CutShort : public BackupTest {
 protected:
  CutShort() {
    {
      std::unique_ptr<StoreWriter> store = open_store();
      add(*store, 1, 200);
    }
    EXPECT_EQ(back_up(), 0) << err_;
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 201, 300);
    fs::copy(folder_.path("persistence"), folder_.path("before"));
    fs::copy_file(options_.folder + "/store.db", folder_.path("before/store.db.salvage"));
  }

  /// As it is after the first `count` steps.
  void cut_after(std::size_t count) {
    fs::remove_all(folder_.path("persistence"));
    fs::create_directory(folder_.path("persistence"));
    for (const auto& entry : fs::directory_iterator(folder_.path("before")))
      fs::copy_file(entry.path(), folder_.path("persistence/") + entry.path().filename().string());
    ASSERT_TRUE(carry_out({steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(count)}).has_value());
  }

  std::vector<NameStep> steps() const {
    std::vector<NameStep> steps = steps_aside(store_.path, store_.path + ".before-restore-20260115T160935Z");
    for (NameStep& step : steps_into_place(store_.path)) steps.push_back(std::move(step));
    return steps;
  }

  std::vector<NameStep> steps_ = steps();
};

TEST_F(CutShort, a_restore_is_finished_by_the_service_or_has_not_begun) {
  for (std::size_t count = 0; count <= steps_.size(); ++count) {
    SCOPED_TRACE(count);
    cut_after(count);
    ASSERT_TRUE(finish_replacement(store_.path, a_time).has_value());
    EXPECT_EQ(open_store()->contents(1)->last_id, count == 0 ? 300U : 200U);
    if (count == 0) continue;
    persistence::StoreOptions aside = store_;
    aside.path = file_with("persistence", "Z");
    EXPECT_EQ(StoreWriter::open(aside).value()->contents(1)->last_id, 300U) << "what was there is kept, log and all";
  }
}

TEST_F(CutShort, a_restore_is_finished_by_the_next_one) {
  for (std::size_t count = 0; count <= steps_.size(); ++count) {
    SCOPED_TRACE(count);
    cut_after(count);
    ASSERT_EQ(restore(), 0) << err_;
    EXPECT_EQ(open_store()->contents(1)->last_id, 200U);
    EXPECT_FALSE(fs::exists(store_.path + ".salvage"));
  }
}

}  // namespace
}  // namespace sensors::backup
