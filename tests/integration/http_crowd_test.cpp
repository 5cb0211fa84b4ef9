// HttpServer with every connection taken by one kind of bad client: a good one has its answer at once.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/integration/echo_server.hpp"

namespace sensors {
namespace {

using rig::HttpPeer;
using rig::HttpReplyText;

#ifdef __SANITIZE_THREAD__
constexpr Millis at_once{1'000};  // ThreadSanitizer makes all of it ten times as slow
#else
constexpr Millis at_once{100};
#endif

constexpr int crowd = 512;

class HttpCrowd : public ::testing::Test {
 protected:
  void SetUp() override {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4'096);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  }

  /// Takes all connections of `server`, each with a client that sends `text` and no more.
  void fill(EchoServer& server, const std::string& text) {
    for (int i = 0; i < crowd; ++i) {
      peers_.emplace_back(server.port());
      peers_.back().send(text);
    }
    EXPECT_TRUE(rig::comes_true(patience, [&] { return server.counters().accepted >= crowd; }));
  }

  /// Most answers come within `at_once`, and each within ten times that: the machine has other work as well.
  static void expect_answers_at_once(EchoServer& server) {
    std::vector<Millis> took;
    for (int i = 0; i < 20; ++i) {
      const Millis begin = rig::monotonic_now();
      EXPECT_EQ(rig::http_get(server.port(), "/echo").status, 200);
      took.push_back(rig::monotonic_now() - begin);
    }
    std::sort(took.begin(), took.end());
    EXPECT_LT(took[took.size() / 2], at_once);
    EXPECT_LT(took.back(), 10 * at_once);
    EXPECT_EQ(server.counters().turned_away, 0U);
    EXPECT_LE(server.counters().open, std::size_t{crowd});
  }

  std::vector<HttpPeer> peers_;
};

TEST_F(HttpCrowd, of_clients_that_send_nothing) {
  EchoServer server;
  fill(server, "");
  expect_answers_at_once(server);
}

TEST_F(HttpCrowd, of_slow_writers) {
  EchoServer server;
  fill(server, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");
  expect_answers_at_once(server);
}

TEST_F(HttpCrowd, of_idle_clients_that_had_an_answer) {
  EchoServer server;
  fill(server, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  expect_answers_at_once(server);
}

TEST_F(HttpCrowd, of_clients_that_do_not_read_their_answers) {
  HttpServerOptions options;
  options.max_buffered_bytes = 2 * crowd * EchoServer::large_bytes;
  EchoServer server(options);
  fill(server, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  expect_answers_at_once(server);
}

TEST_F(HttpCrowd, of_clients_that_ask_and_ask_and_do_not_read) {
  EchoServer server;
  std::string many;
  for (int i = 0; i < 120; ++i)
    many += "GET /echo HTTP/1.1\r\nHost: x\r\nX-Header: " + std::string(1'000, 'x') + "\r\n\r\n";
  fill(server, many);
  expect_answers_at_once(server);
}

TEST_F(HttpCrowd, of_streams_that_are_not_read) {
  HttpServerOptions options;
  options.max_buffered_bytes = std::size_t{64} * 1024 * 1024 * 1024;
  options.max_stream_bytes = 64 * 1024 * 1024;
  EchoServer server(options);
  fill(server, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(rig::comes_true(patience, [&] { return server.streams() == crowd; }));
  server.stream(std::string(16 * 1024 * 1024, 'x'));
  expect_answers_at_once(server);
}

TEST_F(HttpCrowd, of_slow_readers_takes_nothing_from_one_that_reads) {
  HttpServerOptions options;
  options.max_buffered_bytes = 2 * crowd * EchoServer::large_bytes;
  EchoServer server(options);
  HttpPeer reader(server.port());
  reader.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(reader.read_until("\r\n\r\n", patience).has_value());
  std::size_t taken = 0;
  for (int i = 0; i < 2 * crowd; ++i) {
    peers_.emplace_back(server.port());
    peers_.back().send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    if (i % 32 == 0) {
      EXPECT_TRUE(rig::comes_true(patience, [&] { return server.counters().accepted > peers_.size(); }));
    }
    if (taken + 1'000 <= EchoServer::large_bytes) taken += reader.read_until(std::string(1'000, 'x'), patience)->size();
  }
  for (; taken + 1'000 <= EchoServer::large_bytes; taken += 1'000)
    ASSERT_TRUE(reader.read_until(std::string(1'000, 'x'), patience).has_value()) << taken;
  EXPECT_GE(server.counters().evicted, 400U);
}

TEST_F(HttpCrowd, lets_the_slowest_go_when_a_thousand_drip_and_answers_at_once_meanwhile) {
  HttpServerOptions options;
  options.max_connections = 200;
  EchoServer server(options);
  std::vector<HttpPeer> slow;
  for (int i = 0; i < 1'000; ++i) {
    slow.emplace_back(server.port());
    slow.back().send("GET /echo HTTP/1.1\r\nX-Slow: ");
    if (i % 100 != 99) continue;
    for (HttpPeer& peer : slow) peer.send("x");  // some have been cut off
    const Millis begin = rig::monotonic_now();
    EXPECT_EQ(rig::http_get(server.port(), "/echo").status, 200);
    EXPECT_LT(rig::monotonic_now() - begin, at_once);
  }
  const WebServerFigures counters = server.counters();
  EXPECT_GE(counters.evicted, 800U);
  EXPECT_LE(counters.open, 210U);
  EXPECT_LE(counters.buffered_bytes, options.max_buffered_bytes);
}

}  // namespace
}  // namespace sensors
