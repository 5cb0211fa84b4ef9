// `sensorctl page` and `sensorctl token` on a configuration as it is shipped, which the bridge itself checks.
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis page_patience{30'000};
constexpr mode_t odd_mode = 0640;

std::string user_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : "root";
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

class SensorctlPage : public RigTest {
 protected:
  SensorctlPage() {
    write(replaced(shipped_, "#url = \"https://api.example.com/v1/readings\"", "url = \"https://api.example.com/r\""));
  }

  void write(const std::string& text) {
    text_ = text;
    folder_.write("sensor-http-bridge.toml", text);
    ::chmod(file_.c_str(), odd_mode);
  }

  struct Outcome {
    std::optional<int> exit_code;
    std::string out;
    std::string log;
  };
  Outcome run(std::vector<std::string> arguments, const std::string& owner = user_name()) {
    const std::string programs = std::filesystem::path(program_path("sensor-http-bridge")).parent_path().string();
    arguments.insert(arguments.begin(), program_path("sensorctl"));
    for (const std::string& more : {std::string("--configuration"), folder_.path(), std::string("--owner"), owner})
      arguments.push_back(more);
    const std::string name = "run-" + std::to_string(++runs_);
    Process process({name,
                     arguments,
                     {"PATH=" + programs + ":/usr/bin:/bin"},
                     folder_.file(name + ".log"),
                     folder_.file(name + ".out")});
    process.start();
    const std::optional<int> code = process.wait_exit(page_patience);
    return {code, read_file(folder_.file(name + ".out")), read_file(folder_.file(name + ".log"))};
  }

  /// As it was, with its mode, and nothing beside it.
  void expect_untouched() {
    EXPECT_EQ(read_file(file_), text_);
    EXPECT_EQ(mode_of(file_), odd_mode);
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      EXPECT_FALSE(entry.path().string().starts_with(file_ + ".")) << entry.path();
  }

  const std::string shipped_ = read_file(source_path("services/sensor-http-bridge/sensor-http-bridge.toml"));
  const std::string file_ = folder_.file("sensor-http-bridge.toml");
  const std::string token_ = folder_.file("garden.token");
  std::string text_;

 private:
  int runs_ = 0;
};

TEST_F(SensorctlPage, adds_a_token_that_the_bridge_takes_and_takes_it_away_again) {
  const Outcome added = run({"token", "add", "garden", "--write"});
  EXPECT_EQ(added.exit_code, 0) << added.log;
  EXPECT_EQ(read_file(file_), text_ + "\n[http.tokens.garden]\nfile = \"" + token_ + "\"\nscopes = [\"write\"]\n");
  EXPECT_EQ(mode_of(file_), odd_mode);
  EXPECT_EQ(mode_of(token_), 0400U);
  const std::string secret = read_file(token_);
  EXPECT_EQ(secret.size(), 41U);
  EXPECT_EQ(added.out.find(secret.substr(0, 40)), std::string::npos) << "what is on a screen is seen";
  EXPECT_NE(added.out.find("TOKEN=$(sudo cat " + token_ + ")\n"), std::string::npos) << added.out;
  EXPECT_NE(added.out.find("sudo systemctl restart sensor-http-bridge\n"), std::string::npos) << added.out;

  const Outcome again = run({"token", "add", "garden", "--read"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.log.find("there is a token 'garden' already"), std::string::npos) << again.log;
  EXPECT_EQ(read_file(token_), secret);
  EXPECT_NE(run({"token", "list"}).out.find("garden  write"), std::string::npos);

  const Outcome removed = run({"token", "remove", "garden"});
  EXPECT_EQ(removed.exit_code, 0) << removed.log;
  EXPECT_FALSE(std::filesystem::exists(token_));
  expect_untouched();
}

TEST_F(SensorctlPage, overwrites_no_token_that_the_configuration_does_not_name) {
  folder_.write("garden.token", "mine\n");
  const Outcome added = run({"token", "add", "garden", "--write"});
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_NE(added.log.find(token_ + " is there already, and is not overwritten"), std::string::npos) << added.log;
  EXPECT_EQ(read_file(token_), "mine\n");
  expect_untouched();
}

TEST_F(SensorctlPage, changes_nothing_that_the_bridge_would_not_take) {
  write(text_ + "max_connections = 1\n");  // behind the last key of [http]
  const Outcome added = run({"token", "add", "garden", "--write"});
  EXPECT_EQ(added.exit_code, 2);
  EXPECT_NE(added.log.find("nor did it before: mend this first"), std::string::npos) << added.log;
  EXPECT_NE(added.log.find(file_ + ":"), std::string::npos) << added.log;
  EXPECT_NE(added.log.find("http.max_connections: must be 8 .. 10000"), std::string::npos) << added.log;
  EXPECT_FALSE(std::filesystem::exists(token_));
  expect_untouched();
}

TEST_F(SensorctlPage, leaves_what_is_written_otherwise_to_the_owner) {
  write("http = { listen = \"127.0.0.1:8080\" }\n" + text_.substr(0, text_.find("\n[http]")));
  const Outcome moved = run({"page", "--listen", "0.0.0.0:8080"});
  EXPECT_EQ(moved.exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_.file("page.token")));
  expect_untouched();
}

TEST_F(SensorctlPage, opens_the_page_to_the_house_and_closes_it_again) {
  EXPECT_EQ(run({"page", "--local"}).exit_code, 0);
  const std::string local = read_file(file_);
  EXPECT_NE(run({"page"}).out.find("The page is at http://127.0.0.1:8080, for this machine only.\n"),
            std::string::npos);

  const Outcome opened = run({"page", "--listen", "0.0.0.0:8080"});
  EXPECT_EQ(opened.exit_code, 0) << opened.log;
  EXPECT_NE(read_file(file_).find("\nlisten = \"0.0.0.0:8080\"\n"), std::string::npos);
  EXPECT_EQ(mode_of(folder_.file("page.token")), 0400U);
  EXPECT_NE(opened.out.find("sudo cat " + folder_.file("page.token")), std::string::npos) << opened.out;
  EXPECT_EQ(run({"token", "remove", "page"}).exit_code, 0);

  const Outcome to_all = run({"page", "--listen", "0.0.0.0:8080", "--public"});
  EXPECT_NE(read_file(file_).find("\nanonymous = [\"read\"]\n"), std::string::npos) << to_all.log;
  EXPECT_FALSE(std::filesystem::exists(folder_.file("page.token")));

  EXPECT_EQ(run({"page", "--local"}).exit_code, 0);
  EXPECT_EQ(read_file(file_), local);
}

TEST_F(SensorctlPage, says_what_it_needs) {
  const Outcome wrong = run({"page", "--listen", "kitchen"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.log.find("'kitchen' is no address and port, such as 0.0.0.0:8080"), std::string::npos) << wrong.log;
  EXPECT_EQ(run({"token", "add", "garden"}).exit_code, 2) << "to do what?";
  const Outcome nobody = run({"token", "add", "garden", "--read"}, "no-such-user");
  EXPECT_NE(nobody.log.find("there is no user no-such-user"), std::string::npos) << nobody.log;
  expect_untouched();
  std::filesystem::remove(file_);
  EXPECT_EQ(run({"page"}).exit_code, 2);
}

TEST_F(SensorctlPage, says_to_others_than_root_that_they_may_not) {
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(file_.c_str(), 0644);
  const std::string log = folder_.file("nobody.log");
  std::vector<std::string> command{
      program_path("sensorctl"), "token",       "add", "garden", "--read", "--owner", "nobody",
      "--configuration",         folder_.path()};
  if (::geteuid() == 0)
    command.insert(command.begin(), {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  Process process({"nobody", command, {}, log, folder_.file("nobody.out")});
  process.start();
  EXPECT_EQ(process.wait_exit(page_patience), 1);
  EXPECT_NE(read_file(log).find("only root may change this; use sudo"), std::string::npos) << read_file(log);
}

}  // namespace
}  // namespace sensors::rig
