// The whole pipeline without an API: all that people look at is there, nothing waits, and an API that is named later
// gets what the store keeps.
#include <nlohmann/json.hpp>

#include "tests/rig/http_peer.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr const char* no_destination = "no destination: readings are kept in the store";

class WithoutDestination : public RigTest {
 protected:
  static constexpr Millis limit{30'000};

  WithoutDestination() : port_(free_port()), rig_(folder_, options(port_)) {
    rig_.bridge().config().set_text("destination", "url", "");
  }

  static RigOptions options(std::uint16_t port) {
    RigOptions options = live_weather("50ms", 5);
    options.publisher.set_text("", "status_interval", "200ms");
    options.persistence.set_text("", "status_interval", "200ms");
    options.persistence.set("queue", "high", "10");
    options.bridge.set_text("", "status_interval", "200ms");
    options.bridge.set_text("destination", "interval", "200ms");
    options.serve_http(port);
    options.bridge.set("http", "rate_burst", "100000");
    return options;
  }

  void start_all_but_the_api() {
    rig_.broker().start();
    rig_.persistence().start();
    rig_.bridge().start();
    rig_.publisher().start();
    rig_.wait_until("the store is open", limit,
                    [&] { return rig_.persistence().log().find(" is open; ") != std::string::npos; });
  }

  void restart_bridge(const std::string& url) {
    EXPECT_EQ(rig_.bridge().stop(), 0);
    rig_.bridge().config().set_text("destination", "url", url);
    rig_.bridge().start();
  }

  HttpReplyText page(const std::string& target) {
    return accepts_connections(port_) ? http_get(port_, target) : HttpReplyText{};
  }

  bool has_metric(const std::string& name, const std::string& service, const std::string& value) {
    return page("/metrics").body.find("\n" + name + "{node=\"node-1\",service=\"" + service + "\"} " + value + "\n") !=
           std::string::npos;
  }

  /// What the bridge says of itself.
  nlohmann::json status() {
    const HttpReplyText reply = page("/v1/status");
    if (reply.status != 200) return nlohmann::json::object();
    const nlohmann::json answer = nlohmann::json::parse(reply.body);
    for (const nlohmann::json& one : answer.at("services")) {
      if (one.at("service") == "sensor-http-bridge" && one.contains("status")) return one.at("status");
    }
    return nlohmann::json::object();
  }

  void wait_for_reason(const std::string& reason) {
    rig_.wait_until("the bridge says: " + reason, limit, [&] { return status().value("reason", "") == reason; });
  }

  std::uint16_t port_;
  Rig rig_;
};

TEST_F(WithoutDestination, all_is_served_and_well_and_nothing_waits) {
  start_all_but_the_api();
  rig_.wait_until("the store has readings", limit, [&] { return rig_.store().readings() > 200; });
  wait_for_reason(no_destination);
  EXPECT_EQ(status().at("state"), "up");
  EXPECT_EQ(status().at("delivers"), false);
  EXPECT_FALSE(status().contains("breaker"));
  EXPECT_EQ(page("/readyz").status, 200) << page("/readyz").body;
  EXPECT_NE(page("/").body.find("<title>"), std::string::npos);
  EXPECT_TRUE(has_metric("sensor_bridge_delivers", "sensor-http-bridge", "0")) << page("/metrics").body;
  rig_.wait_until("the store says that nothing waits", limit,
                  [&] { return has_metric("sensor_queue_depth", "sensor-persistence", "0"); });
  EXPECT_TRUE(has_metric("sensor_queue_pressure", "sensor-persistence", "0")) << "above its high mark of 10 rows";
  EXPECT_TRUE(has_metric("sensor_queue_pressure", "sensor-http-bridge", "0"));
  EXPECT_NE(rig_.bridge().log().find("served at http://127.0.0.1:" + std::to_string(port_) + "/"), std::string::npos);
  for (Service* const service : {&rig_.persistence(), &rig_.bridge(), static_cast<Service*>(&rig_.publisher())}) {
    EXPECT_EQ(service->log().find("warning"), std::string::npos) << service->log();
    EXPECT_EQ(service->log().find("error"), std::string::npos) << service->log();
  }
}

TEST_F(WithoutDestination, an_API_that_is_named_gets_what_is_kept_and_goes_on_where_it_was_when_it_is_back) {
  start_all_but_the_api();
  rig_.wait_until("the store has readings", limit, [&] { return rig_.store().readings() > 100; });
  rig_.api().start();
  const std::string url = rig_.api().url();
  restart_bridge(url);
  rig_.wait_until("the API has those of before", limit, [&] { return rig_.progress().delivered > 100; });
  restart_bridge("");
  wait_for_reason(no_destination);
  rig_.wait_until("the store tells what waited", limit, [&] {
    return rig_.persistence().log().find("nothing waits for destination api any more") != std::string::npos;
  });
  const std::uint64_t before = rig_.store().readings();
  rig_.wait_until("more readings come", limit, [&] { return rig_.store().readings() > before + 50; });
  EXPECT_EQ(rig_.publisher().stop(), 0);
  rig_.publisher().start_without_drivers();
  restart_bridge(url);
  rig_.wait_until("the API has all of them", limit, [&] { return rig_.progress().drained(); });
  EXPECT_EQ(rig_.progress().delivered, rig_.store().readings()) << "and none twice";
}

TEST_F(WithoutDestination, the_check_of_the_configuration_says_what_it_means) {
  const ConfigCheck check = check_config(folder_, "sensor-http-bridge", rig_.bridge().config().text());
  EXPECT_EQ(check.exit_code, 0) << check.output;
  EXPECT_NE(check.output.find(": no destination: readings are kept in the store and shown on the page"),
            std::string::npos)
      << check.output;
}

TEST_F(WithoutDestination, a_port_that_another_program_has_is_told_with_what_to_change_and_all_else_goes_on) {
  rig_.bridge().config().set_text("http", "listen", "127.0.0.1:" + std::to_string(rig_.broker().port()));
  rig_.api().start();
  rig_.bridge().config().set_text("destination", "url", rig_.api().url());
  start_all_but_the_api();
  rig_.wait_until("readings are delivered without a page", limit, [&] { return rig_.progress().delivered > 20; });
  EXPECT_NE(rig_.bridge().log().find("another program has that port; write another one at listen below [http]"),
            std::string::npos)
      << rig_.bridge().log();
}

}  // namespace
}  // namespace sensors::rig
