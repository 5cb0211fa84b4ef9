#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

/// What is refused changes nothing and is counted; the good reading after it is still taken.
void expect_refused(const std::string& topic, const std::string& payload, const std::string& why) {
  SCOPED_TRACE(topic + " " + payload.substr(0, 200));
  LogicBench bench(plain_options());
  bench.give(LogicBench::message(topic, payload));
  bench.pass(20ms);
  EXPECT_FALSE(bench.is_committing());
  EXPECT_EQ(bench.shown("refused_messages"), 1U);
  EXPECT_TRUE(bench.logged(why)) << (bench.lines.empty() ? "no line" : bench.lines.back().text);
  bench.live(row(1));
  bench.settle();
  EXPECT_EQ(bench.take_watermarks().back(), (Committed{"store1", "aaaa", 1, false}));
}

const std::string reading_topic = "sensors/kitchen/reading/bme280.temperature";
const std::string backlog_topic = "sensors/kitchen/backlog/sensor-publisher";

std::string reading_with(const std::string& key, const std::string& value) {
  std::string text =
      R"({"sensor":"bme280.temperature","value":21.5,"unit":"Cel","time":"2026-01-15T16:09:35.123Z","seq":1,"stream":"aaaa"})";
  const std::size_t begin = text.find("\"" + key + "\":") + key.size() + 3;
  return text.replace(begin, text.find_first_of(",}", begin) - begin, value);
}

TEST(Messages, bad_readings_are_refused_with_a_clear_error) {
  expect_refused(reading_topic, "{not json", reading_topic);
  expect_refused(reading_topic, "", reading_topic);
  expect_refused(reading_topic, "[]", reading_topic);
  expect_refused(reading_topic, std::string(100'000, '['), reading_topic);
  expect_refused(reading_topic, "{\"sensor\":\"\xff\xfe\"}", reading_topic);
  expect_refused(reading_topic, std::string(300 * 1024, ' '), reading_topic);
  expect_refused(reading_topic, reading_with("value", "null"), "value");
  expect_refused(reading_topic, reading_with("value", "[1]"), "value");
  expect_refused(reading_topic, reading_with("value", "1e999"), reading_topic);
  expect_refused(reading_topic, reading_with("seq", "0"), "seq");
  expect_refused(reading_topic, reading_with("seq", "-1"), "seq");
  expect_refused(reading_topic, reading_with("seq", "9007199254740992"), "seq");
  expect_refused(reading_topic, reading_with("seq", "\"1\""), "seq");
  expect_refused(reading_topic, reading_with("time", "\"yesterday\""), "time");
  expect_refused(reading_topic, reading_with("stream", "\"../../etc\""), "stream");
  expect_refused(reading_topic, reading_with("unit", "\"a b\""), "unit");
}

TEST(Messages, a_reading_from_the_future_is_taken_and_said_and_queries_know_where_the_future_begins) {
  LogicBench bench(plain_options());
  bench.live(row(1));
  bench.settle();
  bench.pass(std::chrono::minutes{2});  // retention has looked at the clock
  bench.settle();
  SequencedReading future = row(2);
  future.reading.time = bench.now.wall + std::chrono::hours{24 * 3650};
  bench.live(future);
  bench.settle();
  EXPECT_EQ(bench.take_watermarks().back(), (Committed{"store1", "aaaa", 2, false}));
  EXPECT_EQ(bench.shown("from_future"), 1U);
  EXPECT_TRUE(bench.logged("does not count as the newest"));
  bench.request("query", R"({"latest":true})");
  ASSERT_EQ(bench.queries.size(), 1U);
  EXPECT_EQ(bench.queries.back().future, bench.now.wall + std::chrono::hours{24});
  bench.now.clock_synced = false;
  bench.live(row(3));
  bench.request("query", R"({"latest":true})");
  EXPECT_EQ(bench.queries.back().future, std::nullopt);
}

TEST(Messages, a_sensor_in_the_payload_that_is_not_the_topics_is_refused) {
  expect_refused(reading_topic, reading_with("sensor", "\"bme280.humidity\""),
                 "its payload names another sensor, bme280.humidity");
}

TEST(Messages, topics_out_of_the_grammar_or_not_ours_are_refused) {
  const std::string payload = reading_with("seq", "1");
  for (const char* topic : {"", "sensors", "sensors/kitchen/reading", "sensors/kitchen/reading/a/b",
                            "sensors/kit chen/reading/a", "others/kitchen/reading/bme280.temperature",
                            "sensors/kitchen/committed/sensor-publisher", "sensors/other/rpc/upload"}) {
    expect_refused(topic, payload, "topic refused");
  }
}

TEST(Messages, bad_batches_are_refused_with_a_clear_error) {
  expect_refused(backlog_topic, R"({"stream":"aaaa"})", "readings");
  expect_refused(backlog_topic, R"({"readings":[]})", "stream");
  expect_refused(backlog_topic, R"({"stream":"aaaa","readings":{}})", "readings");
  expect_refused(
      backlog_topic,
      R"({"stream":"aaaa","readings":[],"gaps":[{"first":9,"last":1,"reason":"x","time":"2026-01-15T16:09:35.123Z"},
    {"first":1,"last":3,"reason":"x","time":"2026-01-15T16:09:35.123Z"},{"first":2,"last":4,"reason":"x","time":"2026-01-15T16:09:35.123Z"}]})",
      backlog_topic);
}

