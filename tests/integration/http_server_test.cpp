// HttpServer on a real event loop, with clients good and bad.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/adapters/http_client/http_client.hpp"
#include "common/adapters/http_server/http_server.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"

namespace sensors {
namespace {

using rig::HttpPeer;
using rig::HttpReplyText;

constexpr Millis patience{30'000};
#ifdef __SANITIZE_THREAD__
constexpr Millis at_once{1'000};  // ThreadSanitizer makes all of it ten times as slow
#else
constexpr Millis at_once{100};
#endif

/// Answers /echo with what was sent, streams at /stream, takes /wait and never answers it.
class EchoServer {
 public:
  explicit EchoServer(HttpServerOptions options = {}) {
    options.port = port_ = rig::free_port();
    loop_ = std::make_unique<EventLoop>();
    HttpServerCallbacks callbacks;
    callbacks.on_request = [this](WebRequest request) { return take(std::move(request)); };
    callbacks.on_gone = [this](WebGone) { ++gone_; };
    callbacks.on_listening = [](const WebListening& listening) { EXPECT_TRUE(listening.result.has_value()); };
    server_ = std::make_unique<HttpServer>(*loop_, std::move(options), std::move(callbacks));
    loop_->on_wake([this] { run_jobs(); });
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~EchoServer() {
    on_loop([this] { server_.reset(); });
    loop_->stop();
    thread_.join();
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }
  int gone() const { return gone_; }

  /// Runs `work` on the loop, and waits for it.
  void on_loop(const std::function<void()>& work) {
    std::atomic<bool> done = false;
    {
      const std::lock_guard lock(mutex_);
      jobs_.emplace_back([&] {
        work();
        done = true;
      });
    }
    loop_->wake();
    EXPECT_TRUE(rig::comes_true(patience, [&] { return done.load(); }));
  }

  WebServerFigures counters() {
    WebServerFigures counters;
    on_loop([&] { counters = server_->counters(); });
    return counters;
  }

  void stream(const std::string& text) {
    on_loop([&] { server_->send(WebStreamData{{stream_id_}, text}); });
  }

 private:
  void run_jobs() {
    std::vector<std::function<void()>> jobs;
    {
      const std::lock_guard lock(mutex_);
      jobs.swap(jobs_);
    }
    for (const std::function<void()>& job : jobs) job();
  }

  bool take(WebRequest request) {
    if (request.target == "/full") return false;
    if (request.target == "/wait") return true;
    if (request.target == "/stream") {
      stream_id_ = request.id;
      server_->begin_stream({request.id, {{"Content-Type", "text/event-stream"}}});
      server_->send(WebStreamData{{request.id}, "first\n"});
      return true;
    }
    if (request.target == "/unchanged") {
      server_->respond({request.id, 304, {}, ""});
      return true;
    }
    server_->respond({request.id,
                      200,
                      {{"X-Header", std::string(request.header("x-header"))}},
                      request.method + " " + request.body});
    return true;
  }

  int port_ = 0;
  std::atomic<int> gone_ = 0;
  std::uint64_t stream_id_ = 0;
  std::mutex mutex_;
  std::vector<std::function<void()>> jobs_;  // for the loop
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

TEST(HttpServer, answers_one_request_after_another_on_one_connection) {
  EchoServer server;
  HttpPeer peer(server.port());
  for (const std::string body : {"one", "two"}) {
    peer.send("POST /echo HTTP/1.1\r\nHost: x\r\nX-Header: " + body + "\r\nContent-Length: 3\r\n\r\n" + body);
    const HttpReplyText reply = peer.read_reply(patience);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "POST " + body);
    EXPECT_EQ(reply.headers.at("x-header"), body);
    EXPECT_EQ(reply.headers.count("date"), 1U);
  }
  EXPECT_EQ(server.counters().accepted, 1U);
}

TEST(HttpServer, takes_a_body_in_chunks_and_one_that_waits_to_be_asked_for) {
  EchoServer server;
  HttpPeer peer(server.port());
  peer.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(peer.read_reply(patience).body, "POST abcde");
  peer.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.read_reply(patience).status, 100);
  peer.send("late");
  EXPECT_EQ(peer.read_reply(patience).body, "POST late");
}

TEST(HttpServer, takes_a_request_in_whatever_pieces_it_comes) {
  EchoServer server;
  HttpPeer peer(server.port());
  const std::string small = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  for (const char byte : small) peer.send(std::string(1, byte));
  EXPECT_EQ(peer.read_reply(patience).body, "POST hi");
  std::string chunks = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body;
  for (int chunk = 0; chunk < 20'000; ++chunk) {
    body += static_cast<char>('a' + chunk % 26);
    chunks += std::string("1\r\n") + body.back() + "\r\n";
  }
  peer.send(chunks + "0\r\n\r\n" + small + small);
  EXPECT_EQ(peer.read_reply(patience).body, "POST " + body);
  EXPECT_EQ(peer.read_reply(patience).body, "POST hi");
  EXPECT_EQ(peer.read_reply(patience).body, "POST hi");
}

TEST(HttpServer, answers_HEAD_with_the_length_and_no_body) {
  EchoServer server;
  HttpPeer peer(server.port());
  peer.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpReplyText reply = peer.read_reply(patience, true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-length"), "5");
  peer.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(peer.read_reply(patience).body, "GET ");
}

TEST(HttpServer, gives_no_length_where_there_is_never_a_body) {
  EchoServer server;
  HttpPeer peer(server.port());
  peer.send("GET /unchanged HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpReplyText reply = peer.read_reply(patience, true);
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(reply.headers.count("content-length"), 0U);
  peer.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(peer.read_reply(patience).body, "GET ");
}

TEST(HttpServer, refuses_what_is_too_large_or_no_HTTP_and_counts_it) {
  HttpServerOptions options;
  options.max_header_bytes = 2'048;
  options.max_body_bytes = 1'000;
  EchoServer server(options);
  EXPECT_EQ(rig::http_get(server.port(), "/echo", "X-Long: " + std::string(5'000, 'x') + "\r\n").status, 431);
  const HttpReplyText large = rig::http_post(server.port(), "/echo", "", std::string(1'001, 'x'));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.headers.count("retry-after"), 0U) << "it would be too large again";
  HttpPeer chunks(server.port());
  chunks.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" +
              std::string(0x1000, 'x'));
  EXPECT_EQ(chunks.read_reply(patience).status, 413);
  HttpPeer other(server.port());
  other.send("this is not HTTP at all\r\n\r\n");
  const HttpReplyText reply = other.read_reply(patience);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
  EXPECT_TRUE(other.ends_within(patience));
  EXPECT_EQ(server.counters().too_large, 3U);
  EXPECT_EQ(server.counters().malformed, 1U);
}

TEST(HttpServer, says_503_while_there_is_no_room_for_a_request_or_its_body) {
  HttpServerOptions options;
  options.max_buffered_bytes = 20'000;  // of memory: a text that grows may have twice what it holds
  EchoServer server(options);
  EXPECT_EQ(rig::http_get(server.port(), "/full").status, 503);
  HttpPeer first(server.port());
  first.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + std::string(9'000, 'x'));
  EXPECT_TRUE(rig::comes_true(patience, [&] { return server.counters().buffered_bytes >= 9'000; }));
  const HttpReplyText reply = rig::http_post(server.port(), "/echo", "", std::string(15'000, 'x'));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  EXPECT_EQ(server.counters().overloaded, 2U);
}

TEST(HttpServer, ends_a_connection_that_is_slow_with_its_header_or_body) {
  HttpServerOptions options;
  options.header_timeout = options.body_timeout = Millis{200};
  EchoServer server(options);
  HttpPeer header(server.port());
  header.send("GET /echo HT");
  EXPECT_TRUE(header.ends_within(patience));
  HttpPeer body(server.port());
  body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(body.ends_within(patience));
  EXPECT_TRUE(rig::comes_true(patience, [&] { return server.counters().timed_out == 2; }));
}

TEST(HttpServer, lets_the_slowest_go_when_a_thousand_drip_and_answers_at_once_meanwhile) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4'096);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
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

TEST(HttpServer, streams_until_the_client_goes) {
  EchoServer server;
  {
    HttpPeer peer(server.port());
    peer.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(peer.read_until("first\n", patience).has_value());
    server.stream("second\n");
    EXPECT_EQ(peer.read_until("second\n", patience), "second\n");
  }
  EXPECT_TRUE(rig::comes_true(patience, [&] { return server.gone() == 1; }));
  EXPECT_TRUE(rig::comes_true(patience, [&] { return server.counters().open == 0; }));
  EXPECT_EQ(server.counters().buffered_bytes, 0U);
}

TEST(HttpServer, cuts_off_a_stream_that_is_not_read) {
  HttpServerOptions options;
  options.max_stream_bytes = 100'000;
  EchoServer server(options);
  HttpPeer peer(server.port());
  peer.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(peer.read_until("first\n", patience).has_value());
  const std::string much(50'000, 'x');
  for (int i = 0; i < 2'000 && server.gone() == 0; ++i) server.stream(much);  // beyond what the kernel buffers
  EXPECT_EQ(server.gone(), 1);
  EXPECT_EQ(server.counters().slow_streams, 1U);
}

TEST(HttpServer, serves_HTTPS) {
  rig::TempDir folder("http-server");
  rig::Process::Options command;
  command.name = "openssl";
  command.command = {rig::program_path("openssl"),
                     "req",
                     "-x509",
                     "-newkey",
                     "rsa:2048",
                     "-nodes",
                     "-days",
                     "2",
                     "-subj",
                     "/CN=localhost",
                     "-addext",
                     "subjectAltName=IP:127.0.0.1",
                     "-keyout",
                     folder.file("key.pem"),
                     "-out",
                     folder.file("cert.pem")};
  command.log_file = folder.file("openssl.log");
  rig::Process make(command);
  make.start();
  ASSERT_EQ(make.wait_exit(patience), 0) << rig::read_file(command.log_file);
  HttpServerOptions options;
  options.certificate_file = folder.file("cert.pem");
  options.key_file = folder.file("key.pem");
  EchoServer server(options);
  std::atomic<bool> done = false;
  HttpOutcome outcome;
  HttpClient client([&](HttpOutcome finished) {
    outcome = std::move(finished);
    done = true;
  });
  HttpRequest request;
  request.id = 1;
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/echo";
  request.body = "secret";
  request.ca_file = folder.file("cert.pem");
  client.post(std::move(request));
  ASSERT_TRUE(rig::comes_true(patience, [&] { return done.load(); }));
  ASSERT_TRUE(outcome.answer.has_value()) << outcome.answer.error().message;
  EXPECT_EQ(outcome.answer->body, "POST secret");
}

}  // namespace
}  // namespace sensors
