// Clients for InfluxDB that know nothing of us: how they begin, whatever credentials they send, and what they get for
// it.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/codec/reading_json.hpp"
#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

using Json = nlohmann::json;

WebOptions open_to_all() {
  WebOptions options = web_options();
  options.anonymous = {true, true};
  return options;
}

class Agents : public testing::Test {
 protected:
  explicit Agents(WebOptions options = open_to_all()) : web(std::move(options)) {
    web.step(MqttConnected{});
    web.store_is("up");
  }

  std::uint64_t ask(const std::string& method, const std::string& target, WebHeaders headers = {},
                    const std::string& body = "") {
    WebRequest request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.body = body;
    return web.ask(std::move(request));
  }
  const WebResponse& answer(const std::string& method, const std::string& target, WebHeaders headers = {},
                            const std::string& body = "") {
    return web.answer(ask(method, target, std::move(headers), body));
  }

  WebTimeline web;
};

class AgentsWithTokens : public Agents {
 protected:
  AgentsWithTokens() : Agents(web_options()) {}
};

const WebHeaders root_root{{"authorization", "Basic cm9vdDpyb290"}};

TEST_F(Agents, are_told_that_somebody_is_there) {
  for (const char* method : {"GET", "HEAD"}) {
    for (const char* target : {"/ping", "/ping?verbose=true&wait_for_leader=1s"}) {
      const WebResponse& ping = answer(method, target, root_root);
      EXPECT_EQ(ping.status, 204);
      EXPECT_EQ(ping.body, "");
      EXPECT_EQ(header_of(ping, "Content-Type"), "");
      EXPECT_EQ(header_of(ping, "X-Influxdb-Version"), "1.6.7-sensor-http-bridge");
      EXPECT_EQ(header_of(ping, "X-Influxdb-Build"), "sensor-http-bridge");
    }
  }
  EXPECT_EQ(answer("POST", "/ping").status, 405);
}

TEST_F(Agents, are_told_whether_writes_are_stored) {
  const WebResponse& well = answer("GET", "/health");
  EXPECT_EQ(well.status, 200);
  EXPECT_EQ(Json::parse(well.body).at("status"), "pass");
  EXPECT_EQ(Json::parse(well.body).at("name"), "sensor-http-bridge");
  web.store_is("down");
  const WebResponse& ill = answer("GET", "/health");
  EXPECT_EQ(ill.status, 503);
  EXPECT_EQ(Json::parse(ill.body).at("status"), "fail");
  EXPECT_EQ(Json::parse(ill.body).at("message"), "sensor-persistence is down (r): readings wait where they were taken");
}

TEST_F(Agents, may_write_nothing) {
  for (const char* body : {"", "\n", "\r\n", "# a comment\n"}) {
    EXPECT_EQ(answer("POST", "/write?db=x", {{"content-type", "application/octet-stream"}}, body).status, 204) << body;
    EXPECT_EQ(answer("POST", "/api/v2/write?bucket=x", {}, body).status, 204) << body;
  }
  EXPECT_EQ(answer("POST", "/v1/readings", {{"content-type", "text/plain"}}, "\n").status, 400);
  EXPECT_TRUE(web.published.empty());
}

TEST_F(Agents, may_send_credentials_where_everybody_may_write) {
  std::size_t taken = 0;
  for (const WebHeaders& headers :
       {root_root, WebHeaders{{"authorization", "Token whatever"}}, WebHeaders{{"authorization", "Bearer whatever"}},
        WebHeaders{{"authorization", "Digest whatever"}}, WebHeaders{{"authorization", "Bearer read-secret"}}}) {
    ask("POST", "/write?db=x", headers, "a value=1");
    EXPECT_EQ(web.published.size(), ++taken) << headers.front().second;
    EXPECT_EQ(answer("GET", "/query?q=SHOW+DATABASES", headers).status, 200) << headers.front().second;
  }
  ask("POST", "/write?db=x&u=root&p=root", {}, "a value=1");
  EXPECT_EQ(web.published.size(), ++taken);
  EXPECT_EQ(answer("POST", "/v1/readings", {{"authorization", "Bearer guess"}, {"content-type", "application/json"}},
                   R"({"sensor":"a","value":1})")
                .status,
            401)
      << "who knows us has a reason for its token";
}

TEST_F(Agents, are_not_anonymous_under_a_name_of_the_public_DNS) {
  WebHeaders headers = root_root;
  headers.emplace_back("host", "attacker.example");
  EXPECT_EQ(answer("POST", "/write?db=x", headers, "a value=1").status, 401);
  EXPECT_EQ(answer("GET", "/query?q=SHOW+DATABASES", headers).status, 401);
}

TEST_F(AgentsWithTokens, need_theirs_where_not_everybody_may_write) {
  EXPECT_EQ(answer("POST", "/write?db=x", root_root, "a value=1").status, 401);
  EXPECT_EQ(answer("POST", "/write?db=x", {}, "").status, 401) << "an empty write shows that the credentials are wrong";
  EXPECT_EQ(answer("GET", "/query?q=SHOW+DATABASES", root_root).status, 401);
  EXPECT_EQ(answer("GET", "/query?q=SHOW+DATABASES&u=x&p=write-secret").status, 200);
}

