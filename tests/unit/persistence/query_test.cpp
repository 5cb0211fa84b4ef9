#include "services/sensor-persistence/store_reader.hpp"
#include "tests/unit/persistence/logic_bench.hpp"

namespace sensors::persistence {
namespace {

class Query : public testing::Test {
 protected:
  Query() : writer(StoreWriter::open(StoreOptions{folder.file("store.db"), {}, 2'048, 100}).value()) {
    CommitTransaction transaction;
    for (const char* node : {"kitchen", "cellar"}) {
      StreamRows rows{std::string(node) + ".s", node, "sensor-publisher", 300, {}, {}};
      for (std::uint64_t seq = 1; seq <= 300; ++seq) {
        const std::string sensor = seq % 3 == 0 ? "humidity" : "temperature";
        rows.readings.push_back({seq, Reading{sensor, static_cast<double>(seq), "1", test_time + Millis{1'000 * seq}}});
      }
      transaction.streams.push_back(std::move(rows));
    }
    writer->commit(transaction).value();
    reader = StoreReader::open(folder.file("store.db"), stopping).value();
  }

  QueryRows ask(const QueryRequest& request) { return reader->query(request, Millis{5'000}).value(); }

  TestFolder folder;
  std::unique_ptr<StoreWriter> writer;
  std::atomic<bool> stopping = false;
  std::unique_ptr<StoreReader> reader;
};

TEST_F(Query, answers_one_sensor_in_order_of_time_up_to_the_limit) {
  QueryRequest request;
  request.node = "cellar";
  request.sensor = "humidity";
  request.limit = 10;
  const QueryRows rows = ask(request);
  ASSERT_EQ(rows.readings.size(), 10U);
  EXPECT_TRUE(rows.truncated);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(rows.readings[i].reading.seq, 3 * (i + 1));
    EXPECT_EQ(rows.readings[i].node, "cellar");
    EXPECT_EQ(rows.readings[i].reading.reading.sensor, "humidity");
  }
}

TEST_F(Query, answers_a_time_range_that_includes_its_begin_and_excludes_its_end) {
  QueryRequest request;
  request.node = "kitchen";
  request.from = test_time + 10s;
  request.to = test_time + 13s;
  const QueryRows rows = ask(request);
  ASSERT_EQ(rows.readings.size(), 3U);
  EXPECT_EQ(rows.readings.front().reading.seq, 10U);
  EXPECT_EQ(rows.readings.back().reading.seq, 12U);
  EXPECT_FALSE(rows.truncated);
}

TEST_F(Query, answers_the_newest_reading_of_each_sensor) {
  QueryRequest request;
  request.latest = true;
  const QueryRows rows = ask(request);
  ASSERT_EQ(rows.readings.size(), 4U);
  EXPECT_EQ(rows.readings.front().reading.seq, 300U);
  EXPECT_EQ(rows.readings.back().reading.seq, 299U);
}

TEST_F(Query, answers_all_sensors_merged_by_time) {
  QueryRequest request;
  request.limit = 5'000;
  const QueryRows rows = ask(request);
  ASSERT_EQ(rows.readings.size(), 600U);
  EXPECT_TRUE(std::is_sorted(
      rows.readings.begin(), rows.readings.end(),
      [](const StoredReading& a, const StoredReading& b) { return a.reading.reading.time < b.reading.reading.time; }));
}

TEST_F(Query, of_what_is_not_there_is_empty) {
  QueryRequest request;
  request.sensor = "none";
  EXPECT_TRUE(ask(request).readings.empty());
}

TEST_F(Query, sees_what_was_committed_after_the_reader_was_opened) {
  CommitTransaction transaction;
  transaction.streams.push_back({"new1", "attic", "sensor-publisher", 1, {row(1)}, {}});
  writer->commit(transaction).value();
  QueryRequest request;
  request.node = "attic";
  EXPECT_EQ(ask(request).readings.size(), 1U);
}

TEST_F(Query, ends_with_an_error_at_its_time_limit_and_the_next_one_works) {
  CommitTransaction transaction;
  StreamRows rows{"many", "attic", "sensor-publisher", 20'000, {}, {}};
  for (std::uint64_t seq = 1; seq <= 20'000; ++seq) rows.readings.push_back(row(seq));
  transaction.streams.push_back(std::move(rows));
  writer->commit(transaction).value();
  QueryRequest request;
  request.limit = 5'000;
  const Result<QueryRows> late = reader->query(request, Millis{0});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::timeout);
  EXPECT_EQ(ask(request).readings.size(), 5'000U);
}

}  // namespace
}  // namespace sensors::persistence
