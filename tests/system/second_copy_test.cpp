// The same configuration started twice: the second process ends at once and says who has the file; nothing is lost.
#include <nlohmann/json.hpp>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{30'000};
constexpr int in_use = 69;

RigOptions replaying_rig() {
  RigOptions options = live_weather("50ms", 5);
  options.bridge.set_text("destination", "interval", "200ms");
  return options;
}

class SecondCopy : public RigTest {
 protected:
  /// Starts `first` once more, as somebody would by hand who does not know that it runs already.
  void expect_refused(Service& first) {
    expect_refused(first, "process " + std::to_string(first.process().pid()) + " on host ");
  }

  void expect_refused(Service& first, const std::string& owner) {
    const std::string program = first.process().options().command.front();
    Service second(folder_, {program.substr(program.rfind('/') + 1), "second-" + first.name(), first.config(), {}});
    second.start();
    EXPECT_EQ(second.process().wait_exit(patience), in_use) << second.log();
    EXPECT_NE(second.log().find("is in use by "), std::string::npos) << second.log();
    EXPECT_NE(second.log().find(owner), std::string::npos) << owner << "\n" << second.log();
  }

  void expect_refused_by_all() {
    expect_refused(rig_.publisher());
    expect_refused(rig_.persistence());
    expect_refused(rig_.bridge());
  }

  void expect_all_delivered_once() {
    rig_.stop_production();
    EXPECT_TRUE(rig_.drains_within(patience)) << folder_.log_tails();
    const Rig::Progress progress = rig_.progress();
    EXPECT_EQ(progress.delivered, progress.taken);
    EXPECT_EQ(progress.gaps, 0U);
  }

  Rig rig_{folder_, replaying_rig()};
};

TEST_F(SecondCopy, of_each_service_ends_at_once_and_nothing_is_lost) {
  rig_.start_all();
  rig_.wait_until("readings flow", patience, [&] { return rig_.progress().delivered >= 200; });
  expect_refused_by_all();
  const std::uint64_t before = rig_.progress().delivered;
  rig_.wait_until("they go on", patience, [&] { return rig_.progress().delivered >= before + 200; });
  expect_all_delivered_once();
}

TEST_F(SecondCopy, is_refused_by_one_that_is_stopped_by_a_signal_and_let_in_once_that_is_killed) {
  rig_.start_all();
  rig_.wait_until("readings flow", patience, [&] { return rig_.progress().delivered >= 200; });
  rig_.publisher().freeze();
  expect_refused(rig_.publisher());
  rig_.publisher().kill();
  rig_.publisher().start();
  const std::uint64_t before = rig_.progress().delivered;
  rig_.wait_until("readings go on", patience, [&] { return rig_.progress().delivered >= before + 200; });
  EXPECT_TRUE(rig_.publisher().process().running()) << rig_.publisher().log();
  expect_all_delivered_once();
}

TEST_F(SecondCopy, is_refused_where_the_file_has_another_name_there) {
  rig_.start_all();
  rig_.wait_until("readings flow", patience, [&] { return rig_.progress().delivered >= 200; });
  std::filesystem::create_directory(folder_.file("elsewhere"));
  const auto refuse = [&](Service& first, const std::string& table, const std::string& file) {
    std::filesystem::create_hard_link(folder_.file(file), folder_.file("elsewhere/" + file));
    ConfigText config = first.config();
    first.config().set_text(table, "path", folder_.file("elsewhere/" + file));
    expect_refused(first, "process " + std::to_string(first.process().pid()) + " under another name");
    first.config() = config;
  };
  refuse(rig_.publisher(), "outbox", "outbox-node-1.db");
  refuse(rig_.persistence(), "store", "store.db");
  expect_all_delivered_once();
}

TEST_F(SecondCopy, is_let_in_to_check_its_configuration) {
  rig_.start_all();
  for (Service* service : {static_cast<Service*>(&rig_.publisher()), &rig_.persistence(), &rig_.bridge()}) {
    const std::string program = service->process().options().command.front();
    const ConfigCheck check = check_config(folder_, program.substr(program.rfind('/') + 1), service->config().text());
    EXPECT_EQ(check.exit_code, 0) << check.output;
  }
}

/// Two machines that were given one name, and two stores: each has files of its own, so that no lock keeps them apart.
class Namesake : public SecondCopy {
 protected:
  void start_all() {
    for (Service* service : {static_cast<Service*>(&rig_.publisher()), &rig_.persistence()})
      service->config().set_text("", "status_interval", "500ms");
    rig_.start_all();
    rig_.wait_until("readings flow", patience, [&] { return rig_.progress().delivered >= 200; });
  }

  void wait_for_degraded(MqttProbe& probe, const std::string& topic, const std::string& reason) {
    rig_.wait_until(topic + " says: " + reason, patience, [&] {
      const std::optional<MqttMessage> message = probe.last(topic);
      return message.has_value() && message->payload.find(R"("state":"degraded")") != std::string::npos &&
             message->payload.find(reason) != std::string::npos;
    });
  }
};

TEST_F(Namesake, of_a_publisher_is_told_by_both_and_throws_nobody_out) {
  start_all();
  Service second(folder_, {"sensor-publisher", "second-publisher", rig_.publisher().config(), {}});
  second.config().set_text("outbox", "path", folder_.file("second.db"));
  const auto probe = rig_.probe({"sensors/+/status/+"});
  second.start();
  wait_for_degraded(*probe, "sensors/node-1/status/sensor-publisher", "another sensor-publisher");
  const std::string line = "another sensor-publisher on this broker is called node-1 too";
  rig_.wait_until("both say it", patience, [&] {
    return rig_.publisher().log().find(line) != std::string::npos && second.log().find(line) != std::string::npos;
  });
  EXPECT_EQ(rig_.publisher().log().find("broker lost"), std::string::npos) << rig_.publisher().log();
  EXPECT_EQ(second.log().find("broker lost"), std::string::npos) << second.log();
}

TEST_F(Namesake, of_a_store_is_told_by_both_stores_and_by_the_publisher) {
  start_all();
  Service second(folder_, {"sensor-persistence", "second-persistence", rig_.persistence().config(), {}});
  second.config().set_text("store", "path", folder_.file("second.db")).set_text("", "node", "other");
  const auto probe = rig_.probe({"sensors/+/status/+"});
  second.start();
  wait_for_degraded(*probe, "sensors/other/status/sensor-persistence", "another store");
  wait_for_degraded(*probe, "sensors/" + rig_.store_node() + "/status/sensor-persistence", "another store");
  wait_for_degraded(*probe, "sensors/node-1/status/sensor-publisher", "two stores on this broker");
}

}  // namespace
}  // namespace sensors::rig