TEST_F(Agents, send_parameters_that_mean_nothing_here) {
  ask("POST", "/write?db=x&rp=&consistency=any&foo=bar&precision=s&precision=ms", {}, "a value=1 1768493375");
  ReadingDecoder decoder;
  ASSERT_EQ(web.published.size(), 1U);
  EXPECT_EQ(decoder.batch(web.published.back().payload)->batch.readings.front().reading.time,
            WallTime{Millis{1'768'493'375'000}})
      << "of two precisions the first, as InfluxDB does";
  EXPECT_EQ(answer("POST", "/write?db=x&precision=day", {}, "a value=1 1").status, 400)
      << "rather than a reading with a wrong time";
}

TEST_F(Agents, may_create_their_database_and_ask_for_it) {
  const WebHeaders form{{"content-type", "application/x-www-form-urlencoded"}};
  for (const char* body : {"q=CREATE+DATABASE+%22tele%3Bgraf%22", "db=&q=create%20database%20home;"}) {
    const WebResponse& created = answer("POST", "/query", form, body);
    EXPECT_EQ(created.status, 200) << body;
    const Json result = Json::parse(created.body).at("results").at(0);
    EXPECT_FALSE(result.contains("error"));
    EXPECT_EQ(result.at("messages").at(0).at("level"), "info") << "it does not claim to have made one";
  }
  EXPECT_EQ(answer("POST", "/query?q=CREATE+DATABASE+home+WITH+DURATION+30d").status, 200);
  const WebResponse& shown = answer("GET", "/query?q=show%20%20databases%3B&db=home&epoch=s");
  EXPECT_EQ(Json::parse(shown.body).at("results").at(0).at("series").at(0).at("values"),
            Json::parse(R"([["sensors"]])"));
  EXPECT_EQ(header_of(shown, "X-Influxdb-Version"), "1.6.7-sensor-http-bridge");
}

TEST_F(Agents, are_told_where_readings_are_when_they_ask_for_more) {
  for (const char* statement :
       {"SELECT+*+FROM+cpu", "DROP+DATABASE+home", "CREATE+DATABASE+a;+DROP+DATABASE+b", "CREATE+DATABASE", "",
        "CREATE+DATABASE+%22a%22;DROP+DATABASE+b", "CREATE+DATABASE+%22a", "SHOW+DATABASES+x", "%20"}) {
    const WebResponse& refused = answer("GET", "/query?q=" + std::string(statement));
    EXPECT_EQ(refused.status, 400) << statement;
    EXPECT_NE(Json::parse(refused.body).at("error").get<std::string>().find("/v1/readings"), std::string::npos);
  }
  EXPECT_EQ(answer("POST", "/query", {{"host", "bridge:8080"}, {"origin", "http://elsewhere"}}).status, 403);
}

TEST_F(Agents, find_the_reason_of_each_refusal_where_they_look_for_it) {
  const auto refused = [&](const std::string& target, const WebHeaders& headers) {
    const WebResponse& given = web.answer(ask("POST", target, headers, "a value=1 1"));
    EXPECT_GE(given.status, 400) << target;
    return Json::parse(given.body);
  };
  for (const auto& [target, headers] :
       std::vector<std::pair<std::string, WebHeaders>>{{"/write?precision=fortnight", {}},
                                                       {"/write", {{"content-encoding", "br"}}},
                                                       {"/api/v2/write", {{"content-encoding", "gzip"}}}}) {
    const Json problem = refused(target, headers);
    EXPECT_EQ(problem.at("error"), problem.at("detail")) << target;
    EXPECT_EQ(problem.at("message"), problem.at("detail")) << target;
  }
  EXPECT_FALSE(refused("/v1/readings?precision=fortnight", {{"content-type", "text/plain"}}).contains("error"));
  web.step(MqttDisconnected{});
  EXPECT_TRUE(refused("/write", {}).contains("error"));
}

TEST_F(Agents, hear_which_field_was_not_taken_while_the_others_are_stored) {
  const std::uint64_t id = ask("POST", "/write?db=x", {}, "snmp descr=\"" + std::string(300, 'x') + "\",uptime=5i\n");
  ReadingDecoder decoder;
  const Batch sent = decoder.batch(web.published.back().payload)->batch;
  ASSERT_EQ(sent.readings.size(), 1U);
  EXPECT_EQ(sent.readings.front().reading.sensor, "snmp.uptime");
  web.hear("kitchen/committed/sensor-http-bridge", encode_committed({"w5n2", sent.stream, 1, false}));
  EXPECT_EQ(web.answer(id).status, 400);
  EXPECT_EQ(Json::parse(web.answer(id).body).at("error"),
            "partial write: 1 readings are taken, and 1 lines or fields are not: line 1, field descr: sensor "
            "snmp.descr: text value is longer than 256 bytes");
}

}  // namespace
}  // namespace sensors::bridge
