// The HTTP side on virtual time: who may ask what, health, the page, status and event streams.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

using Json = nlohmann::json;
using Headers = WebHeaders;

const Headers with_write_token{{"authorization", "Bearer write-secret"}};

TEST(Web, is_alive_whatever_else_is_wrong) {
  WebTimeline web;
  EXPECT_EQ(web.now_at("/livez").status, 200);
  EXPECT_EQ(web.now_at("/livez").body, "ok\n");
}

TEST(Web, is_ready_while_the_broker_and_the_store_are_there_and_says_what_is_not) {
  WebTimeline web;
  EXPECT_EQ(web.now_at("/readyz").status, 503);
  EXPECT_EQ(web.now_at("/readyz").body, "there is no connection to the broker\n");
  web.step(MqttConnected{});
  EXPECT_EQ(web.now_at("/readyz").body, "sensor-persistence was never heard: readings wait where they were taken\n");
  web.store_is("up");
  EXPECT_EQ(web.now_at("/readyz").status, 200);
  web.store_is("degraded");
  EXPECT_EQ(web.now_at("/readyz").status, 200);
  web.store_is("down");
  EXPECT_EQ(web.now_at("/readyz").body, "sensor-persistence is down (r): readings wait where they were taken\n");
  web.store_is("up");
  web.step(StopRequested{});
  EXPECT_EQ(web.now_at("/readyz").body, "the bridge is stopping\n");
}

