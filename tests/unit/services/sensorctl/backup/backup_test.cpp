// sensorctl backup and restore on the databases of the services, and on what may be planted in their place.
#include "services/sensorctl/backup/backup.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "common/adapters/sqlite/backup_file.hpp"
#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/name_steps.hpp"
#include "common/runtime/file_lock.hpp"
#include "services/sensor-persistence/store/schema.hpp"
#include "services/sensor-persistence/store/store_writer.hpp"
#include "services/sensor-publisher/outbox/outbox_opening.hpp"
#include "services/sensorctl/backup/manifest.hpp"
#include "services/sensorctl/machine/database_check.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::backup {
namespace {

namespace fs = std::filesystem;
using persistence::StoreWriter;

const WallTime a_time{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    fs::create_directories(folder_.path("publisher"));
    fs::create_directories(folder_.path("persistence"));
    folder_.write("sensor-publisher.toml", "node = \"kitchen\"\n[outbox]\npath = \"" + outbox_path_ + "\"\n");
    folder_.write("sensor-persistence.toml", "[store]\npath = \"" + store_.path + "\"\n");
    options_.folder = folder_.path("backup");
    options_.configuration = folder_.path();
  }

  std::unique_ptr<StoreWriter> open_store() { return std::move(StoreWriter::open(store_).value()); }

  static void add(StoreWriter& store, std::uint64_t first, std::uint64_t last) {
    persistence::CommitTransaction commit;
    commit.time = a_time;
    persistence::StreamRows rows{"aaaa", "kitchen", "sensor-publisher", last, {}, {}};
    for (std::uint64_t seq = first; seq <= last; ++seq)
      rows.readings.push_back({seq, Reading{"s", static_cast<double>(seq), "", a_time}});
    commit.streams.push_back(std::move(rows));
    commit.hand_outs.push_back({1, "api", 10, 1'000'000, 0});
    ASSERT_TRUE(store.commit(commit).has_value());
  }

  /// An outbox with `count` readings, as its publisher has it open.
  publisher::Outbox outbox(Position count) {
    publisher::Outbox outbox = publisher::Outbox::open(outbox_path_, "run1").value();
    publisher::OutboxWrite write;
    for (Position p = 1; p <= count; ++p) write.append.push_back({p, p, Reading{"s", 1.0, "", a_time}});
    EXPECT_TRUE(outbox.write(write).has_value());
    return outbox;
  }

  int back_up() {
    return said([this] { return make_backup(options_); });
  }
  int restore() {
    return said([this] { return restore_backup(options_); });
  }

  int said(const std::function<int()>& run) {
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const int code = run();
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  void expect_said(const std::string& text) const { EXPECT_NE(err_.find(text), std::string::npos) << err_; }

  /// The one file in the folder `name` whose name has `part`; "" when there is none.
  std::string file_with(const std::string& name, const std::string& part) const {
    std::string found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path(name))) {
      if (entry.path().filename().string().find(part) != std::string::npos) found = entry.path().string();
    }
    return found;
  }

  TemporaryFolder folder_;
  std::string outbox_path_ = folder_.path("publisher/outbox.db");
  persistence::StoreOptions store_{folder_.path("persistence/store.db"), {"api"}, 2'048, 100};
  BackupOptions options_;
  std::string out_;
  std::string err_;
};

