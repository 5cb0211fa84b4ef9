// What the HTTP side keeps of its room for others: for its own services, for those who do not wait, for memory.
#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

using Json = nlohmann::json;

constexpr const char* up = R"({"state":"up","reason":"","since":"2026-01-15T16:09:35.123Z","version":"1"})";

WebRequest request_of(const std::string& method, const std::string& target, WebHeaders headers = {}) {
  WebRequest request;
  request.method = method;
  request.target = target;
  request.headers = std::move(headers);
  return request;
}

std::size_t services_of(WebTimeline& web) { return Json::parse(web.now_at("/v1/status").body).at("services").size(); }

TEST(WebServices, of_the_own_node_fit_however_many_others_there_are) {
  WebOptions options = web_options();
  options.max_services = 3;
  WebTimeline web(options);
  web.step(MqttConnected{});
  for (int i = 0; i < 10; ++i) web.hear("node-" + std::to_string(i) + "/status/sensor-publisher", up);
  for (int i = 0; i < 10; ++i) web.hear("kitchen/status/made-up-" + std::to_string(i), up);
  EXPECT_EQ(services_of(web), 3U);
  EXPECT_EQ(web.web.counters().refused_payloads, 17U);
  EXPECT_EQ(web.now_at("/readyz").status, 503);
  for (const char* own : {"sensor-persistence", "sensor-publisher", "sensor-http-bridge"})
    web.hear(std::string("kitchen/status/") + own, up);
  web.store_is("up");
  EXPECT_EQ(services_of(web), 6U);
  EXPECT_EQ(web.now_at("/readyz").status, 200) << "the own store is known";
}

