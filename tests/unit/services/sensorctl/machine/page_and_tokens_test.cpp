// What the shell of `page` and `token` does with files and systemd: a bridge and a systemctl of the
// test's own stand in PATH, the configuration in its folder.
#include "services/sensorctl/machine/page_and_tokens.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/sensorctl/bundle/run_program.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/machine/bridge_file.hpp"
#include "services/sensorctl/setup/page_text.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::sensorctl {
namespace {

std::string user_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : "root";
}

struct Owner {
  uid_t user;
  gid_t group;
};

/// Another than this process would give a new file, as far as it may give one away: root to
/// anybody, others to a group of theirs.
Owner another_owner() {
  constexpr uid_t nobody = 65'534;
  if (::geteuid() == 0) return {nobody, nobody};
  std::vector<gid_t> groups(1'024);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  for (int i = 0; i < count; ++i) {
    if (groups[static_cast<std::size_t>(i)] != ::getegid()) return {::geteuid(), groups[static_cast<std::size_t>(i)]};
  }
  return {::geteuid(), ::getegid()};
}

class PageOnMachine : public testing::Test {
 protected:
  PageOnMachine() {
    std::filesystem::create_directory(programs_);
    ::setenv("PATH", (programs_ + ":/usr/bin:/bin").c_str(), 1);
    program("sensor-http-bridge", "exit 0");
    systemctl("active", 0);
    folder_.write("garden.token", "secret\n");
    folder_.write("sensor-http-bridge.toml", "[http]\nlisten = \"0.0.0.0:8080\"\n\n[http.tokens.garden]\nfile = \"" +
                                                 folder_.path("garden.token") + "\"\nscopes = [\"read\"]\n");
  }
  ~PageOnMachine() override { ::setenv("PATH", path_.c_str(), 1); }

  void program(const std::string& name, const std::string& lines) const {
    folder_.write("programs/" + name, "#!/bin/sh\n" + lines + "\n", 0755);
  }

  /// The unit is in `state`, and `restart` ends with `exit_code`.
  void systemctl(const std::string& state, int exit_code) const {
    program("systemctl", "if [ $1 = is-active ]; then echo " + state + "; exit 0; fi\necho \"$@\" >> '" + asked_ +
                             "'\nexit " + std::to_string(exit_code));
  }

  TokenOptions token(const std::string& folder) const {
    TokenOptions options;
    options.configuration = folder;
    options.folder_of_unit = folder_.path();
    options.name = "garden";
    return options;
  }

  PageOptions local() const {
    PageOptions options;
    options.configuration = folder_.path();
    options.folder_of_unit = folder_.path();
    options.local = true;
    return options;
  }

  void expect_nothing_beside() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename();
      EXPECT_FALSE(name.starts_with("sensor-http-bridge.toml.")) << name;
    }
  }

  std::string asked() const { return folder_.read("asked"); }

  const TemporaryFolder folder_;
  const std::string programs_ = folder_.path("programs");
  const std::string asked_ = folder_.path("asked");
  const std::string path_ = std::getenv("PATH");
};

TEST_F(PageOnMachine, restarts_the_bridge_however_the_folder_is_written) {
  const std::string configuration = folder_.read("sensor-http-bridge.toml");
  const std::string by_hand = folder_.path() + "/programs/..";
  for (const std::string& folder : {folder_.path(), folder_.path() + "/", folder_.path() + "//", by_hand}) {
    folder_.write("sensor-http-bridge.toml", configuration);
    folder_.write("garden.token", "secret\n");
    EXPECT_EQ(remove_token(token(folder)), exit_ok) << folder;
    EXPECT_FALSE(std::filesystem::exists(folder_.path("garden.token"))) << folder;
    EXPECT_EQ(asked(), "restart sensor-http-bridge\n") << folder;
    std::filesystem::remove(asked_);
  }
}

TEST_F(PageOnMachine, fails_when_the_bridge_that_runs_keeps_what_it_read) {
  for (const char* state : {"active", "failed", "activating", "reloading"}) {
    systemctl(state, 1);
    folder_.write("sensor-http-bridge.toml",
                  "[http]\nlisten = \"0.0.0.0:8080\"\n\n[http.tokens.garden]\nfile = \"/x\"\n");
    EXPECT_EQ(remove_token(token(folder_.path())), exit_trouble) << state;
    EXPECT_EQ(show_or_move_page(local()), exit_trouble) << state;
    EXPECT_EQ(asked(), "restart sensor-http-bridge\nrestart sensor-http-bridge\n") << state;
    std::filesystem::remove(asked_);
  }
}

