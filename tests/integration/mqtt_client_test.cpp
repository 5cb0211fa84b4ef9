// MqttClient against a real Mosquitto with the shipped configuration.
#include "common/adapters/mqtt_paho/mqtt_client.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <mutex>

#include "tests/rig/broker.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

using namespace std::chrono_literals;

/// A client whose events are kept, for a test to wait on.
class RecordedClient {
 public:
  explicit RecordedClient(MqttClientOptions options)
      : client(std::make_unique<MqttClient>(std::move(options), callbacks())) {}

  template <class Read>
  auto locked(Read read) {
    const std::lock_guard lock(mutex);
    return read();
  }

  bool connects(int times = 1) {
    return comes_true(20s, [&] { return locked([&] { return connected >= times; }); });
  }
  bool is_answered(std::uint64_t id) {
    return comes_true(20s, [&] { return locked([&] { return answers.contains(id); }); });
  }
  bool receives(std::size_t count) {
    return comes_true(20s, [&] { return locked([&] { return messages.size() >= count; }); });
  }
  Result<void> answer(std::uint64_t id) {
    return locked([&] { return answers.at(id).front(); });
  }

  std::mutex mutex;
  int connected = 0;
  std::vector<std::string> disconnections;
  std::vector<ErrorCode> codes;  // of the same
  std::map<std::uint64_t, std::vector<Result<void>>> answers;
  std::vector<MqttMessage> messages;
  std::unique_ptr<MqttClient> client;

 private:
  MqttCallbacks callbacks() {
    MqttCallbacks callbacks;
    callbacks.on_connected = [this](MqttConnected) { locked([&] { ++connected; }); };
    callbacks.on_disconnected = [this](MqttDisconnected event) {
      locked([&] {
        disconnections.push_back(event.reason);
        codes.push_back(event.code);
      });
    };
    callbacks.on_published = [this](const std::vector<MqttPublished>& events) {
      locked([&] {
        for (const MqttPublished& event : events) answers[event.id].push_back(event.result);
      });
    };
    callbacks.on_message = [this](MqttMessage event) { locked([&] { messages.push_back(std::move(event)); }); };
    return callbacks;
  }
};

class MqttClientTest : public testing::Test {
 protected:
  MqttClientOptions options(const std::string& user, std::vector<std::string> subscriptions = {}) {
    MqttClientOptions options = broker.client(user, user + "-test");
    options.subscriptions = std::move(subscriptions);
    options.reconnect_first = 50ms;
    options.reconnect_longest = 200ms;
    return options;
  }

  static MqttPublish reading(std::uint64_t id, const std::string& payload) {
    MqttPublish message;
    message.id = id;
    message.topic = "sensors/kitchen/reading/t";
    message.payload = payload;
    return message;
  }

  TempDir folder;
  Broker broker{folder};
};

TEST_F(MqttClientTest, delivers_a_message_and_its_puback) {
  broker.start();
  RecordedClient store(options("sensor-persistence", {"sensors/+/reading/+"}));
  RecordedClient publisher(options("sensor-publisher"));
  ASSERT_TRUE(store.connects() && publisher.connects());
  publisher.client->publish(reading(7, "hello"));
  ASSERT_TRUE(publisher.is_answered(7));
  EXPECT_TRUE(publisher.answer(7).has_value());
  ASSERT_TRUE(store.receives(1));
  EXPECT_EQ(store.messages[0].topic, "sensors/kitchen/reading/t");
  EXPECT_EQ(store.messages[0].payload, "hello");
}

/// Of the clients that have connected, in that order.
std::vector<std::string> client_ids(const std::string& broker_log) {
  std::vector<std::string> ids;
  constexpr std::string_view before = " as sensor-publisher-test";
  for (std::size_t at = 0; (at = broker_log.find(before, at)) != std::string::npos; at += before.size())
    ids.push_back(broker_log.substr(at + 4, broker_log.find(' ', at + 4) - at - 4));
  return ids;
}

