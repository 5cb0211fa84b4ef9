// The file sink on real files: what is on the disk after an attempt, and what is said of one that fails.
#include "services/sensor-http-bridge/sinks/file/file_sink.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <future>

#include <gtest/gtest.h>

#include "services/sensor-http-bridge/sinks/file/logic/file_lines.hpp"
#include "tests/rig/temp_dir.hpp"
#include "tests/unit/services/sensor-http-bridge/sinks/sample_attempts.hpp"

namespace sensors::bridge {
namespace {

/// What is in a file with these rows.
std::string text_of(std::uint64_t first, std::uint64_t last) {
  return file_lines(sample_attempt(1, first, last).batch).value();
}

class FileSinkTest : public testing::Test {
 protected:
  std::string path() const { return folder_.file("readings.jsonl"); }
  std::string content() const { return rig::read_file(path()); }

  /// One attempt in a process of its own, as far as the sink can tell.
  Attempted attempt(Attempt attempt, std::uint64_t least_free_bytes = 0) const {
    return at(path(), std::move(attempt), least_free_bytes);
  }

  static Attempted at(const std::string& path, Attempt attempt, std::uint64_t least_free_bytes = 0) {
    std::promise<Attempted> done;
    FileSink sink(
        path, [&done](Attempted attempted) { done.set_value(std::move(attempted)); }, least_free_bytes);
    sink.attempt(std::move(attempt));
    return done.get_future().get();
  }

