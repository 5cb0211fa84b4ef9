#include <algorithm>
#include <limits>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "common/codec/store_answer.hpp"
#include "services/sensor-persistence/store/store_reader.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

using namespace std::chrono_literals;

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

  /// More than SQLite goes through without looking at the time.
  void commit_many_rows() {
    CommitTransaction transaction;
    StreamRows rows{"many", "attic", "sensor-publisher", 20'000, {}, {}};
    for (std::uint64_t seq = 1; seq <= 20'000; ++seq) rows.readings.push_back(row(seq));
    transaction.streams.push_back(std::move(rows));
    writer->commit(transaction).value();
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

TEST_F(Query, what_is_from_the_future_is_not_the_newest_where_there_is_another) {
  CommitTransaction transaction;
  StreamRows rows{"esp", "garden", "sensor-publisher", 3, {}, {}};
  const WallTime far = test_time + std::chrono::hours{24 * 3650};
  rows.readings.push_back({1, Reading{"soil", 3.0, "1", test_time}});
  rows.readings.push_back({2, Reading{"soil", -99.0, "1", far}});
  rows.readings.push_back({3, Reading{"only", 7.0, "1", far}});
  transaction.streams.push_back(std::move(rows));
  writer->commit(transaction).value();
  QueryRequest request;
  request.node = "garden";
  request.latest = true;
  const auto values = [&](std::optional<WallTime> future) {
    std::set<double> found;
    const QueryRows answer = reader->query(request, Millis{5'000}, future).value();
    for (const StoredReading& row : answer.readings) found.insert(std::get<double>(row.reading.reading.value));
    return found;
  };
  EXPECT_EQ(values(test_time + 24h), (std::set<double>{3, 7}));
  EXPECT_EQ(values(std::nullopt), (std::set<double>{-99, 7}));  // while the clock cannot be believed
  request.from = test_time + 25h;                               // asked for expressly
  EXPECT_EQ(values(test_time + 24h), (std::set<double>{-99, 7}));
}

TEST_F(Query, newest_first_does_not_begin_in_the_future_where_a_sensor_has_something_else) {
  CommitTransaction transaction;
  StreamRows rows{"esp", "garden", "sensor-publisher", 4, {}, {}};
  const WallTime far = test_time + std::chrono::hours{24 * 3650};
  rows.readings.push_back({1, Reading{"soil", 3.0, "1", test_time}});
  rows.readings.push_back({2, Reading{"soil", 4.0, "1", test_time + 1h}});
  rows.readings.push_back({3, Reading{"soil", -99.0, "1", far}});
  rows.readings.push_back({4, Reading{"only", 7.0, "1", far}});
  transaction.streams.push_back(std::move(rows));
  writer->commit(transaction).value();
  QueryRequest request;
  request.node = "garden";
  request.newest_first = true;
  const auto values = [&](std::optional<WallTime> future, const QueryRequest& asked) {
    std::vector<double> found;
    const QueryRows answer = reader->query(asked, Millis{5'000}, future).value();
    for (const StoredReading& row : answer.readings) found.push_back(std::get<double>(row.reading.reading.value));
    for (const StoredBucket& bucket : answer.buckets) found.push_back(std::get<double>(bucket.value));
    return found;
  };
  const WallTime future = test_time + 24h;
  EXPECT_EQ(values(future, request), (std::vector<double>{7, 4, 3}));
  EXPECT_EQ(values(std::nullopt, request), (std::vector<double>{7, -99, 4, 3}));
  QueryRequest soil = request;
  soil.sensor = "soil";
  soil.limit = 1;
  EXPECT_EQ(values(future, soil), std::vector<double>{4});
  soil.step = Millis{60'000};
  soil.aggregate = Aggregate::last;
  EXPECT_EQ(values(future, soil), std::vector<double>{4});
  soil.to = far + 1h;  // asked for expressly
  EXPECT_EQ(values(future, soil), std::vector<double>{-99});
  soil.step = Millis{0};
  EXPECT_EQ(values(future, soil), std::vector<double>{-99});
  QueryRequest oldest_first = request;
  oldest_first.newest_first = false;
  EXPECT_EQ(values(future, oldest_first), (std::vector<double>{3, 4, -99, 7})) << "which has all rows";
}

TEST_F(Query, newest_first_goes_on_behind_a_cursor_without_what_is_from_the_future) {
  CommitTransaction transaction;
  StreamRows rows{"esp", "garden", "sensor-publisher", 7, {}, {}};
  const WallTime far = test_time + std::chrono::hours{24 * 3650};
  for (std::uint64_t seq = 1; seq <= 5; ++seq)
    rows.readings.push_back({seq, Reading{"soil", static_cast<double>(seq), "1", test_time + seq * 1min}});
  rows.readings.push_back({6, Reading{"soil", -99.0, "1", far}});
  rows.readings.push_back({7, Reading{"only", 7.0, "1", far}});
  transaction.streams.push_back(std::move(rows));
  writer->commit(transaction).value();
  for (const Millis step : {Millis{0}, Millis{60'000}}) {
    QueryRequest request;
    request.node = "garden";
    request.newest_first = true;
    request.limit = 2;
    request.step = step;
    std::vector<double> found;
    for (int page = 0; page < 10; ++page) {
      const QueryRows answer = reader->query(request, Millis{5'000}, test_time + 24h).value();
      for (const StoredReading& row : answer.readings) found.push_back(std::get<double>(row.reading.reading.value));
      for (const StoredBucket& bucket : answer.buckets) found.push_back(std::get<double>(bucket.value));
      request.after = answer.next;
      if (!answer.next.has_value()) break;
    }
    EXPECT_EQ(found, (std::vector<double>{7, 5, 4, 3, 2, 1})) << step.count();
  }
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
  commit_many_rows();
  QueryRequest request;
  request.limit = 5'000;
  const Result<QueryRows> late = reader->query(request, Millis{0});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::timeout);
  EXPECT_EQ(ask(request).readings.size(), 5'000U);
}

TEST_F(Query, has_its_own_time_however_long_ago_the_reader_was_opened) {
  commit_many_rows();
  constexpr Millis open_limit{500};
  reader = StoreReader::open(folder.file("store.db"), stopping, open_limit).value();
  std::this_thread::sleep_for(open_limit);  // SQLite's progress handler looks at the real clock
  QueryRequest request;
  request.limit = 5'000;
  EXPECT_EQ(ask(request).readings.size(), 5'000U);
}

/// All pages of `request`, one after another; how many there were.
template <class Rows, class Take>
std::size_t all_pages(QueryRequest request, const Rows& ask, const Take& take) {
  for (std::size_t pages = 1;; ++pages) {
    const QueryRows rows = ask(request);
    take(rows);
    if (!rows.truncated) return pages;
    EXPECT_TRUE(rows.next.has_value());
    if (!rows.next.has_value() || pages > 1'000) return pages;
    request.after = rows.next;
  }
}

TEST_F(Query, goes_on_behind_its_cursor_without_a_row_missing_or_twice_in_either_order) {
  for (const bool newest_first : {false, true}) {
    QueryRequest request;
    request.limit = 37;
    request.newest_first = newest_first;
    std::vector<std::pair<WallTime, std::uint64_t>> seen;
    const std::size_t pages = all_pages(
        request, [&](const QueryRequest& page) { return ask(page); },
        [&](const QueryRows& rows) {
          for (const StoredReading& row : rows.readings) seen.emplace_back(row.reading.reading.time, row.id);
        });
    EXPECT_EQ(pages, 17U);
    EXPECT_EQ(seen.size(), 600U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()) || newest_first);
    EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()) || !newest_first);
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 600U);
  }
}

/// Each order has its own statement for each aggregate.
class QueryOfSteps : public Query, public testing::WithParamInterface<bool> {};

TEST_P(QueryOfSteps, makes_one_value_of_each_step) {
  QueryRequest request;
  request.node = "kitchen";
  request.sensor = "humidity";
  request.step = Millis{60'000};
  request.from = test_time;
  request.newest_first = GetParam();
  const auto values = [&](Aggregate aggregate) {
    request.aggregate = aggregate;
    return ask(request);
  };
  const QueryRows mean = values(Aggregate::mean);
  std::uint64_t count = 0;
  for (const StoredBucket& bucket : mean.buckets) {
    count += bucket.count;
    EXPECT_EQ(bucket.time.time_since_epoch() % request.step, Millis{0});
  }
  EXPECT_EQ(count, 100U);
  EXPECT_TRUE(mean.has_buckets);
  EXPECT_FALSE(mean.truncated);
  const QueryRows min = values(Aggregate::min);
  const QueryRows max = values(Aggregate::max);
  const QueryRows last = values(Aggregate::last);
  ASSERT_EQ(min.buckets.size(), mean.buckets.size());
  for (std::size_t i = 0; i < mean.buckets.size(); ++i) {
    const double low = std::get<double>(min.buckets[i].value);
    const double high = std::get<double>(max.buckets[i].value);
    EXPECT_EQ(std::get<double>(mean.buckets[i].value), (low + high) / 2) << "values rise evenly";
    EXPECT_EQ(std::get<double>(last.buckets[i].value), high);
    EXPECT_EQ(high - low, 3.0 * static_cast<double>(mean.buckets[i].count - 1));
  }
}

INSTANTIATE_TEST_SUITE_P(EitherOrder, QueryOfSteps, testing::Bool());

TEST_F(Query, makes_a_mean_of_numbers_whose_sum_is_none) {
  constexpr double most = std::numeric_limits<double>::max();
  const std::vector<std::vector<double>> steps{
      {1e308, 1e308}, {-1e308, -1.5e308}, {most, most, most}, {1.7e308, 1.7e308, -1.7e308, -1.7e308}, {1e-300, 3e-300}};
  const std::vector<double> means{1e308, -1.25e308, most, 0, 2e-300};
  CommitTransaction transaction;
  StreamRows rows{"huge", "attic", "sensor-publisher", 0, {}, {}};
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const double value : steps[step]) {
      const WallTime time{Millis{1'768'500'000'000} + step * Millis{60'000} + rows.through * Millis{1}};
      rows.readings.push_back({++rows.through, Reading{"huge", value, "1", time}});
    }
  }
  transaction.streams.push_back(std::move(rows));
  writer->commit(transaction).value();
  QueryRequest request;
  request.sensor = "huge";
  request.step = Millis{60'000};
  for (const bool newest_first : {false, true}) {
    request.newest_first = newest_first;
    const QueryRows mean = ask(request);
    ASSERT_EQ(mean.buckets.size(), means.size());
    for (std::size_t i = 0; i < means.size(); ++i) {
      const StoredBucket& bucket = mean.buckets[newest_first ? means.size() - 1 - i : i];
      EXPECT_DOUBLE_EQ(std::get<double>(bucket.value), means[i]);
    }
    EXPECT_TRUE(decode_bucket_answer(encode_bucket_answer(mean.buckets, mean.truncated, mean.next)).has_value());
  }
}

TEST_P(QueryOfSteps, are_of_numbers_only_but_for_the_last_value) {
  CommitTransaction transaction;
  StreamRows rows{"mixed", "attic", "sensor-publisher", 4, {}, {}};
  const std::vector<Value> values{7.0, true, 3.0, std::string("door open")};
  for (std::uint64_t seq = 1; seq <= values.size(); ++seq)
    rows.readings.push_back({seq, Reading{"mixed", values[seq - 1], "", test_time + Millis{seq}}});
  transaction.streams.push_back(std::move(rows));
  writer->commit(transaction).value();
  QueryRequest request;
  request.sensor = "mixed";
  request.step = Millis{3'600'000};
  request.newest_first = GetParam();
  const std::vector<std::pair<Aggregate, Value>> right{{Aggregate::mean, 5.0},
                                                       {Aggregate::min, 3.0},
                                                       {Aggregate::max, 7.0},
                                                       {Aggregate::last, std::string("door open")}};
  for (const auto& [aggregate, value] : right) {
    request.aggregate = aggregate;
    const QueryRows rows_of = ask(request);
    ASSERT_EQ(rows_of.buckets.size(), 1U);
    EXPECT_EQ(rows_of.buckets.front().value, value);
  }
}

/// The broker ends the connection of a client that publishes more than its max_packet_size.
TEST_F(Query, cuts_long_texts_to_what_the_broker_takes) {
  const std::string longest(max_text_value_length, '\x01');  // six bytes each as JSON
  CommitTransaction transaction;
  StreamRows rows{"words", "attic", "sensor-publisher", 3'000, {}, {}};
  for (std::uint64_t seq = 1; seq <= 3'000; ++seq)
    rows.readings.push_back({seq, Reading{"door", longest, "", test_time + Millis{1'000 * seq}}});
  transaction.streams.push_back(std::move(rows));
  writer->commit(transaction).value();
  QueryRequest request;
  request.node = "attic";
  request.limit = max_query_readings;
  request.aggregate = Aggregate::last;
  for (const Millis step : {Millis{0}, Millis{1'000}}) {
    request.step = step;
    std::size_t seen = 0;
    const std::size_t pages = all_pages(
        request, [&](const QueryRequest& page) { return ask(page); },
        [&](const QueryRows& page) {
          seen += page.readings.size() + page.buckets.size();
          const std::string answer = page.has_buckets ? encode_bucket_answer(page.buckets, page.truncated, page.next)
                                                      : encode_query_answer(page.readings, page.truncated, page.next);
          EXPECT_LT(answer.size(), 2'097'152U) << "max_packet_size in broker-config/mosquitto.conf";
        });
    EXPECT_EQ(seen, 3'000U);
    EXPECT_GT(pages, 1U);
  }
}

TEST_P(QueryOfSteps, gives_those_of_all_sensors_page_by_page) {
  for (const Aggregate aggregate : {Aggregate::mean, Aggregate::min, Aggregate::max, Aggregate::last}) {
    const bool newest_first = GetParam();
    QueryRequest request;
    request.step = Millis{10'000};
    request.limit = 7;
    request.newest_first = newest_first;
    request.aggregate = aggregate;
    std::uint64_t count = 0;
    std::vector<std::pair<WallTime, std::uint64_t>> seen;
    all_pages(
        request, [&](const QueryRequest& page) { return ask(page); },
        [&](const QueryRows& rows) {
          for (const StoredBucket& bucket : rows.buckets) {
            count += bucket.count;
            seen.emplace_back(bucket.time, bucket.sensor_id);
          }
        });
    EXPECT_EQ(count, 600U);
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), seen.size());
    EXPECT_TRUE(newest_first ? std::is_sorted(seen.rbegin(), seen.rend()) : std::is_sorted(seen.begin(), seen.end()));
  }
}

}  // namespace
}  // namespace sensors::persistence
