// The outbox whose file is deleted, moved away or replaced while the publisher has it open.
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "services/sensor-publisher/outbox/outbox_worker.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

namespace fs = std::filesystem;

class DeletedOutbox : public testing::Test {
 protected:
  DeletedOutbox() {
    fs::create_directory(folder.path("data"));
    options.path = folder.path("data/outbox.db");
    options.reserve_bytes = 0;
    start();
  }

  void start() {
    worker.emplace(options, [this](Event event) {
      const std::lock_guard lock(mutex);
      events.push_back(std::move(event));
      changed.notify_one();
    });
    known = worker->start("run1", "boot").value();
  }

  template <class Event_, class Effect_>
  Event_ carry_out(Effect_ effect) {
    worker->apply(std::move(effect));
    std::unique_lock lock(mutex);
    const bool came = changed.wait_for(lock, std::chrono::seconds(60), [this] { return !events.empty(); });
    if (!came) throw std::runtime_error("the worker does not answer");
    Event_ event = std::get<Event_>(std::move(events.front()));
    events.pop_front();
    return event;
  }

  OutboxWritten write(Position first, Position last) {
    OutboxWrite effect;
    for (Position p = first; p <= last; ++p) effect.append.push_back({p, p, Reading{"s", 1.0, "", WallTime{}}});
    return carry_out<OutboxWritten>(std::move(effect));
  }

  OutboxOpened reopen(Position last) {
    OutboxOpen open;
    open.known = known;
    open.known.last = last;
    return carry_out<OutboxOpened>(std::move(open));
  }

