// HttpClient against a server that says what no decent one would, and when none would: over plain TCP and over TLS.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "common/adapters/http_client/gzip.hpp"
#include "common/adapters/http_client/http_client.hpp"
#include "tests/integration/waiting_client.hpp"
#include "tests/rig/certificate.hpp"
#include "tests/rig/temp_dir.hpp"
#include "tests/rig/wait.hpp"

namespace sensors {
namespace {

/// One connection at a time. Reads each request to its end, and sends what the test has put in place for it.
class OddServer {
 public:
  /// `certificate` and `key`: PEM files; empty: no TLS.
  OddServer(const std::string& certificate, const std::string& key)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listening_, generic, size), 0);
    EXPECT_EQ(::listen(listening_, 16), 0);
    EXPECT_EQ(::getsockname(listening_, generic, &size), 0);
    url_ = (certificate.empty() ? "http" : "https") + std::string("://localhost:") +
           std::to_string(ntohs(address.sin_port)) + "/";
    if (!certificate.empty()) {
      tls_ = SSL_CTX_new(TLS_server_method());
      EXPECT_EQ(SSL_CTX_use_certificate_file(tls_, certificate.c_str(), SSL_FILETYPE_PEM), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey_file(tls_, key.c_str(), SSL_FILETYPE_PEM), 1);
    }
    thread_ = std::thread([this] { run(); });
  }

  ~OddServer() {
    ::shutdown(listening_, SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      if (socket_ != -1) ::shutdown(socket_, SHUT_RDWR);
    }
    thread_.join();
    ::close(listening_);
    if (tls_ != nullptr) SSL_CTX_free(tls_);
  }

  OddServer(const OddServer&) = delete;
  OddServer& operator=(const OddServer&) = delete;

  const std::string& url() const { return url_; }
  int connections() const { return connections_; }

  /// To the next request; `early`: as soon as its first bytes are there.
  void answers(std::string text, bool early = false) {
    const std::lock_guard lock(mutex_);
    answers_.push_back({std::move(text), early});
  }

  /// On the open connection, although nobody asks.
  void says(const std::string& text) {
    const std::lock_guard lock(mutex_);
    ASSERT_NE(socket_, -1);
    send(text);
  }

 private:
  struct Answer {
    std::string text;
    bool early;
  };

  void run() {
    while (true) {
      const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket == -1) return;
      ++connections_;
      SSL* tls = nullptr;
      if (tls_ != nullptr) {
        tls = SSL_new(tls_);
        SSL_set_fd(tls, socket);
        SSL_accept(tls);
      }
      {
        const std::lock_guard lock(mutex_);
        socket_ = socket;
        session_ = tls;
      }
      while (serve()) {
      }
      const std::lock_guard lock(mutex_);
      if (tls != nullptr) SSL_free(tls);
      ::close(socket_);
      socket_ = -1;
    }
  }

  /// False at the end of the connection.
  bool serve() {
    std::string request;
    std::size_t wanted = std::string::npos;
    bool is_answered = false;
    while (request.size() < wanted) {
      std::array<char, 65536> bytes{};
      const auto got = session_ != nullptr ? SSL_read(session_, bytes.data(), bytes.size())
                                           : static_cast<int>(::recv(socket_, bytes.data(), bytes.size(), 0));
      if (got <= 0) return false;
      request.append(bytes.data(), static_cast<std::size_t>(got));
      const std::size_t header = request.find("\r\n\r\n");
      const std::size_t length = request.find("Content-Length: ");
      if (header == std::string::npos || length == std::string::npos) continue;
      wanted = header + 4 + std::stoul(request.substr(length + 16));
      if (!is_answered) is_answered = answer(true);
    }
    if (!is_answered) answer(false);
    return true;
  }

  bool answer(bool early) {
    const std::lock_guard lock(mutex_);
    if (answers_.empty() || (early && !answers_.front().early)) return false;
    send(answers_.front().text);
    answers_.pop_front();
    return true;
  }

  void send(const std::string& text) {
    if (session_ != nullptr) {
      SSL_write(session_, text.data(), static_cast<int>(text.size()));
    } else {
      ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }

  int listening_;
  std::string url_;
  SSL_CTX* tls_ = nullptr;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::deque<Answer> answers_;
  int socket_ = -1;
  SSL* session_ = nullptr;
  std::thread thread_;
};

