// Machines with a user of their own at the broker: what they may, and what machine-access.sh changes.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/broker_config/broker_config_bench.hpp"

namespace sensors::rig {
namespace {

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
  for (const char* kind : {"backlog", "status", "queue", "event", "clock", "silent"})
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

}  // namespace
}  // namespace sensors::rig
