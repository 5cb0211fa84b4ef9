// What the shell of `page` and `token` does with files and systemd: a bridge and a systemctl of the test's own stand in
// PATH, the configuration in its folder.
#include "services/sensorctl/machine/page.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "services/sensorctl/exit_code.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::sensorctl {
namespace {

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

TEST_F(PageOnMachine, restarts_none_that_does_not_run) {
  for (const char* state : {"inactive", "unknown", "System has not been booted with systemd"}) {
    systemctl(state, 1);
    folder_.write("sensor-http-bridge.toml", "[http]\nlisten = \"0.0.0.0:8080\"\n");
    EXPECT_EQ(show_or_move_page(local()), exit_ok) << state;
    EXPECT_EQ(asked(), "") << state;
  }
}

}  // namespace
}  // namespace sensors::sensorctl