  rig::TempDir folder_{"file-sink"};
};

TEST_F(FileSinkTest, appends_batch_after_batch) {
  const Attempted first = attempt(sample_attempt(7, 1, 3));
  EXPECT_EQ(first.id, 7U);
  EXPECT_EQ(first.verdict.outcome, Outcome::delivered) << first.verdict.reason;
  EXPECT_EQ(first.bytes, text_of(1, 3).size());
  EXPECT_EQ(attempt(sample_attempt(8, 4, 2'000)).verdict.outcome, Outcome::delivered);
  EXPECT_EQ(attempt(sample_attempt(9, 2'001, 2'001)).verdict.outcome, Outcome::delivered);
  EXPECT_EQ(content(), text_of(1, 2'001));
}

// Killed behind the write: the store hands the batch out again.
TEST_F(FileSinkTest, has_a_batch_once_that_comes_again) {
  attempt(sample_attempt(1, 1, 3));
  attempt(sample_attempt(2, 4, 6));
  EXPECT_EQ(attempt(sample_attempt(1, 4, 6)).verdict.outcome, Outcome::delivered);
  EXPECT_EQ(content(), text_of(1, 6));
}

TEST_F(FileSinkTest, goes_on_after_a_line_that_was_torn) {
  folder_.write("readings.jsonl", text_of(1, 3) + text_of(4, 6).substr(0, 150));
  EXPECT_EQ(attempt(sample_attempt(1, 4, 6)).verdict.outcome, Outcome::delivered);
  EXPECT_EQ(content(), text_of(1, 6));
}

TEST_F(FileSinkTest, begins_a_file_anew_that_was_moved_away) {
  attempt(sample_attempt(1, 1, 3));
  ASSERT_EQ(::rename(path().c_str(), (path() + ".1").c_str()), 0);
  EXPECT_EQ(attempt(sample_attempt(2, 4, 6)).verdict.outcome, Outcome::delivered);
  EXPECT_EQ(content(), text_of(4, 6));
  EXPECT_EQ(rig::read_file(path() + ".1"), text_of(1, 3));
}

/// As a full disk: no file of this process may become larger, and a write that would takes what fits.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limited = before_;
    limited.rlim_cur = bytes;
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST_F(FileSinkTest, leaves_nothing_of_a_batch_that_the_disk_has_no_room_for) {
  attempt(sample_attempt(1, 1, 3));
  Attempted full;
  {
    const FileLimit limit(text_of(1, 3).size() + 150);
    full = attempt(sample_attempt(2, 4, 6));
  }
  EXPECT_EQ(full.verdict.outcome, Outcome::failed);
  EXPECT_EQ(full.verdict.failure_class, "disk_full");
  EXPECT_NE(full.verdict.reason.find(path() + ": write: "), std::string::npos) << full.verdict.reason;
  EXPECT_EQ(content(), text_of(1, 3));
  EXPECT_EQ(attempt(sample_attempt(3, 4, 6)).verdict.outcome, Outcome::delivered);
  EXPECT_EQ(content(), text_of(1, 6));
}

TEST_F(FileSinkTest, leaves_room_on_the_disk_for_others) {
  const Verdict verdict = attempt(sample_attempt(1, 1, 3), std::uint64_t{1} << 62U).verdict;
  EXPECT_EQ(verdict.failure_class, "disk_full");
  EXPECT_NE(verdict.reason.find(" MiB are left to others"), std::string::npos) << verdict.reason;
  EXPECT_EQ(content(), "");
}

TEST_F(FileSinkTest, says_what_is_wrong_with_the_path_and_that_somebody_must_see_to_it) {
  const auto verdict = [](const std::string& path) { return at(path, sample_attempt(1, 1, 3)).verdict; };
  EXPECT_EQ(verdict(folder_.file("none/readings.jsonl")).failure_class, "not_found");
  EXPECT_TRUE(verdict(folder_.file("none/readings.jsonl")).needs_operator);
  EXPECT_EQ(verdict("/dev/full").failure_class, "invalid");
  ASSERT_EQ(::mkfifo(folder_.file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(verdict(folder_.file("pipe")).failure_class, "invalid") << "and nobody waits for its reader";
  EXPECT_EQ(verdict(folder_.path()).outcome, Outcome::failed);
}

TEST_F(FileSinkTest, says_that_it_may_not_write) {
  if (::geteuid() != 0) {
    folder_.write("readings.jsonl", "");
    ASSERT_EQ(::chmod(path().c_str(), 0400), 0);
    EXPECT_EQ(attempt(sample_attempt(1, 1, 3)).verdict.failure_class, "permission");
  } else {  // root may write all but what the kernel keeps to itself
    const std::string refused = at("/sys/readings.jsonl", sample_attempt(1, 1, 3)).verdict.failure_class;
    EXPECT_TRUE(refused == "permission" || refused == "read_only") << refused;
  }
}

TEST_F(FileSinkTest, does_not_touch_a_file_of_something_else) {
  folder_.write("readings.jsonl", "dear diary\n");
  const Verdict verdict = attempt(sample_attempt(1, 1, 3)).verdict;
  EXPECT_EQ(verdict.failure_class, "invalid");
  EXPECT_NE(verdict.reason.find("holds something else than readings"), std::string::npos);
  EXPECT_EQ(content(), "dear diary\n");
}

TEST_F(FileSinkTest, does_not_write_beside_another_process) {
  const int other = ::open(path().c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_EQ(attempt(sample_attempt(1, 1, 3)).verdict.failure_class, "in_use");
  ::close(other);
  EXPECT_EQ(attempt(sample_attempt(1, 1, 3)).verdict.outcome, Outcome::delivered);
}

TEST_F(FileSinkTest, leaves_a_file_to_the_bridge_that_has_it) {
  std::promise<Attempted> done;
  FileSink first(
      path(), [&done](Attempted attempted) { done.set_value(std::move(attempted)); }, 0);
  first.attempt(sample_attempt(1, 1, 3));
  EXPECT_EQ(done.get_future().get().verdict.outcome, Outcome::delivered);
  const Verdict second = attempt(sample_attempt(1, 1, 3)).verdict;
  EXPECT_EQ(second.failure_class, "in_use");
  EXPECT_NE(second.reason.find("another bridge has this file"), std::string::npos) << second.reason;
}

TEST_F(FileSinkTest, leaves_a_reading_without_its_newline_alone) {
  const std::string whole = text_of(1, 3);
  folder_.write("readings.jsonl", whole.substr(0, whole.size() - 1));
  EXPECT_EQ(attempt(sample_attempt(1, 4, 6)).verdict.failure_class, "invalid");
  EXPECT_EQ(content(), whole.substr(0, whole.size() - 1));
}

TEST_F(FileSinkTest, cannot_write_a_batch_that_breaks_the_rules) {
  const Attempted attempted = attempt(broken_attempt(5));
  EXPECT_EQ(attempted.id, 5U);
  EXPECT_EQ(attempted.verdict.outcome, Outcome::unreadable);
}

}  // namespace
}  // namespace sensors::bridge
