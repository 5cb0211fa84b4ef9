// The store whose files are deleted, moved away or replaced while the service has them open: the Logic with a real
// store.
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "services/sensor-persistence/store/schema.hpp"
#include "services/sensor-persistence/store/store.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

namespace fs = std::filesystem;

class DeletedStore : public testing::Test {
 protected:
  DeletedStore() {
    fs::create_directory(folder.file("data"));
    start();
    id = open().contents.value().store;
  }

  void start() {
    store.emplace(how, [this](Event event) {
      const std::lock_guard lock(mutex);
      events.push_back(std::move(event));
      arrived.notify_one();
    });
  }

  template <class Event_>
  Event_ next() {
    while (true) {
      std::unique_lock lock(mutex);
      const bool came = arrived.wait_for(lock, 60s, [this] { return !events.empty(); });
      if (!came) throw std::runtime_error("the store does not answer");
      Event event = std::move(events.front());
      events.pop_front();
      if (std::holds_alternative<StoreProgressed>(event)) continue;
      return std::get<Event_>(std::move(event));
    }
  }

  StoreOpened open(bool may_create = true) {
    OpenStore effect;
    effect.may_create = may_create;
    effect.time = test_time;
    store->apply(effect);
    return next<StoreOpened>();
  }

  Result<CommitReport> commit(std::uint64_t first, std::uint64_t last) {
    CommitTransaction transaction;
    transaction.time = test_time;
    transaction.streams.push_back(
        {"aaaa", "kitchen", "sensor-publisher", last, run_of("aaaa", first, last).readings, {}});
    store->apply(std::move(transaction));
    return next<StoreCommitted>().report;
  }

  Result<StoreFigures> measure() {
    store->apply(MeasureStore{});
    return next<StoreMeasured>().figures;
  }

  /// Opened anew: the same store, with all that was committed, acknowledged or not.
  void expect_the_same_store(std::uint64_t last_id) {
    const StoreOpened opened = open(false);
    ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
    EXPECT_NE(opened.rescued.find("nothing is lost"), std::string::npos) << opened.rescued;
    EXPECT_EQ(opened.contents->store, id) << "batches that are under way keep their names";
    EXPECT_EQ(opened.contents->last_id, last_id);
    EXPECT_EQ(opened.contents->streams.front().through, last_id);
    EXPECT_TRUE(commit(last_id + 1, last_id + 1).has_value());
    EXPECT_TRUE(measure().has_value());
  }

  TestFolder folder;
  StoreOptions how{folder.file("data/store.db"), {"api"}, 2'048, 100, Millis{5'000}, Millis{60'000}, 3, 0};
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Event> events;
  std::optional<Store> store;
  std::string id;
};

TEST_F(DeletedStore, acknowledges_nothing_more_and_goes_on_as_the_same_store) {
  for (const std::vector<const char*>& suffixes :
       {std::vector<const char*>{""}, {"-wal"}, {"-shm"}, {"", "-wal", "-shm"}}) {
    const std::uint64_t before = open().contents->last_id;
    ASSERT_TRUE(commit(before + 1, before + 100).has_value());
    for (const char* suffix : suffixes) fs::remove(how.path + suffix);
    const Result<CommitReport> report = commit(before + 101, before + 110);
    ASSERT_FALSE(report.has_value()) << "rows in a file without a name are not durable";
    EXPECT_EQ(report.error().code, ErrorCode::io) << "as a disk that failed";
    expect_the_same_store(before + 110);
  }
}

TEST_F(DeletedStore, is_noticed_without_a_commit) {
  ASSERT_TRUE(measure().has_value());
  fs::rename(how.path, folder.file("taken.db"));
  const Result<StoreFigures> figures = measure();
  ASSERT_FALSE(figures.has_value());
  EXPECT_EQ(figures.error().code, ErrorCode::io);
}

TEST_F(DeletedStore, is_noticed_at_the_end_and_keeps_every_row) {
  constexpr std::uint64_t many = 100'000;  // more than is copied at a time
  for (std::uint64_t last = 10'000; last <= many; last += 10'000) ASSERT_TRUE(commit(last - 9'999, last).has_value());
  std::uint64_t wanted = many;
  for (const std::vector<const char*>& suffixes : {std::vector<const char*>{""}, {"-wal"}, {"", "-wal", "-shm"}}) {
    for (const char* suffix : suffixes) fs::remove(how.path + suffix);
    store.reset();
    events.clear();
    start();
    const StoreOpened opened = open();
    ASSERT_TRUE(opened.contents.has_value()) << opened.contents.error().message;
    EXPECT_EQ(opened.contents->store, id);
    EXPECT_EQ(opened.contents->last_id, wanted);
    ++wanted;
    ASSERT_TRUE(commit(wanted, wanted).has_value());
  }
}

TEST_F(DeletedStore, with_its_folder_is_kept_open_until_there_is_one_again) {
  ASSERT_TRUE(commit(1, 100).has_value());
  fs::remove_all(folder.file("data"));
  ASSERT_FALSE(commit(101, 110).has_value());
  EXPECT_EQ(open(false).contents.error().code, ErrorCode::not_found);
  fs::create_directory(folder.file("data"));
  expect_the_same_store(100);
}

TEST(StoreOpenedAnew, after_its_file_lost_its_name_also_without_a_commit_and_it_is_said) {
  LogicBench bench(plain_options());
  bench.opens.clear();
  bench.give(StoreMeasured{fail(ErrorCode::io, "store.db: was deleted, moved away or replaced while it is in use")});
  EXPECT_TRUE(bench.logged("was deleted, moved away or replaced"));
  bench.pass(1s);
  ASSERT_EQ(bench.opens.size(), 1U);
  StoreOpened opened{StoreContents{}, {}};
  opened.contents->store = "store1";
  opened.rescued = "store.db: copied; nothing is lost";
  bench.give(std::move(opened));
  EXPECT_TRUE(bench.logged("copied; nothing is lost"));
}

TEST_F(DeletedStore, into_which_another_program_puts_an_earlier_one_is_opened_anew_with_less) {
  ASSERT_TRUE(commit(1, 10).has_value());
  {
    Database::Options how_opened;
    how_opened.application_id = store_application_id;
    Result<Database> other = Database::open(folder.file("data/store.db"), store_migrations(), how_opened);
    ASSERT_TRUE(other.has_value()) << other.error().message;
    ASSERT_TRUE(other->execute("UPDATE store SET last_id = 5; DELETE FROM reading WHERE id > 5").has_value());
  }
  const Result<CommitReport> done = commit(11, 11);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::io) << "so that it is opened anew";
  EXPECT_NE(done.error().message.find("its last id is 5, and was 10"), std::string::npos) << done.error().message;
  EXPECT_EQ(open(false).contents.value().last_id, 5U) << "which the Logic takes for what it is: StoreHealth.opened()";
}

}  // namespace
}  // namespace sensors::persistence
