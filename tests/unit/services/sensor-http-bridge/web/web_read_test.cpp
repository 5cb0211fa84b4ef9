// The read side on virtual time: what is asked of the store, and how its answers reach the client.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

using Json = nlohmann::json;

std::vector<StoredReading> two_rows() {
  const WallTime time{Millis{1'768'493'375'123}};
  return {{7, "kitchen", "k3v9", {1, {"a", 1.5, "Cel", time}}},
          {8, "kitchen", "k3v9", {2, {"note", std::string("x,\"y\""), "", time + Millis{1}}}}};
}

class WebRead : public testing::Test {
 protected:
  WebRead() { web.step(MqttConnected{}); }
  WebTimeline web;
};

TEST_F(WebRead, asks_the_store_for_what_the_client_asks_for) {
  web.get(
      "/v1/readings?sensor=a&node=kitchen&from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:00Z&limit=7&order=desc&"
      "cursor=1768493375123-42");
  const MqttPublish& request = web.published.back();
  EXPECT_EQ(request.topic, "sensors/kitchen/rpc/query");
  EXPECT_EQ(request.response_topic, "sensors/kitchen/rpc-reply/sensor-http-bridge");
  EXPECT_FALSE(request.correlation.empty());
  const Result<QueryRequest> query = decode_query_request(request.payload);
  ASSERT_TRUE(query.has_value()) << query.error().message;
  EXPECT_EQ(query->sensor, "a");
  EXPECT_EQ(query->node, "kitchen");
  EXPECT_EQ(query->limit, 7U);
  EXPECT_TRUE(query->newest_first);
  EXPECT_EQ(query->after, (QueryCursor{WallTime{Millis{1'768'493'375'123}}, 42}));
  EXPECT_TRUE(query->from.has_value() && query->to.has_value());
  EXPECT_EQ(query->step, Millis{0});

  web.get("/v1/readings?step=5min&fn=max");
  const Result<QueryRequest> steps = decode_query_request(web.published.back().payload);
  ASSERT_TRUE(steps.has_value());
  EXPECT_EQ(steps->step, Millis{300'000});
  EXPECT_EQ(steps->aggregate, Aggregate::max);
  EXPECT_EQ(steps->limit, 1'000U);
}

TEST_F(WebRead, answers_in_the_format_that_the_client_wants) {
  const std::string payload = encode_query_answer(two_rows(), true, QueryCursor{WallTime{Millis{5}}, 8});
  const std::uint64_t json = web.get("/v1/readings");
  web.store_answers(payload);
  EXPECT_EQ(web.answer(json).status, 200);
  EXPECT_EQ(web.answer(json).body, payload);
  EXPECT_EQ(header_of(web.answer(json), "Content-Type"), "application/json");

  const std::uint64_t csv = web.get("/v1/readings", {{"accept", "text/html, text/csv;q=0.9"}});
  web.store_answers(payload);
  EXPECT_EQ(web.answer(csv).body,
            "time,node,sensor,value,unit,stream,seq\r\n"
            "2026-01-15T16:09:35.123Z,kitchen,a,1.5,Cel,k3v9,1\r\n"
            "2026-01-15T16:09:35.124Z,kitchen,note,\"x,\"\"y\"\"\",,k3v9,2\r\n");
  EXPECT_EQ(header_of(web.answer(csv), "X-Next-Cursor"), "5-8");

  const std::uint64_t lines = web.get("/v1/readings?format=ndjson", {{"accept", "text/csv"}});
  web.store_answers(payload);
  EXPECT_EQ(std::count(web.answer(lines).body.begin(), web.answer(lines).body.end(), '\n'), 2);
  EXPECT_EQ(Json::parse(web.answer(lines).body.substr(0, web.answer(lines).body.find('\n'))).at("value"), 1.5);
  EXPECT_EQ(web.now_at("/v1/readings", {{"accept", "image/png"}}).status, 406);
}

TEST_F(WebRead, answers_with_one_value_for_each_step) {
  const std::string payload =
      encode_bucket_answer({{3, "kitchen", "a", "Cel", WallTime{Millis{60'000}}, 2.5, 6}}, false, std::nullopt);
  const std::uint64_t json = web.get("/v1/readings?step=60s");
  web.store_answers(payload);
  EXPECT_EQ(Json::parse(web.answer(json).body).at("buckets").at(0).at("count"), 6);
  const std::uint64_t csv = web.get("/v1/readings?step=60s&format=csv");
  web.store_answers(payload);
  EXPECT_EQ(web.answer(csv).body,
            "time,node,sensor,value,unit,count\r\n1970-01-01T00:01:00.000Z,kitchen,a,2.5,Cel,6\r\n");
}

TEST_F(WebRead, lists_sensors_with_their_newest_values) {
  const std::uint64_t id = web.get("/v1/sensors");
  EXPECT_TRUE(decode_query_request(web.published.back().payload)->latest);
  std::vector<StoredReading> rows = two_rows();
  rows.front().interval = Millis{10'000};
  rows.front().silent_since = rows.front().reading.reading.time;
  web.store_answers(encode_query_answer(rows, false));
  const Json answer = Json::parse(web.answer(id).body);
  ASSERT_EQ(answer.at("sensors").size(), 2U);
  EXPECT_EQ(answer.at("sensors").at(0).at("interval_ms"), 10'000);
  EXPECT_EQ(answer.at("sensors").at(0).at("silent_since"), answer.at("sensors").at(0).at("time"));
  EXPECT_FALSE(answer.at("sensors").at(1).contains("interval_ms") ||
               answer.at("sensors").at(1).contains("silent_since"));
  EXPECT_EQ(answer.at("sensors").at(0).at("sensor"), "a");
  EXPECT_EQ(answer.at("sensors").at(0).at("value"), 1.5);
  EXPECT_EQ(answer.at("truncated"), false);
}

TEST_F(WebRead, lists_dead_letters) {
  const std::uint64_t id = web.get("/v1/dead-letters?destination=api&after=6&limit=5");
  EXPECT_EQ(web.published.back().topic, "sensors/kitchen/rpc/dead-letters");
  const Result<DeadLettersRequest> request = decode_dead_letters_request(web.published.back().payload);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->action, DeadLettersRequest::Action::list);
  EXPECT_EQ(request->after, 6U);
  const std::string payload = encode_dead_letter_list({}, false);
  web.store_answers(payload);
  EXPECT_EQ(web.answer(id).body, payload);
}

TEST_F(WebRead, refuses_a_parameter_that_is_wrong_by_its_name) {
  for (const char* bad :
       {"sensor=a%20b", "from=yesterday", "limit=0", "limit=5001", "limit=x", "order=up", "cursor=1", "step=0s",
        "step=60", "step=900d", "step=60s&fn=median", "fn=mean", "colour=red", "format=xml"}) {
    const WebResponse& answer = web.now_at("/v1/readings?" + std::string(bad));
    EXPECT_EQ(answer.status, 400) << bad;
    const std::string key = std::string(bad).find("fn=median") != std::string::npos
                                ? "fn"
                                : std::string(bad).substr(0, std::string(bad).find('='));
    EXPECT_EQ(Json::parse(answer.body).at("detail").get<std::string>().rfind(key + ": ", 0), 0U) << answer.body;
  }
  EXPECT_TRUE(web.published.empty());
}

TEST_F(WebRead, says_503_when_the_store_refuses_is_silent_or_cannot_be_asked) {
  const std::uint64_t refused = web.get("/v1/readings");
  web.store_answers(R"({"error":{"code":"timeout","message":"the query took longer than 2000 ms"}})");
  EXPECT_EQ(web.answer(refused).status, 503);
  EXPECT_EQ(Json::parse(web.answer(refused).body).at("detail"),
            "the store answered: the query took longer than 2000 ms");

  const std::uint64_t silent = web.get("/v1/readings");
  const MqttPublish request = web.published.back();
  web.pass(Millis{5'999});
  EXPECT_EQ(web.answer(silent).status, 0);
  web.pass(Millis{1});
  EXPECT_EQ(web.answer(silent).status, 503);
  web.answers.erase(silent);
  web.store_answers(request, encode_query_answer({}, false));
  EXPECT_EQ(web.answer(silent).status, 0) << "an answer that is late is for nobody";

  const std::uint64_t not_sent = web.get("/v1/readings");
  web.step(MqttPublished{web.published.back().id, fail(ErrorCode::rejected, "not authorized")});
  EXPECT_EQ(web.answer(not_sent).status, 503);

  const std::uint64_t lost = web.get("/v1/readings");
  web.step(MqttDisconnected{"gone"});
  EXPECT_EQ(web.answer(lost).status, 503);
  EXPECT_EQ(web.now_at("/v1/readings").status, 503);
  EXPECT_EQ(header_of(web.now_at("/v1/readings"), "Retry-After"), "2");
}

TEST_F(WebRead, asks_no_more_at_one_time_than_it_may) {
  for (int i = 0; i < 8; ++i) web.get("/v1/readings");
  const std::size_t asked = web.published.size();
  EXPECT_EQ(web.now_at("/v1/sensors").status, 503);
  EXPECT_EQ(web.published.size(), asked);
  EXPECT_EQ(web.web.counters().refused_queries, 1U);
  web.store_answers(encode_query_answer({}, false));
  web.get("/v1/sensors");
  EXPECT_EQ(web.published.size(), asked + 1);
}

TEST_F(WebRead, does_not_believe_a_store_that_does_not_answer_what_was_asked) {
  for (const char* payload : {"", "[]", "{}", R"({"readings":[{"node":"x"}],"truncated":false})"}) {
    const std::uint64_t id = web.get("/v1/readings");
    web.store_answers(payload);
    EXPECT_EQ(web.answer(id).status, 503) << payload;
  }
}

}  // namespace
}  // namespace sensors::bridge