TEST_F(PageOnMachine, restarts_the_bridge_again_when_asked_again) {
  folder_.write("sensor-http-bridge.toml", "[http]\nlisten = \"0.0.0.0:8080\"\n");
  systemctl("active", 1);
  EXPECT_EQ(show_or_move_page(local()), exit_trouble);
  systemctl("active", 0);
  EXPECT_EQ(show_or_move_page(local()), exit_ok) << "the file is right already, and the bridge does not know of it";
  EXPECT_EQ(asked(), "restart sensor-http-bridge\nrestart sensor-http-bridge\n");
}

TEST_F(PageOnMachine, restarts_none_that_does_not_run) {
  for (const char* state : {"inactive", "unknown", "System has not been booted with systemd"}) {
    systemctl(state, 1);
    folder_.write("sensor-http-bridge.toml", "[http]\nlisten = \"0.0.0.0:8080\"\n");
    EXPECT_EQ(show_or_move_page(local()), exit_ok) << state;
    EXPECT_EQ(asked(), "") << state;
  }
}

TEST_F(PageOnMachine, loses_no_change_when_two_are_made_at_once) {
  program("sensor-http-bridge", "sleep 0.1");  // others begin meanwhile
  std::vector<pid_t> at_work;
  for (const char* name : {"a", "b", "c", "d"}) {
    at_work.push_back(::fork());
    if (at_work.back() != 0) continue;
    TokenOptions options = token(folder_.path());
    options.name = name;
    options.owner = user_name();
    options.scopes.read = true;
    ::_exit(add_token(options));
  }
  for (const pid_t child : at_work) {
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const std::string text = folder_.read("sensor-http-bridge.toml");
  for (const char* name : {"a", "b", "c", "d", "garden"})
    EXPECT_NE(text.find("[http.tokens." + std::string(name) + "]"), std::string::npos) << text;
  expect_nothing_beside();
}

/// What of `add_token` is done when the bridge is asked whether it takes the change.
TEST_F(PageOnMachine, goes_on_where_one_that_was_killed_left_its_file) {
  const std::string before = folder_.read("sensor-http-bridge.toml");
  TokenOptions options = token(folder_.path());
  options.name = "page";
  options.owner = user_name();
  options.scopes.read = true;
  program("sensor-http-bridge", "kill -9 $PPID");
  const pid_t child = ::fork();
  if (child == 0) ::_exit(add_token(options));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(folder_.read("sensor-http-bridge.toml"), before);
  const std::string left = folder_.read("page.token");
  ASSERT_EQ(left.size(), 41U) << "the test is to leave it behind";

  program("sensor-http-bridge", "exit 0");
  EXPECT_EQ(add_token(options), exit_ok);
  EXPECT_NE(folder_.read("sensor-http-bridge.toml"), before);
  EXPECT_EQ(folder_.read("page.token").size(), 41U);
  EXPECT_NE(folder_.read("page.token"), left) << "nobody knows who has seen it";
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    EXPECT_FALSE(entry.path().string().ends_with("-new")) << entry.path();
}

TEST_F(PageOnMachine, takes_no_file_for_left_behind_that_is_anybody_s) {
  Result<BridgeFile> file = lock_bridge_file(folder_.path());
  ASSERT_TRUE(file.has_value());
  const auto is_left = [&](const std::string& name) { return is_left_behind(*file, folder_.path(name)); };
  const std::string secret = std::string(40, 'a') + "\n";
  folder_.write("ours.token", secret, 0400);
  EXPECT_TRUE(is_left("ours.token"));
  folder_.write("readable.token", secret, 0600);
  folder_.write("short.token", "aaaa\n", 0400);
  folder_.write("other.token", std::string(39, 'a') + "A\n", 0400);
  folder_.write("named.token", secret, 0400);
  folder_.write("sensor-http-bridge@weather.toml", "[http.tokens.x]\nfile = \"" + folder_.path("named.token") + "\"\n");
  for (const char* name : {"readable.token", "short.token", "other.token", "named.token", "absent.token", "programs"})
    EXPECT_FALSE(is_left(name)) << name;
  folder_.write("sensor-http-bridge@weather.toml", "[http");
  EXPECT_FALSE(is_left("ours.token")) << "a file that cannot be read may name it";
}

TEST_F(PageOnMachine, removes_a_token_to_the_end_when_asked_again) {
  TokenOptions options = token(folder_.path());
  options.name = "shed";
  options.owner = user_name();
  options.scopes.write = true;
  ASSERT_EQ(add_token(options), exit_ok);
  systemctl("active", 1);
  EXPECT_EQ(remove_token(options), exit_trouble) << "the bridge that runs still takes it";
  EXPECT_TRUE(std::filesystem::exists(folder_.path("shed.token")));
  EXPECT_EQ(remove_token(options), exit_trouble);
  systemctl("active", 0);
  EXPECT_EQ(remove_token(options), exit_ok);
  EXPECT_FALSE(std::filesystem::exists(folder_.path("shed.token")));
  std::filesystem::remove(asked_);
  EXPECT_EQ(remove_token(options), exit_usage) << "there is none any more";
  EXPECT_EQ(asked(), "") << "a name that is misspelt restarts nothing";
}

TEST_F(PageOnMachine, deletes_no_token_that_a_bridge_still_reads) {
  const std::string configuration = folder_.read("sensor-http-bridge.toml");
  const std::string garden = folder_.path("garden.token");
  std::filesystem::create_symlink(folder_.path(), folder_.path("programs/etc"));
  const std::string through_link = folder_.path("programs/etc") + "/garden.token";
  for (const std::string& named : {garden, through_link}) {
    for (const std::string& others :
         {"[http.tokens.x]\nfile = \"" + named + "\"\n", "[destination]\ntoken_file = \"" + named + "\"\n"}) {
      folder_.write("sensor-http-bridge.toml", configuration);
      folder_.write("sensor-http-bridge@weather.toml", others);
      testing::internal::CaptureStdout();
      EXPECT_EQ(remove_token(token(folder_.path())), exit_ok);
      const std::string said = testing::internal::GetCapturedStdout();
      EXPECT_NE(said.find(garden + " is kept: a configuration of a bridge names it.\n"), std::string::npos) << said;
      EXPECT_EQ(folder_.read("garden.token"), "secret\n") << others;
    }
  }
  std::filesystem::remove(folder_.path("sensor-http-bridge@weather.toml"));
  folder_.write("sensor-http-bridge.toml", "[destination]\ntoken_file = \"" + garden + "\"\n" + configuration);
  EXPECT_EQ(remove_token(token(folder_.path())), exit_ok);
  EXPECT_EQ(folder_.read("garden.token"), "secret\n") << "the bridge itself sends with it";
}

/// Only of a file that sensorctl made does a second `token remove` know.
TEST_F(PageOnMachine, says_once_more_only_where_that_deletes_the_file) {
  systemctl("active", 1);
  const auto complaints_of_removing = [&](const TokenOptions& options) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(remove_token(options), exit_trouble);
    return testing::internal::GetCapturedStderr();
  };
  TokenOptions options = token(folder_.path());
  const std::string of_hand = complaints_of_removing(options);
  EXPECT_EQ(of_hand.find("once more"), std::string::npos) << of_hand;
  EXPECT_NE(of_hand.find("garden.token is kept: delete it then"), std::string::npos) << of_hand;
  options.name = "shed";
  options.owner = user_name();
  options.scopes.write = true;
  EXPECT_EQ(add_token(options), exit_trouble);
  const std::string made_here = complaints_of_removing(options);
  EXPECT_NE(made_here.find("token remove shed once more deletes it"), std::string::npos) << made_here;
}

