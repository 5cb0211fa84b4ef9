// The write side on virtual time: what is taken, when it is answered, and what a key is good for.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/adapters/http_client/gzip.hpp"
#include "common/codec/reading_json.hpp"
#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

using Json = nlohmann::json;

const std::string one_row = R"({"sensor":"a","value":1.5,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"})";

class WebWrite : public testing::Test {
 protected:
  WebWrite() {
    web.step(MqttConnected{});
    web.store_is("up");
  }

  std::uint64_t post(const std::string& body, WebHeaders more = {}, const std::string& target = "/v1/readings",
                     const std::string& content_type = "application/json") {
    WebRequest request;
    request.method = "POST";
    request.target = target;
    request.headers = {{"authorization", "Bearer write-secret"}, {"content-type", content_type}};
    request.headers.insert(request.headers.end(), more.begin(), more.end());
    request.body = body;
    return web.ask(std::move(request));
  }

  Batch sent() {
    ReadingDecoder decoder;
    return decoder.batch(web.published.back().payload)->batch;
  }
  void commit(const Batch& batch) { commit(batch.stream, batch.readings.back().seq); }
  void commit(const std::string& stream, std::uint64_t through) {
    web.hear("kitchen/committed/sensor-http-bridge", encode_committed({"w5n2", stream, through, false}));
  }

  WebTimeline web;
};

TEST_F(WebWrite, answers_201_with_each_row_when_the_store_has_all_of_it_and_not_before) {
  const std::uint64_t id = post("[" + one_row + "," + one_row + "]");
  EXPECT_EQ(web.answer(id).status, 0);
  const Batch batch = sent();
  ASSERT_EQ(batch.readings.size(), 2U);
  EXPECT_EQ(batch.readings[0].reading.sensor, "a");
  EXPECT_EQ(batch.readings[0].reading.unit, "Cel");
  commit(batch.stream, 1);
  EXPECT_EQ(web.answer(id).status, 0);
  commit(batch.stream, 2);
  EXPECT_EQ(web.answer(id).status, 201);
  const Json answer = Json::parse(web.answer(id).body);
  EXPECT_EQ(answer.at("stored"), 2);
  EXPECT_EQ(answer.at("results").at(1), (Json{{"row", 1}, {"status", 201}, {"stream", batch.stream}, {"seq", 2}}));
  EXPECT_EQ(web.web.writes().counters().stored, 2U);
}

TEST_F(WebWrite, gives_a_row_without_a_time_the_present_one) {
  post(R"({"sensor":"a","value":true})");
  EXPECT_EQ(sent().readings.front().reading.time, web.now.wall);
  EXPECT_EQ(sent().readings.front().reading.value, Value{true});
}

TEST_F(WebWrite, refuses_a_time_without_an_offset_as_it_does_not_know_the_zone_of_its_client) {
  const std::uint64_t id = post(R"({"sensor":"a","value":1,"time":"2026-01-15T16:09:35"})");
  EXPECT_EQ(web.answer(id).status, 422);
  EXPECT_NE(web.answer(id).body.find("a time without an offset"), std::string::npos) << web.answer(id).body;
  post(R"({"sensor":"a","value":1,"unit":"°C","time":1768493375})");
  EXPECT_EQ(sent().readings.front().reading.time, WallTime{Millis{1'768'493'375'000}});
  EXPECT_EQ(sent().readings.front().reading.unit, "Cel");
}

TEST_F(WebWrite, refuses_a_slip_of_a_key_which_would_lose_the_time_or_the_unit_and_takes_other_keys) {
  const std::uint64_t id = post(R"({"sensor":"a","value":1,"tiem":"2026-01-15T16:09:35Z"})");
  EXPECT_EQ(web.answer(id).status, 422);
  EXPECT_NE(web.answer(id).body.find("tiem: is unknown; did you mean 'time'?"), std::string::npos)
      << web.answer(id).body;
  EXPECT_NE(web.answer(post(R"({"sensor":"a","valeu":1})")).body.find("did you mean 'value'"), std::string::npos);
  EXPECT_TRUE(web.published.empty());
  post(R"({"sensor":"a","value":1,"name":"x","type":"y","room":"attic","time":"2026-01-15T16:09:35Z"})");
  EXPECT_EQ(sent().readings.size(), 1U);
}

