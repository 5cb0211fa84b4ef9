#include "common/runtime/file_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool is_in_use(const Result<void>& taken) { return !taken.has_value() && taken.error().code == ErrorCode::in_use; }

class FileLockTest : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return fs::path(folder.path()) / name; }

  TemporaryFolder folder;
};

TEST_F(FileLockTest, says_that_the_folder_is_not_there_and_what_to_do) {
  FileLock lock(path("absent/outbox.db"), "sensor-publisher");
  const Result<void> taken = lock.take();
  ASSERT_FALSE(taken.has_value());
  EXPECT_NE(taken.error().message.find("absent/outbox.db"), std::string::npos) << taken.error().message;
  EXPECT_NE(taken.error().message.find("its folder is not there; make it"), std::string::npos) << taken.error().message;
}

TEST_F(FileLockTest, keeps_a_second_one_out_and_names_the_file_and_who_has_it) {
  FileLock first(path("outbox.db"), "sensor-publisher");
  ASSERT_TRUE(first.take().has_value());
  FileLock second(path("outbox.db"), "sensor-publisher");
  const Result<void> taken = second.take();
  ASSERT_TRUE(is_in_use(taken));
  EXPECT_FALSE(second.held());
  const std::string& message = taken.error().message;
  EXPECT_NE(message.find(path("outbox.db").string()), std::string::npos) << message;
  EXPECT_NE(message.find("sensor-publisher, process " + std::to_string(::getpid()) + " on host "), std::string::npos)
      << message;
  EXPECT_FALSE(fs::exists(path("outbox.db")));
}

TEST_F(FileLockTest, is_free_once_its_owner_is_gone_though_the_line_stays) {
  { ASSERT_TRUE(FileLock(path("a.db"), "one").take().has_value()); }
  EXPECT_NE(content_of(path("a.db.lock")).find("one, process "), std::string::npos);
  FileLock next(path("a.db"), "two");
  EXPECT_TRUE(next.take().has_value());
  EXPECT_EQ(content_of(path("a.db.lock")).find("one"), std::string::npos);
}

TEST_F(FileLockTest, is_free_at_once_after_a_kill) {
  const pid_t child = ::fork();
  if (child == 0) {
    FileLock owner(path("a.db"), "victim");
    if (!owner.take().has_value()) ::_exit(1);
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  FileLock next(path("a.db"), "heir");
  EXPECT_TRUE(next.take().has_value());
}

TEST_F(FileLockTest, is_not_inherited_by_a_program_that_outlives_the_owner) {
  pid_t program = 0;
  {
    FileLock owner(path("a.db"), "owner");
    ASSERT_TRUE(owner.take().has_value());
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    program = ::fork();
    if (program == 0) {
      ::execlp("sleep", "sleep", "60", nullptr);
      ::_exit(127);
    }
    ::close(ready[1]);
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 0);  // ends when the program has been executed
    ::close(ready[0]);
  }
  FileLock next(path("a.db"), "heir");
  EXPECT_TRUE(next.take().has_value());
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
}

TEST_F(FileLockTest, is_the_same_for_a_file_by_whatever_path) {
  fs::create_directory(path("disk"));
  fs::create_directory_symlink(path("disk"), path("link"));
  fs::create_symlink("disk/a.db", path("b.db"));  // leads to nothing yet
  FileLock owner(path("disk") / "a.db", "owner");
  ASSERT_TRUE(owner.take().has_value());
  for (const fs::path& other : {path("link/a.db"), path("disk/../disk/a.db"), path("b.db")}) {
    FileLock second(other, "second");
    EXPECT_TRUE(is_in_use(second.take())) << other;
  }
  std::ofstream(path("disk/a.db")) << "x";
  FileLock second(path("b.db"), "second");
  EXPECT_TRUE(is_in_use(second.take()));
}

TEST_F(FileLockTest, is_the_same_for_a_file_with_two_names) {
  std::ofstream(path("a.db")) << "x";
  fs::create_directory(path("other"));
  fs::create_hard_link(path("a.db"), path("other/b.db"));
  FileLock owner(path("a.db"), "owner");
  ASSERT_TRUE(owner.take().has_value());
  FileLock second(path("other/b.db"), "second");
  const Result<void> taken = second.take();
  ASSERT_TRUE(is_in_use(taken));
  EXPECT_NE(taken.error().message.find("process " + std::to_string(::getpid()) + " under another name"),
            std::string::npos)
      << taken.error().message;
}

TEST_F(FileLockTest, follows_the_file_that_comes_later_or_is_replaced) {
  fs::create_directory(path("other"));
  FileLock owner(path("a.db"), "owner");
  ASSERT_TRUE(owner.take().has_value());
  for (const char* name : {"one.db", "two.db"}) {
    std::ofstream(path("new")) << name;
    fs::rename(path("new"), path("a.db"));
    ASSERT_TRUE(owner.take().has_value());
    fs::create_hard_link(path("a.db"), path("other") / name);
    EXPECT_TRUE(is_in_use(FileLock(path("other") / name, "second").take())) << name;
  }
  EXPECT_TRUE(FileLock(path("other/one.db"), "second").take().has_value()) << "it is the owner's no more";
}