TEST_F(PageOnMachine, looks_after_the_bridge_that_is_named_and_no_other) {
  folder_.write("sensor-http-bridge@weather.toml", "name = \"weather\"\n[http]\nlisten = \"127.0.0.1:8081\"\n");
  const std::string other = folder_.read("sensor-http-bridge.toml");
  TokenOptions options = token(folder_.path());
  options.owner = user_name();
  options.scopes.read = true;
  options.bridge = "weather";
  EXPECT_EQ(add_token(options), exit_ok) << "the name is free there";
  EXPECT_EQ(folder_.read("garden@weather.token").size(), 41U);
  EXPECT_NE(folder_.read("sensor-http-bridge@weather.toml").find("garden@weather.token"), std::string::npos);
  PageOptions page;
  page.configuration = page.folder_of_unit = folder_.path();
  page.owner = user_name();
  page.bridge = "weather";
  page.listen = "0.0.0.0:8081";
  EXPECT_EQ(show_or_move_page(page), exit_ok);
  EXPECT_EQ(remove_token(options), exit_ok);
  EXPECT_EQ(asked(),
            "restart sensor-http-bridge@weather\nrestart sensor-http-bridge@weather\nrestart "
            "sensor-http-bridge@weather\n");
  EXPECT_EQ(folder_.read("sensor-http-bridge.toml"), other);
  EXPECT_EQ(folder_.read("garden.token"), "secret\n");
  page.bridge = "wether";
  EXPECT_EQ(show_or_move_page(page), exit_usage);
  const Result<BridgeFile> absent = read_bridge_file(folder_.path(), "wether");
  ASSERT_FALSE(absent.has_value());
  EXPECT_TRUE(
      absent.error().message.ends_with("sensor-http-bridge@wether.toml: there is no such file; there is: weather"))
      << absent.error().message;
}

