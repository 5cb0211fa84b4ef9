// HttpServer takes the requests that RFC 9112 allows, and refuses those that two readers could take for different ones.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/integration/echo_server.hpp"

namespace sensors {
namespace {

using rig::HttpPeer;
using rig::HttpReplyText;

std::string get(const std::string& more) { return "GET /echo HTTP/1.1\r\nHost: x\r\n" + more + "\r\n"; }
std::string post(const std::string& more, const std::string& body) {
  return "POST /echo HTTP/1.1\r\nHost: x\r\n" + more + "\r\n" + body;
}

TEST(HttpRules, refuses_a_request_that_is_not_right_and_ends_the_connection) {
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string chunk = "0\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"a coding and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunk + hidden)},
      {"a length and a coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunk + hidden)},
      {"a coding that is not known and a length", post("Transfer-Encoding: gzip\r\nContent-Length: 0\r\n", hidden)},
      {"a coding that is not known", post("Transfer-Encoding: gzip\r\n", hidden)},
      {"no coding", post("Transfer-Encoding: identity\r\n", hidden)},
      {"an empty coding", post("Transfer-Encoding: \r\n", hidden)},
      {"two codings", post("Transfer-Encoding: gzip, chunked\r\n", chunk + hidden)},
      {"chunked, and again", post("Transfer-Encoding: chunked, chunked\r\n", chunk + hidden)},
      {"chunked in two fields", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunk + hidden)},
      {"chunked before another", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", chunk + hidden)},
      {"chunked in a list", post("Transfer-Encoding: chunked,\r\n", chunk + hidden)},
      {"nearly chunked", post("Transfer-Encoding: xchunked\r\n", chunk + hidden)},
      {"quoted", post("Transfer-Encoding: \"chunked\"\r\n", chunk + hidden)},
      {"a coding in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + hidden},
      {"two lengths", post("Content-Length: 3\r\nContent-Length: 5\r\n", "abcde" + hidden)},
      {"two lengths in a list", post("Content-Length: 3, 5\r\n", "abcde" + hidden)},
      {"a signed length", post("Content-Length: +3\r\n", "abc" + hidden)},
      {"a negative length", post("Content-Length: -3\r\n", "abc" + hidden)},
      {"a length in hex", post("Content-Length: 0x3\r\n", "abc" + hidden)},
      {"a length beyond 64 bits", post("Content-Length: 18446744073709551619\r\n", "abc" + hidden)},
      {"an empty length", post("Content-Length:\r\n", hidden)},
      {"a size of a chunk that is none", post("Transfer-Encoding: chunked\r\n", "x\r\nabc\r\n0\r\n\r\n" + hidden)},
      {"a size of a chunk beyond 64 bits",
       post("Transfer-Encoding: chunked\r\n", "10000000000000003\r\nabc\r\n0\r\n\r\n" + hidden)},
      {"a chunk longer than its size", post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n" + hidden)},
      {"a line that goes on", get("X-Header: a\r\n b\r\n")},
      {"a line that goes on with a tab", get("X-Header: a\r\n\tb\r\n")},
      {"a first line that goes on", "GET /echo HTTP/1.1\r\n Host: x\r\n\r\n"},
      {"a length that goes on", post("Content-Length:\r\n 3\r\n", "abc" + hidden)},
      {"lines that end in LF", "GET /echo HTTP/1.1\nHost: x\n\n"},
      {"a field that ends in LF", get("X-Header: a\nX-Other: b\r\n")},
      {"a CR in a field", get("X-Header: a\rb\r\n")},
      {"a NUL in a field", get(std::string("X-Header: a\0b\r\n", 16))},
      {"a space before the colon", post("Content-Length : 3\r\n", "abc")},
      {"a space before a name", get(" X-Header: a\r\n")},
      {"no colon", get("X-Header\r\n")},
      {"no name", get(": a\r\n")},
      {"no host", "GET /echo HTTP/1.1\r\n\r\n"},
      {"two hosts", get("Host: y\r\n")},
      {"the same host twice", get("host: x\r\n")},
      {"two hosts in HTTP/1.0", "GET /echo HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"},
      {"a host with a path", "GET /echo HTTP/1.1\r\nHost: x/y\r\n\r\n"},
      {"a host with a user", "GET /echo HTTP/1.1\r\nHost: me@x\r\n\r\n"},
      {"two hosts in one", "GET /echo HTTP/1.1\r\nHost: x, y\r\n\r\n"},
      {"a host with a space", "GET /echo HTTP/1.1\r\nHost: x y\r\n\r\n"},
      {"an address with a user", "GET http://me:secret@x/echo HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an address without a host", "GET http:///echo HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a space in the address", "GET /echo /hidden HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"another version", "GET /echo HTTP/2.0\r\nHost: x\r\n\r\n"},
      {"HTTP/0.9", "GET /echo\r\n\r\n"},
  };
  EchoServer server;
  for (const auto& [what, text] : wrong) {
    HttpPeer peer(server.port());
    peer.send(text);
    const HttpReplyText reply = peer.read_reply(patience);
    EXPECT_EQ(reply.status, 400) << what;
    EXPECT_EQ(peer.read_reply(patience).status, 0) << what << ": what is behind it is no request";
  }
  EXPECT_EQ(server.counters().malformed, wrong.size());
}

TEST(HttpRules, takes_what_is_right_whatever_its_case_and_spaces) {
  const std::vector<std::pair<std::string, std::string>> right{
      {"names in capitals", "POST /echo HTTP/1.1\r\nHOST: x\r\nCONTENT-LENGTH: 3\r\n\r\nabc"},
      {"names in small letters", "POST /echo HTTP/1.1\r\nhost:x\r\ncontent-length:3\r\n\r\nabc"},
      {"spaces around values", "POST /echo HTTP/1.1\r\nHost:  x \t\r\nContent-Length: \t3 \r\n\r\nabc"},
      {"the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")},
      {"Chunked", post("TRANSFER-ENCODING: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")},
      {"extensions of chunks and a trailer",
       post("Transfer-Encoding: chunked\r\n", "3;a=b\r\nabc\r\n0\r\nX-Header: no\r\n\r\n")},
      {"an empty line before it", "\r\n" + post("Content-Length: 3\r\n", "abc")},
      {"an empty host", "POST /echo HTTP/1.1\r\nHost:\r\nContent-Length: 3\r\n\r\nabc"},
      {"a port and an address of IPv6", "POST /echo HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 3\r\n\r\nabc"},
      {"HTTP/1.0 without a host", "POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"},
      {"HTTP/1.0 that expects", "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"},
  };
  EchoServer server;
  for (const auto& [what, text] : right) {
    HttpPeer peer(server.port());
    peer.send(text);
    HttpReplyText reply = peer.read_reply(patience);
    EXPECT_EQ(reply.status, 200) << what << ": " << reply.body;
    EXPECT_EQ(reply.body, "POST abc") << what;
    EXPECT_EQ(reply.headers["x-header"], "") << what << ": a trailer is no header";
  }
}

TEST(HttpRules, takes_the_host_of_an_absolute_address) {
  EchoServer server;
  const std::vector<std::pair<std::string, std::string>> addresses{{"http://kitchen.local:8080/echo?a=b", "/echo?a=b"},
                                                                   {"HTTP://kitchen.local:8080/echo", "/echo"},
                                                                   {"Https://kitchen.local:8080?a=b", "/?a=b"},
                                                                   {"http://kitchen.local:8080", "/"}};
  for (const auto& [address, target] : addresses) {
    HttpPeer peer(server.port());
    peer.send("GET " + address + " HTTP/1.1\r\nHost: another\r\n\r\n");
    HttpReplyText reply = peer.read_reply(patience);
    EXPECT_EQ(reply.status, 200) << address;
    EXPECT_EQ(reply.headers["x-host"], "kitchen.local:8080") << address;
    EXPECT_EQ(reply.headers["x-target"], target);
  }
}

TEST(HttpRules, says_417_to_an_expectation_that_it_does_not_know_and_asks_for_no_body_that_is_too_large) {
  HttpServerOptions options;
  options.max_body_bytes = 1'000;
  EchoServer server(options);
  HttpPeer unknown(server.port());
  unknown.send(post("Expect: 200-ok\r\nContent-Length: 3\r\n", ""));
  EXPECT_EQ(unknown.read_reply(patience).status, 417);
  HttpPeer large(server.port());
  large.send(post("Expect: 100-Continue\r\nContent-Length: 1001\r\n", ""));
  EXPECT_EQ(large.read_reply(patience).status, 413);
}

TEST(HttpRules, answers_no_request_that_stands_behind_one_that_is_not_right) {
  EchoServer server;
  HttpPeer peer(server.port());
  peer.send(get("") + get("X-Header: a\r\n b\r\n") + get(""));
  EXPECT_EQ(peer.read_reply(patience).status, 200);
  EXPECT_EQ(peer.read_reply(patience).status, 400);
  EXPECT_EQ(peer.read_reply(patience).status, 0);
}

}  // namespace
}  // namespace sensors
