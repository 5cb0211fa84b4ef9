// One process has the outbox: from the start on, and for as long as it lives.
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include "common/runtime/file_lock.hpp"
#include "services/sensor-publisher/outbox/outbox_worker.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

class OutboxOwner : public testing::Test {
 protected:
  OutboxOwner() {
    options.path = folder.path("outbox.db");
    options.reserve_bytes = 4'096;
  }

  OutboxWorker::Report into_opened() {
    return [this](Event event) {
      const std::lock_guard lock(mutex);
      if (auto* done = std::get_if<OutboxWritten>(&event)) written = std::move(*done);
      if (auto* done = std::get_if<OutboxOpened>(&event)) opened = std::move(*done);
      changed.notify_one();
    };
  }

  Result<void> write(OutboxWorker& worker, Position position) {
    OutboxWrite effect;
    effect.append.push_back({position, position, Reading{"s", 1.0, "", WallTime{}}});
    written.reset();
    worker.apply(std::move(effect));
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, std::chrono::seconds(60), [this] { return written.has_value(); }))
      throw std::runtime_error("the worker does not answer");
    return written->result;
  }

  Result<OutboxContents> open_again(OutboxWorker& worker, bool release_reserve = false) {
    OutboxOpen open;
    open.known.streams.push_back({"run1", 0, "boot"});
    open.is_settled = false;
    open.release_reserve = release_reserve;
    opened.reset();
    worker.apply(open);
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, std::chrono::seconds(60), [this] { return opened.has_value(); }))
      throw std::runtime_error("the worker does not answer");
    return std::move(opened->contents);
  }

  bool is_free() const { return FileLock(options.path, "a test").take().has_value(); }

  TemporaryFolder folder;
  OutboxFileOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<OutboxOpened> opened;
  std::optional<OutboxWritten> written;
};

TEST_F(OutboxOwner, refuses_to_start_on_an_outbox_that_another_process_has) {
  FileLock other(options.path, "another publisher");
  ASSERT_TRUE(other.take().has_value());
  OutboxWorker worker(options, into_opened());
  const Result<OutboxContents> contents = worker.start("run1", "boot");
  ASSERT_FALSE(contents.has_value());
  EXPECT_EQ(contents.error().code, ErrorCode::in_use);
  EXPECT_NE(contents.error().message.find("another publisher, process "), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(options.path)) << "not even opened";
}

TEST_F(OutboxOwner, has_it_until_it_ends_also_while_the_outbox_is_closed_or_opened_again) {
  {
    OutboxWorker worker(options, into_opened());
    ASSERT_TRUE(worker.start("run1", "boot")->failure.empty());
    EXPECT_FALSE(is_free());
    ASSERT_TRUE(open_again(worker).has_value());
    EXPECT_FALSE(is_free());
    std::filesystem::remove(options.path);
    std::filesystem::create_directories(options.path + ".copy/in");  // where what is open would be copied to
    EXPECT_FALSE(open_again(worker).has_value());
    EXPECT_FALSE(is_free());
  }
  EXPECT_TRUE(is_free());
}

TEST_F(OutboxOwner, that_could_not_be_opened_at_the_start_waits_while_another_process_has_it) {
  options.path = folder.path("disk/outbox.db");
  OutboxWorker worker(options, into_opened());
  EXPECT_FALSE(worker.start("run1", "boot")->failure.empty()) << "its disk is not there yet";
  std::filesystem::create_directory(folder.path("disk"));
  std::optional<FileLock> other(std::in_place, options.path, "another publisher");
  ASSERT_TRUE(other->take().has_value());
  std::ofstream(options.path + ".reserve") << "of the other";
  const Result<OutboxContents> refused = open_again(worker, true);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::in_use);
  EXPECT_TRUE(std::filesystem::exists(options.path + ".reserve")) << "it is the owner's";
  other.reset();
  EXPECT_TRUE(open_again(worker).has_value());
}

TEST_F(OutboxOwner, whose_lock_was_removed_takes_it_again_with_the_next_write) {
  OutboxWorker worker(options, into_opened());
  ASSERT_TRUE(worker.start("run1", "boot").has_value());
  std::filesystem::remove(options.path + ".lock");
  EXPECT_TRUE(write(worker, 1).has_value());
  EXPECT_FALSE(is_free());
}

TEST_F(OutboxOwner, whose_lock_was_removed_keeps_the_outbox_from_another_process) {
  OutboxWorker first(options, into_opened());
  ASSERT_TRUE(first.start("run1", "boot").has_value());
  ASSERT_TRUE(write(first, 1).has_value());
  std::filesystem::remove(options.path + ".lock");
  OutboxWorker second(options, into_opened());
  const Result<OutboxContents> refused = second.start("run2", "boot");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::in_use) << "the file itself is locked, too";
  EXPECT_TRUE(write(first, 2).has_value()) << "the other one has not kept the lock that it could take";
}

TEST_F(OutboxOwner, whose_lock_and_outbox_were_removed_writes_nothing_once_another_process_has_them) {
  OutboxWorker second(options, into_opened());
  {
    OutboxWorker first(options, into_opened());
    ASSERT_TRUE(first.start("run1", "boot").has_value());
    ASSERT_TRUE(write(first, 1).has_value());
    // The other one begins anew while the first still has the old file open.
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(options.path + suffix);
    ASSERT_EQ(second.start("run2", "boot")->last, 0U);
    const Result<void> refused = write(first, 2);
    ASSERT_FALSE(refused.has_value()) << "it would be where the other one writes";
    EXPECT_EQ(refused.error().code, ErrorCode::in_use);
  }
  EXPECT_TRUE(write(second, 1).has_value()) << "the first one ended and left its file alone";
}

}  // namespace
}  // namespace sensors::publisher