TEST_F(WebWrite, takes_nothing_when_a_row_is_wrong_and_names_each) {
  const std::uint64_t id = post("[" + one_row + R"(,{"sensor":"a b","value":1},{"sensor":"a"}])");
  EXPECT_EQ(web.answer(id).status, 422);
  EXPECT_EQ(header_of(web.answer(id), "Content-Type"), "application/problem+json");
  const Json problem = Json::parse(web.answer(id).body);
  ASSERT_EQ(problem.at("errors").size(), 2U);
  EXPECT_EQ(problem.at("errors").at(0).at("row"), 1);
  EXPECT_EQ(problem.at("errors").at(1).at("detail"), "value: is missing");
  EXPECT_TRUE(web.published.empty());
}

TEST_F(WebWrite, refuses_what_is_no_readings_at_all) {
  EXPECT_EQ(web.answer(post("not JSON")).status, 400);
  EXPECT_EQ(web.answer(post("7")).status, 400);
  EXPECT_EQ(web.answer(post("[]")).status, 400);
  EXPECT_EQ(web.answer(post("[7]")).status, 422);
  EXPECT_EQ(web.answer(post(one_row, {}, "/v1/readings", "text/html")).status, 415);
  EXPECT_EQ(web.answer(post(one_row, {}, "/v1/readings?x=1")).status, 400);
  std::string many = "[" + one_row;
  for (int i = 0; i < 1'000; ++i) many += "," + one_row;
  EXPECT_EQ(web.answer(post(many + "]")).status, 413);
  EXPECT_TRUE(web.published.empty());
}

TEST_F(WebWrite, takes_a_body_that_is_packed_with_gzip) {
  const std::uint64_t rows = post(*gzip("[" + one_row + "," + one_row + "]"), {{"content-encoding", "gzip"}});
  EXPECT_EQ(sent().readings.size(), 2U);
  commit(sent());
  EXPECT_EQ(web.answer(rows).status, 201);
  const std::uint64_t lines = post(*gzip("a value=1"), {{"content-encoding", "X-GZip"}}, "/write", "");
  commit(sent());
  EXPECT_EQ(web.answer(lines).status, 204);
  EXPECT_EQ(web.answer(post(one_row, {{"content-encoding", "identity"}})).status, 0) << "taken, and waits";
}

TEST_F(WebWrite, says_of_another_coding_which_it_takes_and_of_another_type_nothing_about_codings) {
  for (const char* coding : {"br", "deflate", "gzip, gzip"}) {
    const WebResponse& refused = web.answer(post(one_row, {{"content-encoding", coding}}));
    EXPECT_EQ(refused.status, 415) << coding;
    EXPECT_EQ(header_of(refused, "Accept-Encoding"), "gzip") << coding;
  }
  const WebResponse& html = web.answer(post(one_row, {{"content-encoding", "br"}}, "/v1/readings", "text/html"));
  EXPECT_EQ(html.status, 415);
  EXPECT_EQ(header_of(html, "Accept-Encoding"), "");
}

TEST_F(WebWrite, refuses_a_packed_body_that_is_damaged_or_would_be_too_large) {
  const WebHeaders packed{{"content-encoding", "gzip"}};
  const std::string body = *gzip(one_row);
  for (const std::string& bad : {one_row, body.substr(0, body.size() - 1), body + "x", std::string()}) {
    const WebResponse& refused = web.answer(post(bad, packed));
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(Json::parse(refused.body).at("detail").get<std::string>().find("gzip: "), std::string::npos);
  }
  const std::string blanks(web_options().max_body_bytes - one_row.size(), ' ');
  EXPECT_EQ(web.answer(post(*gzip(one_row + blanks), packed)).status, 0) << "just the size that a body may have";
  const WebResponse& bomb = web.answer(post(*gzip(one_row + blanks + " "), packed));
  EXPECT_EQ(bomb.status, 413);
  EXPECT_EQ(header_of(bomb, "Content-Type"), "application/problem+json");
}

TEST_F(WebWrite, knows_a_write_by_its_rows_however_they_are_packed) {
  const WebHeaders key{{"idempotency-key", "k1"}};
  const WebHeaders packed{{"idempotency-key", "k1"}, {"content-encoding", "gzip"}};
  post(one_row, key);
  post(*gzip(one_row), packed);
  post(*gzip("") + *gzip(one_row), packed);
  EXPECT_EQ(web.published.size(), 1U);
  EXPECT_EQ(web.web.writes().counters().repeated, 2U);
}

TEST_F(WebWrite, needs_the_scope_write_and_no_page_of_another_site) {
  WebRequest request;
  request.method = "POST";
  request.target = "/v1/readings";
  request.headers = {{"content-type", "application/json"}};
  request.body = one_row;
  EXPECT_EQ(web.answer(web.ask(request)).status, 401);
  EXPECT_EQ(web.answer(post(one_row, {{"host", "bridge:8080"}, {"origin", "http://elsewhere"}})).status, 403);
  EXPECT_TRUE(web.published.empty());
  EXPECT_EQ(web.answer(post(one_row, {{"host", "bridge:8080"}, {"origin", "http://bridge:8080"}})).status, 0);
  EXPECT_EQ(web.published.size(), 1U);
}

TEST_F(WebWrite, takes_line_protocol_at_the_paths_that_agents_know) {
  const std::uint64_t ours = post("a value=1", {}, "/v1/readings", "text/plain; charset=utf-8");
  commit(sent());
  EXPECT_EQ(web.answer(ours).status, 201);
  for (const char* target : {"/write?db=x&precision=s", "/api/v2/write?org=o&bucket=b&precision=s"}) {
    const std::uint64_t agent = post("a value=1 1768493375", {}, target, "");
    EXPECT_EQ(sent().readings.front().reading.time, WallTime{Millis{1'768'493'375'000}});
    commit(sent());
    EXPECT_EQ(web.answer(agent).status, 204) << target;
    EXPECT_EQ(web.answer(agent).body, "");
  }
}

TEST_F(WebWrite, stores_the_good_lines_of_an_agent_that_drops_all_of_what_was_refused) {
  const WebHeaders key{{"idempotency-key", "k1"}, {"prefer", "respond-async"}};
  const std::uint64_t agent = post("a value=1\na value=x\nb value=2", key, "/write", "");
  ASSERT_EQ(sent().readings.size(), 2U);
  EXPECT_EQ(web.answer(agent).status, 0) << "as with 204: not before the store has them";
  commit(sent());
  EXPECT_EQ(web.answer(agent).status, 400);
  const Json problem = Json::parse(web.answer(agent).body);
  EXPECT_EQ(problem.at("detail"),
            "partial write: 2 readings are taken, and 1 lines or fields are not: line 2, "
            "a value is no number, text, true or false");
  EXPECT_EQ(problem.at("error"), problem.at("detail")) << "where Telegraf's output for InfluxDB 1 looks";
  EXPECT_EQ(problem.at("message"), problem.at("detail")) << "and that for InfluxDB 2";
  const std::uint64_t again = post("a value=1\na value=x\nb value=2", key, "/write", "");
  EXPECT_EQ(web.answer(again).body, web.answer(agent).body);
  EXPECT_EQ(web.published.size(), 1U);
  EXPECT_EQ(web.answer(post("a value=x", {}, "/write", "")).status, 400);
  EXPECT_EQ(web.answer(post("a value=1\na value=x", {}, "/v1/readings", "text/plain")).status, 422) << "all or nothing";
  EXPECT_EQ(web.published.size(), 1U);
}

TEST_F(WebWrite, takes_nothing_of_an_agent_while_the_store_is_away_as_it_sends_all_of_it_again) {
  web.store_is("down");
  const WebResponse& refused = web.answer(post("a value=1", {}, "/write", ""));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(header_of(refused, "Retry-After"), "5");
  EXPECT_NE(refused.body.find(
                "sensor-persistence is down (r): readings wait where they were taken; nothing of this was taken"),
            std::string::npos);
  EXPECT_EQ(web.answer(post("a value=1", {}, "/v1/readings", "text/plain")).status, 0) << "waits for it";
  web.store_is("up");
  EXPECT_EQ(web.answer(post("a value=1", {}, "/write", "")).status, 0) << "taken, and waits";
}

TEST_F(WebWrite, takes_as_many_readings_of_an_agent_at_once_as_may_wait) {
  const auto lines = [](int fields) {
    std::string body = "cpu f0=0";
    for (int i = 1; i < fields; ++i) body += ",f" + std::to_string(i) + "=1" + (i % 10 == 0 ? "\ncpu f=1" : "");
    return body;
  };
  post(lines(5'000), {}, "/write", "");
  EXPECT_GT(web.web.writes().outbox().rows(), 5'000U);
  EXPECT_EQ(web.answer(post(lines(11'000), {}, "/write", "")).status, 413);
}

TEST_F(WebWrite, takes_the_token_of_an_agent_from_its_password) {
  const auto ask = [&](const std::string& target, WebHeaders headers) {
    WebRequest request;
    request.method = "POST";
    request.target = target;
    request.headers = std::move(headers);
    request.body = "a value=1";
    return web.answer(web.ask(std::move(request))).status;
  };
  EXPECT_EQ(ask("/write?db=x&u=agent&p=write-secret", {}), 0) << "taken, and waits";
  EXPECT_EQ(ask("/write?db=x&u=agent&p=guess", {}), 401);
  EXPECT_EQ(ask("/write?db=x&p=write-secret", {{"authorization", "Token guess"}}), 401);
  EXPECT_EQ(ask("/write?db=x", {{"authorization", "Basic YWdlbnQ6d3JpdGUtc2VjcmV0"}}), 0) << "agent:write-secret";
}

TEST(WebRate, tells_an_agent_that_drops_what_4xx_answers_to_come_again) {
  WebOptions options = web_options();
  options.rate_burst = 1;
  WebTimeline web(options);
  for (const auto& [target, status] : {std::pair("/write", 503), {"/api/v2/write", 503}, {"/v1/readings", 429}}) {
    WebRequest request;
    request.method = "POST";
    request.target = target;
    web.ask(request);
    const WebResponse& refused = web.answer(web.ask(request));
    EXPECT_EQ(refused.status, status) << target;
    EXPECT_EQ(header_of(refused, "Retry-After"), "1") << target;
  }
}

TEST_F(WebWrite, answers_a_key_that_it_knows_without_storing_anything_again) {
  const WebHeaders key{{"idempotency-key", "\"k1\""}};
  const std::uint64_t first = post(one_row, key);
  const std::uint64_t meanwhile = post(one_row, key);
  EXPECT_EQ(web.published.size(), 1U);
  commit(sent());
  EXPECT_EQ(web.answer(first).status, 201);
  EXPECT_EQ(web.answer(meanwhile).body, web.answer(first).body);
  const std::uint64_t later = post(one_row, key);
  EXPECT_EQ(web.answer(later).body, web.answer(first).body);
  EXPECT_EQ(web.published.size(), 1U);
  EXPECT_EQ(web.web.writes().counters().repeated, 2U);

  const std::uint64_t other = post(R"({"sensor":"b","value":2})", key);
  EXPECT_EQ(web.answer(other).status, 422);
  EXPECT_EQ(web.answer(post(one_row, {{"idempotency-key", std::string(200, 'x')}})).status, 400);
}

TEST_F(WebWrite, names_the_same_write_alike_in_every_run_and_another_clients_otherwise) {
  const WebHeaders key{{"idempotency-key", "k1"}};
  post(one_row, key);
  const Batch before = sent();
  WebOptions options = web_options();
  options.seed = 99;
  WebTimeline next(options);
  next.step(MqttConnected{});
  WebRequest request;
  request.method = "POST";
  request.target = "/v1/readings";
  request.headers = {{"authorization", "Bearer write-secret"}, {"content-type", "application/json"}, key.front()};
  request.body = one_row;
  const std::uint64_t again = next.ask(request);
  ReadingDecoder decoder;
  EXPECT_EQ(decoder.batch(next.published.back().payload)->batch, before);
  next.hear("kitchen/committed/sensor-http-bridge", encode_committed({"w5n2", before.stream, 1, false}));
  EXPECT_EQ(next.answer(again).status, 201);

  request.headers[0].second = "Bearer owner-secret";
  next.ask(request);
  EXPECT_NE(decoder.batch(next.published.back().payload)->batch.stream, before.stream);
}

TEST_F(WebWrite, answers_202_to_who_will_not_wait_and_tells_the_state) {
  const std::uint64_t id = post(one_row, {{"prefer", "respond-async"}});
  EXPECT_EQ(web.answer(id).status, 202);
  const std::string location = header_of(web.answer(id), "Location");
  const WebHeaders token{{"authorization", "Bearer write-secret"}};
  EXPECT_EQ(Json::parse(web.now_at(location, token).body).at("state"), "waiting");
  commit(sent());
  const Json state = Json::parse(web.now_at(location, token).body);
  EXPECT_EQ(state.at("state"), "stored");
  EXPECT_EQ(state.at("rows"), 1);
  EXPECT_EQ(web.now_at("/v1/writes/nothing", token).status, 404);
  EXPECT_EQ(web.now_at(location).status, 401);
}

TEST_F(WebWrite, says_503_when_the_store_is_silent_and_whether_anything_was_taken) {
  const WebHeaders key{{"idempotency-key", "k1"}};
  const std::uint64_t sent_one = post(one_row, key);
  web.pass(Millis{10'000});
  EXPECT_EQ(web.answer(sent_one).status, 503);
  EXPECT_EQ(header_of(web.answer(sent_one), "Retry-After"), "5");
  EXPECT_NE(web.answer(sent_one).body.find("may yet"), std::string::npos);
  const std::uint64_t again = post(one_row, key);
  commit(sent());
  EXPECT_EQ(web.answer(again).status, 201) << "what was still on its way is the same write";

  web.step(MqttDisconnected{"gone"});
  const std::uint64_t unsent = post(one_row, {{"idempotency-key", "k2"}});
  web.pass(Millis{10'000});
  EXPECT_NE(web.answer(unsent).body.find("nothing of this was taken"), std::string::npos);
  const std::size_t before = web.published.size();
  web.step(MqttConnected{});
  EXPECT_EQ(web.published.size(), before) << "it is not sent after all";
}

TEST_F(WebWrite, keeps_what_it_promised_with_202_though_another_who_waits_is_late) {
  web.step(MqttDisconnected{"gone"});
  const WebHeaders key{{"idempotency-key", "k1"}};
  post(one_row, {key.front(), {"prefer", "respond-async"}});
  post(one_row, key);
  web.pass(Millis{20'000});
  web.step(MqttConnected{});
  EXPECT_EQ(web.published.size(), 1U);
}

TEST_F(WebWrite, takes_no_more_than_may_wait) {
  WebOptions options = web_options();
  options.max_waiting_rows = 1;
  WebTimeline small(options);
  const auto post_to = [&](const std::string& body) {
    WebRequest request;
    request.method = "POST";
    request.target = "/v1/readings";
    request.headers = {{"authorization", "Bearer write-secret"}, {"content-type", "application/json"}};
    request.body = body;
    return small.ask(std::move(request));
  };
  post_to(one_row);
  const std::uint64_t second = post_to(one_row);
  EXPECT_EQ(small.answer(second).status, 503);
  EXPECT_EQ(header_of(small.answer(second), "Retry-After"), "5");
  EXPECT_EQ(small.web.writes().counters().refused_full, 1U);
}

TEST_F(WebWrite, forgets_the_oldest_stored_writes_and_their_keys) {
  WebOptions options = web_options();
  options.max_known_writes = 1;
  WebTimeline small(options);
  small.step(MqttConnected{});
  const auto write = [&](const std::string& key) {
    WebRequest request;
    request.method = "POST";
    request.target = "/v1/readings";
    request.headers = {
        {"authorization", "Bearer write-secret"}, {"content-type", "application/json"}, {"idempotency-key", key}};
    request.body = one_row;
    small.ask(std::move(request));
    ReadingDecoder decoder;
    const Batch batch = decoder.batch(small.published.back().payload)->batch;
    small.hear("kitchen/committed/sensor-http-bridge", encode_committed({"w5n2", batch.stream, 1, false}));
  };
  write("k1");
  write("k2");
  write("k2");
  EXPECT_EQ(small.published.size(), 2U);
  write("k1");  // the store knows it still
  EXPECT_EQ(small.published.size(), 3U);
}

TEST_F(WebWrite, shows_stored_readings_to_who_listens_and_ends_with_answers_for_all) {
  const std::uint64_t stream = web.get("/v1/events?kinds=reading");
  post(one_row);
  commit(sent());
  EXPECT_NE(web.streams.at(stream).find("event: reading\ndata: {\"node\":\"kitchen\",\"name\":\"a\",\"sensor\":\"a\","),
            std::string::npos);
  const std::uint64_t waiting = post(one_row);
  web.step(StopRequested{});
  EXPECT_EQ(web.answer(waiting).status, 503);
  EXPECT_EQ(web.answer(post(one_row)).status, 503);
}

}  // namespace
}  // namespace sensors::bridge
