#include <map>

#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensor-persistence/store/schema.hpp"

namespace sensors::persistence {
namespace {

class RetentionOnStore : public testing::Test {
 protected:
  RetentionOnStore() {
    options.retention.max_age = std::chrono::hours{24 * 30};
    options.retention.max_bytes = 0;
    options.retention.step_rows = 100;
  }

  void start() {
    writer = StoreWriter::open(StoreOptions{folder.file("store.db"), options.destinations, 2'048, 100}).value();
    bench = std::make_unique<LogicBench>(options, *writer);
    while (bench->is_committing()) bench->commit();
  }

  /// `count` rows more, of `time`.
  void fill(std::uint64_t count, WallTime time) {
    Batch batch;
    batch.stream = "aaaa";
    for (std::uint64_t i = 0; i < count; ++i) batch.readings.push_back(row(++seq, 1.5, time));
    bench->backlog(batch);
    bench->settle();
  }

  void let_retention_run(int passes = 2) {
    for (int i = 0; i < passes; ++i) {
      bench->pass(61s);
      for (int step = 0; step < 200; ++step) {
        while (bench->is_committing()) bench->commit();
        bench->pass(20ms);
      }
    }
  }

  void confirm_uploads() {
    const std::string store = writer->contents(1)->store;
    bench->request("upload", R"({"destination":"api","max_readings":5000,"max_bytes":1048576})");
    bench->commit();
    const UploadBatchHeader batch = decode_upload_batch_header(bench->take_answer()).value();
    bench->request("uploaded", encode_uploaded_request({store, "api", batch.first, batch.last}));
    bench->commit();
  }

  std::int64_t rows() {
    Result<Database> database = Database::open(folder.file("store.db"), store_migrations(), {});
    Statement statement = database->prepare("SELECT count(*) FROM reading").value();
    statement.step().value();
    return statement.integer(0);
  }

  TestFolder folder;
  LogicOptions options;
  std::unique_ptr<StoreWriter> writer;
  std::unique_ptr<LogicBench> bench;
  std::uint64_t seq = 0;
};

const std::chrono::hours day{24};

TEST_F(RetentionOnStore, deletes_what_is_older_than_max_age_and_nothing_else) {
  start();
  fill(350, test_time - 40 * day);
  fill(50, test_time - 20 * day);
  let_retention_run();
  EXPECT_EQ(rows(), 50);
}

TEST_F(RetentionOnStore, never_touches_rows_that_a_destination_does_not_have) {
  options.destinations = {"api"};
  options.retention.max_bytes = 1;
  start();
  fill(300, test_time - 40 * day);
  let_retention_run();
  EXPECT_EQ(rows(), 300);
  EXPECT_NE(bench->last_own("status").find("waits for upload"), std::string::npos);
  confirm_uploads();
  fill(10, test_time - 40 * day);
  let_retention_run();
  EXPECT_EQ(rows(), 10);
}

TEST_F(RetentionOnStore, says_what_the_store_takes_of_the_disk) {
  start();
  fill(100, test_time);
  const DiskFigures disk = writer->measure()->disk;
  EXPECT_GE(disk.file_bytes, static_cast<std::uint64_t>(writer->measure()->used_bytes));
  EXPECT_GT(disk.size_bytes, disk.free_bytes);
  bench->give(StoreMeasured{writer->measure()});
  bench->pass(61s);
  EXPECT_NE(bench->last_own("status").find(R"("disk":{"file_bytes":)"), std::string::npos);
}

TEST_F(RetentionOnStore, deletes_the_oldest_arrivals_while_the_store_is_too_large) {
  options.retention.max_age = Millis{0};
  options.retention.max_bytes = 400 * 1024;
  start();
  const std::int64_t empty_bytes = writer->measure()->used_bytes;  // a page for each table and index
  for (int i = 0; i < 12; ++i) fill(1'000, test_time);
  const std::int64_t bytes_of_a_row = (writer->measure()->used_bytes - empty_bytes) / 12'000;
  let_retention_run();
  EXPECT_LE(writer->measure()->used_bytes, 400 * 1024);
  EXPECT_LT(rows(), 12'000);
  EXPECT_GT(rows(), (400 * 1024 - empty_bytes) / bytes_of_a_row * 8 / 10) << "no more than it must";
}

TEST_F(RetentionOnStore, works_in_steps_with_pauses) {
  start();
  fill(1'000, test_time - 40 * day);
  bench->pass(61s);
  ASSERT_TRUE(bench->is_committing());
  EXPECT_LE(bench->commit().retention->deleted, 100U);
  EXPECT_FALSE(bench->is_committing());
  bench->pass(20ms);
  EXPECT_TRUE(bench->is_committing());
}

TEST_F(RetentionOnStore, is_not_held_up_by_rows_from_the_future) {
  start();
  fill(500, test_time + 9'000 * day);
  fill(300, test_time - 40 * day);
  let_retention_run();
  EXPECT_EQ(rows(), 500);
}

TEST_F(RetentionOnStore, never_gives_an_id_again_when_all_rows_are_deleted) {
  start();
  fill(50, test_time - 40 * day);
  let_retention_run();
  ASSERT_EQ(rows(), 0);
  bench.reset();
  writer.reset();
  start();
  EXPECT_EQ(writer->contents(1)->last_id, 50U);
  fill(1, test_time);
  EXPECT_EQ(writer->contents(1)->last_id, 51U);
}

TEST_F(RetentionOnStore, that_can_delete_nothing_stops_ingest_until_uploads_have_made_room) {
  options.destinations = {"api"};
  options.retention.max_age = Millis{0};
  options.retention.max_bytes = 200 * 1024;
  start();
  for (int i = 0; i < 12; ++i) fill(1'000, test_time);
  const std::int64_t held = rows();
  EXPECT_LT(held, 12'000);
  EXPECT_LT(writer->measure()->used_bytes, 300 * 1024) << "one commit beyond the limit";
  fill(1, test_time);
  EXPECT_EQ(rows(), held);
  EXPECT_EQ(decode_status_state(bench->last_own("status")).value(), ServiceState::degraded);
  EXPECT_TRUE(decode_queue_depth(bench->last_own("queue")).value().pressure);
  confirm_uploads();
  let_retention_run(1);
  EXPECT_LE(writer->measure()->used_bytes, 200 * 1024 * 95 / 100);
  EXPECT_EQ(decode_status_state(bench->last_own("status")).value(), ServiceState::up);
  const std::int64_t after = rows();
  seq = static_cast<std::uint64_t>(held);
  fill(1, test_time);
  EXPECT_EQ(rows(), after + 1) << "ingest goes on by itself";
}

/// Each write with a key that the bridge was handed over HTTP is a stream of its own, k-...; its other writes are one
/// stream, r-..., which goes on.
TEST(RetentionOnStreams, forgets_those_of_keys_with_their_last_rows_and_no_others) {
  const TestFolder folder;
  const auto writer = StoreWriter::open(StoreOptions{folder.file("store.db"), {}, 2'048, 100}).value();
  CommitTransaction fill;
  for (const char* name : {"k-old", "k-half", "k-gap", "k-new", "r-1", "own"}) {
    const bool is_own = std::string(name) == "own";
    StreamRows rows{name, "kitchen", is_own ? "sensor-publisher" : "sensor-http-bridge", 2, {}, {}};
    for (std::uint64_t seq = 1; seq <= 2; ++seq) {
      const bool is_new = std::string(name) == "k-new" || (std::string(name) == "k-half" && seq == 2);
      rows.readings.push_back({seq, Reading{"t", 1.5, "", test_time - (is_new ? 1 : 40) * day}});
    }
    if (std::string(name) == "k-gap") rows.gaps.push_back(Gap{2, 2, "other_store", test_time});
    if (std::string(name) == "k-gap") rows.readings.pop_back();
    fill.streams.push_back(std::move(rows));
  }
  const std::uint64_t last_id = writer->commit(fill).value().last_id;
  CommitTransaction retain;
  retain.retention = RetentionStep{0, last_id, 1'000, test_time - 30 * day, test_time + day};
  ASSERT_EQ(writer->commit(retain).value().retention->deleted, 8U);
  const std::map<std::string, bool> expected{{"k-old", false}, {"k-half", true}, {"k-gap", true},
                                             {"k-new", true},  {"r-1", true},    {"own", true}};
  for (const auto& [name, is_known] : expected) EXPECT_EQ(writer->load_stream(name)->id != 0, is_known) << name;
}

TEST(Retention, holds_ingest_from_its_limit_until_five_percent_below) {
  RetentionOptions options;
  options.max_age = Millis{0};
  options.max_bytes = 1'000;
  Retention retention(options);
  Now now{Instant{} + 1h, test_time};
  const auto step = [&](std::int64_t used_bytes, std::size_t deletable) {
    now.monotonic += 61s;
    if (retention.take_step(now, 100, used_bytes).has_value())
      retention.done({deletable, 0, false, true}, now.monotonic);
    return retention.holds_ingest();
  };
  EXPECT_FALSE(step(1'000, 0));
  EXPECT_FALSE(step(1'001, 5)) << "something can be deleted";
  EXPECT_TRUE(step(1'001, 0));
  EXPECT_TRUE(step(980, 5));
  EXPECT_TRUE(step(951, 0));
  EXPECT_FALSE(step(950, 0));
  EXPECT_FALSE(step(990, 0));
}

TEST(Retention, that_is_switched_off_asks_for_nothing) {
  RetentionOptions options;
  options.max_age = Millis{0};
  options.max_bytes = 0;
  Retention retention(options);
  EXPECT_EQ(retention.due_at(), std::nullopt);
  EXPECT_FALSE(retention.take_step(Now{Instant{} + 1h, test_time}, 100, 1'000'000).has_value());
}

}  // namespace

}  // namespace sensors::persistence