TEST_F(MqttClientTest, of_one_name_are_two_at_the_broker_and_each_keeps_its_id) {
  broker.start();
  RecordedClient first(options("sensor-publisher"));
  ASSERT_TRUE(first.connects());
  RecordedClient second(options("sensor-publisher"));
  ASSERT_TRUE(second.connects());
  for (RecordedClient* client : {&first, &second}) {
    client->client->publish(reading(7, "hello"));
    EXPECT_TRUE(client->is_answered(7));
    EXPECT_TRUE(client->disconnections.empty());
  }
  first.client->reconnect();
  ASSERT_TRUE(first.connects(2));
  const std::vector<std::string> ids = client_ids(read_file(folder.file("mosquitto.log")));
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_EQ(ids[0].size(), std::string("sensor-publisher-test.").size() + 12) << ids[0];
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_EQ(ids[0], ids[2]);
}

TEST_F(MqttClientTest, keeps_the_order_of_many_messages) {
  broker.start();
  RecordedClient store(options("sensor-persistence", {"sensors/+/reading/+"}));
  RecordedClient publisher(options("sensor-publisher"));
  ASSERT_TRUE(store.connects() && publisher.connects());
  for (std::uint64_t id = 1; id <= 5'000; ++id) publisher.client->publish(reading(id, std::to_string(id)));
  ASSERT_TRUE(store.receives(5'000));
  for (std::size_t i = 0; i < 5'000; ++i) ASSERT_EQ(store.messages[i].payload, std::to_string(i + 1));
  EXPECT_TRUE(publisher.is_answered(5'000));
}

/// For each TCP connection of this process to `port`, whether Nagle's algorithm is off.
std::vector<bool> nagle_is_off(std::uint16_t port) {
  std::vector<bool> off;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) continue;
    int value = 0;
    socklen_t value_size = sizeof(value);
    EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &value_size), 0);
    off.push_back(value != 0);
  }
  return off;
}

// A window of small messages stood still for 40 ms each time: live readings went at a fifth of the broker's rate.
TEST_F(MqttClientTest, sends_small_messages_at_once_also_after_a_reconnect) {
  broker.start();
  RecordedClient publisher(options("sensor-publisher"));
  ASSERT_TRUE(publisher.connects());
  EXPECT_EQ(nagle_is_off(broker.port()), std::vector<bool>{true});
  broker.process().kill();
  broker.start();
  ASSERT_TRUE(publisher.connects(2));
  EXPECT_EQ(nagle_is_off(broker.port()), std::vector<bool>{true});
}

TEST_F(MqttClientTest, carries_response_topic_and_correlation_data) {
  broker.start();
  RecordedClient store(options("sensor-persistence", {"sensors/+/rpc/+"}));
  RecordedClient tool(options("sensorctl"));
  ASSERT_TRUE(store.connects() && tool.connects());
  MqttPublish request;
  request.topic = "sensors/kitchen/rpc/query";
  request.payload = "{}";
  request.response_topic = "sensors/kitchen/rpc-reply/sensorctl";
  request.correlation = std::string("\x00\x01\xff", 3);
  tool.client->publish(request);
  ASSERT_TRUE(store.receives(1));
  EXPECT_EQ(store.messages[0].response_topic, request.response_topic);
  EXPECT_EQ(store.messages[0].correlation, request.correlation);
}

TEST_F(MqttClientTest, says_that_the_broker_refused_a_topic) {
  broker.start();
  RecordedClient publisher(options("sensor-publisher"));
  ASSERT_TRUE(publisher.connects());
  MqttPublish forged = reading(1, "{}");
  forged.topic = "sensors/kitchen/committed/sensor-publisher";
  publisher.client->publish(forged);
  ASSERT_TRUE(publisher.is_answered(1));
  ASSERT_FALSE(publisher.answer(1).has_value());
  EXPECT_EQ(publisher.answer(1).error().code, ErrorCode::rejected);
  EXPECT_EQ(
      publisher.answer(1).error().message,
      "broker refused the message on sensors/kitchen/committed/sensor-publisher, MQTT 5 reason code 135; check the "
      "access rules of this user: that of another machine is called as its node (broker-config/machine-access.sh)");
}

TEST_F(MqttClientTest, says_why_it_cannot_connect_and_goes_on_trying) {
  MqttClientOptions wrong = (broker.start(), options("sensor-publisher"));
  wrong.password = "wrong";
  RecordedClient publisher(wrong);
  ASSERT_TRUE(comes_true(20s, [&] { return publisher.locked([&] { return publisher.disconnections.size() >= 3; }); }));
  EXPECT_NE(publisher.disconnections[0].find("127.0.0.1:" + std::to_string(broker.port())), std::string::npos);
  EXPECT_NE(publisher.disconnections[0].find("check [mqtt] user and password_file against the broker's (the user is "
                                             "sensor-publisher), or reload sensor-broker, if it was just added"),
            std::string::npos)
      << publisher.disconnections[0];
}

TEST_F(MqttClientTest, tells_apart_why_there_is_no_connection) {
  const auto first_failure = [](const MqttClientOptions& client_options) {
    RecordedClient client(client_options);
    EXPECT_TRUE(comes_true(20s, [&] { return client.locked([&] { return !client.codes.empty(); }); }));
    return client.locked([&] { return client.codes.front(); });
  };
  EXPECT_EQ(first_failure(options("sensor-publisher")), ErrorCode::refused);
  MqttClientOptions unknown = options("sensor-publisher");
  unknown.host = "no-such-host.invalid";
  EXPECT_EQ(first_failure(unknown), ErrorCode::unresolved);
  broker.start();
  MqttClientOptions wrong = options("sensor-publisher");
  wrong.password = "wrong";
  EXPECT_EQ(first_failure(wrong), ErrorCode::rejected);
  MqttClientOptions plain = options("sensor-publisher");
  plain.ca_file = "/etc/ssl/certs/ca-certificates.crt";  // the broker does not speak TLS
  EXPECT_EQ(first_failure(plain), ErrorCode::tls);
}

TEST_F(MqttClientTest, names_the_key_and_the_file_where_tls_fails) {
  const auto first_failure = [](const MqttClientOptions& client_options) {
    RecordedClient client(client_options);
    EXPECT_TRUE(comes_true(20s, [&] { return client.locked([&] { return !client.disconnections.empty(); }); }));
    return client.locked([&] { return client.codes.front() == ErrorCode::tls ? client.disconnections.front() : ""; });
  };
  broker.start();
  MqttClientOptions tls = options("sensor-publisher");
  tls.ca_file = folder.file("no-such.pem");
  EXPECT_NE(first_failure(tls).find("TLS: [mqtt] ca_file " + tls.ca_file + " cannot be read: No such file"),
            std::string::npos)
      << first_failure(tls);
  folder.write("empty.pem", "no certificate\n");
  tls.ca_file = folder.file("empty.pem");
  tls.names.ca_file = "--ca-file";
  EXPECT_NE(first_failure(tls).find("--ca-file " + tls.ca_file), std::string::npos) << first_failure(tls);
}

/// Takes connections, and says nothing.
class SilentServer {
 public:
  SilentServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(fd_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  int port() const { return port_; }
  bool is_called() const {
    pollfd polled{fd_, POLLIN, 0};
    return ::poll(&polled, 1, 0) == 1;
  }

 private:
  int fd_;
  int port_ = 0;
};

TEST_F(MqttClientTest, gives_a_silent_broker_up_after_its_deadline_and_says_so) {
  const SilentServer silent;
  MqttClientOptions client_options = options("sensor-publisher");
  client_options.port = silent.port();
  client_options.connect_timeout = 1s;
  RecordedClient client(client_options);
  ASSERT_TRUE(comes_true(20s, [&] { return client.locked([&] { return !client.codes.empty(); }); }));
  EXPECT_EQ(client.codes.front(), ErrorCode::timeout) << client.disconnections.front();
}

TEST_F(MqttClientTest, ends_at_once_while_it_waits_for_a_silent_broker) {
  const SilentServer silent;
  MqttClientOptions client_options = options("sensor-publisher");
  client_options.port = silent.port();
  client_options.connect_timeout = 30s;
  RecordedClient client(client_options);
  ASSERT_TRUE(comes_true(20s, [&] { return silent.is_called(); }));
  const Millis start = monotonic_now();
  client.client.reset();
  EXPECT_LT(monotonic_now() - start, 10'000ms);
}

TEST_F(MqttClientTest, makes_a_new_connection_when_it_is_told_to) {
  broker.start();
  RecordedClient publisher(options("sensor-publisher"));
  ASSERT_TRUE(publisher.connects());
  publisher.client->reconnect();
  EXPECT_TRUE(publisher.connects(2));
}

TEST_F(MqttClientTest, waits_for_a_broker_that_is_not_there_yet) {
  RecordedClient publisher(options("sensor-publisher"));
  publisher.client->publish(reading(1, "too early"));
  ASSERT_TRUE(publisher.is_answered(1));
  EXPECT_EQ(publisher.answer(1).error().code, ErrorCode::disconnected);
  broker.start();
  EXPECT_TRUE(publisher.connects());
}

TEST_F(MqttClientTest, answers_every_message_once_and_subscribes_again_when_the_broker_is_killed) {
  broker.start();
  RecordedClient store(options("sensor-persistence", {"sensors/+/reading/+"}));
  RecordedClient publisher(options("sensor-publisher"));
  ASSERT_TRUE(store.connects() && publisher.connects());
  std::uint64_t id = 0;
  for (int round = 1; round <= 5; ++round) {
    for (int i = 0; i < 1'000; ++i) publisher.client->publish(reading(++id, "x"));
    broker.process().kill();
    for (int i = 0; i < 10; ++i) publisher.client->publish(reading(++id, "x"));
    broker.start();
    ASSERT_TRUE(store.connects(round + 1) && publisher.connects(round + 1));
  }
  publisher.client->publish(reading(++id, "last"));
  ASSERT_TRUE(comes_true(20s, [&] { return publisher.locked([&] { return publisher.answers.size() == id; }); }));
  for (const auto& [number, answers] : publisher.answers) EXPECT_EQ(answers.size(), 1U) << "message " << number;
  EXPECT_TRUE(comes_true(20s, [&] {
    return store.locked([&] { return !store.messages.empty() && store.messages.back().payload == "last"; });
  }));
}

TEST_F(MqttClientTest, ends_while_messages_stream_in) {
  broker.start();
  std::string lines;
  for (int i = 0; i < 200'000; ++i) lines += "x\n";
  Process::Options flood;
  flood.name = "mosquitto_pub";
  flood.log_file = folder.file("mosquitto_pub.log");
  flood.command = {program_path("bash"), "-c",
                   "while cat " + folder.write("lines", lines) + "; do :; done | exec " +
                       program_path("mosquitto_pub") + " -V 5 -q 0 -h 127.0.0.1 -p " + std::to_string(broker.port()) +
                       " -u sensor-publisher -P \"$(cat " + broker.password_file("sensor-publisher") +
                       ")\" -t sensors/kitchen/reading/t -l"};
  Process stranger(flood);
  stranger.start();
  for (int round = 0; round < 30; ++round) {
    RecordedClient store(options("sensor-persistence", {"sensors/+/reading/+"}));
    ASSERT_TRUE(store.receives(1)) << read_file(flood.log_file);
    store.client.reset();
  }
}

TEST_F(MqttClientTest, ends_in_bounded_time_while_the_broker_does_not_answer) {
  broker.start();
  auto publisher = std::make_unique<RecordedClient>(options("sensor-publisher"));
  ASSERT_TRUE(publisher->connects());
  broker.process().signal(SIGSTOP);
  for (std::uint64_t id = 1; id <= 100; ++id) publisher->client->publish(reading(id, "x"));
  const Millis start = monotonic_now();
  publisher->client.reset();
  EXPECT_LT(monotonic_now() - start, 5'000ms);
  broker.process().signal(SIGCONT);
}

}  // namespace
}  // namespace sensors::rig
