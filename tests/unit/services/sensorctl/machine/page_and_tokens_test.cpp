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

TEST_F(PageOnMachine, waits_for_another_change_as_long_as_it_may) {
  const Result<BridgeFile> first = lock_bridge_file(folder_.path());
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(lock_bridge_file(folder_.path(), Millis{0}).error().code, ErrorCode::in_use);
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