std::string answer(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string in_chunks(const std::string& body) {
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx", body.size());
  return "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size.data()) + "\r\n" + body +
         "\r\n0\r\n\r\n";
}

/// Over plain TCP, and over TLS.
class OddServerTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    if (GetParam()) {
      rig::make_certificate(folder_, "localhost", 2, "DNS:localhost");
      certificate_ = folder_.file("cert.pem");
    }
    server_.emplace(certificate_, GetParam() ? folder_.file("key.pem") : "");
  }

  HttpOutcome post(const std::string& body = "[]") {
    HttpRequest request;
    request.id = 1;
    request.url = server_->url();
    request.body = body;
    request.ca_file = certificate_;
    request.total_timeout = Millis{5'000};
    return client_.post(std::move(request));
  }

  /// The answer that a post gets, which must be one.
  HttpAnswer answered(const std::string& body = "[]") {
    HttpOutcome outcome = post(body);
    if (outcome.answer.has_value()) return *outcome.answer;
    ADD_FAILURE() << outcome.answer.error().message;
    return {};
  }

  rig::TempDir folder_{"odd-server"};
  std::string certificate_;
  std::optional<OddServer> server_;
  WaitingClient client_;
};

TEST_P(OddServerTest, keeps_its_connection_while_all_is_well) {
  for (int i = 0; i < 20; ++i) {
    server_->answers(i % 2 == 0 ? answer(200, "{}") : in_chunks("{}"));
    const HttpAnswer got = answered();
    EXPECT_EQ(got.status, 200);
    EXPECT_FALSE(got.is_early || got.has_more);
  }
  EXPECT_EQ(server_->connections(), 1);
}

TEST_P(OddServerTest, an_answer_that_waits_on_a_kept_connection_is_not_the_next_one) {
  server_->answers(answer(200, "{}"));
  EXPECT_EQ(answered().status, 200);
  server_->says(answer(200, "{}"));
  rig::comes_true(Millis{50}, [] { return false; });  // it crosses the loopback interface
  server_->answers(answer(500, "no"));
  EXPECT_EQ(answered().status, 500);
  EXPECT_EQ(server_->connections(), 2);
}

