// Whether a service's user may use the files that a configuration names, whoever asks.
#include "common/runtime/files_check.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

#include "common/runtime/user_rights.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

/// A configuration beside files that the user nobody finds.
class FilesCheckTest : public testing::Test {
 protected:
  FilesCheckTest() { ::chmod(folder_.path().c_str(), 0755); }

  /// What is told of `key`, behind the configuration's name.
  template <class Look>
  std::string told(const char* user, Look look) {
    FilesCheck files(config_, user, unit_);
    look(files);
    const Result<std::string> finished = files.finish();
    if (finished.has_value()) return "";
    EXPECT_TRUE(finished.error().message.starts_with(config_)) << finished.error().message;
    return finished.error().message.substr(std::min(config_.size(), finished.error().message.size()));
  }
  std::string program(const char* user, const std::string& path) {
    return told(user, [&](FilesCheck& files) { files.program("driver.a.b.program", path); });
  }
  std::string secret(const char* user, const std::string& path) {
    return told(user, [&](FilesCheck& files) { files.secret("mqtt.password_file", path); });
  }

  void restrict(const std::string& setting) {
    unit_ = UnitSandbox("sensor-publisher", {"[Service]\n" + setting + "\n"});
  }

  TemporaryFolder folder_;
  UnitSandbox unit_;
  std::string config_ = folder_.write(
      "p.toml", "[mqtt]\npassword_file = \"x\"\n[driver.\"a.b\"]\ntype = \"command\"\nprogram = [\"x\"]\n");
};

TEST_F(FilesCheckTest, says_that_a_program_is_missing_or_may_not_be_run_by_the_user_of_the_service) {
  const std::string path = folder_.write("co2.sh", "#!/bin/sh\n", 0700);
  EXPECT_EQ(program("no-such-user", path), "") << "then it is this one that counts";
  EXPECT_EQ(program("nobody", path),
            ":5: driver.a.b.program: " + path + " cannot be run by the user nobody: sudo chmod a+rx " + path);
  ::chmod(path.c_str(), 0755);
  EXPECT_EQ(program("nobody", path), "");
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(program("root", path),
            ":5: driver.a.b.program: " + path + " cannot be run by the user root: sudo chmod a+rx " + path);
  EXPECT_EQ(program("nobody", folder_.path("absent")),
            ":5: driver.a.b.program: there is no file '" + folder_.path("absent") + "'");
  EXPECT_EQ(program("nobody", "/bin/a -u b"),
            ":5: driver.a.b.program: there is no file '/bin/a -u b'; each word is a "
            "text of its own: [\"/bin/a\", \"-u\", \"b\"]");
  EXPECT_EQ(program("nobody", "/bin/a --token hush"),
            ":5: driver.a.b.program: there is no file '...'; each word is a text of its own");
  EXPECT_EQ(program("nobody", "/bin/a \"x y\""),
            ":5: driver.a.b.program: there is no file '/bin/a \"x y\"'; each word is a text of its own");
  EXPECT_EQ(program("nobody", folder_.path()),
            ":5: driver.a.b.program: " + folder_.path() + " is a folder: name the program in it");
}

TEST_F(FilesCheckTest, says_which_folder_the_user_may_not_enter) {
  const std::string path = folder_.write("co2.sh", "#!/bin/sh\n", 0755);
  ::chmod(folder_.path().c_str(), 0700);
  EXPECT_EQ(program("nobody", path), ":5: driver.a.b.program: " + path + ": the user nobody may not enter the folder " +
                                         folder_.path() + ": put the program into /usr/local/lib/sensor-project");
}

