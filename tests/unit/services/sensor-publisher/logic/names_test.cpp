// Machines that are renamed, and brokers and stores that do not take what they send.
#include <gtest/gtest.h>

#include <algorithm>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

/// The last will of a run.
std::string down_status(const std::string& stream, const PublisherBench& bench) {
  return Self::down_message(self_options(bench_options(), stream), "connection lost", bench.now.wall).payload;
}

/// The machine was `attic` and is `kitchen` now; two readings of its earlier name wait.
class Renamed : public testing::Test {
 protected:
  static OutboxContents renamed(const std::string& former) {
    OutboxContents contents{{{"run1", 0}, {"run2", 2}}, 0, 2, "store1"};
    contents.streams[0].node = former;
    contents.streams[1].node = "kitchen";
    return contents;
  }

  static void fill(PublisherBench& bench) {
    for (Position p : {1U, 2U}) bench.rows.push_back({p, p, Reading{"s", double(p), "Cel", bench.now.wall}});
  }

  static std::string status(PublisherBench& bench) {
    bench.pass(10s);
    std::string last;
    for (const MqttPublish& message : bench.published) {
      if (message.topic == "sensors/kitchen/status/sensor-publisher") last = message.payload;
    }
    return last;
  }

  static void refuse(PublisherBench& bench, const std::string& stream, const std::string& node) {
    MqttMessage message;
    message.topic = "sensors/kitchen/committed/sensor-publisher";
    message.payload = encode_committed({"store1", stream, 0, false, node});
    bench.step(std::move(message));
  }
};

TEST_F(Renamed, readings_keep_the_name_that_they_were_taken_under) {
  PublisherBench bench{bench_options(), renamed("attic")};
  fill(bench);
  EXPECT_TRUE(bench.logged("this machine was called attic before and is kitchen now"));
  bench.step(MqttConnected{});
  bench.take(1);
  auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].first, "sensors/attic/backlog/sensor-publisher");
  EXPECT_EQ(sent[0].second.stream, "run1");
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 2);
  sent = bench.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].first, "sensors/kitchen/reading/s");
}

TEST_F(Renamed, watermarks_of_the_earlier_name_are_subscribed_also_for_an_outbox_that_opens_late) {
  PublisherBench bench{bench_options(), renamed("attic")};
  EXPECT_EQ(bench.subscribed.front(), "sensors/attic/committed/sensor-publisher");
  OutboxContents unopened{{{"run2", 0}}, 0, 0, ""};
  unopened.failure = "outbox.db: open: read-only file system";
  PublisherBench late{bench_options(), unopened, true, false};
  EXPECT_TRUE(late.subscribed.empty());
  late.on_disk = {{{"run1", 0}}, 0, 2, "store1"};
  late.on_disk.streams[0].node = "attic";
  fill(late);
  late.serve_disk();
  EXPECT_EQ(std::count(late.subscribed.begin(), late.subscribed.end(), "sensors/attic/committed/sensor-publisher"), 1);
}

TEST_F(Renamed, an_outbox_that_did_not_keep_names_learns_them_from_the_store) {
  PublisherBench bench{bench_options(), renamed("")};
  fill(bench);
  bench.step(MqttConnected{});
  ASSERT_EQ(bench.sent()[0].first, "sensors/kitchen/backlog/sensor-publisher");
  refuse(bench, "run1", "attic");
  const auto sent = bench.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].first, "sensors/attic/backlog/sensor-publisher");
  EXPECT_NE(std::find(bench.subscribed.begin(), bench.subscribed.end(), "sensors/attic/committed/sensor-publisher"),
            bench.subscribed.end());
}

TEST_F(Renamed, a_refusal_for_good_degrades_and_says_what_to_do_until_it_is_over) {
  PublisherBench bench{bench_options(), renamed("attic")};
  fill(bench);
  bench.step(MqttConnected{});
  bench.acknowledge_all();
  refuse(bench, "run1", "cellar");
  EXPECT_NE(
      status(bench).find("since it has that stream as one of cellar: they wait, and what is behind them; stop this "
                         "service, move the outbox aside"),
      std::string::npos);
  bench.acknowledge_all();
  bench.watermark("store1", "run1", 2);
  EXPECT_EQ(status(bench).find("cellar"), std::string::npos);
}

TEST_F(Renamed, a_refusal_is_forgotten_with_the_store_or_its_process) {
  for (const bool is_another : {true, false}) {
    PublisherBench bench{bench_options(), renamed("attic")};
    fill(bench);
    bench.step(MqttConnected{});
    store_says(bench, "store1", "before");
    refuse(bench, "run1", "cellar");
    ASSERT_NE(status(bench).find("cellar"), std::string::npos);
    if (is_another) {
      bench.watermark("store2", "run1", 0);
    } else {
      store_says(bench, "store1", "after");
    }
    EXPECT_EQ(status(bench).find("cellar"), std::string::npos) << is_another;
  }
}

