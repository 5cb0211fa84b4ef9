#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

#include "services/sensor-persistence/store/schema.hpp"
#include "services/sensor-persistence/store/store.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

class StoreFile : public testing::Test {
 protected:
  std::unique_ptr<StoreWriter> open() {
    Result<std::unique_ptr<StoreWriter>> writer = StoreWriter::open(options);
    EXPECT_TRUE(writer.has_value()) << (writer.has_value() ? "" : writer.error().message);
    return std::move(*writer);
  }

  Error open_error() {
    const Result<std::unique_ptr<StoreWriter>> writer = StoreWriter::open(options);
    return writer.has_value() ? Error{ErrorCode::io, "opened"} : writer.error();
  }

  std::int64_t integer(const std::string& sql) {
    Result<Database> database = Database::open(options.path, store_migrations(), {});
    Statement statement = database->prepare(sql).value();
    EXPECT_EQ(statement.step().value(), Statement::Step::row);
    return statement.integer(0);
  }

  static CommitTransaction rows(const Batch& batch) {
    CommitTransaction transaction;
    transaction.time = test_time;
    StreamRows rows{batch.stream, "kitchen", "sensor-publisher", 0, batch.readings, batch.gaps};
    if (!batch.readings.empty()) rows.through = batch.readings.back().seq;
    if (!batch.gaps.empty()) rows.through = std::max(rows.through, batch.gaps.back().last);
    transaction.streams.push_back(std::move(rows));
    return transaction;
  }

  TestFolder folder;
  StoreOptions options{folder.file("store.db"), {"api"}, 2'048, 100};
};

TEST_F(StoreFile, keeps_its_id_streams_and_last_id_when_it_is_opened_again) {
  std::unique_ptr<StoreWriter> writer = open();
  const std::string id = writer->contents(10)->store;
  EXPECT_TRUE(is_name(id));
  ASSERT_TRUE(writer->commit(rows(run_of("aaaa", 1, 100))).has_value());
  writer.reset();
  writer = open();
  const StoreContents contents = writer->contents(10).value();
  EXPECT_EQ(contents.store, id);
  EXPECT_EQ(contents.last_id, 100U);
  ASSERT_EQ(contents.streams.size(), 1U);
  EXPECT_EQ(contents.streams.front().through, 100U);
  EXPECT_EQ(contents.streams.front().publisher, "sensor-publisher");
  EXPECT_EQ(integer("SELECT count(*) FROM reading"), 100);
}

TEST_F(StoreFile, keeps_the_last_honest_time_and_counts_its_probes) {
  std::unique_ptr<StoreWriter> writer = open();
  CommitTransaction transaction = rows(run_of("aaaa", 1, 3));
  transaction.honest_time = test_time;
  transaction.probe = true;
  ASSERT_TRUE(writer->commit(transaction).has_value());
  writer.reset();
  EXPECT_EQ(integer("SELECT probes FROM store"), 1);
  EXPECT_EQ(open()->contents(10)->honest_time, test_time);
}

TEST_F(StoreFile, gives_its_newest_gap_records_the_oldest_first) {
  std::unique_ptr<StoreWriter> writer = open();
  Batch batch = run_of("aaaa", 1, 3);
  batch.gaps = {Gap{4, 8, "outbox_full", test_time}, Gap{9, 9, "malformed", test_time + 1h}};
  ASSERT_TRUE(writer->commit(rows(batch)).has_value());
  const std::vector<GapSeen> gaps = writer->contents(10)->newest_gaps;
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps.front().node, "kitchen");
  EXPECT_EQ(gaps.front().reason, "outbox_full");
  EXPECT_EQ(gaps.front().readings, 5U);
  EXPECT_EQ(gaps.front().time, test_time);
  EXPECT_EQ(gaps.back().reason, "malformed");
  EXPECT_EQ(gaps.back().readings, 1U);
}

TEST_F(StoreFile, deletes_a_gap_record_in_one_step_with_the_readings_before_it) {
  std::unique_ptr<StoreWriter> writer = open();
  Batch batch = run_of("aaaa", 1, 3);
  batch.gaps.push_back(Gap{4, 8, "outbox_full", test_time});
  CommitTransaction transaction = rows(batch);
  transaction.retention = RetentionStep{0, 4, 100, test_time + 24h, test_time + 48h};
  ASSERT_TRUE(writer->commit(rows(batch)).has_value());
  transaction.streams.clear();
  EXPECT_EQ(writer->commit(transaction)->retention->deleted, 4U);
  EXPECT_EQ(integer("SELECT (SELECT count(*) FROM reading) + (SELECT count(*) FROM gap)"), 0);
}

