// The HTTP side of the whole pipeline: readings in over HTTP, and out again; across crashes.
#include <filesystem>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/adapters/http_client/gzip.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

constexpr Millis patience{30'000};
const std::string json_type = "Content-Type: application/json\r\n";

class HttpSide : public RigTest {
 protected:
  HttpSide() : port_(free_port()), rig_(folder_, options(port_)) {}

  static RigOptions options(std::uint16_t port) {
    RigOptions options;
    options.nodes = {{"node-1", weather_driver("100ms", 5)}};
    options.nodes[0].drivers.set_text("driver.weather", "stamp", "now");
    options.publisher.set_text("", "status_interval", "200ms");
    options.bridge.set_text("", "status_interval", "200ms");
    options.bridge.set_text("destination", "interval", "200ms");
    options.serve_http(port);
    options.bridge.set_text("http", "write_timeout", "2s");
    options.bridge.set("http", "rate_burst", "100000");
    return options;
  }

  void start_without_publisher() {
    rig_.api().start();
    rig_.broker().start();
    rig_.persistence().start();
    rig_.bridge().start();
    wait_ready();
  }
  void wait_ready() {
    rig_.wait_until("the bridge is ready", patience,
                    [&] { return accepts_connections(port_) && http_get(port_, "/readyz").status == 200; });
  }

  /// `count` rows, of the sensors "<name>.0", "<name>.1", ...
  static std::string rows(const std::string& name, int count) {
    Json body = Json::array();
    for (int i = 0; i < count; ++i) body.push_back({{"sensor", name + "." + std::to_string(i)}, {"value", i}});
    return body.dump();
  }
  Json stored(const std::string& sensor) {
    return Json::parse(http_get(port_, "/v1/readings?sensor=" + sensor).body).at("readings");
  }

  std::uint16_t port_;
  Rig rig_;
};

TEST_F(HttpSide, takes_readings_and_gives_them_back_and_to_the_api) {
  start_without_publisher();
  const HttpReplyText taken = http_post(port_, "/v1/readings", json_type, rows("http", 1'000));
  ASSERT_EQ(taken.status, 201) << taken.body << folder_.log_tails();
  EXPECT_EQ(Json::parse(taken.body).at("results").size(), 1'000U);
  EXPECT_EQ(rig_.store().readings(), 1'000U) << "201 says that the store has it";
  ASSERT_EQ(stored("http.7").size(), 1U);
  EXPECT_EQ(stored("http.7").at(0).at("value"), 7);
  EXPECT_EQ(stored("http.7").at(0).at("node"), "node-1");
  EXPECT_EQ(http_post(port_, "/api/v2/write?precision=s", "", "room,place=attic value=21.5 1768493375").status, 204);
  EXPECT_EQ(stored("room.place-attic").at(0).at("time"), "2026-01-15T16:09:35.000Z");
  EXPECT_EQ(http_get(port_, "/v1/readings?sensor=room.place-attic&format=csv").headers.at("content-type"),
            "text/csv; charset=utf-8; header=present");
  const Json steps = Json::parse(http_get(port_, "/v1/readings?sensor=room.place-attic&step=1h&fn=last").body);
  EXPECT_EQ(steps.at("buckets").at(0).at("time"), "2026-01-15T16:00:00.000Z");
  EXPECT_EQ(Json::parse(http_get(port_, "/v1/sensors").body).at("sensors").size(), 1'001U);
  EXPECT_EQ(Json::parse(http_get(port_, "/v1/dead-letters").body).at("dead_letters").size(), 0U);
  rig_.wait_until("the API has them", patience, [&] { return rig_.api().delivered() == 1'001; });
}

/// As Go's HTTP client sends what it packs on the way, and so does not know the length of.
std::string chunked(std::string_view body) {
  std::string text;
  for (std::size_t at = 0; at < body.size(); at += 512) {
    const std::string_view part = body.substr(at, 512);
    text += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
  }
  return text + "0\r\n\r\n";
}

TEST_F(HttpSide, takes_what_Telegraf_sends_as_it_sends_it) {
  start_without_publisher();
  HttpPeer agent(port_);
  // plugins/outputs/influxdb/http.go
  const std::string form = "q=CREATE+DATABASE+%22telegraf%22";
  agent.send("POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
             std::to_string(form.size()) + "\r\n\r\n" + form);
  EXPECT_EQ(agent.read_reply(patience).status, 200);
  std::string lines;
  for (int cpu = 0; cpu < 300; ++cpu)
    lines += fmt::format(
        "cpu,cpu=cpu{0},host=pi usage_idle={0}.5,usage_user=1i,usage_guest_nice=0 1768493375000000000\n", cpu);
  const std::string headers =
      "Host: x\r\nUser-Agent: Telegraf/1.38.0 Go/1.25.5\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nAccept-Encoding: gzip\r\n";
  agent.send("POST /write?consistency=any&db=telegraf HTTP/1.1\r\n" + headers + "\r\n" + chunked(*gzip(lines)));
  EXPECT_EQ(agent.read_reply(patience).status, 204) << folder_.log_tails();
  EXPECT_EQ(rig_.store().readings(), 900U);
  EXPECT_EQ(stored("cpu.cpu-cpu299.host-pi.usage_idle").at(0).at("value"), 299.5);

  // plugins/outputs/influxdb_v2/http.go; without a token the header is there and says nothing.
  const std::string line =
      "disk,device=mmcblk0p1,fstype=vfat,host=raspberrypi,mode=rw,path=/boot/firmware used=1i\nbad\n";
  agent.send("POST /api/v2/write?bucket=telegraf&org=home HTTP/1.1\r\nAuthorization: Token \r\n" + headers + "\r\n" +
             chunked(*gzip(line)));
  const HttpReplyText partial = agent.read_reply(patience);
  EXPECT_EQ(partial.status, 400);
  EXPECT_EQ(Json::parse(partial.body).at("message").get<std::string>().substr(0, 40),
            "partial write: 1 readings are taken, and");
  EXPECT_EQ(rig_.store().readings(), 901U);

  agent.send("POST /write?db=telegraf HTTP/1.1\r\n" + headers + "\r\n" + chunked(gzip(lines)->substr(0, 500)));
  EXPECT_EQ(agent.read_reply(patience).status, 400) << "cut off";
  agent.send("POST /write?db=telegraf HTTP/1.1\r\n" + headers + "\r\n" + chunked(*gzip(std::string(8 << 20, '\n'))));
  EXPECT_EQ(agent.read_reply(patience).status, 413) << "8 MiB in 8 KiB";
  EXPECT_EQ(rig_.store().readings(), 901U);
}

TEST_F(HttpSide, a_key_stores_once_across_crashes_of_bridge_and_store) {
  start_without_publisher();
  const std::string headers = json_type + "Idempotency-Key: k1\r\n";
  const std::string body = rows("once", 500);
  {
    HttpPeer peer(port_);  // gives up without an answer
    peer.send("POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
              headers + "\r\n" + body);
    rig_.wait_until("the store has some of it", patience, [&] { return rig_.store().readings() > 0; });
  }
  rig_.bridge().kill();
  rig_.bridge().start();
  wait_ready();
  EXPECT_EQ(http_post(port_, "/v1/readings", headers, body).status, 201) << folder_.log_tails();
  rig_.persistence().kill();
  rig_.bridge().kill();
  rig_.persistence().start();
  rig_.bridge().start();
  wait_ready();
  EXPECT_EQ(http_post(port_, "/v1/readings", headers, body).status, 201) << folder_.log_tails();
  EXPECT_EQ(rig_.store().readings(), 500U);
  EXPECT_EQ(rig_.store().gaps(), 0U);
}

TEST_F(HttpSide, a_key_stores_once_across_a_rename_of_the_machine_and_twice_on_two_machines) {
  start_without_publisher();
  const std::string headers = json_type + "Idempotency-Key: k1\r\n";
  const HttpReplyText first = http_post(port_, "/v1/readings", headers, rows("once", 300));
  ASSERT_EQ(first.status, 201) << first.body << folder_.log_tails();
  const auto rename = [&](const std::string& node) {
    rig_.bridge().stop();
    rig_.persistence().stop();
    rig_.bridge().config().set_text("", "node", node);
    rig_.persistence().config().set_text("", "node", node);
    rig_.persistence().start();
    rig_.bridge().start();
    wait_ready();
  };
  rename("renamed");
  EXPECT_EQ(http_post(port_, "/v1/readings", headers, rows("once", 300)).body, first.body) << folder_.log_tails();
  EXPECT_EQ(rig_.store().readings(), 300U) << "it has its answer, and nothing is stored again";
  const std::string other_headers = json_type + "Idempotency-Key: k2\r\n";
  const Json there = Json::parse(http_post(port_, "/v1/readings", other_headers, rows("twice", 1)).body);
  std::filesystem::remove(folder_.file("writes"));  // a machine that was never this one
  rename("another");
  const Json here = Json::parse(http_post(port_, "/v1/readings", other_headers, rows("twice", 1)).body);
  EXPECT_NE(there.at("results").at(0).at("stream"), here.at("results").at(0).at("stream"));
  EXPECT_EQ(rig_.store().readings(), 302U);
  EXPECT_EQ(rig_.store().gaps(), 0U);
  rig_.wait_until("the API has them", patience, [&] { return rig_.api().delivered() == 302; });
}

TEST_F(HttpSide, says_503_while_the_store_is_away_and_takes_the_same_write_when_it_is_back) {
  start_without_publisher();
  ASSERT_EQ(http_post(port_, "/v1/readings", json_type, rows("before", 1)).status, 201);
  rig_.persistence().kill();
  const std::string headers = json_type + "Idempotency-Key: k1\r\n";
  const HttpReplyText refused = http_post(port_, "/v1/readings", headers, rows("during", 3));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  EXPECT_EQ(http_get(port_, "/readyz").status, 503);
  EXPECT_EQ(http_get(port_, "/livez").status, 200);
  rig_.persistence().start();
  rig_.wait_until("the write is taken", patience,
                  [&] { return http_post(port_, "/v1/readings", headers, rows("during", 3)).status == 201; });
  EXPECT_EQ(rig_.store().readings(), 4U);
  EXPECT_EQ(http_post(port_, "/v1/readings", json_type, rows("after", 1)).status, 201) << "the stream goes on";
}

TEST_F(HttpSide, answers_who_watches_it_while_512_wait_for_a_store_that_is_away) {
  rig_.bridge().config().set_text("http", "write_timeout", "10min");
  start_without_publisher();
  rig_.persistence().kill();
  std::vector<HttpPeer> waiting;
  const std::string body = rows("waits", 1);
  for (int i = 0; i < 512; ++i) {
    waiting.emplace_back(port_);
    waiting.back().send("POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                        "\r\n" + json_type + "\r\n" + body);
  }
  rig_.wait_until("a quarter of them waits, and the others know", patience, [&] {
    const std::string metrics = http_get(port_, "/metrics").body;
    return metrics.find("sensor_http_waiting_writes 128\n") != std::string::npos;
  });
  for (int i = 0; i < 20; ++i) {
    const Millis begin = monotonic_now();
    EXPECT_EQ(http_get(port_, "/livez").status, 200);
    EXPECT_LT(monotonic_now() - begin, Millis{1'000});
  }
  EXPECT_EQ(waiting.back().read_reply(patience).status, 503);
  rig_.persistence().start();
  EXPECT_EQ(waiting.front().read_reply(patience).status, 201);
}

TEST_F(HttpSide, goes_on_after_SIGHUP_as_the_other_services_do) {
  rig_.start_all();
  wait_ready();
  rig_.wait_until("readings flow", patience, [&] { return rig_.store().readings() > 0; });
  for (Service* service : std::initializer_list<Service*>{&rig_.publisher(), &rig_.persistence(), &rig_.bridge()})
    service->process().signal(SIGHUP);
  const std::uint64_t stored = rig_.store().readings();
  rig_.wait_until("readings flow", patience, [&] { return rig_.store().readings() > stored + 10; });
  EXPECT_EQ(http_get(port_, "/livez").status, 200);
  for (Service* service : std::initializer_list<Service*>{&rig_.publisher(), &rig_.persistence(), &rig_.bridge()})
    EXPECT_EQ(service->stop(), 0) << service->log();
}

TEST_F(HttpSide, shows_live_readings_and_metrics_that_Prometheus_can_read) {
  rig_.start_all();
  wait_ready();
  HttpPeer events(port_);
  events.send("GET /v1/events?kinds=reading HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(events.read_until("event: reading\ndata: {\"node\":\"node-1\",", patience).has_value())
      << folder_.log_tails();
  std::string text;
  rig_.wait_until("the services have said how they are", patience, [&] {
    text = http_get(port_, "/metrics").body;
    return text.find("sensor_readings_taken_total{") != std::string::npos &&
           text.find("sensor_readings_stored_total{") != std::string::npos &&
           text.find("sensor_readings_delivered_total{") != std::string::npos &&
           text.find("sensor_disk_free_bytes{") != std::string::npos;
  });
  for (const char* name : {"sensor_puback_duration_seconds_bucket{", "sensor_api_request_duration_seconds_bucket{",
                           "sensor_breaker_transitions_total{", "sensor_written_bytes_total{"})
    EXPECT_NE(text.find(name), std::string::npos) << name;
  Process::Options command;
  command.name = "promtool";
  command.command = {program_path("sh"), "-c",
                     "exec " + program_path("promtool") + " check metrics < " + folder_.write("metrics.txt", text)};
  command.log_file = folder_.file("promtool.log");
  Process promtool(command);
  promtool.start();
  EXPECT_EQ(promtool.wait_exit(patience), 0) << read_file(command.log_file);
}

}  // namespace
}  // namespace sensors::rig
