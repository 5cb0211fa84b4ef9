// sensorctl backup on the databases of the services, and on what may be planted in their place.
#include "services/sensorctl/backup/backup.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "services/sensorctl/backup/manifest.hpp"
#include "services/sensorctl/machine/database_check.hpp"
#include "tests/unit/services/sensorctl/backup/backup_bench.hpp"

namespace sensors::backup {
namespace {

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

}  // namespace
}  // namespace sensors::backup