TEST_F(StoreFile, keeps_a_boot_whose_rows_have_their_times_and_forgets_the_oldest_of_too_many) {
  std::unique_ptr<StoreWriter> writer = open();
  CommitTransaction transaction = rows(run_of("aaaa", 1, 3));
  const BootKey boot{"kitchen", "sensor-publisher", "b1"};
  transaction.streams.front().boot = boot.boot;
  for (SequencedReading& row : transaction.streams.front().readings) row.reading.uptime = Millis{row.seq};
  ASSERT_TRUE(writer->commit(transaction).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM boot WHERE hold = 1"), 1);
  CommitTransaction learned;
  learned.boot_times = {{boot, test_time}, {{"kitchen", "sensor-publisher", "b2"}, test_time}};
  learned.restamp = RestampStep{boot, 100};
  ASSERT_TRUE(writer->commit(learned).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM reading WHERE uptime_ms IS NULL"), 3);
  EXPECT_EQ(integer("SELECT count(*) FROM boot WHERE hold = 0"), 2);
  CommitTransaction many;
  for (std::int64_t i = 0; i < StoreClocks::max_boots; ++i)
    many.boot_times.push_back({{"attic", "sensor-publisher", "b" + std::to_string(i)}, test_time});
  ASSERT_TRUE(writer->commit(many).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM boot"), StoreClocks::max_boots);
  EXPECT_EQ(integer("SELECT count(*) FROM boot WHERE node = 'kitchen'"), 0);
}

TEST_F(StoreFile, holds_what_was_committed_when_the_process_dies_without_closing) {
  std::unique_ptr<StoreWriter> writer = open();
  ASSERT_TRUE(writer->commit(rows(run_of("aaaa", 1, 500))).has_value());
  for (const char* suffix : {"", "-wal"}) {  // the files as the kernel has them, which is what kill -9 leaves
    std::filesystem::copy_file(options.path + suffix, folder.file("copy.db") + suffix);
  }
  options.path = folder.file("copy.db");
  EXPECT_EQ(open()->contents(10)->streams.front().through, 500U);
  EXPECT_EQ(integer("SELECT count(*) FROM reading"), 500);
}

TEST_F(StoreFile, keeps_the_types_of_values) {
  Batch batch;
  batch.stream = "aaaa";
  batch.readings = {row(1, 7.0),  row(2, true),         row(3, false), row(4, std::string("ön")),
                    row(5, -0.5), row(6, std::string())};
  std::unique_ptr<StoreWriter> writer = open();
  CommitTransaction transaction = rows(batch);
  transaction.hand_outs.push_back(HandOut{1, "api", 100, 100'000});
  const CommitReport report = writer->commit(transaction).value();
  ASSERT_EQ(report.handed_out.size(), 1U);
  const std::vector<StoredReading>& got = report.handed_out.front().batch.readings;
  ASSERT_EQ(got.size(), batch.readings.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].reading, batch.readings[i]);
    EXPECT_EQ(got[i].id, i + 1);
    EXPECT_EQ(got[i].node, "kitchen");
  }
}

TEST_F(StoreFile, numbers_readings_and_gap_records_in_one_sequence) {
  std::unique_ptr<StoreWriter> writer = open();
  Batch batch = run_of("aaaa", 1, 2);
  batch.readings.push_back(row(9));
  batch.gaps.push_back(Gap{3, 8, "outbox_full", test_time});
  CommitTransaction transaction = rows(batch);
  transaction.hand_outs.push_back(HandOut{1, "api", 100, 100'000});
  const CommitReport report = writer->commit(transaction).value();
  EXPECT_EQ(report.last_id, 4U);
  const UploadBatch& handed_out = report.handed_out.front().batch;
  EXPECT_EQ(handed_out.gaps.front().id, 3U);
  EXPECT_EQ(handed_out.gaps.front().gap, batch.gaps.front());
  EXPECT_EQ(handed_out.readings.back().id, 4U);
  EXPECT_EQ(handed_out.first, 1U);
  EXPECT_EQ(handed_out.last, 4U);
}

TEST_F(StoreFile, a_number_that_is_there_keeps_its_reading) {
  std::unique_ptr<StoreWriter> writer = open();
  ASSERT_TRUE(writer->commit(rows(run_of("aaaa", 1, 3))).has_value());
  Batch forged;
  forged.stream = "aaaa";
  forged.readings = {row(2, 99.0)};
  ASSERT_TRUE(writer->commit(rows(forged)).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM reading"), 3);
  EXPECT_EQ(integer("SELECT value FROM reading WHERE seq = 2"), 2);
  EXPECT_EQ(integer("SELECT through FROM stream"), 3) << "a watermark never goes back";
}

TEST_F(StoreFile, a_commit_that_fails_changes_nothing_and_the_next_one_works) {
  std::unique_ptr<StoreWriter> writer = open();
  ASSERT_TRUE(writer->commit(rows(run_of("aaaa", 1, 3))).has_value());
  CommitTransaction bad = rows(run_of("bbbb", 1, 3));
  bad.hand_outs.push_back(HandOut{1, "not-there", 10, 1'000});
  ASSERT_FALSE(writer->commit(bad).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM stream"), 1);
  EXPECT_EQ(writer->commit(rows(run_of("bbbb", 1, 3)))->last_id, 6U);
  EXPECT_EQ(integer("SELECT count(*) FROM reading r JOIN sensor s ON s.id = r.sensor"), 6);
}

// What a later version may do to the schema and still let this one run: ADR 9.
TEST_F(StoreFile, of_a_newer_schema_that_only_adds_is_used_on) {
  ASSERT_TRUE(open()->commit(rows(run_of("aaaa", 1, 3))).has_value());
  std::vector<std::string_view> newer = store_migrations();
  newer.emplace_back(
      "ALTER TABLE reading ADD COLUMN quality INTEGER; ALTER TABLE dead_letter ADD COLUMN hint TEXT;"
      "CREATE TABLE extra(x); CREATE INDEX reading_by_quality ON reading(quality)");
  ASSERT_TRUE(Database::open(options.path, newer, {.application_id = store_application_id}).has_value());
  ASSERT_TRUE(open()->commit(rows(run_of("aaaa", 4, 6))).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM reading WHERE quality IS NULL"), 6);
  EXPECT_EQ(integer("PRAGMA user_version"), static_cast<std::int64_t>(newer.size()));
}

TEST_F(StoreFile, of_the_first_schema_is_taken_over_with_the_batch_that_is_out) {
  const std::vector<std::string_view> first{store_migrations().front()};
  Result<Database> old = Database::open(options.path, first, {.application_id = store_application_id});
  ASSERT_TRUE(old->execute("INSERT INTO destination(name, cursor, batch_first, batch_last) VALUES('api', 0, 1, 2)"));
  ASSERT_TRUE(old->execute("INSERT INTO store(only, id, last_id) VALUES(1, 'w5n2c8t4hj6b', 2)"));
  old = fail(ErrorCode::io, "closed");
  const StoreContents contents = open()->contents(10).value();
  ASSERT_EQ(contents.destinations.size(), 1U);
  EXPECT_EQ(contents.destinations.front().batch_last, 2U);
  EXPECT_EQ(contents.destinations.front().refusals, 0U);
}

TEST_F(StoreFile, of_a_newer_schema_that_takes_away_is_refused) {
  open().reset();
  ASSERT_TRUE(Database::open(options.path, store_migrations(), {})
                  ->execute("UPDATE compatibility SET oldest_reader = " +
                            std::to_string(store_migrations().size() + 1) + "; PRAGMA user_version=99")
                  .has_value());
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::newer_schema);
  EXPECT_NE(error.message.find(options.path), std::string::npos);
}

TEST_F(StoreFile, that_is_truncated_is_refused) {
  open()->commit(rows(run_of("aaaa", 1, 5'000))).value();
  std::filesystem::resize_file(options.path, std::filesystem::file_size(options.path) / 2);
  EXPECT_EQ(open_error().code, ErrorCode::corrupt);
}

TEST_F(StoreFile, that_is_not_a_database_is_refused) {
  std::ofstream(options.path) << std::string(10'000, 'x');
  EXPECT_EQ(open_error().code, ErrorCode::corrupt);
}

TEST_F(StoreFile, in_a_folder_that_is_not_there_is_refused) {
  options.path = folder.file("missing/store.db");
  EXPECT_NE(open_error().message.find("missing/store.db"), std::string::npos);
}

TEST_F(StoreFile, in_a_read_only_folder_is_refused) {
  constexpr uid_t nobody = 65'534;  // root may write anywhere: a child gives that up first
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(nobody) != 0) ::_exit(2);
    const Error error = open_error();
    const bool is_named = error.message.find(options.path) != std::string::npos;
    const bool is_told = error.code == ErrorCode::permission || error.code == ErrorCode::read_only;
    ::_exit(is_named && is_told ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

TEST_F(StoreFile, gives_the_streams_that_moved_last) {
  std::unique_ptr<StoreWriter> writer = open();
  for (int i = 0; i < 20; ++i) {
    CommitTransaction transaction = rows(run_of("stream" + std::to_string(i), 1, 1));
    transaction.time += Millis{i};
    ASSERT_TRUE(writer->commit(transaction).has_value());
  }
  const StoreContents contents = writer->contents(3).value();
  ASSERT_EQ(contents.streams.size(), 3U);
  EXPECT_EQ(contents.streams.back().name, "stream19");
  EXPECT_EQ(writer->load_stream("stream2")->through, 1U);
  EXPECT_EQ(writer->load_stream("none")->id, 0U);
}

TEST_F(StoreFile, passes_over_a_repeated_number_and_over_nothing_else) {
  std::unique_ptr<StoreWriter> writer = open();
  ASSERT_TRUE(writer->commit(rows(run_of("aaaa", 1, 3))).has_value());
  ASSERT_TRUE(writer->commit(rows(run_of("aaaa", 2, 4))).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM reading"), 4);
  // Another process writes into the same file, and takes ids that this one is about to give.
  ASSERT_TRUE(open()->commit(rows(run_of("bbbb", 1, 5))).has_value());
  const Result<CommitReport> report = writer->commit(rows(run_of("cccc", 1, 5)));
  EXPECT_FALSE(report.has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM stream WHERE name = 'cccc'"), 0);
  writer = open();
  ASSERT_TRUE(writer->commit(rows(run_of("cccc", 1, 5))).has_value());
  EXPECT_EQ(integer("SELECT count(*) FROM reading"), 14);
}

TEST_F(StoreFile, has_one_owner_and_says_who_it_is) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Event> events;
  const auto keep = [&](Event event) {
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
    changed.notify_one();
  };
  Store second(options, keep);
  {
    Store first(options, [](const Event&) {});
    ASSERT_TRUE(first.own().has_value());
    const Result<void> refused = second.own();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::in_use);
    EXPECT_NE(refused.error().message.find("sensor-persistence, process "), std::string::npos);
    second.apply(OpenStore{true, {}, test_time});
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return events.size() == 1; }));
    const auto& opened = std::get<StoreOpened>(events.front());
    ASSERT_FALSE(opened.contents.has_value());
    EXPECT_EQ(opened.contents.error().code, ErrorCode::in_use);
    EXPECT_FALSE(std::filesystem::exists(options.path)) << "not even opened";
  }
  EXPECT_TRUE(second.own().has_value());
}

TEST_F(StoreFile, is_not_committed_to_once_its_lock_was_removed_and_another_process_has_it) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Event> event;
  Store store(options, [&](Event told) {
    const std::lock_guard lock(mutex);
    event = std::move(told);
    changed.notify_one();
  });
  const auto answer_to = [&](auto effect) {
    store.apply(std::move(effect));
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, std::chrono::seconds(60), [&] { return event.has_value(); }))
      throw std::runtime_error("the store does not answer");
    return *std::exchange(event, std::nullopt);
  };
  const auto commit = [&] { return std::get<StoreCommitted>(answer_to(CommitTransaction{})).report; };
  ASSERT_TRUE(std::get<StoreOpened>(answer_to(OpenStore{true, {}, test_time})).contents.has_value());
  std::filesystem::remove(options.path + ".lock");
  ASSERT_TRUE(commit().has_value());
  FileLock other(options.path, "another store");
  EXPECT_EQ(other.take().error().code, ErrorCode::in_use) << "the lock was taken again";
  std::filesystem::remove(options.path + ".lock");
  EXPECT_EQ(other.take().error().code, ErrorCode::in_use) << "the store itself is locked, too";
  ASSERT_TRUE(commit().has_value());
  for (const char* suffix : {"", ".lock"}) std::filesystem::remove(options.path + suffix);
  ASSERT_TRUE(other.take().has_value());
  const Result<CommitReport> refused = commit();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::in_use);
}

/// The shell around it: events come from the workers' threads.
TEST_F(StoreFile, answers_each_effect_with_its_event) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::size_t> kinds;
  Store store(options, [&](Event event) {
    const std::lock_guard lock(mutex);
    kinds.push_back(event.index());
    changed.notify_one();
  });
  const auto wait_for = [&](std::size_t events) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return kinds.size() == events; });
  };
  store.apply(OpenStore{true, {}, test_time});
  ASSERT_TRUE(wait_for(1));
  store.apply(rows(run_of("aaaa", 1, 10)));
  store.apply(LoadStream{"aaaa"});
  store.apply(MeasureStore{});
  store.apply(RunQuery{1, QueryRequest{}, Millis{1'000}});
  EXPECT_TRUE(wait_for(5));
}

}  // namespace
}  // namespace sensors::persistence