TEST_F(BackupTest, copies_both_databases_while_they_are_in_use_and_says_what_they_are) {
  const publisher::Outbox publisher = outbox(30);
  std::unique_ptr<StoreWriter> store = open_store();
  add(*store, 1, 200);
  ASSERT_EQ(back_up(), 0) << err_;
  add(*store, 201, 210);  // they go on
  const Manifest manifest = read_manifest(options_.folder).value();
  ASSERT_EQ(manifest.files.size(), 2U);
  EXPECT_EQ(manifest.node, "kitchen");
  EXPECT_EQ(manifest.files[0].kind, "outbox");
  EXPECT_EQ(manifest.files[0].readings, 30);
  EXPECT_EQ(manifest.files[0].last, 30);
  EXPECT_EQ(manifest.files[1].readings, 200);
  EXPECT_EQ(manifest.files[1].last, 200);
  EXPECT_EQ(manifest.files[1].store, store->contents(1)->store);
  EXPECT_EQ(manifest.files[1].bytes, static_cast<std::int64_t>(fs::file_size(options_.folder + "/store.db")));
  EXPECT_FALSE(fs::exists(options_.folder + ".partial"));
  struct stat status {};
  ASSERT_EQ(::stat((options_.folder + "/store.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(BackupTest, says_that_the_folder_around_it_is_not_there) {
  { const publisher::Outbox publisher = outbox(3); }
  options_.folder = folder_.path("absent/backup");
  EXPECT_EQ(back_up(), 1);
  expect_said(folder_.path("absent") + ": this folder is not there; make it, or mount its disk");
}

TEST_F(BackupTest, overwrites_nothing) {
  { const publisher::Outbox publisher = outbox(3); }
  ASSERT_EQ(back_up(), 0) << err_;
  const std::string before = folder_.read("backup/manifest.toml");
  EXPECT_EQ(back_up(), 1);
  expect_said("is there already");
  EXPECT_EQ(folder_.read("backup/manifest.toml"), before);
}

TEST_F(BackupTest, leaves_the_files_of_another_one_that_is_being_made_alone) {
  { const publisher::Outbox publisher = outbox(3); }
  fs::create_directory(options_.folder + ".partial");
  folder_.write("backup.partial/outbox.db", "half of it");
  const int other = ::open((options_.folder + ".partial").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(back_up(), 1);
  expect_said("another backup");
  EXPECT_EQ(folder_.read("backup.partial/outbox.db"), "half of it");
  ::close(other);
  EXPECT_EQ(back_up(), 0) << "one that was cut short is made anew: " << err_;
}

TEST_F(BackupTest, is_not_made_where_a_link_leads) {
  { const publisher::Outbox publisher = outbox(3); }
  fs::create_directory(folder_.path("elsewhere"));
  folder_.write("elsewhere/store.db", "of somebody");
  fs::create_directory_symlink(folder_.path("elsewhere"), options_.folder + ".partial");
  EXPECT_EQ(back_up(), 1);
  expect_said("backup.partial");
  EXPECT_EQ(folder_.read("elsewhere/store.db"), "of somebody");
}

TEST_F(BackupTest, is_not_made_in_a_folder_that_somebody_else_made) {
  { const publisher::Outbox publisher = outbox(3); }
  fs::create_directory(options_.folder + ".partial");
  if (::chown((options_.folder + ".partial").c_str(), 65'534, 65'534) != 0)
    GTEST_SKIP() << "needs root, to give it away";
  EXPECT_EQ(back_up(), 1);
  expect_said("belongs to somebody else");
  EXPECT_TRUE(fs::exists(options_.folder + ".partial")) << "it is not ours to remove";
}

TEST_F(BackupTest, without_a_database_is_none) {
  EXPECT_EQ(back_up(), 1);
  expect_said("neither an outbox nor a store");
  EXPECT_FALSE(fs::exists(options_.folder));
}

TEST_F(BackupTest, of_a_damaged_database_is_none) {
  {
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 1, 5'000);
  }
  std::fstream file(store_.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(store_.path) / 2));
  file << std::string(20'000, '\xa5') << std::flush;
  EXPECT_EQ(back_up(), 1);
  expect_said("no backup was made");
  EXPECT_FALSE(fs::exists(options_.folder)) << "what is not checked has not the name of a backup";
}

/// No file of this process grows beyond `bytes` while it lives, as on a disk that is full then.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST_F(BackupTest, whose_manifest_cannot_be_written_is_none) {
  { const publisher::Outbox publisher = outbox(3); }
  {
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 1, 20);
  }
  {
    const SmallFiles disk(150);
    EXPECT_EQ(back_up(), 1) << out_;
  }
  expect_said("no backup was made: " + options_.folder + ".partial/manifest.toml");
  EXPECT_EQ(out_, "");
  EXPECT_FALSE(fs::exists(options_.folder));
  EXPECT_FALSE(fs::exists(options_.folder + ".partial"));
  ASSERT_EQ(back_up(), 0) << err_;
  const Manifest manifest = read_manifest(options_.folder).value();
  const SmallFiles disk(150);
  const Result<void> written = write_manifest(manifest, folder_.path("persistence"));
  ASSERT_FALSE(written.has_value());
  EXPECT_NE(written.error().message.find("persistence/manifest.toml: write it: "), std::string::npos)
      << written.error().message;
}

TEST_F(BackupTest, of_which_nothing_can_be_said_is_made_and_ends_with_trouble) {
  {
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 1, 20);
  }
  const auto on_a_full_disk = [this](int (*run)(const BackupOptions&)) {
    return said([&] {
      const int before = ::dup(STDOUT_FILENO);
      const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
      ::dup2(full, STDOUT_FILENO);
      const int code = run(options_);
      ::dup2(before, STDOUT_FILENO);
      ::close(full);
      ::close(before);
      return code;
    });
  };
  EXPECT_EQ(on_a_full_disk(make_backup), 1);
  expect_said("stdout: No space left on device");
  EXPECT_EQ(on_a_full_disk(restore_backup), 1);
  expect_said("stdout: No space left on device");
  EXPECT_NE(file_with("persistence", ".before-restore-"), "") << "it is restored all the same";
}

TEST_F(BackupTest, gives_up_a_copy_that_takes_too_long) {
  const std::unique_ptr<StoreWriter> store = open_store();
  add(*store, 1, 80'000);
  ASSERT_GT(fs::file_size(store_.path) + fs::file_size(store_.path + "-wal"), 5'000'000U) << "more than one step";
  options_.longest_copy = Millis{0};
  EXPECT_EQ(back_up(), 1);
  expect_said("on a disk that is too slow");
  EXPECT_FALSE(fs::exists(options_.folder));
  EXPECT_FALSE(fs::exists(options_.folder + ".partial"));
}

/// What a service may have put in the place of its database, by how it is made.
class Planted : public BackupTest, public testing::WithParamInterface<const char*> {
 protected:
  bool plant(const std::string& path) {
    const std::string kind = GetParam();
    if (kind == "fifo") return ::mkfifo(path.c_str(), 0600) == 0;
    if (kind == "link") return ::symlink("/etc/shadow", path.c_str()) == 0;
    if (kind == "folder") return ::mkdir(path.c_str(), 0700) == 0;
    if (kind == "device") return ::mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0;  // /dev/zero
    folder_.write(fs::path(path).lexically_relative(folder_.path()).string(), "");
    return ::truncate(path.c_str(), std::int64_t{1} << 40) == 0;  // huge, and without a block
  }
};

TEST_P(Planted, in_place_of_a_store_leads_neither_backup_nor_doctor_anywhere) {
  if (!plant(store_.path)) GTEST_SKIP() << "needs root, to make a device";
  EXPECT_EQ(back_up(), 1);
  expect_said(store_.path);
  EXPECT_FALSE(fs::exists(options_.folder));
  EXPECT_EQ(said([this] { return doctor::check_database_as_owner(store_.path, Millis{500}); }), 1);
  EXPECT_NE(out_.find(store_.path), std::string::npos) << out_;
}

TEST_P(Planted, in_place_of_a_backup_changes_nothing) {
  { const publisher::Outbox publisher = outbox(3); }
  ASSERT_EQ(back_up(), 0) << err_;
  fs::remove(options_.folder + "/outbox.db");
  if (!plant(options_.folder + "/outbox.db")) GTEST_SKIP() << "needs root, to make a device";
  const std::string before = folder_.read("publisher/outbox.db");
  EXPECT_EQ(restore(), 1);
  expect_said("nothing was restored");
  EXPECT_EQ(folder_.read("publisher/outbox.db"), before);
}

TEST_F(BackupTest, restored_over_a_planted_link_locks_nothing_where_that_leads) {
  constexpr uid_t nobody = 65'534;
  { const publisher::Outbox publisher = outbox(3); }
  ASSERT_EQ(back_up(), 0) << err_;
  fs::create_directory(folder_.path("roots"));
  ASSERT_EQ(::chmod(folder_.path("roots").c_str(), 0700), 0);
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a folder away";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  fs::remove(folder_.path("publisher/outbox.db"));
  fs::create_symlink(folder_.path("roots/secret"), folder_.path("publisher/outbox.db"));
  ASSERT_EQ(::chown(folder_.path("publisher").c_str(), nobody, nobody), 0);
  EXPECT_EQ(restore(), 1);
  expect_said("nothing was restored");
  EXPECT_TRUE(fs::is_empty(folder_.path("roots")));
}

/// A FIFO without a writer: who opens it to read waits for ever, unless somebody ends that.
TEST_F(BackupTest, does_not_wait_for_a_FIFO_that_is_opened_after_the_look_at_the_store) {
  { std::unique_ptr<StoreWriter> store = open_store(); }
  ASSERT_EQ(::mkfifo((store_.path + "-journal").c_str(), 0600), 0);  // SQLite opens it behind the store
  options_.longest_opening = Millis{300};
  EXPECT_EQ(back_up(), 1);
  expect_said(store_.path + ": could not be opened or read in time");
  EXPECT_FALSE(fs::exists(options_.folder));
  EXPECT_FALSE(fs::exists(options_.folder + ".partial"));
}

/// Swaps the store and a FIFO as quickly as it can, until it goes.
class Swapper {
 public:
  Swapper(std::string one, std::string other)
      : thread_([this, one = std::move(one), other = std::move(other)] {
          while (!is_over_) ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
        }) {}
  ~Swapper() {
    is_over_ = true;
    thread_.join();
  }
  Swapper(const Swapper&) = delete;
  Swapper& operator=(const Swapper&) = delete;

 private:
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

TEST_F(BackupTest, comes_to_an_end_and_is_whole_or_none_while_a_service_swaps_its_store_for_a_FIFO) {
  {
    std::unique_ptr<StoreWriter> store = open_store();
    add(*store, 1, 20);
  }
  const std::string fifo = folder_.path("persistence/fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  options_.longest_opening = Millis{200};
  const Swapper swapper(store_.path, fifo);
  for (int i = 0; i < 10; ++i) {
    options_.folder = folder_.path("backup-" + std::to_string(i));
    const bool is_made = back_up() == 0;
    EXPECT_EQ(fs::exists(options_.folder), is_made) << err_;
    if (!is_made) continue;
    EXPECT_EQ(read_manifest(options_.folder)->files.front().readings, 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Planted, testing::Values("fifo", "link", "folder", "device", "huge"));

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