TEST_F(FileLockTest, leaves_what_sqlite_has_locked_in_the_file) {
  // As SQLite locks it, fcntl(2); a child looks, since a process does not see its own.
  std::ofstream(path("a.db")) << "x";
  FileLock owner(path("a.db"), "owner");
  ASSERT_TRUE(owner.take().has_value());
  const int database = ::open(path("a.db").c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(database, F_SETLK, &lock), 0);
  ASSERT_TRUE(owner.take().has_value());
  fs::remove(path("a.db.lock"));
  ASSERT_TRUE(owner.take().has_value());
  const pid_t child = ::fork();
  if (child == 0) {
    const int seen = ::open(path("a.db").c_str(), O_RDWR | O_CLOEXEC);
    ::_exit(::fcntl(seen, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the lock is gone";
  ::close(database);
}

TEST_F(FileLockTest, of_a_ring_of_links_is_an_error) {
  fs::create_symlink("b", path("a"));
  fs::create_symlink("a", path("b"));
  FileLock lock(path("a"), "x");
  EXPECT_FALSE(lock.take().has_value());
}

TEST_F(FileLockTest, is_taken_anew_where_someone_removed_its_file) {
  FileLock owner(path("a.db"), "owner");
  ASSERT_TRUE(owner.take().has_value());
  fs::remove(path("a.db.lock"));
  ASSERT_TRUE(owner.take().has_value());
  FileLock second(path("a.db"), "second");
  EXPECT_TRUE(is_in_use(second.take()));
}

TEST_F(FileLockTest, taken_twice_is_taken_once) {
  FileLock owner(path("a.db"), "owner");
  ASSERT_TRUE(owner.take().has_value());
  EXPECT_TRUE(owner.take().has_value());
  EXPECT_TRUE(owner.held());
}

TEST_F(FileLockTest, of_a_file_that_cannot_be_written_holds_too) {
  std::ofstream(path("a.db.lock")) << "root, process 1 on host x\n";
  fs::permissions(path("a.db.lock"), fs::perms{0444});
  FileLock owner(path("a.db"), "owner");
  ASSERT_TRUE(owner.take().has_value());
  FileLock second(path("a.db"), "second");
  EXPECT_TRUE(is_in_use(second.take()));
}

TEST_F(FileLockTest, can_be_read_by_all_whatever_the_umask) {
  const mode_t before = ::umask(0077);
  FileLock owner(path("a.db"), "owner");
  const Result<void> taken = owner.take();
  ::umask(before);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(fs::status(path("a.db.lock")).permissions(), fs::perms{0644});
}

TEST_F(FileLockTest, made_by_root_belongs_to_who_owns_the_folder) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a folder to another user";
  constexpr uid_t service = 65'534;
  ASSERT_EQ(::chown(folder.path().c_str(), service, service), 0);
  FileLock by_hand(path("a.db"), "by hand");
  ASSERT_TRUE(by_hand.take().has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path("a.db.lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, service);
}

TEST_F(FileLockTest, follows_no_link_in_place_of_its_own_file) {
  std::ofstream(path("secret")) << "precious";
  fs::create_symlink(path("secret"), path("a.db.lock"));
  FileLock lock(path("a.db"), "x");
  EXPECT_FALSE(lock.take().has_value());
  fs::remove(path("a.db.lock"));
  fs::create_hard_link(path("secret"), path("a.db.lock"));
  EXPECT_FALSE(lock.take().has_value());
  fs::remove(path("a.db.lock"));
  ASSERT_EQ(::mkfifo(path("a.db.lock").c_str(), 0644), 0);
  EXPECT_FALSE(lock.take().has_value());
  EXPECT_EQ(content_of(path("secret")), "precious");
}

TEST_F(FileLockTest, without_a_folder_says_so) {
  FileLock lock(path("none/a.db"), "x");
  const Result<void> taken = lock.take();
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, ErrorCode::not_found);
}

TEST_F(FileLockTest, tells_a_line_of_others_in_one_printable_line) {
  FileLock owner(path("a.db"), "owner");
  ASSERT_TRUE(owner.take().has_value());
  std::ofstream(path("a.db.lock")) << "evil\x1b[2J\nsecond line";
  FileLock second(path("a.db"), "second");
  const Result<void> taken = second.take();
  ASSERT_TRUE(is_in_use(taken));
  EXPECT_NE(taken.error().message.find("in use by evil [2J second line;"), std::string::npos) << taken.error().message;
}

}  // namespace
}  // namespace sensors