TEST(Web, serves_the_page_with_a_strict_policy_and_once_as_long_as_it_stays_the_same) {
  WebTimeline web;
  const WebResponse page = web.now_at("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<!doctype html>"), std::string::npos);
  EXPECT_EQ(header_of(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(header_of(page, "Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  const WebResponse again = web.now_at("/", {{"if-none-match", header_of(page, "ETag")}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(web.now_at("/assets/index.html").body, page.body);
  EXPECT_EQ(web.now_at("/assets/../events.hpp").status, 404);
}

TEST(Web, tells_what_each_service_says_with_its_age) {
  WebTimeline web;
  web.step(MqttConnected{});
  web.hear("kitchen/status/sensor-publisher", "{\"state\":\"up\",\n\"pace_ms\":10000}");
  web.hear("kitchen/queue/sensor-publisher", R"({"depth":12})");
  web.hear("attic/status/sensor-publisher", R"({"state":"down"})");
  web.pass(Millis{2'500});
  const Json status = Json::parse(web.now_at("/v1/status").body);
  EXPECT_EQ(status.at("broker").at("connected"), true);
  ASSERT_EQ(status.at("services").size(), 2U);
  const Json& publisher = status.at("services").at(1);
  EXPECT_EQ(publisher.at("node"), "kitchen");
  EXPECT_EQ(publisher.at("service"), "sensor-publisher");
  EXPECT_EQ(publisher.at("age_s"), 2.5);
  EXPECT_EQ(publisher.at("status").at("pace_ms"), 10'000);
  EXPECT_EQ(publisher.at("queue").at("depth"), 12);

  const std::uint64_t stream = web.get("/v1/events?kinds=status,queue");
  web.streams.at(stream).clear();
  web.hear("attic/status/sensor-publisher", "");  // taken off the list
  web.hear("attic/queue/sensor-publisher", "");
  web.hear("attic/status/sensor-publisher", "");
  EXPECT_EQ(Json::parse(web.now_at("/v1/status").body).at("services").size(), 1U);
  EXPECT_EQ(web.streams.at(stream), "event: status\ndata: {\"node\":\"attic\",\"name\":\"sensor-publisher\"}\n\n");
}

TEST(Web, remembers_no_more_services_than_it_may_and_nothing_that_is_not_JSON) {
  WebOptions options = web_options();
  options.max_services = 1;
  WebTimeline web(options);
  web.hear("kitchen/status/sensor-publisher", "not JSON");
  web.hear("kitchen/status/sensor-publisher", "[1]");
  web.hear("kitchen/status/sensor-publisher", R"({"state":"up"})");
  web.hear("attic/status/sensor-publisher", R"({"state":"up"})");
  EXPECT_EQ(Json::parse(web.now_at("/v1/status").body).at("services").size(), 1U);
  EXPECT_EQ(web.web.counters().refused_payloads, 3U);
  web.hear("kitchen/committed/sensor-http-bridge", "not JSON");
  EXPECT_EQ(web.web.counters().refused_payloads, 4U);
}

TEST(Web, streams_what_passes_with_its_node_and_begins_with_how_things_are) {
  WebTimeline web;
  web.hear("kitchen/status/sensor-publisher", R"({"state":"up"})");
  const std::uint64_t all = web.get("/v1/events?kinds=reading,status,queue,event");
  const std::uint64_t readings = web.get("/v1/events?kinds=reading");
  EXPECT_EQ(web.streams.at(all),
            "retry: 2000\n\nevent: status\ndata: "
            "{\"node\":\"kitchen\",\"name\":\"sensor-publisher\",\"state\":\"up\"}\n\n");
  EXPECT_EQ(web.streams.at(readings), "retry: 2000\n\n");
  web.hear("kitchen/reading/t", R"({"sensor":"t","value":1})");
  web.hear("kitchen/event/sensor-publisher", R"({})");
  EXPECT_EQ(
      web.streams.at(readings),
      "retry: 2000\n\nevent: reading\ndata: {\"node\":\"kitchen\",\"name\":\"t\",\"sensor\":\"t\",\"value\":1}\n\n");
  EXPECT_TRUE(
      web.streams.at(all).ends_with("event: event\ndata: {\"node\":\"kitchen\",\"name\":\"sensor-publisher\"}\n\n"));
  EXPECT_EQ(web.answers.count(all), 0U);
}

// JSON.parse takes the last of two keys of one name.
TEST(Web, a_payload_cannot_say_that_it_is_of_another_machine) {
  WebTimeline web;
  web.hear("kitchen/status/sensor-publisher", R"({"name":"x","state":"up","node":"attic"})");
  const std::uint64_t all = web.get("/v1/events?kinds=reading,status,queue,event");
  EXPECT_TRUE(
      web.streams.at(all).ends_with("data: {\"node\":\"kitchen\",\"name\":\"sensor-publisher\",\"state\":\"up\"}\n\n"))
      << web.streams.at(all);
  web.hear("kitchen/reading/t",
           "{\"sensor\":\"t\",\n\"n\\u006fde\":\"attic\",\"value\":1.5,\"of\":{\"node\":[\"a\\n\"]}}");
  EXPECT_TRUE(
      web.streams.at(all).ends_with("data: {\"node\":\"kitchen\",\"name\":\"t\",\"sensor\":\"t\",\"value\":1.5,"
                                    "\"of\":{\"node\":[\"a\\n\"]}}\n\n"))
      << web.streams.at(all);
  web.hear("kitchen/event/sensor-publisher", R"({"node":"attic"})");
  EXPECT_TRUE(
      web.streams.at(all).ends_with("event: event\ndata: {\"node\":\"kitchen\",\"name\":\"sensor-publisher\"}\n\n"));
}

TEST(Web, keeps_a_silent_stream_alive_and_ends_it_when_the_bridge_stops) {
  WebTimeline web;
  const std::uint64_t id = web.get("/v1/events?kinds=event");
  web.pass(Millis{31'000});
  EXPECT_EQ(web.streams.at(id), "retry: 2000\n\n: alive\n\n: alive\n\n");
  web.step(StopRequested{});
  EXPECT_TRUE(web.streams.empty());
  EXPECT_EQ(web.now_at("/v1/events").status, 503);
}

TEST(Web, opens_no_more_streams_than_it_may_until_one_is_gone) {
  WebOptions options = web_options();
  options.max_streams = 1;
  WebTimeline web(options);
  const std::uint64_t first = web.get("/v1/events");
  const WebResponse second = web.now_at("/v1/events");
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(header_of(second, "Retry-After"), "5");
  EXPECT_EQ(web.web.counters().refused_streams, 1U);
  web.step(WebGone{first});
  const std::uint64_t third = web.get("/v1/events");
  EXPECT_EQ(web.streams.count(third), 1U);
}

TEST(Web, asks_for_a_token_where_anonymous_may_not_and_for_the_scope) {
  WebOptions options = web_options();
  options.anonymous = {};
  WebTimeline web(options);
  EXPECT_EQ(web.now_at("/v1/status").status, 401);
  EXPECT_EQ(header_of(web.now_at("/v1/status"), "WWW-Authenticate"), "Bearer realm=\"sensor-http-bridge\"");
  EXPECT_EQ(web.now_at("/v1/status", {{"authorization", "Bearer guess"}}).status, 401);
  EXPECT_EQ(web.now_at("/v1/status", {{"authorization", "Bearer "}}).status, 401);
  EXPECT_EQ(web.now_at("/v1/status", with_write_token).status, 403);
  EXPECT_EQ(web.now_at("/v1/status", {{"authorization", "Bearer owner-secret"}}).status, 200);
  EXPECT_EQ(web.now_at("/v1/status", {{"authorization", "Token owner-secret"}}).status, 200);
  EXPECT_EQ(web.web.counters().unauthorized, 5U);
  EXPECT_EQ(web.now_at("/livez").status, 200);
}

TEST(Web, takes_a_token_in_each_way_that_agents_send_it) {
  WebOptions options = web_options();
  options.anonymous = {};
  WebTimeline web(options);
  const auto status = [&](const std::string& authorization) {
    return web.now_at("/v1/status", {{"authorization", authorization}}).status;
  };
  EXPECT_EQ(status("Basic b3duZXI6b3duZXItc2VjcmV0"), 200) << "owner:owner-secret";
  EXPECT_EQ(status("Basic Om93bmVyLXNlY3JldA=="), 200) << ":owner-secret";
  for (const char* bad : {"Basic b3duZXI6Z3Vlc3M=", "Basic b3duZXItc2VjcmV0", "Basic", "Basic ???", "Digest x",
                          "owner-secret", "Token", "Bearer"})
    EXPECT_EQ(status(bad), 401) << bad;
  EXPECT_EQ(web.now_at("/v1/status?p=owner-secret").status, 401) << "only where agents hand readings in";
  options.anonymous.read = true;
  WebTimeline open(options);
  EXPECT_EQ(open.now_at("/v1/status", {{"authorization", "Token"}}).status, 200) << "an agent without a token";
  EXPECT_EQ(open.now_at("/v1/status", {{"authorization", "Digest x"}}).status, 401);
}

TEST(Web, limits_the_rate_of_one_client_and_not_of_another_or_of_who_watches_its_health) {
  WebOptions options = web_options();
  options.rate_burst = 3;
  options.rate_interval = Millis{1'000};
  WebTimeline web(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(web.now_at("/v1/status").status, 200);
  const WebResponse refused = web.now_at("/v1/status");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(web.now_at("/livez").status, 200);
  WebRequest other;
  other.method = "GET";
  other.target = "/v1/status";
  other.client = "192.0.2.2";
  EXPECT_EQ(web.answer(web.ask(other)).status, 200);
  web.pass(Millis{1'000});
  EXPECT_EQ(web.now_at("/v1/status").status, 200);
  EXPECT_EQ(web.web.counters().rate_limited, 1U);
}

TEST(Web, says_what_is_wrong_with_a_request_as_a_problem_document) {
  WebTimeline web;
  const WebResponse& answer = web.now_at("/v1/nothing");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(header_of(answer, "Content-Type"), "application/problem+json");
  const Json problem = Json::parse(answer.body);
  EXPECT_EQ(problem.at("status"), 404);
  EXPECT_EQ(problem.at("title"), "Not Found");
  EXPECT_EQ(problem.at("detail"), "there is nothing at /v1/nothing");
  EXPECT_EQ(web.now_at("/v1/%zz").status, 400);
  EXPECT_EQ(web.now_at("*").status, 400);
  EXPECT_EQ(web.now_at("/v1/events?kinds=weather").status, 400);
  EXPECT_EQ(web.now_at("/v1/events?kind=reading").status, 400);
  WebRequest remove;
  remove.method = "DELETE";
  remove.target = "/v1/status";
  const WebResponse& not_allowed = web.answer(web.ask(remove));
  EXPECT_EQ(not_allowed.status, 405);
  EXPECT_NE(header_of(not_allowed, "Allow"), "");
}

TEST(Web, logs_whether_it_is_served) {
  WebTimeline web;
  web.step(WebListening{fail(ErrorCode::permission, "listen on 127.0.0.1:80: Permission denied")});
  EXPECT_NE(web.log.back().find("no web page: listen on 127.0.0.1:80: Permission denied: ports below 1024 are not for "
                                "this service; write another one at listen below [http]"),
            std::string::npos)
      << web.log.back();
  web.step(WebListening{fail(ErrorCode::in_use, "listen on 127.0.0.1:8080: Address already in use")});
  EXPECT_NE(web.log.back().find("another program has that port; write another one at listen below [http]"),
            std::string::npos)
      << web.log.back();
  EXPECT_FALSE(web.web.trouble().empty());
  web.step(WebListening{Result<void>{}});
  EXPECT_EQ(web.log.size(), 3U);
  EXPECT_TRUE(web.web.trouble().empty());
}

TEST(Target, takes_path_and_parameters_apart) {
  const Result<Target> target = parse_target("/a%20b?x=1&y=a%2Bb+c&z");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/a b");
  EXPECT_EQ(target->parameter("x"), "1");
  EXPECT_EQ(target->parameter("y"), "a+b c");
  EXPECT_EQ(target->parameter("z"), "");
  EXPECT_EQ(target->parameter("w"), std::nullopt);
  EXPECT_FALSE(target->check_parameters({"x", "y"}).has_value());
  EXPECT_TRUE(target->check_parameters({"x", "y", "z"}).has_value());
  EXPECT_FALSE(parse_target("/?a=1&a=2")->check_parameters({"a"}).has_value());
}

TEST(Target, refuses_what_is_no_path) {
  for (const char* bad : {"", "a", "/%", "/%1", "/%g0", "/%00", "/%ff", "/\x01", "?/"})
    EXPECT_FALSE(parse_target(bad).has_value()) << bad;
  EXPECT_FALSE(parse_target("/" + std::string(5'000, 'a')).has_value());
}

TEST(Access, knows_names_that_a_site_could_have) {
  for (const char* ours : {"", "127.0.0.1:8080", "192.0.2.7", "[::1]:8080", "localhost:8080", "raspberrypi",
                           "raspberrypi.local:8080", "pi.home.arpa"})
    EXPECT_TRUE(is_name_of_no_other_site(ours)) << ours;
  for (const char* theirs : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "local.example"})
    EXPECT_FALSE(is_name_of_no_other_site(theirs)) << theirs;
}

TEST(Web, answers_nobody_without_a_token_under_the_name_of_another_site) {
  WebTimeline web;
  EXPECT_EQ(web.now_at("/v1/status", {{"host", "127.0.0.1:8080"}}).status, 200);
  EXPECT_EQ(web.now_at("/v1/status", {{"host", "evil.example:8080"}}).status, 401);
  const WebHeaders with_token{{"host", "evil.example:8080"}, {"authorization", "Bearer owner-secret"}};
  EXPECT_EQ(web.now_at("/v1/status", with_token).status, 200);
}

TEST(Access, compares_secrets_whole) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace sensors::bridge
