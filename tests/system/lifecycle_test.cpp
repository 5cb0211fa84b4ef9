// How services begin and end: without a broker, and on SIGTERM.
#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

constexpr Millis patience{30'000};
constexpr Millis stop_limit{5'000};

RigOptions replaying_rig() {
  RigOptions options = live_weather("50ms", 5);
  options.publisher.set("breaker", "open_times", R"(["300ms"])");
  options.publisher.set_text("", "status_interval", "200ms");
  options.bridge.set_text("destination", "interval", "200ms");
  return options;
}

class Lifecycle : public RigTest {};

TEST_F(Lifecycle, services_start_without_the_broker_and_deliver_once_it_is_there) {
  Rig rig(folder_, replaying_rig());
  rig.api().start();
  rig.persistence().start();
  rig.bridge().start();
  rig.publisher().start();
  rig.wait_until("1,000 readings are taken without a broker", patience,
                 [&] { return rig.publisher().outbox().exists() && rig.publisher().outbox().taken() >= 1'000; });
  EXPECT_EQ(rig.publisher().outbox().waiting(), rig.publisher().outbox().taken());

  rig.broker().start();
  rig.wait_until("they are delivered", patience, [&] { return rig.progress().delivered >= 1'000; });
  EXPECT_TRUE(rig.persistence().process().running());
  EXPECT_TRUE(rig.bridge().process().running());
  rig.stop_production();
  EXPECT_TRUE(rig.drains_within(patience)) << folder_.log_tails();
  EXPECT_EQ(rig.progress().delivered, rig.progress().taken);
}

/// SIGTERM, and how long it took.
Millis stop_and_measure(Service& service) {
  const Millis start = monotonic_now();
  EXPECT_EQ(service.stop(), 0) << service.name() << "\n" << service.log();
  return monotonic_now() - start;
}

TEST_F(Lifecycle, the_publisher_ends_on_SIGTERM_with_all_that_it_took_in_the_outbox) {
  Rig rig(folder_, replaying_rig());
  rig.start_all();
  const auto probe = rig.probe({"sensors/+/status/sensor-publisher"});
  rig.wait_until("readings flow", patience, [&] { return rig.progress().delivered >= 500; });
  EXPECT_LT(stop_and_measure(rig.publisher()), stop_limit);

  const auto last = probe->wait_for_last(
      "sensors/node-1/status/sensor-publisher", patience,
      [](const MqttMessage& message) { return Json::parse(message.payload).value("state", "") == "down"; });
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(Json::parse(last->payload).at("counters").at("taken"), rig.publisher().outbox().taken());
}

TEST_F(Lifecycle, persistence_and_bridge_end_on_SIGTERM_while_readings_flow_and_nothing_is_lost) {
  Rig rig(folder_, replaying_rig());
  rig.start_all();
  rig.wait_until("readings flow", patience, [&] { return rig.progress().delivered >= 500; });
  EXPECT_LT(stop_and_measure(rig.bridge()), stop_limit);
  EXPECT_LT(stop_and_measure(rig.persistence()), stop_limit);
  rig.persistence().start();
  rig.bridge().start();
  rig.stop_production();
  EXPECT_TRUE(rig.drains_within(patience)) << folder_.log_tails();
  EXPECT_EQ(rig.progress().delivered, rig.progress().taken);
  EXPECT_EQ(rig.progress().gaps, 0U);
  EXPECT_EQ(rig.api().duplicates(), 0U);
}

TEST_F(Lifecycle, each_service_ends_on_SIGTERM_when_there_is_no_broker) {
  Rig rig(folder_, replaying_rig());
  for (Service* service : {static_cast<Service*>(&rig.publisher()), &rig.persistence(), &rig.bridge()}) {
    service->start();
    rig.wait_until(service->name() + " tries to reach the broker", patience, [&] { return !service->log().empty(); });
    EXPECT_LT(stop_and_measure(*service), stop_limit);
  }
}

}  // namespace
}  // namespace sensors::rig