TEST_P(OddServerTest, an_answer_glued_to_another_is_told_and_is_not_the_next_one) {
  const std::vector<std::string> firsts{answer(200, "{}"), in_chunks("{}"), "HTTP/1.1 204 x\r\n\r\n", answer(200, ""),
                                        answer(200, std::string(30'000, ' '))};
  for (const std::string& first : firsts) {
    server_->answers(first + answer(200, "{}"));
    const HttpAnswer got = answered();
    EXPECT_TRUE(got.has_more || first.size() > 10'000) << first;
    server_->answers(answer(500, "no"));
    EXPECT_EQ(answered().status, 500) << first;
  }
}

TEST_P(OddServerTest, a_body_longer_than_it_says_is_told) {
  server_->answers(answer(200, "{}") + "{}");
  const HttpAnswer got = answered();
  EXPECT_EQ(got.body, "{}");
  EXPECT_TRUE(got.has_more);
}

TEST_P(OddServerTest, interim_answers_are_none) {
  server_->answers("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 x\r\nLink: </x>\r\n\r\n" + answer(500, "no"));
  const HttpAnswer got = answered();
  EXPECT_EQ(got.status, 500);
  EXPECT_FALSE(got.has_more);
}

TEST_P(OddServerTest, keeps_type_and_wait_in_any_case_and_without_blanks) {
  server_->answers(answer(503, "no", "content-TYPE:  text/html \r\nRetry-After:\t120\r\n"));
  const HttpAnswer got = answered();
  EXPECT_EQ(got.content_type, "text/html");
  EXPECT_EQ(got.retry_after, "120");
  server_->answers(answer(503, "no"));
  const HttpAnswer none = answered();
  EXPECT_EQ(none.content_type, "") << "the one before is forgotten";
  EXPECT_FALSE(none.retry_after.has_value());
}

TEST_P(OddServerTest, what_an_interim_answer_or_a_trailer_says_does_not_count) {
  server_->answers("HTTP/1.1 103 Early\r\nRetry-After: 5\r\nContent-Type: text/html\r\n\r\n" + answer(503, "no"));
  HttpAnswer got = answered();
  EXPECT_FALSE(got.retry_after.has_value());
  EXPECT_EQ(got.content_type, "");
  server_->answers("HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nRetry-After: 5\r\n\r\n");
  got = answered();
  EXPECT_EQ(got.body, "no");
  EXPECT_FALSE(got.retry_after.has_value());
}

TEST_P(OddServerTest, of_a_header_that_comes_twice_the_last_counts) {
  server_->answers(answer(503, "no", "Retry-After: 5\r\nContent-Type: a\r\nRetry-After: 7\r\nContent-Type: b\r\n"));
  const HttpAnswer got = answered();
  EXPECT_EQ(got.retry_after, "7");
  EXPECT_EQ(got.content_type, "b");
}

TEST_P(OddServerTest, a_header_is_one_line_of_bounded_length) {
  server_->answers(answer(200, "{}",
                          "Content-Type: a\x01"
                          "b\x1b[2J\xff" +
                              std::string(10'000, 'c') + "\r\n"));
  const std::string type = answered().content_type;
  EXPECT_TRUE(type.starts_with("a b [2J?ccc")) << type;
  EXPECT_EQ(type.size(), 200U);
}

TEST_P(OddServerTest, an_answer_before_the_request_is_sent_is_told) {
  server_->answers(answer(200, "{}"), true);
  const HttpAnswer got = answered(std::string(8 * 1024 * 1024, ' '));
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.is_early);
}

TEST_P(OddServerTest, undoes_the_codings_that_it_offers) {
  const std::string packed = *gzip(R"({"rejected":[]})");
  server_->answers(answer(200, packed, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(answered().body, R"({"rejected":[]})");
  server_->answers(answer(200, packed, "Content-Encoding: X-GZIP\r\n"));
  EXPECT_EQ(answered().body, R"({"rejected":[]})");
}

TEST_P(OddServerTest, a_coding_that_is_not_known_is_a_failure_that_says_so) {
  server_->answers(answer(200, "{}", "Content-Encoding: rot13\r\n"));
  const HttpOutcome outcome = post();
  ASSERT_FALSE(outcome.answer.has_value());
  EXPECT_NE(outcome.answer.error().message.find("content coding"), std::string::npos) << outcome.answer.error().message;
  server_->answers(answer(200, "not packed", "Content-Encoding: gzip\r\n"));
  EXPECT_FALSE(post().answer.has_value());
}

TEST_P(OddServerTest, nothing_that_is_packed_is_nothing) {
  const std::string zlib("\x78\x9c\x03\x00\x00\x00\x00\x01", 8);
  for (const auto& [coding, packed] : {std::pair("gzip", *gzip("")), std::pair("deflate", zlib)}) {
    server_->answers(answer(200, packed, std::string("Content-Encoding: ") + coding + "\r\n"));
    EXPECT_EQ(answered().body, "") << coding;
  }
}

TEST_P(OddServerTest, a_packed_answer_that_is_cut_off_is_a_failure) {
  const std::string packed = *gzip(R"({"rejected":[{"stream":"k3","seq":5}]})");
  for (const std::size_t length : {1U, 10U}) {
    server_->answers(answer(200, packed.substr(0, length), "Content-Encoding: gzip\r\n"));
    EXPECT_FALSE(post().answer.has_value()) << length;
  }
  server_->answers(answer(200, packed.substr(0, packed.size() / 2), "Content-Encoding: gzip\r\n"));
  EXPECT_FALSE(answered().body.ends_with("}")) << "nobody can take it for all of it";
}

TEST_P(OddServerTest, an_answer_that_unpacks_without_end_is_given_up) {
  server_->answers(answer(200, *gzip(std::string(64 * 1024 * 1024, ' ')), "Content-Encoding: gzip\r\n"));
  const HttpOutcome outcome = post();
  ASSERT_FALSE(outcome.answer.has_value());
  EXPECT_EQ(outcome.answer.error().code, ErrorCode::too_large);
}

TEST_P(OddServerTest, neither_user_nor_password_is_in_an_error) {
  HttpRequest request;
  request.url = "http://127.0.0.1:1/in?key=hush";
  request.user = "hush";
  request.password = "hush";
  const HttpOutcome outcome = client_.post(std::move(request));
  ASSERT_FALSE(outcome.answer.has_value());
  const std::string& said = outcome.answer.error().message;
  EXPECT_EQ(said.find("hush"), std::string::npos) << said;
  EXPECT_NE(said.find("http://127.0.0.1:1/in?key=..."), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(Over, OddServerTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "tls" : "tcp"; });

}  // namespace
}  // namespace sensors