TEST(WebServices, that_were_silent_for_long_give_way_to_others_and_the_own_ones_do_not) {
  WebOptions options = web_options();
  options.max_services = 2;
  WebTimeline web(options);
  web.store_is("up");
  web.hear("old/status/sensor-publisher", up);
  web.pass(Millis{300'000});
  web.hear("other/queue/sensor-publisher", R"({"depth":1})");
  EXPECT_EQ(services_of(web), 2U) << "there is no room for another";
  web.pass(Millis{300'000});
  web.hear("other/queue/sensor-publisher", R"({"depth":1})");
  const std::string status = web.now_at("/v1/status").body;
  EXPECT_EQ(status.find("\"old\""), std::string::npos) << status;
  EXPECT_NE(status.find("\"other\""), std::string::npos) << status;
  EXPECT_NE(status.find("sensor-persistence"), std::string::npos) << status;
}

TEST(WebServices, say_no_more_than_is_kept_of_one) {
  WebTimeline web;
  web.hear("big/status/sensor-publisher", R"({"state":"up","x":")" + std::string(20'000, 'x') + "\"}");
  EXPECT_EQ(services_of(web), 0U);
  EXPECT_EQ(web.web.counters().refused_payloads, 1U);
}

TEST(WebMemory, is_looked_at_before_the_store_is_asked_and_counts_what_is_under_way) {
  WebOptions options = web_options();
  options.max_buffered_bytes = 3 * 1024 * 1024;
  WebTimeline web(options);
  web.step(MqttConnected{});
  const auto ask = [&](std::size_t buffered_bytes) {
    WebRequest request = request_of("GET", "/v1/readings");
    request.server.buffered_bytes = buffered_bytes;
    return web.ask(std::move(request));
  };
  EXPECT_EQ(web.answer(ask(2 * 1024 * 1024)).status, 503);
  EXPECT_EQ(web.published.size(), 0U);
  EXPECT_EQ(web.answer(ask(0)).status, 0);
  EXPECT_EQ(web.answer(ask(0)).status, 0);
  const WebResponse refused = web.answer(ask(0));
  EXPECT_EQ(refused.status, 503) << "the answers to two are on their way";
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(web.published.size(), 2U);
  EXPECT_EQ(web.web.counters().refused_answers, 2U);
  web.pass(options.query_timeout);
  EXPECT_EQ(web.answer(ask(0)).status, 0) << "they did not come";
}

TEST(WebMemory, is_looked_at_before_status_metrics_and_streams) {
  WebTimeline web;
  web.store_is("up");
  for (const char* target : {"/v1/status", "/metrics", "/v1/events"}) {
    WebRequest request = request_of("GET", target);
    request.server.buffered_bytes = web_options().max_buffered_bytes;
    EXPECT_EQ(web.answer(web.ask(std::move(request))).status, 503) << target;
  }
  WebRequest health = request_of("GET", "/livez");
  health.server.buffered_bytes = web_options().max_buffered_bytes;
  EXPECT_EQ(web.answer(web.ask(std::move(health))).status, 200);
}

TEST(WebWaits, are_so_many_that_there_is_room_for_who_does_not_wait) {
  WebOptions options = web_options();
  options.max_waiting_writes = 3;
  WebTimeline web(options);
  web.step(MqttConnected{});
  const auto post = [&] {
    WebRequest request = request_of("POST", "/v1/readings",
                                    {{"authorization", "Bearer write-secret"}, {"content-type", "application/json"}});
    request.body = R"({"sensor":"a","value":1})";
    return web.ask(std::move(request));
  };
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(web.answer(last = post()).status, 0);
  const WebResponse refused = web.answer(post());
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("nothing of this was taken"), std::string::npos) << refused.body;
  EXPECT_EQ(web.web.counters().refused_waits, 1U);
  web.pass(options.write_timeout);
  EXPECT_EQ(web.answer(last).status, 503);
  EXPECT_EQ(web.answer(post()).status, 0) << "those who waited have their answers";
}

TEST(WebMethods, are_those_of_each_path) {
  WebTimeline web;
  const auto answer = [&](const std::string& method, const std::string& target) -> const WebResponse& {
    return web.answer(web.ask(request_of(method, target)));
  };
  for (const char* target : {"/", "/livez", "/readyz", "/ping", "/health", "/metrics", "/v1/status", "/v1/events",
                             "/v1/sensors", "/v1/access", "/v1/writes/7", "/assets/page.js"}) {
    EXPECT_EQ(answer("OPTIONS", target).status, 204) << target;
    EXPECT_EQ(header_of(answer("OPTIONS", target), "Allow"), "GET, HEAD, OPTIONS") << target;
    EXPECT_EQ(header_of(answer("OPTIONS", target), "Access-Control-Allow-Origin"), "");
    for (const char* method : {"POST", "PUT", "DELETE", "TRACE", "CONNECT", "get", "G", "HEAD,"})
      EXPECT_EQ(answer(method, target).status, 405) << method << ' ' << target;
  }
  for (const char* target : {"/v1/readings", "/v1/dead-letters"})
    EXPECT_EQ(header_of(answer("PUT", target), "Allow"), "GET, HEAD, POST, OPTIONS") << target;
  for (const char* target : {"/write", "/api/v2/write"}) {
    EXPECT_EQ(answer("GET", target).status, 405) << target;
    EXPECT_EQ(header_of(answer("GET", target), "Allow"), "POST, OPTIONS") << target;
  }
  for (const char* method : {"GET", "POST", "OPTIONS", "DELETE"})
    EXPECT_EQ(answer(method, "/v1/nothing").status, 404) << method;
  EXPECT_EQ(answer("OPTIONS", "*").status, 204);
  EXPECT_EQ(answer("GET", "*").status, 400);
  EXPECT_EQ(answer("GET", "/" + std::string(5'000, 'a')).status, 414);
}

TEST(WebMethods, HEAD_opens_no_stream) {
  WebTimeline web;
  const WebResponse& answer = web.answer(web.ask(request_of("HEAD", "/v1/events")));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(header_of(answer, "Content-Type"), "text/event-stream");
  EXPECT_EQ(web.streams.size(), 0U);
}

TEST(WebAccess, knows_schemes_and_hosts_whatever_their_case) {
  WebOptions options = web_options();
  options.anonymous = {};
  WebTimeline web(options);
  for (const char* authorization :
       {"Bearer owner-secret", "bearer owner-secret", "BEARER owner-secret", "bEaReR  owner-secret",
        "TOKEN owner-secret", "basic Om93bmVyLXNlY3JldA==", "BASIC Om93bmVyLXNlY3JldA=="})
    EXPECT_EQ(web.now_at("/v1/status", {{"authorization", authorization}}).status, 200) << authorization;
  for (const char* authorization : {"Bearer OWNER-SECRET", "Bearerowner-secret", "Bearer: owner-secret"})
    EXPECT_EQ(web.now_at("/v1/status", {{"authorization", authorization}}).status, 401) << authorization;
  EXPECT_TRUE(is_name_of_no_other_site("RaspberryPi.LOCAL:8080"));
  EXPECT_FALSE(is_name_of_no_other_site("EVIL.example"));
}

TEST(WebAccess, takes_media_types_whatever_their_case) {
  EXPECT_EQ(format_of(*parse_target("/v1/readings"), "Text/CSV;q=1"), Format::csv);
}

TEST(WebCertificate, is_warned_of_once_a_day_when_it_expires_soon) {
  WebTimeline web;
  const auto warnings = [&] {
    return std::count_if(web.log.begin(), web.log.end(),
                         [](const std::string& line) { return line.find("renew it") != std::string::npos; });
  };
  web.step(WebCertificate{web.now.wall + std::chrono::hours{15 * 24}});
  EXPECT_NE(web.log.back().find("valid until"), std::string::npos) << web.log.back();
  web.pass(std::chrono::hours{20});
  EXPECT_EQ(warnings(), 0);
  for (int hour = 0; hour < 48; ++hour) {
    web.pass(std::chrono::hours{1});
    web.store_is("up");  // what happens meanwhile puts nothing off
  }
  EXPECT_EQ(warnings(), 2);
  EXPECT_NE(web.log.back().find("expires at"), std::string::npos) << web.log.back();
  web.step(WebCertificate{fail(ErrorCode::tls, "cert.pem: no such file")});
  EXPECT_NE(web.log.back().find("the one before stays: cert.pem: no such file"), std::string::npos) << web.log.back();
  web.step(WebCertificate{web.now.wall + std::chrono::hours{90 * 24}});
  web.pass(std::chrono::hours{48});
  EXPECT_EQ(warnings(), 2) << "it was renewed";
  web.step(WebCertificate{web.now.wall - std::chrono::hours{1}});
  EXPECT_NE(web.log.back().find("expired at"), std::string::npos) << web.log.back();
}

TEST(WebCertificate, is_in_the_metrics_by_when_it_expires) {
  WebTimeline web;
  EXPECT_EQ(web.now_at("/metrics").body.find("certificate"), std::string::npos);
  web.step(WebCertificate{WallTime{std::chrono::seconds{1'800'000'000}}});
  EXPECT_NE(web.now_at("/metrics").body.find("sensor_http_certificate_expiry_timestamp_seconds 1800000000"),
            std::string::npos);
}

}  // namespace
}  // namespace sensors::bridge
