// HttpServer on a real event loop, with clients good and bad.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "common/adapters/http_client/http_client.hpp"
#include "tests/integration/echo_server.hpp"
#include "tests/rig/certificate.hpp"
#include "tests/rig/programs.hpp"

namespace sensors {
namespace {

using rig::HttpPeer;
using rig::HttpReplyText;

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

TEST(HttpServer, ends_a_kept_connection_that_is_slow_with_its_next_header_as_it_does_a_new_one) {
  HttpServerOptions options;
  options.header_timeout = Millis{200};
  options.idle_timeout = 10 * patience;
  EchoServer server(options);
  HttpPeer peer(server.port());
  const std::string whole = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
  peer.send(whole);
  ASSERT_EQ(peer.read_reply(patience).status, 200);
  EXPECT_FALSE(peer.ends_within(Millis{500})) << "idle is not slow";
  peer.send("\r\n");
  EXPECT_FALSE(peer.ends_within(Millis{500})) << "a line end before a request is none";
  peer.send(whole + "GET /ec");
  ASSERT_EQ(peer.read_reply(patience).status, 200);
  EXPECT_TRUE(peer.ends_within(patience));
  EXPECT_TRUE(rig::comes_true(patience, [&] { return server.counters().timed_out == 1; }));
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

TEST(HttpServer, lets_a_stream_live_longer_than_any_of_its_deadlines) {
  HttpServerOptions options;
  options.header_timeout = options.body_timeout = options.idle_timeout = options.write_timeout = Millis{100};
  EchoServer server(options);
  HttpPeer peer(server.port());
  peer.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(peer.read_until("first\n", patience).has_value());
  peer.send("this means nothing");  // the next read begins after a write
  for (int i = 0; i < 10; ++i) {
    server.stream("alive\n");
    ASSERT_EQ(peer.read_until("alive\n", patience), "alive\n");
    EXPECT_FALSE(peer.ends_within(Millis{50}));
  }
  EXPECT_EQ(server.gone(), 0);
  EXPECT_EQ(server.counters().timed_out, 0U);
}

TEST(HttpServer, cuts_off_a_stream_whose_client_takes_nothing_for_a_while) {
  HttpServerOptions options;
  options.write_timeout = Millis{200};
  options.max_stream_bytes = 64 * 1024 * 1024;
  EchoServer server(options);
  HttpPeer peer(server.port());
  peer.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(peer.read_until("first\n", patience).has_value());
  server.stream(std::string(16 * 1024 * 1024, 'x'));  // beyond what the kernel buffers
  EXPECT_TRUE(rig::comes_true(patience, [&] { return server.gone() == 1; }));
  EXPECT_EQ(server.counters().timed_out, 1U);
  EXPECT_EQ(server.counters().slow_streams, 0U);
}

TEST(HttpServer, begins_a_stream_with_more_than_one_may_be_behind) {
  HttpServerOptions options;
  options.max_stream_bytes = 3;  // "first" is longer
  EchoServer server(options);
  HttpPeer peer(server.port());
  peer.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(peer.read_until("first\n", patience).has_value());
  EXPECT_EQ(server.counters().slow_streams, 0U);
}

TEST(HttpServer, gives_no_answer_that_it_has_no_memory_for_and_takes_it_from_who_does_not_read) {
  HttpServerOptions options;
  options.max_buffered_bytes = 3 * EchoServer::large_bytes;
  EchoServer server(options);
  std::vector<HttpPeer> peers;
  const auto ask = [&] {
    peers.emplace_back(server.port());
    peers.back().send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  };
  for (int i = 0; i < 3; ++i) ask();
  EXPECT_TRUE(
      rig::comes_true(patience, [&] { return server.counters().buffered_bytes > 2 * EchoServer::large_bytes; }));
  const HttpReplyText reply = rig::http_get(server.port(), "/large");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  EXPECT_LE(server.counters().buffered_bytes, options.max_buffered_bytes);
  EXPECT_EQ(rig::http_get(server.port(), "/echo").status, 200) << "small answers are always given";
  EXPECT_TRUE(rig::comes_true(Millis{60'000}, [&] { return rig::http_get(server.port(), "/large").status == 200; }))
      << "those who read nothing give their memory up";
  EXPECT_GE(server.counters().evicted, 1U);
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
  rig::make_certificate(folder, "localhost", 2, "IP:127.0.0.1");
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
