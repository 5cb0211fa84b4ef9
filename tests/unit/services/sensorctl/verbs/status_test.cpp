#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/status.hpp"
#include "tests/unit/services/sensorctl/verbs/timeline.hpp"

namespace sensors::sensorctl {
namespace {

const Session session{"sensors", "", "sensorctl-1", Millis{5'000}};
const std::string row =
    R"({"node":"kitchen","stream":"k3","seq":7,"sensor":"bme280.temperature","value":21.5,"unit":"Cel","time":"2026-01-15T16:09:32.000Z"})";

std::string status_of(const std::string& service, const std::string& state, const std::string& more = "") {
  return R"({"service":")" + service + R"(","state":")" + state +
         R"(","reason":"","since":"2026-01-15T16:00:00Z","version":"0.1.0")" + more + "}";
}

std::string topic(const std::string& kind, const std::string& name) { return "sensors/kitchen/" + kind + "/" + name; }

/// What a pipeline that is well has retained.
void hear_all(Timeline& line) {
  line.hears(topic("status", "sensor-publisher"),
             status_of("sensor-publisher", "up", R"(,"pace_ms":10000,"breaker":{"state":"closed","reason":""})"), true);
  line.hears(topic("status", "sensor-persistence"),
             status_of("sensor-persistence", "up",
                       R"(,"store":"w5n2","used_bytes":12897484,"dead_letters":3,)"
                       R"("destinations":{"api":{"waiting":7,"dead_letters":1},"old":{"dead_letters":2}})"),
             true);
  line.hears(topic("status", "sensor-http-bridge"),
             status_of("sensor-http-bridge", "up", R"(,"breaker":{"state":"closed","reason":""})"), true);
  line.hears(topic("queue", "sensor-persistence"),
             R"({"depth":12,"high":10000,"limit":1000000,"oldest_s":3.2,"rate_per_s":9.9,"pressure":false})", true);
  line.hears(topic("committed", "sensor-publisher"), R"({"store":"w5n2","stream":"k3","through":1042})", true);
}

MqttMessage message(const std::string& kind, const std::string& name, const std::string& payload) {
  return {topic(kind, name), payload, "", "", true};
}

std::vector<Event> retained_of_a_pipeline() {
  return {message("status", "sensor-publisher", status_of("sensor-publisher", "up")),
          message("status", "sensor-persistence", status_of("sensor-persistence", "up")),
          message("status", "sensor-http-bridge", status_of("sensor-http-bridge", "up")),
          message("queue", "sensor-persistence",
                  R"({"depth":12,"high":10000,"limit":0,"oldest_s":3.2,"rate_per_s":9.9,"pressure":false})"),
          message("committed", "sensor-publisher", R"({"store":"w5n2","stream":"k3","through":1042})"),
          Tick{}};
}

void answer(Timeline& line) {
  line.hears(topic("rpc-reply", "sensorctl-1"), R"({"readings":[)" + row + R"(],"truncated":false})", false,
             line.published.back().correlation);
}

TEST(Status, shows_everything_on_one_screen) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_EQ(line.out,
            "destination api refused 1 reading; 1 more problem\n"
            "- destination api refused 1 reading; they are kept as dead letters\n"
            "  sensorctl dead-letters list --destination api says why. Then requeue or purge\n"
            "  them.\n"
            "- 2 readings were refused by destination old, which is not configured any more\n"
            "  sensorctl dead-letters list --destination old shows them. Purge them:\n"
            "  sensorctl dead-letters purge --all --destination old; or configure old\n"
            "  again, and requeue them.\n"
            "\n"
            "2026-01-15T16:09:35.150Z\n"
            "\n"
            "SERVICE             STATE  FOR         VERSION\n"
            "sensor-http-bridge  up     9 min 35 s  0.1.0\n"
            "sensor-persistence  up     9 min 35 s  0.1.0\n"
            "sensor-publisher    up     9 min 35 s  0.1.0    reads every 10 s\n"
            "\n"
            "BREAKER             STATE   FOR  NEXT ATTEMPT  REASON\n"
            "sensor-http-bridge  closed\n"
            "sensor-publisher    closed\n"
            "\n"
            "QUEUE               DEPTH  HIGH MARK  LIMIT      OLDEST  LEAVING\n"
            "sensor-persistence  12     10,000     1,000,000  3 s     9.9/s\n"
            "\n"
            "store w5n2 of sensor-persistence: 12.3 MiB, 3 dead letters\n"
            "  destination api: 7 rows wait, 1 dead letters\n"
            "  destination old is not configured any more: 2 dead letters; sensorctl\n"
            "    dead-letters list --destination old\n"
            "sensor-publisher: stream k3 is committed through 1042\n"
            "\n"
            "SENSOR              VALUE    AGE\n"
            "bme280.temperature  21.5 °C  3 s ago\n");
  EXPECT_EQ(line.complaints, "");
  EXPECT_EQ(line.exit_code, exit_trouble) << "as its first line says";
}

