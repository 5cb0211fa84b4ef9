// Readings of a machine whose clock is not set, and what happens to them when it is.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "services/sensor-publisher/outbox/outbox.hpp"
#include "tests/support/clock_steps.hpp"
#include "tests/support/masked_times.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

const WallTime right_time{Millis{1'768'493'375'000} + std::chrono::hours{1}};  // an hour after the bench's

class UnsetClock : public testing::Test {
 protected:
  explicit UnsetClock(OutboxContents contents = {{{"run1", 0, "boot-a"}}, 0, 0, "store1"})
      : bench(bench_options(), std::move(contents), false) {}

  void set_clock() {
    bench.now.wall = right_time;
    bench.now.clock_synced = true;
    bench.step(Tick{});
  }

  /// A reading that its driver did not stamp.
  void take_unstamped() { bench.step(DriverRead{0, DriverReport{{{"s", bench.next_value++, "Cel"}}, {}, false}}); }

  Batch only_batch() {
    const auto sent = bench.sent();
    EXPECT_EQ(sent.size(), 1U);
    return sent.empty() ? Batch{} : sent.front().second;
  }

  std::vector<std::string> published(const std::string& kind) {
    std::vector<std::string> payloads;
    for (const MqttPublish& message : bench.published) {
      if (message.topic == "sensors/kitchen/" + kind + "/sensor-publisher") payloads.push_back(message.payload);
    }
    return payloads;
  }

  PublisherBench bench;
};

TEST_F(UnsetClock, marks_readings_with_uptime_and_boot) {
  bench.step(MqttConnected{});
  take_unstamped();
  const Batch batch = only_batch();
  EXPECT_EQ(batch.boot, "boot-a");
  EXPECT_EQ(batch.readings.at(0).reading.uptime, uptime_at(bench.now.monotonic));
}

TEST_F(UnsetClock, does_not_doubt_a_time_that_came_with_the_value) {
  bench.step(MqttConnected{});
  bench.take(1);
  EXPECT_EQ(only_batch().readings.at(0).reading.uptime, std::nullopt);
}