TEST(Messages, a_bad_row_among_good_ones_becomes_a_gap_record_and_the_stream_goes_on) {
  LogicBench bench(plain_options());
  std::string payload = encode_batch(run_of("aaaa", 1, 3));
  payload.replace(payload.find("\"value\":2"), 9, "\"value\":{}");
  bench.give(LogicBench::message(backlog_topic, payload));
  bench.pass(10ms);
  const CommitTransaction commit = bench.take_commit();
  ASSERT_EQ(commit.streams.size(), 1U);
  EXPECT_EQ(commit.streams.front().readings.size(), 2U);
  ASSERT_EQ(commit.streams.front().gaps.size(), 1U);
  EXPECT_EQ(commit.streams.front().gaps.front().first, 2U);
  EXPECT_EQ(commit.streams.front().gaps.front().reason, "malformed");
  EXPECT_EQ(commit.streams.front().through, 3U);
  EXPECT_EQ(bench.shown("malformed_rows"), 1U);
}

TEST(Messages, a_flood_of_bad_ones_is_one_log_line_each_ten_seconds) {
  LogicBench bench(plain_options());
  for (int i = 0; i < 1'000; ++i) bench.give(LogicBench::message(reading_topic, "x"));
  const std::size_t lines = bench.lines.size();
  bench.pass(10s);
  bench.give(LogicBench::message(reading_topic, "x"));
  EXPECT_EQ(bench.lines.size(), lines + 1);
  EXPECT_TRUE(bench.logged("(999 like it left out)"));
  EXPECT_EQ(bench.shown("refused_messages"), 1'001U);
}

// ---- requests ----

std::string error_code(const std::string& answer) {
  const std::string begin = R"({"error":{"code":")";
  if (answer.rfind(begin, 0) != 0) return "no error: " + answer;
  return answer.substr(begin.size(), answer.find('"', begin.size()) - begin.size());
}

std::string answer_to(const std::string& verb, const std::string& payload) {
  LogicOptions options = plain_options();
  options.destinations = {"api"};
  LogicBench bench(options);
  bench.request(verb, payload);
  return error_code(bench.take_answer());
}

TEST(Requests, bad_ones_are_answered_with_an_error) {
  EXPECT_EQ(answer_to("upload", "{"), "malformed");
  EXPECT_EQ(answer_to("upload", R"({"destination":"a b"})"), "invalid");
  EXPECT_EQ(answer_to("upload", R"({"destination":"other"})"), "not_found");
  EXPECT_EQ(answer_to("uploaded", R"({"store":"store1","destination":"api","first":0,"last":0})"), "invalid");
  EXPECT_EQ(answer_to("uploaded", R"({"store":"store1","destination":"api","first":1,"last":5})"), "rejected");
  EXPECT_EQ(answer_to("uploaded", R"({"store":"another","destination":"api","first":1,"last":5})"), "rejected");
  EXPECT_EQ(answer_to("uploaded", R"({"store":"store1","destination":"other","first":1,"last":5})"), "not_found");
  EXPECT_EQ(answer_to("query", R"({"limit":0})"), "invalid");
  EXPECT_EQ(answer_to("query", R"({"from":"noon"})"), "malformed");
  EXPECT_EQ(answer_to("drop-everything", "{}"), "not_found");
}

TEST(Requests, without_a_response_topic_of_ours_are_not_answered) {
  for (const char* reply : {"", "sensors/kitchen/committed/sensor-publisher", "others/node/rpc-reply/x",
                            "sensors/node/rpc-reply/#", "sensors/node/rpc-reply/a/b"}) {
    LogicBench bench(plain_options());
    bench.published.clear();
    bench.request("query", "{}", reply);
    EXPECT_TRUE(bench.published.empty()) << reply;
    EXPECT_TRUE(bench.queries.empty()) << reply;
    EXPECT_EQ(bench.shown("refused_calls"), 1U);
  }
}

TEST(Requests, beyond_the_limit_are_answered_with_overloaded) {
  LogicBench bench(plain_options());
  for (int i = 0; i < 8; ++i) bench.request("query", "{}");
  EXPECT_EQ(bench.queries.size(), 8U);
  EXPECT_EQ(bench.take_answer(), "");
  bench.request("query", "{}");
  EXPECT_EQ(error_code(bench.take_answer()), "overloaded");
  bench.give(QueryDone{bench.queries.front().call, QueryRows{}});
  EXPECT_EQ(bench.take_answer(), R"({"readings":[],"truncated":false})");
  bench.request("query", "{}");
  EXPECT_EQ(bench.queries.size(), 9U);
}

TEST(Requests, that_write_are_answered_with_the_stores_error_while_it_cannot_commit) {
  LogicOptions options = plain_options();
  options.destinations = {"api"};
  LogicBench bench(options);
  bench.live(row(1));
  bench.settle();
  bench.request("upload", R"({"destination":"api"})");
  bench.fail_commit();
  EXPECT_EQ(error_code(bench.take_answer()), "disk_full");
  bench.request("upload", R"({"destination":"api"})");
  EXPECT_EQ(error_code(bench.take_answer()), "disk_full");
}

TEST(StoreNamesake, is_told_in_log_and_status_until_it_is_silent) {
  LogicOptions options = plain_options();
  options.instance = "ours";
  LogicBench bench(options);
  EXPECT_EQ(decode_status(bench.last_own("status"))->instance, "ours");
  const auto hear = [&](const std::string& node, ServiceState state) {
    bench.give(LogicBench::message("sensors/" + node + "/status/sensor-persistence",
                                   encode_status({"sensor-persistence", state, "", bench.now.wall, "1",
                                                  R"("instance":"theirs","store":"store2")"})));
  };
  hear("shed", ServiceState::up);
  bench.pass(10s);
  hear("shed", ServiceState::up);
  EXPECT_TRUE(bench.logged("another store (store2 of node shed) takes readings from this broker too"));
  EXPECT_EQ(decode_status(bench.last_own("status"))->state, ServiceState::degraded);
  bench.pass(61s);
  EXPECT_TRUE(bench.logged("no other sensor-persistence is heard any more"));
  EXPECT_EQ(decode_status(bench.last_own("status"))->state, ServiceState::up);
  bench.published.clear();
  hear("node", ServiceState::down);
  EXPECT_EQ(decode_status(bench.last_own("status"))->state, ServiceState::up) << "said again at once";
}

}  // namespace
}  // namespace sensors::persistence
