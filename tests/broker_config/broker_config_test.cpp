// The shipped broker configuration in a real Mosquitto: who gets in, who may write and read what, and the passwords.
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/rig/broker.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

using namespace std::chrono_literals;

struct Ended {
  int code;
  std::string output;
};

Ended run(const TempDir& folder, std::vector<std::string> command, std::chrono::seconds limit = 20s) {
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
const std::map<std::string, std::set<std::string>> may_write{
    {"sensor-publisher",
     {"sensors/n/reading/a", "sensors/n/backlog/sensor-publisher", "sensors/n/status/sensor-publisher",
      "sensors/n/queue/sensor-publisher", "sensors/n/event/sensor-publisher"}},
    {"sensor-persistence",
     {"sensors/n/committed/sensor-publisher", "sensors/n/committed/sensor-http-bridge",
      "sensors/n/status/sensor-persistence", "sensors/n/queue/sensor-persistence", "sensors/n/event/sensor-persistence",
      "sensors/n/rpc-reply/sensor-http-bridge", "sensors/n/rpc-reply/sensorctl"}},
    {"sensor-http-bridge",
     {"sensors/n/status/sensor-http-bridge", "sensors/n/queue/sensor-http-bridge", "sensors/n/event/sensor-http-bridge",
      "sensors/n/rpc/upload", "sensors/n/rpc/uploaded", "sensors/n/rpc/query", "sensors/n/rpc/dead-letters",
      "sensors/n/rpc/streams", "sensors/n/backlog/sensor-http-bridge", "homeassistant/sensor/n/a/config",
      "homeassistant/binary_sensor/n/a/config"}},
    {"home-assistant", {"homeassistant/status"}},
    {"sensorctl",
     {"sensors/n/rpc/query", "sensors/n/rpc/dead-letters", "sensors/n/control/sensor-publisher",
      "sensors/n/control/sensor-http-bridge"}},
    {"monitor", {}}};

const std::map<std::string, std::set<std::string>> may_read{
    {"sensor-publisher",
     {"sensors/n/committed/sensor-publisher", "sensors/n/control/sensor-publisher", "sensors/n/status/sensor-publisher",
      "sensors/n/status/sensor-persistence", "sensors/n/status/sensor-http-bridge",
      "sensors/n/queue/sensor-persistence", "sensors/n/queue/sensor-http-bridge"}},
    {"sensor-persistence",
     {"sensors/n/reading/a", "sensors/n/backlog/sensor-publisher", "sensors/n/backlog/sensor-http-bridge",
      "sensors/n/rpc/upload", "sensors/n/rpc/uploaded", "sensors/n/rpc/query", "sensors/n/rpc/dead-letters",
      "sensors/n/rpc/streams", "sensors/n/status/sensor-persistence"}},
    {"sensor-http-bridge",
     {"sensors/n/rpc-reply/sensor-http-bridge", "sensors/n/control/sensor-http-bridge", "sensors/n/reading/a",
      "sensors/n/committed/sensor-http-bridge", "sensors/n/status/sensor-publisher",
      "sensors/n/status/sensor-persistence", "sensors/n/status/sensor-http-bridge", "sensors/n/queue/sensor-publisher",
      "sensors/n/queue/sensor-persistence", "sensors/n/queue/sensor-http-bridge", "sensors/n/event/sensor-publisher",
      "sensors/n/event/sensor-persistence", "sensors/n/event/sensor-http-bridge", "homeassistant/sensor/n/a/config",
      "homeassistant/binary_sensor/n/a/config", "homeassistant/status"}},
    {"home-assistant",
     {"homeassistant/sensor/n/a/config", "homeassistant/binary_sensor/n/a/config", "homeassistant/status",
      "sensors/n/reading/a", "sensors/n/status/sensor-publisher", "sensors/n/status/sensor-persistence",
      "sensors/n/status/sensor-http-bridge"}}};

std::set<std::string> all_topics() {
  std::set<std::string> topics;
  for (const auto& [user, written] : may_write) topics.insert(written.begin(), written.end());
  return topics;
}

std::set<std::string> topics_below(const std::string& root) {
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

TEST(MakePasswords, tells_how_it_is_used_and_takes_no_option_for_a_folder) {
  const TempDir folder{"passwords"};
  const std::string script = source_path("broker-config/make-passwords.sh");
  const std::string in_folder = "cd '" + folder.path() + "' && '" + script + "' ";
  const auto help = run(folder, {"bash", "-c", in_folder + "--help"});
  EXPECT_NE(help.output.find("make-passwords.sh DIR [SOCKET]"), std::string::npos) << help.output;
  const auto mistake = run(folder, {"bash", "-c", in_folder + "--hlep; echo ended with $?"});
  EXPECT_NE(mistake.output.find("there is no option '--hlep'"), std::string::npos) << mistake.output;
  EXPECT_NE(mistake.output.find("ended with 64"), std::string::npos) << mistake.output;
  EXPECT_FALSE(std::filesystem::exists(folder.file("--help")) || std::filesystem::exists(folder.file("--hlep")));
}

TEST_F(BrokerConfigTest, lets_each_user_write_its_own_topics_and_refuses_all_others) {
  for (const auto& [user, own] : may_write) {
    if (user == "monitor") continue;  // who comes in with QoS 0, and is told nothing
    for (const std::string& topic : all_topics()) {
      const int reason = publish(user, topic);
      if (own.count(topic) != 0) {
        EXPECT_TRUE(reason == 0x00 || reason == 0x10) << user << " to " << topic << ": " << reason;
      } else {
        EXPECT_EQ(reason, 0x87) << user << " to " << topic;  // not authorized
      }
    }
    EXPECT_EQ(publish(user, "elsewhere/n/reading/a"), 0x87) << user;
    EXPECT_EQ(publish(user, "homeassistant/switch/n/a/config"), 0x87) << user;
    EXPECT_EQ(publish(user, "homeassistant/sensor/n/a/set"), 0x87) << user;
    EXPECT_EQ(publish(user, "sensors/n/rpc-reply/somebody"), user == "sensor-persistence" ? 0x10 : 0x87) << user;
  }
}

TEST_F(BrokerConfigTest, shows_each_user_what_it_needs_and_no_more) {
  for (const auto& [user, own] : may_write) {
    for (const std::string& topic : own) publish(user, topic);
  }
  for (const auto& [user, readable] : may_read) {
    EXPECT_EQ(received(user, readable.size(), 10s), readable) << user;
    EXPECT_EQ(received(user, readable.size() + 1, 1s), readable) << user;
  }
  const std::set<std::string> ours = topics_below("sensors/");
  for (const std::string user : {"monitor", "sensorctl"}) EXPECT_EQ(received(user, ours.size(), 10s), ours) << user;
}

TEST_F(BrokerConfigTest, refuses_who_has_no_password_a_wrong_one_or_comes_by_another_address) {
  const std::string port = std::to_string(broker_.port());
  const auto code = [&](const std::string& host, std::vector<std::string> more) {
    std::vector<std::string> command{"mosquitto_pub",       "-V", "5", "-h", host, "-p", port, "-t",
                                     "sensors/n/reading/a", "-m", "x"};
    command.insert(command.end(), more.begin(), more.end());
    return run(folder_, command).code;
  };
  const std::string password = broker_.client("sensor-publisher", "").password;
  EXPECT_EQ(code("127.0.0.1", {"-u", "sensor-publisher", "-P", password}), 0);
  EXPECT_NE(code("127.0.0.1", {}), 0);
  EXPECT_NE(code("127.0.0.1", {"-u", "sensor-publisher", "-P", "wrong"}), 0);
  EXPECT_NE(code("127.0.0.2", {"-u", "sensor-publisher", "-P", password}), 0);
}

TEST_F(BrokerConfigTest, takes_a_message_of_one_mebibyte_and_not_one_of_three) {
  // MQTT 5 clients are told the limit and do not send; MQTT 3.1.1 cannot tell, so that such a client shows the
  // broker's.
  const auto code = [this](std::size_t size_bytes) {
    std::vector<std::string> command = client("mosquitto_pub", "sensor-persistence");
    std::replace(command.begin(), command.end(), std::string("5"), std::string("mqttv311"));
    for (const char* word : {"-q", "1", "-t", "sensors/n/rpc-reply/sensor-http-bridge", "-f"})
      command.emplace_back(word);
    command.push_back(folder_.write("payload", std::string(size_bytes, 'x')));
    return run(folder_, command).code;
  };
  EXPECT_EQ(code(1024 * 1024), 0);
  EXPECT_NE(code(3 * 1024 * 1024), 0);
}

// ---- limits ----

TEST_F(BrokerConfigTest, keeps_nothing_for_a_watcher_with_a_durable_session) {
  const auto watch = [this](const std::vector<std::string>& more) {
    std::vector<std::string> command = client("mosquitto_sub", "monitor");
    for (const char* word : {"-c", "-x", "3600", "-q", "2", "-t", "sensors/#", "-i", "durable"})
      command.emplace_back(word);
    command.insert(command.end(), more.begin(), more.end());
    return run(folder_, command);
  };
  const auto publish_not_retained = [this] {
    std::vector<std::string> command = client("mosquitto_pub", "sensor-publisher");
    for (const char* word : {"-q", "1", "-t", "sensors/n/reading/a", "-m", "kept"}) command.emplace_back(word);
    ASSERT_EQ(run(folder_, command).code, 0);
  };
  ASSERT_EQ(watch({"-E"}).code, 0);
  publish_not_retained();
  EXPECT_EQ(watch({"-W", "1"}).output.find("kept"), std::string::npos);
  // The same session of somebody who comes in by the other listener has it.
  const auto control = [this](const std::vector<std::string>& more) {
    std::vector<std::string> command = client("mosquitto_sub", "sensorctl");
    for (const char* word : {"-c", "-x", "3600", "-q", "2", "-t", "sensors/#", "-i", "other"})
      command.emplace_back(word);
    command.insert(command.end(), more.begin(), more.end());
    return run(folder_, command);
  };
  ASSERT_EQ(control({"-E"}).code, 0);
  publish_not_retained();
  EXPECT_EQ(control({"-C", "1", "-W", "10"}).output, "kept\n");
}

TEST_F(BrokerConfigTest, takes_nothing_from_a_watcher) {
  for (const std::string& topic : all_topics()) {
    std::vector<std::string> command = client("mosquitto_pub", "monitor");
    for (const char* word : {"-r", "-m", "x", "-t"}) command.emplace_back(word);
    command.push_back(topic);
    EXPECT_EQ(run(folder_, command).code, 0);
  }
  EXPECT_EQ(received("sensorctl", 1, 1s), std::set<std::string>{});
}

TEST_F(BrokerConfigTest, lets_watchers_in_by_their_socket_and_nobody_else) {
  const auto code = [this](const std::string& user, const std::string& password,
                           const std::vector<std::string>& place) {
    std::vector<std::string> command{"mosquitto_pub", "-V", "5", "-u", user, "-P", password, "-t", "x", "-m", "x"};
    command.insert(command.end(), place.begin(), place.end());
    return run(folder_, command).code;
  };
  const std::string monitor = broker_.client("monitor", "").password;
  const std::string publisher = broker_.client("sensor-publisher", "").password;
  const auto expect_each_by_its_own = [&] {
    EXPECT_EQ(code("monitor", monitor, by_socket()), 0);
    EXPECT_NE(code("monitor", monitor, by_port()), 0);
    EXPECT_EQ(code("sensor-publisher", publisher, by_port()), 0);
    EXPECT_NE(code("sensor-publisher", publisher, by_socket()), 0);
  };
  expect_each_by_its_own();
  // After a reload, too, which has happened when a user who was added comes in.
  ASSERT_EQ(
      run(folder_, {"bash", source_path("broker-config/machine-access.sh"), folder_.file("broker"), "add", "attic"})
          .code,
      0);
  const std::string attic = broker_.client("machines/attic", "").password;
  ASSERT_EQ(::kill(broker_.process().pid(), SIGHUP), 0);
  ASSERT_TRUE(comes_true(Millis{10'000}, [&] { return code("attic", attic, by_port()) == 0; }));
  EXPECT_NE(code("attic", attic, by_socket()), 0);
  expect_each_by_its_own();
}

TEST(WatchSocket, can_be_opened_by_the_brokers_group_whatever_the_umask) {
  const mode_t before = ::umask(022);
  for (const mode_t mask : {022U, 077U}) {
    ::umask(mask);
    const TempDir folder{"watch-socket"};
    Broker broker{folder};
    broker.start();
    struct stat status {};
    const auto is_open_to_its_group = [&] {
      return ::stat(folder.file("broker/watch.sock").c_str(), &status) == 0 && (status.st_mode & 07777U) == 0770U;
    };
    EXPECT_TRUE(comes_true(Millis{10'000}, is_open_to_its_group)) << std::oct << mask << ": " << status.st_mode;
  }
  ::umask(before);
}

TEST_F(BrokerConfigTest, goes_on_while_eight_durable_sessions_are_full) {
  // Each is full before the next begins, so that no two share a message.
  const std::string password = broker_.client("sensor-publisher", "").password;
  const std::string flood = "yes $(head -c 3000 /dev/zero | tr '\\0' x) | head -n 11500 | mosquitto_pub -V 5 -p " +
                            std::to_string(broker_.port()) + " -u sensor-publisher -P '" + password +
                            "' -q 1 -t sensors/n/reading/a -l";
  for (int session = 1; session <= 8; ++session) {
    std::vector<std::string> watch = client("mosquitto_sub", "home-assistant");
    for (const char* word : {"-c", "-x", "3600", "-q", "1", "-t", "sensors/#", "-E", "-i"}) watch.emplace_back(word);
    watch.push_back("durable-" + std::to_string(session));
    ASSERT_EQ(run(folder_, watch).code, 0) << session;
    ASSERT_EQ(run(folder_, {"bash", "-c", flood}, 60s).code, 0) << "session " << session;
  }
  EXPECT_EQ(publish("sensor-publisher", "sensors/n/reading/a"), 0x00);
  EXPECT_EQ(received("sensor-persistence", 1, 10s), std::set<std::string>{"sensors/n/reading/a"});
}

TEST_F(BrokerConfigTest, lets_services_in_while_a_program_holds_a_thousand_connections_without_a_password) {
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = std::min<rlim_t>(descriptors.rlim_max, 2'000);
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(broker_.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<int> idle;
  for (int i = 0; i < 1'000; ++i) {
    idle.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(idle.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0) << i;
  }
  EXPECT_EQ(publish("sensor-publisher", "sensors/n/reading/a"), 0x10);
  for (const int descriptor : idle) ::close(descriptor);
}

// ---- machines with a user of their own ----

class MachinesTest : public BrokerConfigTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(access({"add", "attic", "attic-old"}).code, 0);
    ASSERT_EQ(access({"add", "shed"}).code, 0);
    ASSERT_EQ(access({"add", "shed"}).code, 0) << "twice is once";
    BrokerConfigTest::SetUp();
  }

  Ended access(std::vector<std::string> words) {
    words.insert(words.begin(), {"bash", source_path("broker-config/machine-access.sh"), folder_.file("broker")});
    return run(folder_, std::move(words));
  }

  std::vector<std::string> client(const std::string& program, const std::string& user) const override {
    if (user != "attic" && user != "shed") return BrokerConfigTest::client(program, user);
    std::string password = read_file(folder_.file("broker/machines/" + user + ".password"));
    password.pop_back();
    return {program, "-V", "5", "-h", "127.0.0.1", "-p", std::to_string(broker_.port()), "-u", user, "-P", password};
  }
};

/// What a publisher writes, for each node that it may be.
std::vector<std::string> publisher_topics(const std::string& node) {
  std::vector<std::string> topics{"sensors/" + node + "/reading/a"};
  for (const char* kind : {"backlog", "status", "queue", "event", "clock"})
    topics.push_back("sensors/" + node + "/" + kind + "/sensor-publisher");
  return topics;
}

TEST_F(MachinesTest, write_as_themselves_under_their_former_names_and_as_nobody_else) {
  constexpr int denied = 0x87;
  for (const std::string node : {"attic", "attic-old"}) {
    for (const std::string& topic : publisher_topics(node)) {
      EXPECT_NE(publish("attic", topic), denied) << topic;
      EXPECT_EQ(publish("shed", topic), denied) << topic;
    }
  }
  for (const std::string& topic : publisher_topics("shed")) {
    EXPECT_EQ(publish("attic", topic), denied) << topic;
    EXPECT_NE(publish("shed", topic), denied) << topic;
  }
  for (const std::string node : {"attic", "shed"}) {
    for (const std::string name :
         {"committed/sensor-publisher", "control/sensor-publisher", "control/sensor-http-bridge", "rpc/query",
          "rpc/dead-letters", "rpc-reply/sensorctl", "status/sensor-persistence", "backlog/sensor-http-bridge"}) {
      EXPECT_EQ(publish("attic", "sensors/" + node + "/" + name), denied) << node << "/" << name;
    }
  }
}

TEST_F(MachinesTest, read_what_is_for_them_and_how_the_store_is_and_nothing_of_others) {
  for (const std::string node : {"attic", "attic-old", "shed"}) {
    publish("sensor-persistence", "sensors/" + node + "/committed/sensor-publisher");
    publish("sensorctl", "sensors/" + node + "/control/sensor-publisher");
    for (const std::string& topic : publisher_topics(node)) publish("sensor-publisher", topic);
  }
  publish("sensor-persistence", "sensors/hub/status/sensor-persistence");
  publish("sensor-http-bridge", "sensors/hub/queue/sensor-http-bridge");
  const std::set<std::string> wanted{
      "sensors/attic/committed/sensor-publisher",   "sensors/attic/control/sensor-publisher",
      "sensors/attic/status/sensor-publisher",      "sensors/attic-old/committed/sensor-publisher",
      "sensors/attic-old/control/sensor-publisher", "sensors/attic-old/status/sensor-publisher",
      "sensors/hub/status/sensor-persistence",      "sensors/hub/queue/sensor-http-bridge"};
  EXPECT_EQ(received("attic", wanted.size() + 1, 2s), wanted);
}

TEST_F(MachinesTest, are_gone_when_removed_and_leave_the_rules_as_they_were) {
  const std::string shipped = read_file(source_path("broker-config/acl"));
  EXPECT_NE(read_file(folder_.file("broker/acl")), shipped);
  ASSERT_EQ(access({"remove", "attic"}).code, 0);
  EXPECT_EQ(read_file(folder_.file("broker/mosquitto.passwords")).find("attic:"), std::string::npos);
  EXPECT_NE(read_file(folder_.file("broker/mosquitto.passwords")).find("shed:"), std::string::npos);
  ASSERT_EQ(access({"remove", "shed"}).code, 0);
  EXPECT_EQ(read_file(folder_.file("broker/acl")), shipped);
  for (const char* name : {"monitor", "sensor-persistence", "a/b", "+", "a b"})
    EXPECT_EQ(access({"add", name}).code, 64) << name;
}

/// What a script changes, without a broker that reads it.
class MachinesScriptTest : public MachinesTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(access({"add", "attic"}).code, 0);
    ASSERT_EQ(access({"add", "shed"}).code, 0);
  }

  std::string both_files() const { return read_file(acl_) + read_file(hashes_); }

  void expect_refused(const std::vector<std::string>& words, const std::string& part) {
    const std::string before = both_files();
    const Ended refused = access(words);
    EXPECT_EQ(refused.code, 65) << words.front();
    EXPECT_NE(refused.output.find(part), std::string::npos) << refused.output;
    EXPECT_NE(refused.output.find("nothing was changed"), std::string::npos) << refused.output;
    EXPECT_EQ(both_files(), before);
  }

  const std::string acl_ = folder_.file("broker/acl");
  const std::string hashes_ = folder_.file("broker/mosquitto.passwords");
};

TEST_F(MachinesScriptTest, deletes_nothing_where_the_end_of_a_machine_is_missing) {
  std::string rules = read_file(acl_);
  const std::string end = "# end of machine attic\n";
  ASSERT_NE(rules.find(end), std::string::npos);
  folder_.write("broker/acl", rules.erase(rules.find(end), end.size()));
  for (const char* machine : {"attic", "shed", "new"}) expect_refused({"add", machine}, end.substr(0, end.size() - 1));
  expect_refused({"remove", "attic"}, "put it back");
}

TEST_F(MachinesScriptTest, deletes_no_rules_of_others_that_stand_in_a_machines) {
  std::string rules = read_file(acl_);
  folder_.write("broker/acl", rules.insert(rules.find("# end of machine shed"), "user mine\ntopic read #\n"));
  expect_refused({"remove", "shed"}, "\"# end of machine shed\" is missing above");
}

TEST_F(MachinesScriptTest, takes_over_no_user_that_is_there) {
  folder_.write("broker/mosquitto.passwords", read_file(hashes_) + "publisher:$7$101$a$b\n");
  folder_.write("broker/acl", read_file(acl_) + "\nuser reader\ntopic read sensors/#\n");
  for (const char* user : {"publisher", "reader"}) {
    expect_refused({"add", user}, "call the machine otherwise");
    expect_refused({"remove", user}, "is a user of this broker already");
  }
  EXPECT_EQ(access({"add", "publishe"}).code, 0);
}

TEST_F(MachinesScriptTest, takes_over_no_user_in_rules_that_are_larger_than_a_pipe) {
  std::string rules = "user reader\ntopic read sensors/#\n\n" + read_file(acl_);
  for (int line = 0; line < 20'000; ++line) rules += "# what stands behind that user\n";
  folder_.write("broker/acl", rules);
  expect_refused({"add", "reader"}, "is a user of this broker already");
  EXPECT_EQ(access({"add", "cellar"}).code, 0);
}

TEST_F(MachinesScriptTest, finishes_what_a_power_cut_left_of_a_machine) {
  const std::string rules = read_file(acl_);
  std::string hashes = read_file(hashes_);
  hashes.erase(hashes.find("shed:"));
  folder_.write("broker/mosquitto.passwords", hashes);  // its rules are there, its password is not
  ASSERT_EQ(access({"add", "shed"}).code, 0);
  EXPECT_EQ(read_file(acl_), rules);
  EXPECT_NE(read_file(hashes_).find("shed:"), std::string::npos);
  ASSERT_EQ(access({"remove", "shed"}).code, 0);
  EXPECT_EQ(access({"remove", "shed"}).code, 0) << "twice is once";
}

TEST_F(MachinesScriptTest, keeps_owner_and_mode_of_what_it_writes) {
  ASSERT_EQ(::chmod(acl_.c_str(), 0640), 0);
  const bool is_given = ::chown(acl_.c_str(), 65'534, 65'534) == 0;  // root can
  ASSERT_EQ(access({"remove", "attic"}).code, 0);
  struct stat status {};
  ASSERT_EQ(::stat(acl_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
  EXPECT_EQ(status.st_uid, is_given ? 65'534U : ::getuid());
  EXPECT_FALSE(std::filesystem::exists(acl_ + ".new"));
}

// ---- the scripts ----

TEST_F(BrokerConfigTest, is_watched_by_the_line_that_the_demo_prints_without_a_password_in_it) {
  publish("sensor-publisher", "sensors/n/reading/a");
  const std::string line = broker_.watch_command();
  EXPECT_EQ(line.find(broker_.client("monitor", "").password), std::string::npos);
  EXPECT_EQ(line.find("-P"), std::string::npos);
  const Ended watched = run(folder_, {"bash", "-c", line + " -C 1 -W 10"});
  EXPECT_EQ(watched.output, "sensors/n/reading/a x\n");
}

class PasswordsTest : public testing::Test {
 protected:
  Ended make() { return run(folder_, {"bash", source_path("broker-config/make-passwords.sh"), folder_.path()}); }

  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  }

  TempDir folder_{"passwords"};
};

TEST_F(PasswordsTest, are_long_different_and_readable_by_their_owner_only) {
  ASSERT_EQ(make().code, 0);
  std::set<std::string> passwords;
  for (const auto& [user, unused] : may_write) {
    const std::string password = read_file(folder_.file(user + ".password"));
    EXPECT_GE(password.size(), 33U) << user;
    EXPECT_TRUE(passwords.insert(password).second) << user;
    EXPECT_EQ(mode_of(folder_.file(user + ".password")), 0600U) << user;
    EXPECT_EQ(read_file(folder_.file("mosquitto.passwords")).find(password.substr(0, 32)), std::string::npos)
        << "hashed";
  }
  EXPECT_EQ(mode_of(folder_.file("mosquitto.passwords")) & 0137U, 0U);
}

TEST_F(PasswordsTest, stay_as_they_are_when_made_again) {
  ASSERT_EQ(make().code, 0);
  const std::string password = read_file(folder_.file("monitor.password"));
  const std::string hashes = read_file(folder_.file("mosquitto.passwords"));
  ASSERT_EQ(make().code, 0);
  EXPECT_EQ(read_file(folder_.file("monitor.password")), password);
  EXPECT_EQ(read_file(folder_.file("mosquitto.passwords")), hashes);
}

TEST_F(PasswordsTest, change_for_the_user_whose_file_was_deleted_and_keep_users_that_were_added) {
  ASSERT_EQ(make().code, 0);
  const std::string publisher = read_file(folder_.file("sensor-publisher.password"));
  const std::string monitor = read_file(folder_.file("monitor.password"));
  folder_.write("mosquitto.passwords", read_file(folder_.file("mosquitto.passwords")) + "dashboard:$7$101$added\n");
  ASSERT_EQ(::unlink(folder_.file("monitor.password").c_str()), 0);
  ASSERT_EQ(make().code, 0);
  EXPECT_EQ(read_file(folder_.file("sensor-publisher.password")), publisher);
  EXPECT_NE(read_file(folder_.file("monitor.password")), monitor);
  const std::string hashes = read_file(folder_.file("mosquitto.passwords"));
  EXPECT_NE(hashes.find("dashboard:$7$101$added\n"), std::string::npos);
  EXPECT_EQ(std::count(hashes.begin(), hashes.end(), '\n'), 6);
}

TEST_F(PasswordsTest, move_the_watcher_out_of_the_file_of_an_earlier_version) {
  ASSERT_EQ(make().code, 0);
  const std::string watcher = read_file(folder_.file("watchers.passwords"));
  EXPECT_EQ(watcher.substr(0, 8), "monitor:");
  folder_.write("mosquitto.passwords", read_file(folder_.file("mosquitto.passwords")) + watcher);
  folder_.write("watch/mosquitto_sub", "-V mqttv5\n-u monitor\n-P before\n");
  ASSERT_EQ(make().code, 0);
  EXPECT_EQ(read_file(folder_.file("mosquitto.passwords")).find("monitor:"), std::string::npos);
  EXPECT_NE(read_file(folder_.file("watch/mosquitto_sub")).find("--unix /run/sensor-project/broker/watch.sock\n"),
            std::string::npos);
}

TEST_F(PasswordsTest, leave_the_watcher_where_the_configuration_that_an_owner_kept_looks_for_him) {
  const auto is_among_the_services = [this] {
    return read_file(folder_.file("mosquitto.passwords")).find("monitor:") != std::string::npos;
  };
  const auto options = [this] { return read_file(folder_.file("watch/mosquitto_sub")); };
  folder_.write("mosquitto.conf",
                "per_listener_settings false\nlistener 11883 127.0.0.1\n# watchers.passwords\n"
                "password_file " +
                    folder_.file("mosquitto.passwords") + "\nlistener 8883\n");
  for (int times = 0; times < 2; ++times) {
    const Ended made = make();
    ASSERT_EQ(made.code, 0) << made.output;
    EXPECT_EQ(std::count(made.output.begin(), made.output.end(), '\n'), 1) << made.output;
    EXPECT_NE(made.output.find("mosquitto.conf has no listener for watchers"), std::string::npos) << made.output;
    EXPECT_TRUE(is_among_the_services());
    EXPECT_EQ(options().find("--unix"), std::string::npos) << options();
    EXPECT_NE(options().find("-p 11883\n-u monitor\n-P "), std::string::npos) << options();
  }
  folder_.write("mosquitto.conf", read_file(source_path("broker-config/mosquitto.conf")));
  EXPECT_EQ(make().output, "");
  EXPECT_FALSE(is_among_the_services());
  EXPECT_NE(options().find("--unix /run/sensor-project/broker/watch.sock\n"), std::string::npos) << options();
}

TEST_F(PasswordsTest, are_on_the_disk_before_they_get_their_names) {
  // In place of sync(1): says what it was asked for, and whether the file had something in it.
  const std::string log = folder_.file("synced");
  folder_.write("sync", "#!/bin/sh\nfor file; do [ -s \"$file\" ] && echo \"${file##*/}\" >> " + log + "; done\n");
  ASSERT_EQ(::chmod(folder_.file("sync").c_str(), 0755), 0);
  const Ended made = run(folder_, {"env", "PATH=" + folder_.path() + ":/usr/sbin:/usr/bin:/sbin:/bin", "bash",
                                   source_path("broker-config/make-passwords.sh"), folder_.path()});
  ASSERT_EQ(made.code, 0) << made.output;
  const std::string synced = read_file(log);
  for (const auto& [user, unused] : may_write)
    EXPECT_NE(synced.find(user + ".password.new\n"), std::string::npos) << synced;
  EXPECT_NE(synced.find("mosquitto.passwords.new\n"), std::string::npos) << synced;
  const std::string folder_name = folder_.path().substr(folder_.path().rfind('/') + 1);
  EXPECT_NE(synced.find("\n" + folder_name + "\n"), std::string::npos) << "and the names: " << synced;
}

TEST(RenderScript, refuses_what_is_not_a_port_and_says_so) {
  const TempDir folder("render");
  for (const std::string port : {"", "0", "65536", "mqtt", "1883x"}) {
    const Ended ended = run(folder, {"bash", source_path("broker-config/render.sh"), folder.file("out"), port});
    EXPECT_EQ(ended.code, 64) << port;
    EXPECT_NE(ended.output.find("is not a port, 1 .. 65535"), std::string::npos) << ended.output;
  }
}

}  // namespace
}  // namespace sensors::rig