TEST_F(FilesCheckTest, looks_for_a_program_without_a_folder_where_systemd_does) {
  EXPECT_EQ(program("nobody", "sh"), "");
  EXPECT_EQ(program("no-such-user", "sh"), "");
  EXPECT_EQ(program("nobody", "no-such-program"),
            ":5: driver.a.b.program: there is no program 'no-such-program' in "
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin: name it with its folder, /...");
}

TEST_F(FilesCheckTest, says_that_the_interpreter_of_a_script_is_not_there) {
  EXPECT_EQ(program("root", folder_.write("a", "#!/usr/bin/no-such -x\n", 0755)),
            ":5: driver.a.b.program: " + folder_.path("a") +
                ": its first line names /usr/bin/no-such, and there is no such program: install it, or mend that line");
  EXPECT_EQ(program("root", folder_.write("b", "#!/bin/sh\r\necho\r\n", 0755)),
            ":5: driver.a.b.program: " + folder_.path("b") +
                ": its lines end as on Windows, and so no program is found: sed -i 's/\\r$//' " + folder_.path("b"));
  EXPECT_EQ(program("root", folder_.write("c",
                                          "\x7f"
                                          "ELF",
                                          0755)),
            "");
  EXPECT_EQ(program("root", folder_.write("e", "#!/usr/bin/env no-such-python\n", 0755)),
            ":5: driver.a.b.program: " + folder_.path("e") +
                ": its first line names no-such-python, and there is no such program: install it, or mend that line");
  EXPECT_EQ(program("root", folder_.write("f", "#!/usr/bin/env -S sh -e\n", 0755)), "");
  EXPECT_EQ(program("root", folder_.write("g", "#! /bin/sh -e\n", 0755)), "");
}

// The kernel does not run it; a shell, where it was tried out, does.
TEST_F(FilesCheckTest, says_that_a_script_has_no_first_line) {
  EXPECT_EQ(program("root", folder_.write("co2.py", "import time\n", 0755)),
            ":5: driver.a.b.program: " + folder_.path("co2.py") +
                ": its first line does not say what runs it: let it begin with #!/usr/bin/python3 -u");
  EXPECT_EQ(program("root", folder_.write("co2", "echo\n", 0755)),
            ":5: driver.a.b.program: " + folder_.path("co2") +
                ": its first line does not say what runs it: let it begin with #!/bin/sh");
  EXPECT_NE(program("root", folder_.write("empty", "", 0755)), "");
  EXPECT_NE(program("root", folder_.write("marked", "\xef\xbb\xbf#!/bin/sh\n", 0755)), "");
  EXPECT_EQ(program("root", folder_.write("binary", std::string("MZ\0\1", 4), 0755)), "");
}

TEST_F(FilesCheckTest, says_that_the_unit_hides_a_file_and_where_to_put_it) {
  restrict("InaccessiblePaths=" + folder_.path());
  const std::string path = folder_.write("co2.sh", "#!/bin/sh\n", 0755);
  EXPECT_EQ(program("nobody", path), ":5: driver.a.b.program: " + path +
                                         " is hidden from the service by its unit (InaccessiblePaths=" +
                                         folder_.path() + "): put it into /usr/local/lib/sensor-project");
  EXPECT_NE(secret("nobody", path).find("put it into /etc/sensor-project"), std::string::npos);
  const TemporaryFolder elsewhere;
  ::chmod(elsewhere.path().c_str(), 0755);
  ASSERT_EQ(::symlink(path.c_str(), elsewhere.path("link").c_str()), 0);
  EXPECT_NE(program("nobody", elsewhere.path("link")).find("is hidden"), std::string::npos) << "a link leads there";
  EXPECT_NE(told("nobody", [&](FilesCheck& f) { f.script("mqtt", path); }).find("is hidden"), std::string::npos);
  EXPECT_NE(told("nobody", [&](FilesCheck& f) { f.readable("mqtt", path); }).find("is hidden"), std::string::npos);
  EXPECT_NE(told("nobody", [&](FilesCheck& f) { f.readable_stream("mqtt", path); }).find("is hidden"),
            std::string::npos);
}

TEST_F(FilesCheckTest, says_that_the_unit_keeps_a_folder_from_being_written_and_how_to_allow_it) {
  restrict("ProtectSystem=strict");
  const auto in_folder = [&] {
    return told("root", [&](FilesCheck& files) { files.in_folder("outbox.path", folder_.path("outbox.db")); });
  };
  EXPECT_EQ(
      in_folder(),
      ": outbox.path: the unit keeps the service from writing " + folder_.path() +
          " (ProtectSystem=strict): sudo systemctl edit sensor-publisher, [Service], ReadWritePaths=" + folder_.path());
  EXPECT_NE(told("root", [&](FilesCheck& files) { files.own_folder("state_directory", folder_.path()); }), "");
  restrict("ProtectSystem=strict\nReadWritePaths=" + folder_.path());
  EXPECT_EQ(in_folder(), "");
  restrict("PrivateTmp=yes\nInaccessiblePaths=" + folder_.path());
  EXPECT_NE(in_folder().find("such as the service's own below /var/lib/sensor-project"), std::string::npos);
}

TEST_F(FilesCheckTest, says_that_the_unit_forbids_what_a_program_needs) {
  const std::string path = folder_.write("sudo", "#!\t/bin/sh\t-e\n", 0755);
  const std::string node = folder_.write("node",
                                         std::string("\x7f"
                                                     "ELF\0",
                                                     5),
                                         0755);
  const std::string script = folder_.write("co2.js", "#!" + node + "\n", 0755);
  EXPECT_EQ(program("nobody", path) + program("nobody", node) + program("nobody", script), "");
  restrict("NoNewPrivileges=yes\nMemoryDenyWriteExecute=yes");
  EXPECT_NE(program("nobody", path).find("another user's rights"), std::string::npos);
  for (const std::string& one : {node, script}) {
    EXPECT_NE(program("nobody", one).find("sudo systemctl edit sensor-publisher, [Service], MemoryDenyWriteExecute=no"),
              std::string::npos);
  }
}

TEST_F(FilesCheckTest, says_that_the_unit_keeps_the_service_from_a_broker_elsewhere) {
  MqttConfig mqtt;
  const auto look = [&] { return told("nobody", [&](FilesCheck& files) { files.look_at(mqtt); }); };
  restrict("IPAddressDeny=any\nIPAddressAllow=localhost");
  EXPECT_EQ(look(), "");
  mqtt.host = "hub.local";
  EXPECT_EQ(look(),
            ":1: mqtt.host: the unit lets the service talk to this machine only, and hub.local is another one: sudo "
            "systemctl edit sensor-publisher, [Service], IPAddressAllow= with its address");
  for (const char* own : {"LocalHost", "ip6-localhost", "2130706689"}) {  // the last is 127.0.1.1
    mqtt.host = own;
    EXPECT_EQ(look(), "") << own;
  }
  mqtt.host = "hub.local";
  unit_ = {};
  EXPECT_EQ(look(), "");
}

TEST_F(FilesCheckTest, says_that_a_port_is_not_for_the_user_of_the_service) {
  const auto port = [&](const char* user, int number) {
    return told(user, [&](FilesCheck& files) { files.port("mqtt", number); });
  };
  std::ifstream setting("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  int first = 1'024;
  setting >> first;
  const std::string low = port("nobody", first - 1);
  EXPECT_EQ(low, first == 0 ? ""
                            : ":1: mqtt: port " + std::to_string(first - 1) + " is below " + std::to_string(first) +
                                  ", and the user nobody may not take one of those: take another, such as 8080");
  EXPECT_EQ(port("nobody", first), "");
  EXPECT_EQ(port("root", first - 1), "");
  restrict("AmbientCapabilities=CAP_NET_RAW CAP_NET_BIND_SERVICE");
  EXPECT_EQ(port("nobody", first - 1), "");
  restrict("AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=");
  EXPECT_EQ(port("nobody", first - 1), low);
  restrict("AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nPrivateUsers=yes");
  EXPECT_EQ(port("nobody", first - 1), low) << "the capability is of a user namespace of the unit's own";
}

TEST_F(FilesCheckTest, says_that_only_a_shell_knows_what_a_path_stands_for) {
  const std::string told_of_it = "'~/co2.py': only a shell knows what ~ stands for: write the whole path, /...";
  EXPECT_EQ(program("nobody", "~/co2.py"), ":5: driver.a.b.program: " + told_of_it);
  EXPECT_EQ(secret("nobody", "~/co2.py"), ":2: mqtt.password_file: " + told_of_it);
  for (const auto look :
       {&FilesCheck::in_folder, &FilesCheck::writable_file, &FilesCheck::script, &FilesCheck::readable}) {
    EXPECT_NE(told("nobody", [&](FilesCheck& files) { (files.*look)("mqtt", "$HOME/x/y"); }).find("what $HOME stands"),
              std::string::npos);
  }
  EXPECT_NE(told("nobody", [](FilesCheck& f) { f.script("mqtt", "co2.py"); }).find("with its whole path, /.../co2.py"),
            std::string::npos);
}

TEST_F(FilesCheckTest, says_that_a_secret_cannot_be_read_by_the_user_of_the_service) {
  const std::string path = folder_.write("a.token", "hush\n", 0600);
  EXPECT_EQ(secret("no-such-user", path), "");
  EXPECT_EQ(secret("root", path), "");
  EXPECT_EQ(secret("nobody", path), ":2: mqtt.password_file: " + path +
                                        " cannot be read by the user nobody: give it to that user, sudo chown nobody " +
                                        path);
  ::chmod(path.c_str(), 0644);
  EXPECT_NE(secret("nobody", path).find("everybody may read this secret"), std::string::npos);
  EXPECT_NE(secret("nobody", folder_.path("absent")).find("there is no such file"), std::string::npos);
  EXPECT_EQ(secret("nobody", ""), "");
}

TEST_F(FilesCheckTest, tells_a_key_that_is_not_in_the_file_without_a_line) {
  EXPECT_EQ(told("nobody", [](FilesCheck& files) { files.add("outbox.path", "is wrong"); }), ": outbox.path: is wrong");
  EXPECT_EQ(told("nobody", [](FilesCheck& files) { files.add("mqtt.host", "is wrong"); }), ":1: mqtt.host: is wrong");
}

}  // namespace
}  // namespace sensors
