// The outbox on a disk that is really full: a small tmpfs where the test may mount one, a limit on the size of files
// (RLIMIT_FSIZE) where it may not; the test says which.
#include <sys/mount.h>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "services/sensor-publisher/outbox/outbox_worker.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

namespace fs = std::filesystem;

/// A file system of 2 MiB at a folder, or what comes nearest to it.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& folder) : folder_(folder) {
    is_mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m") == 0;
    if (is_mounted_) return;
    error_ = errno;
    ::getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = before_;
    limit.rlim_cur = 256 * 1024;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SmallDisk() { is_mounted_ ? static_cast<void>(::umount2(folder_.c_str(), MNT_DETACH)) : make_room(); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return is_mounted_; }
  std::string why_not() const {
    return "needs root, to mount a small tmpfs: " + std::generic_category().message(error_);
  }
  const char* kind() const {
    return is_mounted_ ? "a tmpfs of 2 MiB" : "RLIMIT_FSIZE: no file system may be mounted here";
  }

  void make_read_only(bool read_only) {
    ::mount("tmpfs", folder_.c_str(), "tmpfs",
            static_cast<unsigned long>(MS_REMOUNT) | (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0UL),
            "size=2m");
  }
  /// Another program's file takes all that is left.
  void fill() const { std::ofstream(folder_ + "/other", std::ios::binary) << std::string(4 * 1024 * 1024, 'x'); }
  void make_room() {
    fs::remove(folder_ + "/other");
    if (!is_mounted_) ::setrlimit(RLIMIT_FSIZE, &before_);
  }

 private:
  std::string folder_;
  bool is_mounted_ = false;
  int error_ = 0;  // of the mount
  rlimit before_{};
};

class OutboxDisk : public testing::Test {
 protected:
  OutboxDisk() {
    options.path = folder.path("outbox.db");
    options.reserve_bytes = 512 * 1024;
    RecordProperty("disk", disk.kind());
    std::cout << "the disk is " << disk.kind() << '\n';
  }

  OutboxWorker::Report into_events() {
    return [this](Event event) {
      const std::lock_guard lock(mutex);
      events.push_back(std::move(event));
      changed.notify_one();
    };
  }

  /// The event that comes of `effect`.
  template <class Event_, class Effect_>
  Event_ carry_out(OutboxWorker& worker, Effect_ effect) {
    worker.apply(std::move(effect));
    std::unique_lock lock(mutex);
    const bool came = changed.wait_for(lock, std::chrono::seconds(60), [this] { return !events.empty(); });
    if (!came) throw std::runtime_error("the worker does not answer");
    Event_ event = std::get<Event_>(std::move(events.front()));
    events.pop_front();
    return event;
  }

  OutboxWritten write(OutboxWorker& worker, Position first, std::size_t count,
                      DiskReserve::Action reserve = DiskReserve::Action::none, Position delete_through = 0) {
    OutboxWrite effect{.append = {}, .delete_through = delete_through, .drop = {}, .known_store = {}};
    for (Position p = first; p < first + count; ++p)
      effect.append.push_back({p, p, Reading{"s", std::string(200, 'x'), "", WallTime{}}});
    effect.reserve = reserve;
    return carry_out<OutboxWritten>(worker, std::move(effect));
  }

  /// Writes until the disk is full; the position after the last that was written.
  Position fill_up(OutboxWorker& worker) {
    for (Position next = 1; next < 1'000'000; next += 200) {
      const OutboxWritten written = this->write(worker, next, 200);
      if (written.result.has_value()) continue;
      EXPECT_EQ(written.result.error().code, ErrorCode::disk_full) << written.result.error().message;
      return next;
    }
    ADD_FAILURE() << "the disk never got full";
    return 0;
  }

  TemporaryFolder folder;
  SmallDisk disk{folder.path()};
  OutboxFileOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Event> events;
};

