// The shipped broker configuration in a real Mosquitto, and who may write what by docs/protocol.md.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/rig/broker.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {

using namespace std::chrono_literals;

struct Ended {
  int code;
  std::string output;
};

inline Ended run(const TempDir& folder, std::vector<std::string> command, std::chrono::seconds limit = 20s) {
  Process::Options options;
  options.name = command.front();
  command.front() = program_path(command.front());
  options.command = std::move(command);
  options.log_file = folder.write("run.log", "");
  Process process(options);
  process.start();
  const std::optional<int> code = process.wait_exit(limit);
  return {code.value_or(-1), read_file(options.log_file)};
}

/// docs/protocol.md, "Topics", for a node n.
inline const std::map<std::string, std::set<std::string>> may_write{
    {"sensor-publisher",
     {"sensors/n/reading/a", "sensors/n/backlog/sensor-publisher", "sensors/n/status/sensor-publisher",
      "sensors/n/queue/sensor-publisher", "sensors/n/event/sensor-publisher", "sensors/n/silent/sensor-publisher",
      "sensors/n/clock/sensor-publisher"}},
    {"sensor-persistence",
     {"sensors/n/silent/sensor-persistence", "sensors/n/committed/sensor-publisher",
      "sensors/n/committed/sensor-http-bridge", "sensors/n/status/sensor-persistence",
      "sensors/n/queue/sensor-persistence", "sensors/n/event/sensor-persistence",
      "sensors/n/rpc-reply/sensor-http-bridge", "sensors/n/rpc-reply/sensorctl"}},
    {"sensor-http-bridge",
     {"sensors/n/status/sensor-http-bridge", "sensors/n/queue/sensor-http-bridge", "sensors/n/event/sensor-http-bridge",
      "sensors/n/rpc/upload", "sensors/n/rpc/uploaded", "sensors/n/rpc/withdraw", "sensors/n/rpc/query",
      "sensors/n/rpc/dead-letters", "sensors/n/rpc/streams", "sensors/n/backlog/sensor-http-bridge",
      "sensors/n/control/sensor-alerts", "homeassistant/sensor/n/a/config", "homeassistant/binary_sensor/n/a/config"}},
    {"sensor-alerts",
     {"sensors/n/status/sensor-alerts", "sensors/n/queue/sensor-alerts", "sensors/n/event/sensor-alerts",
      "sensors/n/alert/a"}},
    {"home-assistant", {"homeassistant/status"}},
    {"sensorctl",
     {"sensors/n/rpc/query", "sensors/n/rpc/dead-letters", "sensors/n/control/sensor-publisher",
      "sensors/n/control/sensor-persistence", "sensors/n/control/sensor-http-bridge", "sensors/n/control/sensor-alerts",
      "sensors/n/status/sensor-publisher", "sensors/n/status/sensor-persistence", "sensors/n/status/sensor-http-bridge",
      "sensors/n/status/sensor-alerts", "sensors/n/queue/sensor-publisher", "sensors/n/queue/sensor-persistence",
      "sensors/n/queue/sensor-http-bridge", "sensors/n/queue/sensor-alerts", "sensors/n/silent/sensor-publisher",
      "sensors/n/silent/sensor-persistence", "sensors/n/alert/a"}},
    {"monitor", {}}};

