// The request `streams`: which streams the store knows, committed or not, in memory or not.
#include "common/codec/streams_json.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

StreamsAnswer take_streams(LogicBench& bench) {
  const Result<StreamsAnswer> answer = decode_streams_answer(bench.take_answer());
  EXPECT_TRUE(answer.has_value()) << answer.error().message;
  return answer.value_or(StreamsAnswer{});
}

TEST(Streams, says_which_store_it_is) {
  LogicBench bench(plain_options());
  bench.request("streams", encode_streams_request({}));
  const StreamsAnswer answer = take_streams(bench);
  EXPECT_EQ(answer.store, "store1");
  EXPECT_TRUE(answer.streams.empty());
}

TEST(Streams, are_known_as_soon_as_something_is_taken_of_them) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.request("streams", encode_streams_request({"aaaa", "bbbb"}));
  EXPECT_EQ(take_streams(bench).streams, (std::vector<KnownStream>{{"aaaa", 1}})) << "before it is committed";
  bench.settle();
  bench.request("streams", encode_streams_request({"bbbb", "aaaa"}));
  EXPECT_EQ(take_streams(bench).streams, (std::vector<KnownStream>{{"aaaa", 1}}));
}

TEST(Streams, that_are_not_in_memory_are_looked_up) {
  LogicBench bench(plain_options());
  bench.answers_loads = false;
  bench.request("streams", encode_streams_request({"cccc", "dddd"}));
  ASSERT_EQ(bench.loads.size(), 2U);
  bench.give(StreamLoaded{"cccc", StreamState{"cccc", "old", "sensor-http-bridge", 3, 7}});
  EXPECT_TRUE(bench.take_answer().empty()) << "not before all of them";
  bench.give(StreamLoaded{"dddd", StreamState{"dddd", "", "", 0, 0}});
  EXPECT_EQ(take_streams(bench).streams, (std::vector<KnownStream>{{"cccc", 7}}));
}

TEST(Streams, are_known_while_what_came_before_the_question_waits_to_be_looked_up) {
  LogicBench bench(plain_options());
  bench.answers_loads = false;
  bench.live(row(1), "cccc");
  bench.request("streams", encode_streams_request({"cccc"}));
  ASSERT_EQ(bench.loads.size(), 2U);
  bench.give(StreamLoaded{"cccc", StreamState{"cccc", "", "", 0, 0}});
  EXPECT_EQ(take_streams(bench).streams, (std::vector<KnownStream>{{"cccc", 1}}));
  bench.give(StreamLoaded{"cccc", StreamState{"cccc", "", "", 0, 0}});
  bench.settle();
  EXPECT_EQ(bench.take_watermarks().back(), (Committed{"store1", "cccc", 1, false})) << "and taken once";
}

TEST(Streams, that_cannot_be_looked_up_are_an_error) {
  LogicBench bench(plain_options());
  bench.answers_loads = false;
  bench.request("streams", encode_streams_request({"cccc", "dddd"}));
  bench.give(StreamLoaded{"cccc", fail(ErrorCode::io, "store.db: the disk failed")});
  EXPECT_EQ(decode_streams_answer(bench.take_answer()).error().code, ErrorCode::rejected);
  bench.give(StreamLoaded{"dddd", StreamState{"dddd", "", "", 0, 0}});
  EXPECT_TRUE(bench.take_answer().empty()) << "it has had its answer";
  bench.request("streams", R"({"streams":["../etc"]})");
  EXPECT_EQ(decode_streams_answer(bench.take_answer()).error().code, ErrorCode::rejected);
}

TEST(Streams, of_a_store_that_is_not_open_are_an_error) {
  LogicBench bench = LogicBench::unopened(plain_options());
  bench.request("streams", encode_streams_request({"cccc"}));
  EXPECT_EQ(decode_streams_answer(bench.take_answer()).error().code, ErrorCode::rejected);
  EXPECT_TRUE(bench.loads.empty());
}

}  // namespace
}  // namespace sensors::persistence