  /// Entries from 1 on are all there up to `last`, also for another program that opens the file.
  void expect_all(Position last) {
    const OutboxReadDone read = carry_out<OutboxReadDone>(OutboxRead{1, 1'000});
    ASSERT_TRUE(read.entries.has_value()) << read.entries.error().message;
    ASSERT_EQ(read.entries->size(), last);
    EXPECT_EQ(read.entries->back().last, last);
    worker.reset();
    const Result<Outbox> outbox = Outbox::open(options.path, "run2");
    ASSERT_TRUE(outbox.has_value()) << outbox.error().message;
    EXPECT_EQ(outbox->contents().last, last);
    EXPECT_EQ(outbox->contents().streams.front().id, "run1");
  }

  TemporaryFolder folder;
  OutboxFileOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Event> events;
  std::optional<OutboxWorker> worker;
  OutboxContents known;
};

TEST_F(DeletedOutbox, is_noticed_by_the_next_write_and_keeps_every_entry) {
  ASSERT_TRUE(write(1, 100).result.has_value());
  fs::remove(options.path);
  const OutboxWritten written = write(101, 120);
  ASSERT_FALSE(written.result.has_value()) << "entries in a file without a name are not durable";
  EXPECT_EQ(written.result.error().code, ErrorCode::io) << "as a disk that failed";
  const OutboxOpened opened = reopen(100);
  ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
  ASSERT_EQ(opened.contents->notes.size(), 1U);
  EXPECT_NE(opened.contents->notes.front().find("nothing is lost"), std::string::npos);
  ASSERT_TRUE(write(101, 120).result.has_value()) << "as the Logic does: what failed is written again";
  expect_all(120);
}

TEST_F(DeletedOutbox, is_noticed_by_a_write_of_nothing) {
  EXPECT_TRUE(carry_out<OutboxWritten>(OutboxWrite{}).result.has_value());
  fs::remove(options.path + "-wal");
  EXPECT_FALSE(carry_out<OutboxWritten>(OutboxWrite{}).result.has_value());
}

TEST_F(DeletedOutbox, is_noticed_at_the_end_and_keeps_every_entry) {
  for (const std::vector<const char*>& suffixes : {std::vector<const char*>{""}, {"-wal"}, {"", "-wal", "-shm"}}) {
    ASSERT_TRUE(write(1, 100).result.has_value());
    for (const char* suffix : suffixes) fs::remove(options.path + suffix);
    worker.reset();
    ASSERT_TRUE(fs::exists(options.path));
    Result<Outbox> outbox = Outbox::open(options.path, "run2");
    ASSERT_TRUE(outbox.has_value()) << outbox.error().message;
    EXPECT_EQ(outbox->read(1, 1'000).value().size(), 100U);
    *outbox = Outbox::open(folder.path("data/unused.db"), "run3").value();
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options.path + suffix);
    start();
  }
}

TEST_F(DeletedOutbox, with_its_folder_is_kept_open_until_there_is_one_again) {
  ASSERT_TRUE(write(1, 100).result.has_value());
  fs::remove_all(folder.path("data"));
  ASSERT_FALSE(write(101, 101).result.has_value());
  EXPECT_EQ(reopen(100).contents.error().code, ErrorCode::not_found);
  EXPECT_EQ(reopen(100).contents.error().code, ErrorCode::not_found);
  fs::create_directory(folder.path("data"));
  ASSERT_TRUE(reopen(100).contents.has_value());
  ASSERT_TRUE(write(101, 101).result.has_value()) << "as the Logic does: what failed is written again";
  expect_all(101);
}

TEST_F(DeletedOutbox, that_can_no_longer_be_read_is_given_up_and_a_new_one_begun) {
  // More than the connection has in memory; then it is emptied under another name, as a disk that is pulled out.
  constexpr Position many = 120'000;
  for (Position first = 1; first < many; first += 10'000) ASSERT_TRUE(write(first, first + 9'999).result.has_value());
  for (const char* suffix : {"", "-wal"}) {
    fs::create_hard_link(options.path + suffix, folder.path("other") + suffix);
    fs::remove(options.path + suffix);
    fs::resize_file(folder.path("other") + suffix, 0);
  }
  ASSERT_FALSE(write(many + 1, many + 1).result.has_value());
  const OutboxOpened opened = reopen(many);
  ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
  ASSERT_EQ(opened.contents->notes.size(), 1U);
  EXPECT_NE(opened.contents->notes.front().find("can no longer be read"), std::string::npos)
      << opened.contents->notes.front();
  EXPECT_EQ(opened.contents->streams.back().id, "run1");
  EXPECT_TRUE(write(many + 1, many + 1).result.has_value());
}

TEST_F(DeletedOutbox, emptied_under_its_name_goes_on_with_what_is_still_to_be_read) {
  ASSERT_TRUE(write(1, 100).result.has_value());
  fs::resize_file(options.path, 0);
  ASSERT_FALSE(carry_out<OutboxWritten>(OutboxWrite{}).result.has_value());
  const OutboxOpened opened = reopen(100);
  ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
  ASSERT_EQ(opened.contents->notes.size(), 1U);
  EXPECT_NE(opened.contents->notes.front().find("nothing is lost"), std::string::npos)
      << opened.contents->notes.front();
  ASSERT_TRUE(write(101, 101).result.has_value());
  expect_all(101);
}

TEST_F(DeletedOutbox, emptied_under_its_name_says_which_numbers_are_gone_when_it_cannot_be_read) {
  constexpr Position many = 120'000;  // more than the connection has in memory and in its log
  for (Position first = 1; first < many; first += 10'000) ASSERT_TRUE(write(first, first + 9'999).result.has_value());
  fs::resize_file(options.path, 0);
  ASSERT_FALSE(carry_out<OutboxWritten>(OutboxWrite{}).result.has_value());
  const OutboxOpened opened = reopen(many);
  ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
  EXPECT_EQ(opened.contents->last, many);
  ASSERT_TRUE(write(many + 1, many + 1).result.has_value());
  // From 1 on each number has an entry: a reading, or a gap record for what is gone.
  Position next = 1;
  while (next <= many + 1) {
    const OutboxReadDone read = carry_out<OutboxReadDone>(OutboxRead{next, 1'000});
    ASSERT_TRUE(read.entries.has_value() && !read.entries->empty()) << next;
    for (const OutboxEntry& entry : *read.entries) {
      ASSERT_EQ(entry.first, next);
      next = entry.last + 1;
    }
  }
}

TEST_F(DeletedOutbox, replaced_by_an_older_one_goes_on_with_what_it_had) {
  ASSERT_TRUE(write(1, 10).result.has_value());
  { ASSERT_TRUE(Outbox::open(folder.path("older.db"), "older").has_value()); }
  fs::rename(folder.path("older.db"), options.path);
  ASSERT_FALSE(write(11, 11).result.has_value());
  ASSERT_TRUE(reopen(10).contents.has_value());
  expect_all(11);
}

}  // namespace
}  // namespace sensors::publisher