inline const std::map<std::string, std::set<std::string>> may_read{
    {"sensor-publisher",
     {"sensors/n/committed/sensor-publisher", "sensors/n/control/sensor-publisher", "sensors/n/status/sensor-publisher",
      "sensors/n/status/sensor-persistence", "sensors/n/status/sensor-http-bridge",
      "sensors/n/queue/sensor-persistence", "sensors/n/queue/sensor-http-bridge"}},
    {"sensor-persistence",
     {"sensors/n/reading/a", "sensors/n/backlog/sensor-publisher", "sensors/n/backlog/sensor-http-bridge",
      "sensors/n/clock/sensor-publisher", "sensors/n/rpc/upload", "sensors/n/rpc/uploaded", "sensors/n/rpc/withdraw",
      "sensors/n/rpc/query", "sensors/n/rpc/dead-letters", "sensors/n/rpc/streams",
      "sensors/n/status/sensor-persistence", "sensors/n/status/sensor-publisher", "sensors/n/silent/sensor-publisher",
      "sensors/n/control/sensor-persistence"}},
    {"sensor-http-bridge",
     {"sensors/n/rpc-reply/sensor-http-bridge",
      "sensors/n/control/sensor-http-bridge",
      "sensors/n/reading/a",
      "sensors/n/committed/sensor-http-bridge",
      "sensors/n/status/sensor-publisher",
      "sensors/n/status/sensor-persistence",
      "sensors/n/status/sensor-http-bridge",
      "sensors/n/status/sensor-alerts",
      "sensors/n/queue/sensor-publisher",
      "sensors/n/queue/sensor-persistence",
      "sensors/n/queue/sensor-http-bridge",
      "sensors/n/queue/sensor-alerts",
      "sensors/n/event/sensor-publisher",
      "sensors/n/event/sensor-persistence",
      "sensors/n/event/sensor-http-bridge",
      "sensors/n/event/sensor-alerts",
      "sensors/n/alert/a",
      "sensors/n/silent/sensor-publisher",
      "sensors/n/silent/sensor-persistence",
      "homeassistant/sensor/n/a/config",
      "homeassistant/binary_sensor/n/a/config",
      "homeassistant/status"}},
    {"home-assistant",
     {"homeassistant/sensor/n/a/config", "homeassistant/binary_sensor/n/a/config", "homeassistant/status",
      "sensors/n/reading/a", "sensors/n/status/sensor-publisher", "sensors/n/status/sensor-persistence",
      "sensors/n/status/sensor-http-bridge", "sensors/n/status/sensor-alerts", "sensors/n/alert/a"}},
    {"sensor-alerts",
     {"sensors/n/status/sensor-publisher", "sensors/n/status/sensor-persistence", "sensors/n/status/sensor-http-bridge",
      "sensors/n/status/sensor-alerts", "sensors/n/queue/sensor-publisher", "sensors/n/queue/sensor-persistence",
      "sensors/n/queue/sensor-http-bridge", "sensors/n/queue/sensor-alerts", "sensors/n/silent/sensor-publisher",
      "sensors/n/silent/sensor-persistence", "sensors/n/reading/a", "sensors/n/backlog/sensor-publisher",
      "sensors/n/backlog/sensor-http-bridge", "sensors/n/control/sensor-alerts", "sensors/n/alert/a"}}};

inline std::set<std::string> all_topics() {
  std::set<std::string> topics;
  for (const auto& [user, written] : may_write) topics.insert(written.begin(), written.end());
  return topics;
}

inline std::set<std::string> topics_below(const std::string& root) {
  std::set<std::string> topics = all_topics();
  std::erase_if(topics, [&](const std::string& topic) { return !topic.starts_with(root); });
  return topics;
}

class BrokerConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    // As the package makes them: render.sh lets monitor in by the port, too.
    const Ended made = run(folder_, {"bash", source_path("broker-config/make-passwords.sh"), folder_.file("broker"),
                                     folder_.file("broker/watch.sock")});
    ASSERT_EQ(made.code, 0) << made.output;
    broker_.start();
  }

  virtual std::vector<std::string> client(const std::string& program, const std::string& user) const {
    std::vector<std::string> command{program, "-V", "5", "-u", user, "-P", broker_.client(user, "").password};
    const std::vector<std::string> place = user == "monitor" ? by_socket() : by_port();
    command.insert(command.end(), place.begin(), place.end());
    return command;
  }

  std::vector<std::string> by_socket() const { return {"--unix", folder_.file("broker/watch.sock")}; }
  std::vector<std::string> by_port() const { return {"-h", "127.0.0.1", "-p", std::to_string(broker_.port())}; }

  /// The reason code of the PUBACK; -1 when there was none.
  int publish(const std::string& user, const std::string& topic) {
    std::vector<std::string> command = client("mosquitto_pub", user);
    for (const char* word : {"-d", "-q", "1", "-r", "-m", "x", "-t"}) command.emplace_back(word);
    command.push_back(topic);
    const std::string output = run(folder_, command).output;
    const std::size_t at = output.find("RC:");
    return at == std::string::npos ? -1 : std::stoi(output.substr(at + 3));
  }

  /// Topics of the retained messages that `user` gets: until `count` have come or `wait` has passed.
  std::set<std::string> received(const std::string& user, std::size_t count, std::chrono::seconds wait) {
    std::vector<std::string> command = client("mosquitto_sub", user);
    for (const char* word : {"-q", "1", "-t", "sensors/#", "-t", "homeassistant/#", "-F", "%t", "-C"})
      command.emplace_back(word);
    command.push_back(std::to_string(count));
    command.emplace_back("-W");
    command.push_back(std::to_string(wait.count()));
    std::istringstream lines(run(folder_, command).output);
    std::set<std::string> topics;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("sensors/") || line.starts_with("homeassistant/")) topics.insert(line);
    }
    return topics;
  }

  TempDir folder_{"broker-config"};
  Broker broker_{folder_};
};

}  // namespace sensors::rig
