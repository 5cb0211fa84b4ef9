// The scripts that make the passwords and the configuration of the broker.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/broker_config/broker_config_bench.hpp"

namespace sensors::rig {
namespace {

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
  EXPECT_EQ(std::count(hashes.begin(), hashes.end(), '\n'), 7);
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
