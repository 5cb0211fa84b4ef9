// The program itself between a real Mosquitto, Alertmanager, and a webhook and a mail server that hang, lie and drop,
// while it is killed: what was caused and what arrived are the same list.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <regex>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/codec/reading_json.hpp"
#include "common/runtime/clocks.hpp"
#include "tests/rig/broker.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/mqtt_probe.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/sqlite_file.hpp"
#include "tests/rig/temp_dir.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::alerts {
namespace {

using nlohmann::json;

constexpr Millis patience{30'000};

struct Arrived {
  std::string channel;
  std::string key;
  std::string body;
};

class AlertsProgram : public testing::Test {
 protected:
  void SetUp() override {
    broker_.start();
    receiver_.start();
    rig::wait_until("the receiver listens", patience, folder_,
                    [this] { return rig::accepts_connections(http_) && rig::accepts_connections(smtp_); });
    probe_ = std::make_unique<rig::MqttProbe>(broker_.client("sensor-publisher", "probe"), patience);
  }

  std::string config() const {
    std::string kinds;
    for (const std::string_view kind : verdict_kinds_) kinds += "\"" + std::string(kind) + "\",";
    return "node = \"hub\"\nstatus_interval = \"200ms\"\npath = \"" + folder_.path() +
           "/alerts.db\"\n[mqtt]\nport = " + std::to_string(broker_.port()) + "\npassword_file = \"" +
           broker_.password_file("sensor-alerts") +
           "\"\n[tell]\ngroup_wait = \"100ms\"\nends_after = \"300ms\"\nsettle = \"300ms\"\n[built_in]\noff = [" +
           kinds + "]\n[rule.hot]\nsensor = \"*\"\nabove = 50\nfor = \"0ms\"\n";
  }

  static std::string channel(const std::string& name, const std::string& keys) {
    return "[channel." + name + "]\n" + keys + "timeout = \"1s\"\n[channel." + name +
           ".breaker]\nopen_times = [\"200ms\"]\nslow_call = \"10s\"\n";
  }

  std::string webhook() const {
    return channel("hook", "type = \"webhook\"\nurl = \"http://127.0.0.1:" + std::to_string(http_) + "/\"\n");
  }
  std::string mail() const {
    return channel("mail", "type = \"email\"\nurl = \"smtp://127.0.0.1:" + std::to_string(smtp_) +
                               "\"\ntls = \"none\"\nfrom = \"sensors@example.org\"\nto = [\"me@example.org\"]\n");
  }

  void start(const std::string& more) {
    service_ = std::make_unique<rig::Process>(rig::Process::Options{
        "alerts",
        {rig::program_path("sensor-alerts"), "--config", folder_.write("alerts.toml", config() + more)},
        {},
        folder_.file("alerts.log"),
        ""});
    service_->start();
  }

  void mode(const std::string& how) { folder_.write("mode", how); }

  void read(const std::string& sensor, double value) {
    const SequencedReading reading{++seq_, {sensor, value, "Cel", read_clocks().wall}};
    const Result<void> taken = probe_->publish("sensors/garage/reading/" + sensor, encode_reading(reading, "stream1"));
    ASSERT_TRUE(taken.has_value()) << taken.error().message;
  }

  std::vector<Arrived> arrived() const {
    std::vector<Arrived> all;
    std::ifstream file(folder_.file("arrived"));
    for (std::string line; std::getline(file, line);) {
      const json one = json::parse(line, nullptr, false);
      if (!one.is_discarded()) all.push_back({one.at("channel"), one.at("key"), one.at("body")});
    }
    return all;
  }

  /// In the order in which each came first.
  std::vector<std::string> keys(const std::string& channel) const {
    std::vector<std::string> keys;
    for (const Arrived& one : arrived()) {
      if (one.channel == channel && std::find(keys.begin(), keys.end(), one.key) == keys.end()) keys.push_back(one.key);
    }
    return keys;
  }

  /// Begins and ends that are on the disk.
  std::int64_t changes() const {
    return rig::SqliteFile(folder_.file("alerts.db"))
        .number(
            "SELECT 2 * (next_episode - 1) - (SELECT count(*) FROM episode WHERE alert LIKE '%\"state\":\"firing\"%')"
            " FROM state");
  }

  void until(const std::string& what, const std::function<bool()>& condition) {
    rig::wait_until(what, patience, folder_, condition);
  }

  static constexpr std::string_view verdict_kinds_[] = {"service_missing", "service_silent", "service_down",
                                                        "machine_silent"};
  rig::TempDir folder_{"alerts-program"};
  rig::Broker broker_{folder_};
  std::uint16_t http_ = rig::free_port();
  std::uint16_t smtp_ = rig::free_port();
  rig::Process receiver_{{"receiver",
                          {rig::program_path("python3"), rig::source_path("tests/integration/alert_receiver.py"),
                           std::to_string(http_), std::to_string(smtp_), folder_.path()},
                          {},
                          folder_.file("receiver.log"),
                          ""}};
  std::unique_ptr<rig::MqttProbe> probe_;
  std::unique_ptr<rig::Process> service_;
  std::uint64_t seq_ = 0;
};

TEST_F(AlertsProgram, tells_each_channel_once_that_it_began_and_once_that_it_is_over) {
  const std::string script = folder_.write("script.sh", "#!/bin/sh\ncat >> " + folder_.file("told") + "\n");
  ASSERT_EQ(::chmod(script.c_str(), 0700), 0);
  start(webhook() + mail() + channel("script", "type = \"command\"\nprogram = [\"" + script + "\"]\n"));
  until("the alert is told everywhere", [&] {
    read("oven", 99);
    return keys("webhook").size() == 1 && keys("mail").size() == 1 && !rig::read_file(folder_.file("told")).empty();
  });
  until("and its end", [&] {
    read("oven", 20);
    return keys("webhook").size() == 2 && keys("mail").size() == 2;
  });
  EXPECT_EQ(arrived().size(), 4U) << "none twice";
  const json first = json::parse(arrived().front().channel == "webhook" ? arrived().front().body : arrived()[1].body);
  EXPECT_EQ(first.at("title"), "garage: oven is 99 Cel, above 50");
  until("the program was told, too", [&] {
    const std::string told = rig::read_file(folder_.file("told"));
    return std::count(told.begin(), told.end(), '\n') == 2;
  });
  EXPECT_EQ(service_->stop(patience), 0);
}

TEST_F(AlertsProgram, says_of_secret_addresses_only_where_they_lead) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(rig::free_port());
  start("[heartbeat]\nurl = \"" + nobody + "/ping/hush-hush\"\n" +
        channel("hook", "type = \"slack\"\nurl = \"" + nobody + "/services/hush-hush\"\n"));
  const auto log = [this] { return rig::read_file(folder_.file("alerts.log")); };
  until("the heartbeat fails, and the channel's breaker opens", [&] {
    read("oven", 99);
    const std::string said = log();
    return said.find("heartbeat: POST " + nobody + "/...") != std::string::npos &&
           said.find("channel hook") != std::string::npos;
  });
  EXPECT_EQ(service_->stop(patience), 0);
  EXPECT_EQ(log().find("hush"), std::string::npos) << log();
}

TEST_F(AlertsProgram, keeps_the_list_through_kills_and_channels_that_hang_lie_and_drop) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::string> modes{"ok", "hang", "lie", "drop", "refuse"};
  const std::string channels = webhook() + mail();
  start(channels);
  until("the database is made",
        [&] { return rig::read_file(folder_.file("alerts.log")).find("connected") != std::string::npos; });
  const char* more = std::getenv("SENSOR_EPISODES");  // a longer run by hand: 700 take about half an hour
  const int episodes = more == nullptr ? 8 : std::max(std::atoi(more), 1);
  for (int i = 0; i < episodes; ++i) {
    for (const double value : {99.0, 20.0}) {
      mode(modes[random() % modes.size()]);
      const std::string state = value > 50 ? "firing" : "resolved";
      const std::int64_t before = changes();
      bool kills = random() % 3 == 0;
      until("episode " + std::to_string(i) + " is " + state, [&] {
        read("oven", value);
        if (std::exchange(kills, false)) {
          service_->kill();
          service_->start();
        }
        return changes() > before;
      });
      if (random() % 2 == 0) {
        service_->kill();
        service_->start();
      }
    }
  }
  mode("ok");
  for (const char* channel : {"webhook", "mail"}) {
    until(std::string(channel) + " was told of all",
          [&] { return keys(channel).size() == 2 * static_cast<std::size_t>(episodes); });
    std::vector<std::string> expected;
    std::vector<std::string> told = keys(channel);
    // "STORE-NUMBER-SINCE-STATE": since when is not known here.
    for (std::string& key : told) key = std::regex_replace(key, std::regex("^([^-]+-[0-9]+)-[0-9a-f]+"), "$1");
    const std::string store = told.front().substr(0, told.front().find('-'));
    const std::string tail = std::string(channel) == "mail" ? "@example.org>" : "";
    for (int i = 1; i <= episodes; ++i) {
      for (const char* state : {"-firing", "-resolved"})
        expected.push_back(store + "-" + std::to_string(i) + state + tail);
    }
    EXPECT_EQ(told, expected) << channel;
  }
}

