// What the configuration of the HTTP side makes of its numbers.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "services/sensor-http-bridge/config.hpp"
#include "services/sensor-http-bridge/descriptors.hpp"
#include "services/sensor-http-bridge/http_config.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::bridge {
namespace {

Result<Config> load(const std::string& http) {
  const rig::TempDir folder;
  return load_config(folder.write("bridge.toml", "state_directory = \"" + folder.path() +
                                                     "\"\n[destination]\nurl = \"http://127.0.0.1/r\"\n[http]\n"
                                                     "listen = \"127.0.0.1:8080\"\n" +
                                                     http));
}

std::string served_at(const std::string& listen) {
  const rig::TempDir folder;
  const Result<Config> config = load_config(folder.write(
      "bridge.toml", "state_directory = \"" + folder.path() +
                         "\"\n[destination]\nurl = \"http://127.0.0.1/r\"\n[http]\nlisten = \"" + listen + "\"\n"));
  return config ? config->web->served_at : config.error().message;
}

void limit_descriptors(rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(HttpConfig, shares_the_connections_so_that_whoever_waits_leaves_room) {
  const Result<Config> few = load("max_connections = 16\n");
  ASSERT_TRUE(few.has_value()) << few.error().message;
  EXPECT_EQ(few->web->max_waiting_writes, 4U);
  EXPECT_EQ(few->web->max_queries, 4U);
  EXPECT_EQ(few->web->max_streams, 4U);
  const Result<Config> usual = load("max_streams = 7\nmax_services = 8\n");
  ASSERT_TRUE(usual.has_value()) << usual.error().message;
  EXPECT_EQ(usual->web->max_waiting_writes, 128U);
  EXPECT_EQ(usual->web->max_queries, 8U);
  EXPECT_EQ(usual->web->max_streams, 7U);
  EXPECT_EQ(usual->web->max_services, 8U);
  EXPECT_EQ(usual->web->max_buffered_bytes, usual->server.max_buffered_bytes);
}

TEST(HttpConfig, says_where_the_page_is_by_address) {
  EXPECT_EQ(served_at("127.0.0.1:8080"), "http://127.0.0.1:8080/");
  EXPECT_EQ(served_at("0.0.0.0:8080"), "http://127.0.0.1:8080/ and at each address of this machine");
  EXPECT_EQ(served_at("[::]:8080"), "http://[::1]:8080/ and at each address of this machine");
}

TEST(HttpConfig, gives_a_request_the_scopes_that_it_names_and_no_others) {
  const Result<Config> usual = load("");
  ASSERT_TRUE(usual.has_value()) << usual.error().message;
  EXPECT_EQ(usual->web->anonymous, (Scopes{true, false, false}));
  const Result<Config> all = load("anonymous = [\"operate\", \"write\"]\n");
  ASSERT_TRUE(all.has_value()) << all.error().message;
  EXPECT_EQ(all->web->anonymous, (Scopes{false, true, true}));
  EXPECT_NE(load("anonymous = [\"own\"]\n").error().message.find("\"operate\""), std::string::npos);
}

TEST(HttpConfig, looks_whether_the_user_of_the_bridge_may_read_tokens_and_certificate_when_it_is_asked_to) {
  const rig::TempDir folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  const std::string token = folder.write("garden.token", "hush\n");
  const std::string key = folder.write("key.pem", "x");
  ASSERT_EQ(::chmod(token.c_str(), 0600) | ::chmod(key.c_str(), 0600), 0);
  const std::string path = folder.write(
      "bridge.toml", "[http]\nkey_file = \"" + key + "\"\n[http.tokens.garden]\nfile = \"" + token + "\"\n");
  FilesCheck files(path, "nobody");
  look_at_files_of_http(files);
  const Result<std::string> finished = files.finish();
  ASSERT_FALSE(finished.has_value());
  const std::string rest = " cannot be read by the user nobody: give it to that user, sudo chown nobody ";
  EXPECT_EQ(finished.error().message, path + ":2: http.key_file: " + key + rest + key + "\n" + path +
                                          ":4: http.tokens.garden.file: " + token + rest + token);
}

TEST(HttpConfig, takes_the_scheme_of_the_api_whatever_its_case) {
  const rig::TempDir folder;
  const Result<Config> config =
      load_config(folder.write("bridge.toml", "state_directory = \"" + folder.path() +
                                                  "\"\n[destination]\nurl = \"HTTPS://API.example.com/Readings\"\n"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->destination.url, "https://API.example.com/Readings");
}

TEST(HttpConfig, refuses_a_number_of_services_out_of_range_with_its_line) {
  for (const char* bad : {"7", "10001"}) {
    const Result<Config> config = load(std::string("max_services = ") + bad + "\n");
    ASSERT_FALSE(config.has_value()) << bad;
    EXPECT_NE(config.error().message.find("bridge.toml:6: http.max_services"), std::string::npos)
        << config.error().message;
  }
}

/// In a process of their own: a hard limit does not go up again.
TEST(HttpConfigDeathTest, takes_as_many_connections_as_there_are_descriptors_for_and_says_both_figures) {
  const auto load_with = [](rlim_t hard) {
    limit_descriptors(std::min<rlim_t>(hard, 256), hard);
    const Result<Config> config = load("");
    if (!config.has_value()) {
      std::fputs(config.error().message.c_str(), stderr);
      _exit(7);
    }
    for (const std::string& warning : config->warnings) std::fputs(warning.c_str(), stderr);
    std::fprintf(stderr, "(%zu of them, %zu may wait)", config->server.max_connections,
                 config->web->max_waiting_writes);
    _exit(0);
  };
  EXPECT_EXIT(load_with(575), testing::ExitedWithCode(0),
              "bridge.toml: http.max_connections: 512 connections need 576 descriptors.*may have 575: 511 are taken at "
              "most; make it 511, or raise LimitNOFILE=.*.511 of them, 127 may wait");
  EXPECT_EXIT(load_with(576), testing::ExitedWithCode(0), "^.512 of them, 128 may wait");
  EXPECT_EXIT(load_with(72), testing::ExitedWithCode(0), "8 are taken at most.*.8 of them, 2 may wait");
  EXPECT_EXIT(load_with(71), testing::ExitedWithCode(7),
              "bridge.toml.*max_connections: 8 connections at least need 72 descriptors.*may have 71");
}

TEST(HttpConfigDeathTest, raises_the_limit_as_far_as_it_may) {
  const auto raise = [] {
    limit_descriptors(100, 300);
    raise_descriptors();
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    _exit(limit.rlim_cur == 300 && most_descriptors() == 300 ? 0 : 1);
  };
  EXPECT_EXIT(raise(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sensors::bridge
