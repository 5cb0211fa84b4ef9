// What the page does for who may: dead letters sent again or deleted, alerts acknowledged; and who may.
#include <gtest/gtest.h>

#include "common/codec/alert_json.hpp"
#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

WebOptions with_operator() {
  WebOptions options = web_options();
  options.tokens.push_back({"keeper", "keeper-secret", {true, false, true}});
  return options;
}

class WebOrders : public testing::Test {
 protected:
  WebOrders() { web.step(MqttConnected{}); }

  std::uint64_t post(const std::string& target, const std::string& body, const std::string& token = "keeper-secret") {
    WebRequest request;
    request.method = "POST";
    request.target = target;
    request.body = body;
    request.headers = {{"host", "kitchen:8080"}, {"content-type", "application/json"}};
    if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
    return web.ask(std::move(request));
  }

  WebTimeline web{with_operator()};
};

TEST_F(WebOrders, asks_the_store_to_requeue_or_purge_dead_letters) {
  const std::uint64_t id = post("/v1/dead-letters", R"({"action":"requeue","ids":[7,9]})");
  EXPECT_EQ(web.published.back().topic, "sensors/kitchen/rpc/dead-letters");
  const Result<DeadLettersRequest> request = decode_dead_letters_request(web.published.back().payload);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->action, DeadLettersRequest::Action::requeue);
  EXPECT_EQ(request->ids, (std::vector<std::uint64_t>{7, 9}));
  const std::string done = encode_dead_letters_changed(DeadLettersRequest::Action::requeue, 2, 0);
  web.store_answers(done);
  EXPECT_EQ(web.answer(id).status, 200);
  EXPECT_EQ(web.answer(id).body, done);

  const std::uint64_t purge = post("/v1/dead-letters", R"({"action":"purge","all":true,"destination":"api"})");
  EXPECT_TRUE(decode_dead_letters_request(web.published.back().payload)->all);
  web.store_answers(R"({"error":{"code":"invalid","message":"there is no destination api"}})");
  EXPECT_EQ(web.answer(purge).status, 503);
  EXPECT_NE(web.answer(purge).body.find("there is no destination api"), std::string::npos);
}

TEST_F(WebOrders, refuses_an_order_that_is_none_and_asks_nobody) {
  const std::size_t before = web.published.size();
  for (const char* body : {"", "{", R"({"action":"list"})", R"({"action":"requeue"})",
                           R"({"action":"burn","all":true})", R"({"action":"purge","ids":[1],"all":true})"})
    EXPECT_EQ(web.answer(post("/v1/dead-letters", body)).status, 400) << body;
  for (const char* body : {"", "{}", R"({"alert":"acknowledge"})", R"({"alert":"sing","name":"a"})"})
    EXPECT_EQ(web.answer(post("/v1/alerts", body)).status, 400) << body;
  EXPECT_EQ(web.answer(post("/v1/dead-letters?all=1", R"({"action":"purge","ids":[1]})")).status, 400);
  EXPECT_EQ(web.published.size(), before);
}

TEST_F(WebOrders, takes_orders_from_nobody_without_the_scope) {
  const std::size_t before = web.published.size();
  const std::string order = R"({"action":"purge","all":true})";
  EXPECT_EQ(web.answer(post("/v1/dead-letters", order, "")).status, 401);
  EXPECT_EQ(web.answer(post("/v1/dead-letters", order, "wrong")).status, 401);
  EXPECT_EQ(web.answer(post("/v1/dead-letters", order, "owner-secret")).status, 403) << "reading and writing is less";
  EXPECT_EQ(web.answer(post("/v1/alerts", R"({"alert":"acknowledge","name":"a"})", "owner-secret")).status, 403);
  EXPECT_EQ(web.answer(post("/v1/readings", R"({"sensor":"a","value":1})")).status, 403) << "and is no writing";
  WebRequest foreign;
  foreign.method = "POST";
  foreign.target = "/v1/dead-letters";
  foreign.body = order;
  foreign.headers = {
      {"host", "kitchen:8080"}, {"origin", "https://evil.example"}, {"authorization", "Bearer keeper-secret"}};
  EXPECT_EQ(web.answer(web.ask(foreign)).status, 403) << "a page of another site";
  EXPECT_EQ(web.published.size(), before);
}

TEST_F(WebOrders, passes_an_order_about_an_alert_on) {
  const std::uint64_t id = post("/v1/alerts", R"({"alert":"acknowledge","name":"sensor_silent.attic.co2"})");
  EXPECT_EQ(web.answer(id).status, 202);
  EXPECT_EQ(web.published.back().topic, "sensors/kitchen/control/sensor-alerts");
  EXPECT_FALSE(web.published.back().retain) << "an order that was given long ago is none";
  const Result<AlertOrder> order = decode_alert_order(web.published.back().payload);
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(*order, (AlertOrder{AlertOrder::Kind::acknowledge, "sensor_silent.attic.co2"}));
  web.step(MqttDisconnected{});
  EXPECT_EQ(web.answer(post("/v1/alerts", R"({"alert":"acknowledge","name":"a"})")).status, 503);
}

TEST_F(WebOrders, says_what_a_token_may) {
  EXPECT_EQ(web.now_at("/v1/access", {{"authorization", "Bearer keeper-secret"}}).body,
            "{\"name\":\"keeper\",\"scopes\":[\"read\",\"operate\"]}\n");
  EXPECT_EQ(web.now_at("/v1/access").body, "{\"name\":\"\",\"scopes\":[\"read\"]}\n");
  EXPECT_EQ(web.now_at("/v1/access", {{"authorization", "Bearer agent-secret"}}).status, 401);
}

}  // namespace
}  // namespace sensors::bridge
