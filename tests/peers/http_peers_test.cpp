// Those who ask the bridge: a real Prometheus that scrapes it, and curl.
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/peers/curl.hpp"
#include "tests/peers/delivery_rig.hpp"
#include "tests/peers/influxdb.hpp"
#include "tests/peers/prometheus.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

class HttpPeers : public RigTest {
 protected:
  HttpPeers() : database_(folder_), port_(free_port()), rig_(folder_, options()) {}

  RigOptions options() const {
    RigOptions options = delivery_options(database_.write_url(), 1);
    options.publisher.set_text("", "status_interval", "200ms");
    options.persistence.set_text("", "status_interval", "200ms");
    options.bridge.set_text("", "status_interval", "200ms");
    options.serve_http(port_, R"(["read"])");
    options.bridge.set_text("http.tokens.garden", "file", folder_.write("garden.token", "a-token-for-the-garden\n"));
    options.bridge.set("http.tokens.garden", "scopes", R"(["write"])");
    return options;
  }

  std::string url(const std::string& target) const { return "http://127.0.0.1:" + std::to_string(port_) + target; }

  InfluxDb database_;
  std::uint16_t port_;
  DeliveryRig rig_;
};

TEST_F(HttpPeers, Prometheus_scrapes_it_and_sees_it_go_and_come) {
  database_.start();
  rig_.start_pipeline();
  Prometheus prometheus(folder_, port_);
  prometheus.start();
  const auto is = [&](const std::string& expression, double wanted) {
    return [&prometheus, expression, wanted] { return prometheus.value_of(expression) == wanted; };
  };
  rig_.wait_until("it is up", patience, is("up{job=\"sensors\"}", 1));
  for (const char* counter : {"taken", "stored", "delivered"}) {
    const std::string name = "sensor_readings_" + std::string(counter) + "_total";
    rig_.wait_until(name + " grows", patience, [&] { return prometheus.value_of(name).value_or(0) >= 60; });
  }
  rig_.bridge().kill();
  rig_.wait_until("it is down", patience, is("up{job=\"sensors\"}", 0));
  rig_.bridge().start();
  rig_.wait_until("it is up again", patience, is("up{job=\"sensors\"}", 1));
  rig_.drain();
  const auto taken = static_cast<double>(rig_.publisher().outbox().taken());
  EXPECT_EQ(static_cast<double>(rig_.store().readings()), taken);
  rig_.wait_until("it knows how many are stored", patience, is("sensor_readings_stored_total", taken));
}

TEST_F(HttpPeers, curl_writes_readings_that_curl_reads_and_the_database_has) {
  database_.start();
  rig_.broker().start();
  rig_.persistence().start();
  rig_.bridge().start();
  rig_.wait_until("the bridge listens", patience, [&] { return accepts_connections(port_); });
  curl(folder_, {"--retry", "30", "--retry-all-errors", "--retry-delay", "1", url("/readyz")});
  const std::string token = "Authorization: Bearer a-token-for-the-garden";
  const Json written = Json::parse(curl(
      folder_, {"-H", token, "-H", "Content-Type: application/json", "-H", "Idempotency-Key: k1", "-d",
                R"({"sensor":"garden.soil","value":0.31,"time":"2026-01-15T16:09:35.123Z"})", url("/v1/readings")}));
  EXPECT_EQ(written.at("stored"), 1);
  curl(folder_,
       {"-H", token, "--data-binary", "room,place=attic value=21.5 1768493375123", url("/write?precision=ms")});
  ASSERT_EQ(std::system(("gzip -k " + folder_.write("lines", "room,place=cellar value=12 1768493375123")).c_str()), 0);
  curl(folder_,
       {"--user", "agent:a-token-for-the-garden", "-H", "Content-Encoding: gzip", "-H", "Transfer-Encoding: chunked",
        "--data-binary", "@" + folder_.file("lines.gz"), url("/write?db=x&precision=ms")});
  EXPECT_THROW(curl(folder_, {"-d", "room value=1", url("/write")}), std::exception) << "without a token";
  const Json read = Json::parse(curl(folder_, {url("/v1/readings?sensor=garden.soil")}));
  ASSERT_EQ(read.at("readings").size(), 1U);
  EXPECT_EQ(read.at("readings").at(0).at("value"), 0.31);
  EXPECT_NE(curl(folder_, {"-H", "Accept: text/csv", url("/v1/readings?sensor=room.place-attic")})
                .find(",room.place-attic,21.5,"),
            std::string::npos);
  rig_.wait_until("they are delivered", patience, [&] { return rig_.has_delivered(3); });
  const Points found = database_.points();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].sensor + " " + found[1].sensor + " " + found[2].sensor,
            "garden.soil room.place-attic room.place-cellar");
  EXPECT_EQ(found[0].time / ns_per_ms, 1'768'493'375'123);
}

}  // namespace
}  // namespace sensors::rig