TEST_F(UnsetClock, readings_that_wait_get_their_time_when_it_is_set) {
  take_unstamped();
  bench.pass(Millis{30'000});
  set_clock();
  bench.step(MqttConnected{});
  const Batch batch = only_batch();
  EXPECT_EQ(batch.boot, "");
  EXPECT_EQ(batch.readings.at(0).reading.time, right_time - Millis{30'000});
  EXPECT_EQ(batch.readings.at(0).reading.uptime, std::nullopt);
}

TEST_F(UnsetClock, says_when_its_boot_began_at_each_connect_once_it_is_set) {
  bench.step(MqttConnected{});
  EXPECT_EQ(published("clock").size(), 0U);
  set_clock();
  bench.step(MqttDisconnected{"gone"});
  bench.step(MqttConnected{});
  const std::string said = encode_boot_time({"boot-a", right_time - uptime_at(bench.now.monotonic)});
  EXPECT_EQ(published("clock"), (std::vector<std::string>{said, said}));
}

TEST_F(UnsetClock, reports_by_how_much_it_was_wrong_and_for_how_many_readings) {
  bench.step(MqttConnected{});
  take_unstamped();
  bench.now.wall = WallTime{};
  set_clock();
  ASSERT_EQ(published("event").size(), 2U);  // the first says that the broker is there
  EXPECT_NE(published("event").back().find("3600.000 s behind; 1 readings"), std::string::npos)
      << published("event").back();
}

TEST_F(UnsetClock, stamps_by_uptime_once_it_was_set_also_when_it_is_stepped_and_doubted_again) {
  bench.step(MqttConnected{});
  set_clock();
  bench.pass(Millis{1'000});
  bench.now.wall += std::chrono::hours{24 * 3'650};
  bench.now.clock_synced = false;
  take_unstamped();
  const Reading reading = only_batch().readings.at(0).reading;
  EXPECT_EQ(reading.time, right_time + Millis{1'000});
  EXPECT_EQ(reading.uptime, std::nullopt);
}

TEST_F(UnsetClock, is_remembered_by_the_outbox_when_it_is_set) {
  bench.auto_disk = false;
  EXPECT_FALSE(bench.write.has_value());
  set_clock();
  const BootTime boot{"boot-a", right_time - uptime_at(bench.now.monotonic)};
  ASSERT_TRUE(bench.write.has_value());
  EXPECT_EQ(bench.write->boot, boot);
  bench.serve_disk(fail(ErrorCode::disk_full, "disk full"));
  bench.pass(Millis{60'000});
  ASSERT_TRUE(bench.write.has_value()) << "it is tried again";
  EXPECT_EQ(bench.write->boot, boot);
}

class AfterRestart : public UnsetClock {
 protected:
  AfterRestart()
      : UnsetClock({{{"run1", 0, "boot-a", WallTime{Millis{1'000'000}}},
                     {"run2", 1, "boot-b"},
                     {"run3", 2, "boot-c"},
                     {"run4", 3, "boot-c"}},
                    0,
                    3,
                    "store1"}) {
    for (Position position = 1; position <= 3; ++position) {
      Reading reading{"s", 1.0, "Cel", WallTime{}};
      reading.uptime = Millis{500};
      bench.rows.push_back({position, position, std::move(reading)});
    }
  }
};

TEST_F(AfterRestart, earlier_runs_get_the_time_of_their_own_boot_as_far_as_it_is_known) {
  set_clock();
  bench.step(MqttConnected{});
  std::vector<Batch> batches;
  for (const char* run : {"run1", "run2", "run3"}) {
    batches.push_back(only_batch());
    EXPECT_EQ(batches.back().stream, run);
    bench.watermark("store1", run, 1);
  }
  EXPECT_EQ(batches.at(0).readings.at(0).reading.time, WallTime{Millis{1'000'500}}) << "the outbox remembered";
  EXPECT_EQ(batches.at(1).readings.at(0).reading.uptime, Millis{500}) << "no clock was right in that boot";
  EXPECT_EQ(batches.at(1).boot, "boot-b");
  const WallTime began = bench.now.wall - uptime_at(bench.now.monotonic);
  EXPECT_EQ(batches.at(2).readings.at(0).reading.time, began + Millis{500}) << "the present boot";
}

TEST(OutboxClock, keeps_uptimes_and_when_each_boot_began) {
  TemporaryFolder folder;
  const std::string path = folder.path("outbox.db");
  Reading reading{"s", 1.0, "Cel", WallTime{}, Millis{500}};
  {
    Outbox outbox = Outbox::open(path, "run1", "boot-a").value();
    OutboxWrite write{.append = {{1, 1, reading}}, .delete_through = 0, .drop = {}, .known_store = {}};
    write.boot = BootTime{"boot-a", right_time};
    ASSERT_TRUE(outbox.write(write).has_value());
  }
  Outbox outbox = Outbox::open(path, "run2", "boot-b").value();
  EXPECT_EQ(std::get<Reading>(outbox.read(1, 10).value().at(0).what), reading);
  ASSERT_EQ(outbox.contents().streams.size(), 2U);
  EXPECT_EQ(outbox.contents().streams[0].boot, "boot-a");
  EXPECT_EQ(outbox.contents().streams[0].boot_time, right_time);
  EXPECT_EQ(outbox.contents().streams[1].boot, "boot-b");
  EXPECT_EQ(outbox.contents().streams[1].boot_time, std::nullopt);
}

// ---- steps of years ----

/// All that can be seen of a bench, without times.
std::string seen(PublisherBench& bench) {
  std::string text;
  for (const MqttPublish& message : std::exchange(bench.published, {})) {
    text += message.topic + ' ' + masked_times(message.payload) + '\n';
  }
  for (const std::string& line : bench.log) text += masked_times(line) + '\n';
  for (const OutboxEntry& row : bench.rows) text += std::to_string(row.first) + '-' + std::to_string(row.last) + ' ';
  const std::optional<Instant> wake = bench.logic.wake_at();
  return text + (wake.has_value() ? std::to_string(wake->time_since_epoch().count()) : "never");
}

void act(PublisherBench& bench, int action, int size) {
  switch (action) {
    case 0:
    case 1: bench.take(size); break;
    case 2: bench.acknowledge_all(); break;
    case 3: bench.watermark("store1", "run1", static_cast<std::uint64_t>(size), size % 7 == 0); break;
    case 4: bench.step(MqttConnected{}); break;
    case 5: bench.step(MqttDisconnected{"gone"}); break;
    default: bench.pass(Millis{size * 500}); break;
  }
}

RC_GTEST_PROP(WallClockSteps, change_nothing_but_times, ()) {
  PublisherBench steady;
  PublisherBench stepped;
  check_that_clock_steps_change_nothing(steady, stepped, act, seen);
}

}  // namespace
}  // namespace sensors::publisher