TEST_F(AlertsProgram, shows_alertmanager_what_goes_on_and_what_is_over) {
  const std::uint16_t port = rig::free_port();
  const std::string config = folder_.write("alertmanager.yml", "route:\n  receiver: none\nreceivers:\n- name: none\n");
  rig::Process alertmanager({"alertmanager",
                             {rig::program_path("prometheus-alertmanager"), "--config.file=" + config,
                              "--storage.path=" + folder_.file("alertmanager"),
                              "--web.listen-address=127.0.0.1:" + std::to_string(port), "--cluster.listen-address="},
                             {},
                             folder_.file("alertmanager.log"),
                             ""});
  alertmanager.start();
  until("Alertmanager listens", [&] { return rig::accepts_connections(port); });
  start(channel("am", "type = \"alertmanager\"\nurl = \"http://127.0.0.1:" + std::to_string(port) + "\"\n"));
  const auto active = [&] {
    const rig::HttpReplyText reply = rig::http_get(port, "/api/v2/alerts?active=true");
    return reply.status == 200 ? json::parse(reply.body) : json::array();
  };
  until("the alert is active", [&] {
    read("oven", 99);
    return active().size() == 1;
  });
  const json alert = active().at(0);
  EXPECT_EQ(alert.at("labels").at("alertname"), "rule");
  EXPECT_EQ(alert.at("labels").at("object"), "oven");
  EXPECT_EQ(alert.at("annotations").at("summary"), "oven is 99 Cel, above 50");
  until("and it is over", [&] {
    read("oven", 20);
    return active().empty();
  });
}

}  // namespace
}  // namespace sensors::alerts
