// The shipped broker configuration in a real Mosquitto: who gets in, and who may write and read what.
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/broker_config/broker_config_bench.hpp"

namespace sensors::rig {
namespace {

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

/// As Mosquitto 2.0.21 does with `max_keepalive 60`, to the first that connects in a second.
TEST_F(BrokerConfigTest, cuts_nobody_off_who_has_not_spoken_yet) {
  const std::string connect_for_5_s =
      "end=$((SECONDS + 5)); cut=0; while [ $SECONDS -lt $end ]; do exec 3<>/dev/tcp/127.0.0.1/" +
      std::to_string(broker_.port()) + "; read -t 0.01 -u 3; [ $? -gt 128 ] || cut=$((cut + 1)); done; echo $cut";
  EXPECT_EQ(run(folder_, {"bash", "-c", connect_for_5_s}).output, "0\n");
}

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
  // With per_listener_settings Mosquitto keeps something for a session until 2.0.11 only, so what is granted is looked
  // at, too.
  EXPECT_NE(watch({"-d", "-E"}).output.find("Subscribed (mid: 1): 0\n"), std::string::npos);
  const auto control = [this](const std::vector<std::string>& more) {
    std::vector<std::string> command = client("mosquitto_sub", "sensorctl");
    for (const char* word : {"-c", "-x", "3600", "-q", "2", "-t", "sensors/#", "-i", "other"})
      command.emplace_back(word);
    command.insert(command.end(), more.begin(), more.end());
    return run(folder_, command);
  };
  EXPECT_NE(control({"-d", "-E"}).output.find("Subscribed (mid: 1): 2\n"), std::string::npos);
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
  const std::string flood =
      "yes $(head -c 3000 /dev/zero | tr '\\0' x) | head -n 11500 | mosquitto_pub -V 5 -h 127.0.0.1 -p " +
      std::to_string(broker_.port()) + " -u sensor-publisher -P '" + password + "' -q 1 -t sensors/n/reading/a -l";
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

TEST_F(BrokerConfigTest, is_watched_by_the_line_that_the_demo_prints_without_a_password_in_it) {
  publish("sensor-publisher", "sensors/n/reading/a");
  const std::string line = broker_.watch_command();
  EXPECT_EQ(line.find(broker_.client("monitor", "").password), std::string::npos);
  EXPECT_EQ(line.find("-P"), std::string::npos);
  const Ended watched = run(folder_, {"bash", "-c", line + " -C 1 -W 10"});
  EXPECT_EQ(watched.output, "sensors/n/reading/a x\n");
}

}  // namespace
}  // namespace sensors::rig