TEST_F(Renamed, a_broker_that_does_not_let_it_write_under_the_earlier_name_is_said_with_what_to_do) {
  PublisherBench bench{bench_options(), renamed("attic")};
  fill(bench);
  bench.step(MqttConnected{});
  ASSERT_FALSE(bench.unacknowledged.empty());
  bench.step(MqttPublished{bench.unacknowledged.front(), fail(ErrorCode::rejected, "not authorized")});
  EXPECT_NE(status(bench).find("let it write sensors/attic/backlog/sensor-publisher until they are sent"),
            std::string::npos);
}

TEST_F(Renamed, a_late_refusal_by_the_broker_of_what_the_store_has_is_no_trouble) {
  PublisherBench bench{bench_options(), renamed("attic")};
  fill(bench);
  bench.step(MqttConnected{});
  const std::uint64_t id = bench.unacknowledged.front();
  bench.watermark("store1", "run1", 2);
  bench.step(MqttPublished{id, fail(ErrorCode::rejected, "quota exceeded")});
  EXPECT_EQ(status(bench).find("does not let this machine publish as attic"), std::string::npos);
}

TEST_F(Renamed, the_boot_time_is_said_under_each_name_of_this_boot) {
  OutboxContents contents = renamed("attic");
  contents.streams[0].boot = contents.streams[1].boot = "boot1";
  PublisherBench bench{bench_options(), contents};
  bench.step(MqttConnected{});
  std::vector<std::string> topics;
  for (const MqttPublish& message : bench.published) {
    if (message.topic.find("/clock/") != std::string::npos) topics.push_back(message.topic);
  }
  EXPECT_EQ(topics, (std::vector<std::string>{"sensors/attic/clock/sensor-publisher",
                                              "sensors/kitchen/clock/sensor-publisher"}));
}

TEST_F(Renamed, what_a_run_left_under_an_earlier_name_goes_whenever_it_comes) {
  OutboxContents contents = renamed("attic");
  contents.ended = {{"run0", "loft", 3}};  // a name before that
  PublisherBench bench{bench_options(), contents};
  fill(bench);
  for (const char* node : {"attic", "loft"}) {
    const std::string topic = topic_of("sensors", node, "status", service_name);
    EXPECT_EQ(std::count(bench.subscribed.begin(), bench.subscribed.end(), topic), 1);
  }
  bench.step(MqttConnected{});
  const auto cleared_after = [&](const std::string& node, const std::string& status) {
    MqttMessage message;
    message.topic = topic_of("sensors", node, "status", service_name);
    message.payload = status;
    bench.step(std::move(message));
    bench.published.clear();
    bench.pass(60s);
    std::vector<std::string> topics;
    for (const MqttPublish& sent : bench.published) {
      if (sent.retain && sent.payload.empty()) topics.push_back(sent.topic);
    }
    return topics;
  };
  const std::vector<std::string> of_attic{"sensors/attic/queue/sensor-publisher",
                                          "sensors/attic/silent/sensor-publisher",
                                          "sensors/attic/status/sensor-publisher"};
  EXPECT_EQ(cleared_after("attic", down_status("run1", bench)), of_attic) << "its last will";
  EXPECT_EQ(cleared_after("loft", down_status("run0", bench)).size(), 3U);
  EXPECT_TRUE(cleared_after("attic", down_status("elsewhere", bench)).empty())
      << "of another machine that has the name now";
  EXPECT_TRUE(cleared_after("loft", down_status("run1", bench)).empty());
  bench.step(MqttDisconnected{"reset"});
  EXPECT_TRUE(cleared_after("attic", down_status("run1", bench)).empty());
  bench.published.clear();
  bench.step(MqttConnected{});
  EXPECT_EQ(std::count_if(bench.published.begin(), bench.published.end(),
                          [](const MqttPublish& sent) { return sent.retain && sent.payload.empty(); }),
            3)
      << "what the broker keeps comes before the word that it is connected";
}

TEST(Silence, of_the_store_for_a_minute_degrades_though_the_broker_takes_everything) {
  PublisherBench bench{bench_options(), {{{"run1", 0}}, 0, 0, "store1"}};
  bench.step(MqttConnected{});
  bench.take(1);
  const auto degraded = [&] {
    bool found = false;
    for (const MqttPublish& message : std::exchange(bench.published, {}))
      found |= message.payload.find("confirms readings: none in the last minute") != std::string::npos;
    return found;
  };
  for (int i = 0; i < 55; ++i) {
    bench.pass(1s);
    bench.acknowledge_all();
  }
  EXPECT_FALSE(degraded());
  for (int i = 0; i < 15; ++i) {
    bench.pass(1s);
    bench.acknowledge_all();
  }
  EXPECT_TRUE(degraded());
  bench.watermark("store1", "run1", 1);
  bench.published.clear();
  bench.pass(11s);
  EXPECT_FALSE(degraded());
}

}  // namespace
}  // namespace sensors::publisher