TEST_F(OutboxDisk, full_says_so_keeps_what_it_has_and_goes_on_when_there_is_room) {
  if (!disk.is_mounted()) options.reserve_bytes = 0;
  OutboxWorker worker(options, into_events());
  ASSERT_TRUE(worker.start("run1", "boot")->failure.empty());
  const Position next = fill_up(worker);
  ASSERT_GT(next, 1U);
  EXPECT_EQ(carry_out<OutboxReadDone>(worker, OutboxRead{1, 10}).entries.value().size(), 10U) << "can still be read";
  EXPECT_FALSE(write(worker, next, 200).result.has_value());
  if (!disk.is_mounted()) {
    disk.make_room();
    EXPECT_TRUE(write(worker, next, 200).result.has_value());
    return;
  }
  // The store has the first half: its deletion makes room.
  const OutboxWritten freed = write(worker, next, 10, DiskReserve::Action::none, next / 2);
  EXPECT_TRUE(!freed.result.has_value() || write(worker, next, 200).result.has_value());
}

TEST_F(OutboxDisk, filled_by_others_is_got_out_of_with_the_reserve) {
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  OutboxWorker worker(options, into_events());
  ASSERT_TRUE(worker.start("run1", "boot")->failure.empty());
  const OutboxWritten first = write(worker, 1, 500, DiskReserve::Action::restore);
  ASSERT_TRUE(first.result.has_value() && first.reserve_held);
  disk.fill();
  Position next = 501;
  while (write(worker, next, 200).result.has_value()) next += 200;
  const OutboxWritten out = write(worker, next, 200, DiskReserve::Action::release, 400);
  EXPECT_TRUE(out.result.has_value()) << out.result.error().message;
  EXPECT_FALSE(out.reserve_held);
}

TEST_F(OutboxDisk, full_at_the_start_is_said_and_the_outbox_opens_when_there_is_room) {
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  disk.fill();
  OutboxWorker worker(options, into_events());
  const OutboxContents contents = worker.start("run1", "boot").value();
  EXPECT_NE(contents.failure.find("outbox.db"), std::string::npos) << contents.failure;
  OutboxOpen again;
  again.known = contents;
  again.is_settled = false;
  EXPECT_FALSE(carry_out<OutboxOpened>(worker, again).contents.has_value());
  disk.make_room();
  const OutboxOpened opened = carry_out<OutboxOpened>(worker, again);
  ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
  EXPECT_TRUE(write(worker, 1, 10).result.has_value());
}

TEST_F(OutboxDisk, mounted_read_only_can_be_read_and_is_written_again_when_it_may_be) {
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  {
    OutboxWorker before(options, into_events());
    ASSERT_TRUE(before.start("run1", "boot")->failure.empty());
    ASSERT_TRUE(write(before, 1, 10).result.has_value());
  }
  disk.make_read_only(true);
  OutboxWorker worker(options, into_events());
  const OutboxContents contents = worker.start("run2", "boot").value();
  EXPECT_NE(contents.failure.find("outbox.db"), std::string::npos) << contents.failure;
  disk.make_read_only(false);
  OutboxOpen again;
  again.known = contents;
  again.is_settled = false;
  const OutboxOpened opened = carry_out<OutboxOpened>(worker, again);
  ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
  EXPECT_EQ(opened.contents->streams.back().base, 10U);
}

TEST_F(OutboxDisk, a_damaged_outbox_that_cannot_be_replaced_stays_where_it_is_until_it_can) {
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  options.reserve_bytes = 0;
  {
    OutboxWorker before(options, into_events());
    ASSERT_TRUE(before.start("run1", "boot")->failure.empty());
    ASSERT_TRUE(write(before, 1, 2'000).result.has_value());
  }
  {
    std::fstream file(options.path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(20 * 4096);
    file << std::string(4096, '\xa5');
  }
  disk.fill();
  OutboxWorker worker(options, into_events());
  const OutboxContents contents = worker.start("run2", "boot").value();
  EXPECT_FALSE(contents.failure.empty());
  EXPECT_TRUE(fs::exists(options.path));
  EXPECT_FALSE(fs::exists(options.path + ".salvage"));
  disk.make_room();
  OutboxOpen again;
  again.known = contents;
  again.is_settled = false;
  const OutboxOpened opened = carry_out<OutboxOpened>(worker, again);
  ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
  ASSERT_TRUE(opened.contents->repair.has_value());
  EXPECT_GT(opened.contents->repair->salvaged, 1'900U);
}

}  // namespace
}  // namespace sensors::publisher