TEST_F(PageOnMachine, knows_which_ports_the_other_bridges_of_the_folder_have) {
  folder_.write("sensor-http-bridge@a.toml", "name = \"a\"\n");
  folder_.write("sensor-http-bridge@b.toml", "name = \"b\"\n[http]\nlisten = \"127.0.0.1:8081\"\n");
  const Result<BridgeFile> a = read_bridge_file(folder_.path(), "a");
  ASSERT_TRUE(a.has_value()) << a.error().message;
  EXPECT_EQ(free_port(a->setup), 8082);
  EXPECT_EQ(free_port(read_bridge_file(folder_.path(), "b")->setup), 8081) << "its own is its own";
  PageOptions page;
  page.configuration = page.folder_of_unit = folder_.path();
  page.bridge = "a";
  page.owner = user_name();
  page.listen = "127.0.0.1:8082";
  EXPECT_EQ(show_or_move_page(page), exit_ok) << "what the others have is no part of the change";
}

TEST_F(PageOnMachine, waits_for_another_change_as_long_as_it_may) {
  const Result<BridgeFile> first = lock_bridge_file(folder_.path());
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(lock_bridge_file(folder_.path(), "", Millis{0}).error().code, ErrorCode::in_use);
  EXPECT_TRUE(read_bridge_file(folder_.path()).has_value()) << "to show it, nobody waits";
}

TEST_F(PageOnMachine, keeps_owner_group_and_mode) {
  const Owner owner = another_owner();
  const std::string file = folder_.path("sensor-http-bridge.toml");
  ASSERT_EQ(::chown(file.c_str(), owner.user, owner.group), 0);
  ::chmod(file.c_str(), 0460);
  EXPECT_EQ(remove_token(token(folder_.path())), exit_ok);
  struct stat now {};
  ASSERT_EQ(::stat(file.c_str(), &now), 0);
  EXPECT_EQ(now.st_uid, owner.user);
  EXPECT_EQ(now.st_gid, owner.group);
  EXPECT_EQ(now.st_mode & 07777U, 0460U);
}

/// A configuration that names a token's file must not lose it.
TEST_F(PageOnMachine, has_changed_the_file_even_where_its_folder_cannot_be_synced) {
  Result<BridgeFile> file = lock_bridge_file(folder_.path());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  file->lock = std::make_unique<FileDescriptor>(::open("/dev/null", O_RDONLY | O_CLOEXEC));  // fsync(): EINVAL
  const Result<Change> change = add_token(file->text, file->setup, "shed", {true, false}, file->folder);
  ASSERT_TRUE(change.has_value());
  const Result<void> replaced = replace_bridge_file(*file, *change);
  EXPECT_TRUE(replaced.has_value()) << replaced.error().message;
  EXPECT_EQ(folder_.read("sensor-http-bridge.toml"), change->text);
}

TEST_F(PageOnMachine, leaves_nothing_beside_a_file_that_the_bridge_does_not_take) {
  program("sensor-http-bridge", "exit 78");
  folder_.write("sensor-http-bridge.toml.new", "of somebody else");
  const std::string before = folder_.read("sensor-http-bridge.toml");
  EXPECT_EQ(remove_token(token(folder_.path())), exit_usage);
  EXPECT_EQ(folder_.read("sensor-http-bridge.toml"), before);
  EXPECT_EQ(folder_.read("sensor-http-bridge.toml.new"), "of somebody else");
  std::filesystem::remove(folder_.path("sensor-http-bridge.toml.new"));
  expect_nothing_beside();
}

/// As they are pasted into a shell; curl gets the token, and not on its command line, which ps
/// shows to everybody.
TEST_F(PageOnMachine, prints_lines_that_keep_the_token_off_command_lines) {
  program("sudo", "exec \"$@\"");
  program("curl", "echo \"$@\" >> '" + folder_.path("command-lines") + "'\ncat >> '" + folder_.path("headers") + "'");
  HttpSetup setup;
  setup.listen = "127.0.0.1:8080";
  const std::string lines =
      folder_.write("lines", token_text({"garden", folder_.path("garden.token"), {true, true}}, setup));
  for (const char* shell : {"sh", "bash"}) {
    const Result<bundle::ProgramOutput> output = bundle::run_program({shell, lines});
    ASSERT_TRUE(output.has_value()) << output.error().message;
    EXPECT_EQ(output->text, "") << shell;
    EXPECT_EQ(folder_.read("headers"), "Authorization: Bearer secret\nAuthorization: Bearer secret\n") << shell;
    const std::string command_lines = folder_.read("command-lines");
    EXPECT_EQ(command_lines.find("secret"), std::string::npos) << command_lines;
    EXPECT_EQ(command_lines.find("-H @- "), 0U) << command_lines;
    std::filesystem::remove(folder_.path("headers"));
  }
}

}  // namespace
}  // namespace sensors::sensorctl