TEST(Status, asks_a_store_that_was_heard_before_the_word_of_the_connection) {
  Status status({}, session);
  Timeline line(status);
  hear_all(line);
  EXPECT_TRUE(line.published.empty()) << "it would be dropped";
  line.happens(MqttConnected{});
  ASSERT_EQ(line.published.size(), 1U);
  line.passes(Millis{500});
  EXPECT_FALSE(line.exit_code.has_value()) << "its answer is waited for";
  answer(line);
  line.passes(Millis{100});
  EXPECT_NE(line.out.find("bme280.temperature  21.5 °C"), std::string::npos) << line.out;
  EXPECT_TRUE(line.exit_code.has_value());
}

/// Whatever order the broker and the connection's word come in, before or after one another.
TEST(Status, shows_the_newest_reading_in_every_order_of_what_is_retained_and_the_word_of_the_connection) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<Event> retained = retained_of_a_pipeline();
  for (int run = 0; run < 500; ++run) {
    std::vector<Event> events = retained;
    std::shuffle(events.begin(), events.end(), random);
    const auto word = std::uniform_int_distribution<std::size_t>(0, events.size())(random);
    events.insert(events.begin() + static_cast<std::ptrdiff_t>(word), MqttConnected{});
    Status status({}, session);
    Timeline line(status);
    for (std::size_t i = 0; i < events.size(); ++i) {
      line.happens(events[i]);
      EXPECT_TRUE(i >= word || line.published.empty()) << "it would be dropped";
      line.passes(Millis{std::uniform_int_distribution<int>(0, 40)(random)});
    }
    ASSERT_EQ(line.published.size(), 1U) << "the connection's word is number " << word;
    ASSERT_FALSE(line.exit_code.has_value()) << "its answer is waited for";
    line.passes(Millis{std::uniform_int_distribution<int>(0, 4'000)(random)});
    answer(line);
    line.passes(Millis{5'000});
    ASSERT_NE(line.out.find("bme280.temperature  21.5 °C"), std::string::npos) << line.out;
    ASSERT_EQ(line.exit_code, exit_ok) << line.out << line.complaints;
  }
}

TEST(Status, gives_a_store_that_is_heard_late_its_whole_time) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  line.passes(Millis{4'900});
  hear_all(line);
  line.passes(Millis{1'000});
  ASSERT_FALSE(line.exit_code.has_value());
  answer(line);
  EXPECT_NE(line.out.find("bme280.temperature  21.5 °C"), std::string::npos) << line.out;
  EXPECT_TRUE(line.exit_code.has_value());
}

TEST(Status, says_why_the_newest_readings_are_not_known) {
  const auto told = [](const std::string& store, bool refused) {
    Status status({}, session);
    Timeline line(status);
    line.happens(MqttConnected{});
    if (!store.empty()) line.hears(topic("status", "sensor-persistence"), status_of("sensor-persistence", store), true);
    if (refused) line.happens(MqttPublished{line.published.back().id, fail(ErrorCode::permission, "may not ask")});
    line.passes(Millis{5'000});
    EXPECT_EQ(line.exit_code, exit_trouble);
    return line.complaints + line.out.substr(line.out.rfind('\n', line.out.size() - 2) + 1);
  };
  EXPECT_EQ(told("", false), "the newest readings are not known: no store runs\n");
  EXPECT_EQ(told("down", false), "the newest readings are not known: no store runs\n");
  EXPECT_EQ(told("up", false), "the newest readings are not known: no store answered\n");
  EXPECT_EQ(told("up", true), "node kitchen: may not ask\nthe newest readings are not known: no store answered\n");
}

TEST(Status, fits_80_columns_however_long_the_names) {
  const std::string longest(64, 'n');
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  answer(line);
  for (const char* service : {"sensor-persistence", "sensor-http-bridge-with-a-name-of-forty-characters-00"}) {
    const std::string at = "sensors/" + longest + "/";
    line.hears(at + "status/" + service,
               status_of(service, "degraded",
                         R"(,"pace_ms":273600000,"store":"w5n2","breaker":{"state":"half-open","reason":")" +
                             std::string(200, 'r') + R"("})"),
               true);
    line.hears(at + "queue/" + service,
               R"({"depth":999999999,"high":1000000000,"limit":1000000000,"oldest_s":1e9,"rate_per_s":99999.9,)"
               R"("pressure":true})",
               true);
  }
  line.hears("sensors/" + longest + "/reading/" + longest,
             R"({"sensor":")" + longest + R"(","value":")" + std::string(100, 'v') +
                 R"(","unit":"","time":"2026-01-15T16:09:35Z","seq":8,"stream":"k3"})");
  line.passes(Millis{10'000});
  std::istringstream out(line.out);
  std::size_t words_too_long = 0;
  for (std::string one; std::getline(out, one);) {
    const auto columns = std::count_if(one.begin(), one.end(), [](char c) { return (c & 0xC0) != 0x80; });
    const bool is_one_word = one.find(' ', one.find_first_not_of(' ')) == std::string::npos;
    words_too_long += columns > 80 && is_one_word ? 1 : 0;
    EXPECT_TRUE(columns <= 80 || is_one_word) << one;
  }
  EXPECT_NE(line.out.find(std::string(37, 'v') + "..."), std::string::npos) << line.out;
  EXPECT_GT(words_too_long, 0U) << "a word is never cut";
}

TEST(Status, says_that_nobody_is_known_under_a_node_and_which_are) {
  Status status({}, Session{"sensors", "kitchne", "sensorctl-1", Millis{5'000}});
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  line.hears("sensors/attic/status/sensor-publisher", status_of("sensor-publisher", "up"), true);
  line.passes(Millis{5'100});
  EXPECT_EQ(line.complaints,
            "nobody is known under the node 'kitchne'; the broker knows attic, kitchen; did you mean 'kitchen'?\n");
  EXPECT_EQ(line.out, "");
  EXPECT_TRUE(line.published.empty());
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST(Status, shows_the_watermark_and_not_that_another_stream_is_refused) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  line.hears(topic("committed", "sensor-publisher"),
             R"({"store":"w5n2","stream":"k2","through":0,"refused_node":"attic"})");
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_NE(line.out.find("stream k3 is committed through 1042"), std::string::npos) << line.out;
}

TEST(Status, shows_an_open_breaker_with_its_next_attempt) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  line.hears(topic("status", "sensor-http-bridge"),
             status_of("sensor-http-bridge", "degraded",
                       R"(,"breaker":{"state":"open","reason":"API failures exceeded threshold (3)\u001b[2J",)"
                       R"("since":"2026-01-15T16:09:00Z","next_attempt":"2026-01-15T16:10:00Z"})"));
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_NE(line.out.find("sensor-http-bridge  open    35 s  in 24 s\n"
                          "    API failures exceeded threshold (3) [2J\n"),
            std::string::npos)
      << line.out;
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST(Status, shows_an_advice_whole) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  std::string reason;
  for (int i = 0; i < 100; ++i) reason += "something ";
  line.hears(topic("status", "sensor-http-bridge"),
             R"({"service":"sensor-http-bridge","state":"degraded","reason":")" + reason +
                 R"(; do this","since":"2026-01-15T16:00:00Z","version":"0.1.0"})",
             true);
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_NE(line.out.find("; do this"), std::string::npos) << line.out;
}

TEST(Status, says_what_is_missing_and_which_store_is_silent_at_the_deadline) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  line.hears(topic("status", "sensor-persistence"), status_of("sensor-persistence", "up"), true);
  line.passes(Millis{4'900});
  EXPECT_EQ(line.out, "");
  line.passes(Millis{200});
  EXPECT_NE(line.out.find("sensor-publisher    missing"), std::string::npos) << line.out;
  EXPECT_NE(line.out.find("systemctl status sensor-publisher"), std::string::npos);
  EXPECT_NE(line.out.find("the store of node kitchen does not answer"), std::string::npos);
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST(Status, does_not_wait_for_a_store_that_is_down) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  line.hears(topic("status", "sensor-persistence"), status_of("sensor-persistence", "down"), true);
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST(Status, watches_with_a_picture_every_interval_until_ctrl_c) {
  StatusOptions options;
  options.watch = true;
  Status status(options, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  answer(line);
  line.passes(Millis{200});
  EXPECT_NE(line.pictures.find("bme280.temperature  21.5 °C  3 s ago"), std::string::npos);
  line.hears(
      topic("reading", "bme280.temperature"),
      R"({"sensor":"bme280.temperature","value":22,"unit":"Cel","time":"2026-01-15T16:09:35Z","seq":8,"stream":"k3"})");
  line.passes(Millis{2'000});
  EXPECT_NE(line.pictures.find("bme280.temperature  22 °C  2 s ago"), std::string::npos) << line.pictures;
  line.happens(StopRequested{});
  EXPECT_EQ(line.exit_code, exit_ok);
}

TEST(Status, asks_the_store_again_after_a_lost_connection) {
  StatusOptions options;
  options.watch = true;
  Status status(options, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  EXPECT_EQ(line.published.size(), 1U);
  line.happens(MqttDisconnected{"connection lost", ErrorCode::disconnected});
  line.happens(MqttConnected{});
  hear_all(line);
  EXPECT_EQ(line.published.size(), 2U);
}

TEST(Status, asks_a_silent_store_again_once_it_speaks) {
  StatusOptions options;
  options.watch = true;
  Status status(options, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  line.passes(Millis{6'000});
  EXPECT_NE(line.pictures.find("the store of node kitchen does not answer"), std::string::npos) << line.pictures;
  hear_all(line);
  ASSERT_EQ(line.published.size(), 2U);
  answer(line);
  line.passes(Millis{2'000});
  EXPECT_NE(line.pictures.find("bme280.temperature  21.5 °C"), std::string::npos) << line.pictures;
  EXPECT_EQ(line.pictures.find("does not answer"), std::string::npos) << line.pictures;
}

TEST(Status, begins_with_the_verdict) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"})
    line.hears(topic("status", service), status_of(service, "up"), true);
  line.hears(topic("silent", "sensor-publisher"),
             R"({"known":56,"silent":[{"node":"kitchen","sensor":"door","since":"2026-01-15T15:09:35Z",)"
             R"("interval_ms":10000}],"more":0})",
             true);
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_TRUE(
      line.out.starts_with("1 of 56 sensors is silent; all else is well\n"
                           "- door is silent; it came every 10 s, for 1 h\n"
                           "  Look at its cable, its power, and what reads it. If it is gone for good:\n"
                           "  sensorctl sensor forget door --node kitchen\n\n2026-"))
      << line.out;
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST(Status, ends_well_where_its_first_line_says_so) {
  for (const bool json : {false, true}) {
    StatusOptions options;
    options.json = json;
    Status status(options, session);
    Timeline line(status);
    line.happens(MqttConnected{});
    for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge-weather"})
      line.hears(topic("status", service), status_of(service, "up"), true);
    answer(line);
    line.passes(Millis{1'000});
    EXPECT_TRUE(json ? line.out.find(R"("well":true,"verdict":{"ok":true,)") != std::string::npos
                     : line.out.starts_with("All is well: "))
        << line.out;
    EXPECT_EQ(line.exit_code, exit_ok);
  }
}

TEST(Status, misses_a_service_however_short_the_timeout_is) {
  Status status({}, Session{"sensors", "", "sensorctl-1", Millis{1'000}});
  Timeline line(status);
  line.happens(MqttConnected{});
  line.passes(Millis{4'000});
  EXPECT_FALSE(line.out.starts_with("All is well")) << line.out;
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST(Status, knows_that_a_retained_status_is_too_old) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"})
    line.hears(topic("status", service), status_of(service, "up", R"(,"time":"2026-01-15T16:09:00Z")"), true);
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_TRUE(line.out.starts_with("sensor-http-bridge is silent; 2 more problems\n")) << line.out;
}

TEST(Status, is_one_line_of_json_with_the_payloads_as_they_came) {
  StatusOptions options;
  options.json = true;
  Status status(options, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_EQ(line.out.find('\n'), line.out.size() - 1);
  EXPECT_TRUE(line.out.starts_with(
      R"({"time":"2026-01-15T16:09:35.150Z","well":false,"verdict":{"ok":false,"headline":"destination api refused 1 reading; 1 more problem",)"))
      << line.out;
  EXPECT_NE(line.out.find(R"("services":[{"node":"kitchen","service":"sensor-http-bridge","status":{"service":)"),
            std::string::npos)
      << line.out;
  EXPECT_NE(line.out.find(R"("readings":[)" + row + "]"), std::string::npos) << line.out;
}

TEST(Status, complains_about_payloads_that_cannot_be_read_and_shows_the_rest) {
  Status status({}, session);
  Timeline line(status);
  line.happens(MqttConnected{});
  hear_all(line);
  line.hears(topic("status", "sensor-publisher"), "{}");
  answer(line);
  line.passes(Millis{1'000});
  EXPECT_EQ(line.complaints, "sensors/kitchen/status/sensor-publisher: cannot be read\n");
  EXPECT_TRUE(line.exit_code.has_value());
}

constexpr Now now{Instant{std::chrono::hours{1}}, Timeline::start};

TEST(Snapshot, stays_bounded_whoever_speaks) {
  Snapshot snapshot;
  for (std::size_t i = 0; i < Snapshot::most_services + 10; ++i) {
    const std::string node = "n" + std::to_string(i);
    snapshot.take(TopicView{"sensors", node, "status", "x"}, status_of("x", "up"), now);
  }
  EXPECT_EQ(snapshot.services().size(), Snapshot::most_services);
}

TEST(Snapshot, forgets_a_service_whose_status_was_emptied) {
  Snapshot snapshot;
  snapshot.take(TopicView{"sensors", "kitchen", "status", "x"}, status_of("x", "up"), now);
  snapshot.take(TopicView{"sensors", "kitchen", "status", "x"}, "", now);
  EXPECT_TRUE(snapshot.services().empty());
}

}  // namespace
}  // namespace sensors::sensorctl
