// HttpClient against the real reference API, and the ways in which a server or the way to it can be bad.
#include "common/adapters/http_client/http_client.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "tests/integration/waiting_client.hpp"
#include "tests/reference_api/reference_api.hpp"
#include "tests/rig/certificate.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/temp_dir.hpp"
#include "tests/rig/wait.hpp"

namespace sensors {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr Millis short_timeout{300};

const char* const one_reading =
    R"({"store":"s","destination":"api","first":1,"last":1,"remaining":0,"readings":[{"node":"n","stream":"abc","seq":1,)"
    R"("sensor":"a","value":1.5,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"}],"gaps":[]})";

class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override {
    auto api = ReferenceApi::start({.token = "secret", .database = folder_.file("api.db")});
    ASSERT_TRUE(api.has_value()) << api.error().message;
    api_ = std::move(*api);
  }

  HttpRequest request(const std::string& key = "s:api:1-1") const {
    HttpRequest request;
    request.id = 1;
    request.url = api_->url();
    request.headers = {"Content-Type: application/json", "Authorization: Bearer secret", "Idempotency-Key: " + key};
    request.body = one_reading;
    return request;
  }

  HttpOutcome post(HttpRequest request) { return client_.post(std::move(request)); }

  ErrorCode error_of(HttpRequest request) {
    const HttpOutcome outcome = post(std::move(request));
    if (outcome.answer.has_value()) {
      ADD_FAILURE() << "answered " << outcome.answer->status;
      return ErrorCode::invalid;
    }
    EXPECT_EQ(outcome.answer.error().message.find("secret"), std::string::npos);
    return outcome.answer.error().code;
  }

  rig::TempDir folder_{"http-client"};
  std::unique_ptr<ReferenceApi> api_;
  WaitingClient client_;
};

TEST_F(HttpClientTest, delivers_a_plain_body) {
  const HttpOutcome outcome = post(request());
  ASSERT_TRUE(outcome.answer.has_value()) << outcome.answer.error().message;
  EXPECT_EQ(outcome.answer->status, 200);
  EXPECT_EQ(outcome.answer->content_type, "application/json");
  EXPECT_EQ(api_->stats().unique, 1U);
}

TEST_F(HttpClientTest, delivers_a_gzip_body_and_the_same_key_only_once) {
  for (int i = 0; i < 2; ++i) {
    HttpRequest packed = request();
    packed.gzip = true;
    const HttpOutcome outcome = post(packed);
    ASSERT_TRUE(outcome.answer.has_value()) << outcome.answer.error().message;
    EXPECT_EQ(outcome.answer->status, 200) << outcome.answer->body;
    EXPECT_EQ(outcome.answer->body, R"({"accepted":1,"duplicates":0})");
  }
  EXPECT_EQ(api_->stats().repeated_requests, 1U);
  EXPECT_EQ(api_->stats().duplicates, 0U);
}

TEST_F(HttpClientTest, the_api_counts_a_reading_under_another_key_as_a_duplicate) {
  post(request("s:api:1-1"));
  post(request("s:api:2-2"));
  EXPECT_EQ(api_->stats().unique, 1U);
  EXPECT_EQ(api_->stats().duplicates, 1U);
}

TEST_F(HttpClientTest, any_status_is_an_answer) {
  api_->set_fault({"503", 1, 17, 0});
  const HttpOutcome outcome = post(request());
  ASSERT_TRUE(outcome.answer.has_value());
  EXPECT_EQ(outcome.answer->status, 503);
  EXPECT_EQ(outcome.answer->retry_after, "17");
  api_->set_fault({"302"});
  EXPECT_EQ(post(request()).answer->status, 302);
  api_->set_fault({});
  HttpRequest wrong_token = request();
  wrong_token.headers[1] = "Authorization: Bearer wrong";
  EXPECT_EQ(post(wrong_token).answer->status, 401);
}

TEST_F(HttpClientTest, gives_up_on_an_api_that_hangs) {
  api_->set_fault({"hang"});
  HttpRequest hanging = request();
  hanging.total_timeout = short_timeout;
  EXPECT_EQ(error_of(hanging), ErrorCode::timeout);
}

TEST_F(HttpClientTest, waits_for_an_api_that_is_slow) {
  api_->set_fault({"slow", -1, -1, 200});
  const HttpOutcome outcome = post(request());
  ASSERT_TRUE(outcome.answer.has_value());
  EXPECT_GE(outcome.took, Millis{200});
}

TEST_F(HttpClientTest, tells_a_refused_connection) {
  HttpRequest nowhere = request();
  nowhere.url = "http://127.0.0.1:" + std::to_string(rig::free_port()) + "/";
  EXPECT_EQ(error_of(nowhere), ErrorCode::refused);
}

/// A port where connections are made, up to `backlog` + 1 of them, and nobody ever says anything.
class SilentPort {
 public:
  explicit SilentPort(int backlog) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, generic, size), 0);
    EXPECT_EQ(::listen(socket_, backlog), 0);
    EXPECT_EQ(::getsockname(socket_, generic, &size), 0);
    number_ = ntohs(address.sin_port);
  }
  ~SilentPort() { ::close(socket_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  std::string url(const std::string& scheme) const { return scheme + "://127.0.0.1:" + std::to_string(number_) + "/"; }

 private:
  int socket_;
  int number_ = 0;
};

TEST_F(HttpClientTest, tells_a_connection_that_nobody_takes_from_an_answer_that_does_not_come) {
  const SilentPort full(0);
  HttpRequest first = request();
  first.url = full.url("http");
  first.connect_timeout = short_timeout;
  first.total_timeout = 2 * short_timeout;
  EXPECT_EQ(error_of(first), ErrorCode::timeout) << "connected";
  std::optional<ErrorCode> code;  // the kernel has room for one or two more
  for (int i = 0; i < 4 && code != ErrorCode::unreachable; ++i) code = error_of(first);
  EXPECT_EQ(code, ErrorCode::unreachable);
}

TEST_F(HttpClientTest, tells_a_handshake_that_does_not_end) {
  const SilentPort silent(5);
  HttpRequest secure = request();
  secure.url = silent.url("https");
  secure.connect_timeout = short_timeout;
  EXPECT_EQ(error_of(secure), ErrorCode::tls);
}

TEST_F(HttpClientTest, gives_up_on_an_answer_that_does_not_end) {
  api_->set_fault({"endless"});
  HttpRequest endless = request();
  endless.total_timeout = short_timeout;
  EXPECT_EQ(error_of(endless), ErrorCode::timeout);
  endless.total_timeout = patience;
  EXPECT_EQ(error_of(endless), ErrorCode::too_large);
  EXPECT_EQ(api_->stats().unique, 0U);
}

TEST_F(HttpClientTest, tells_a_host_name_that_does_not_resolve) {
  HttpRequest nowhere = request();
  nowhere.url = "http://no-such-host.invalid/";
  nowhere.connect_timeout = patience;
  nowhere.total_timeout = patience;
  EXPECT_EQ(error_of(nowhere), ErrorCode::unresolved);
}

TEST_F(HttpClientTest, tells_a_connection_that_is_cut) {
  api_->set_fault({"reset"});
  EXPECT_EQ(error_of(request()), ErrorCode::disconnected);
}

TEST_F(HttpClientTest, the_retry_after_a_cut_answer_stores_nothing_twice) {
  api_->set_fault({"reset_after_store", 1});
  EXPECT_EQ(error_of(request()), ErrorCode::disconnected);
  EXPECT_EQ(post(request()).answer->status, 200);
  EXPECT_EQ(api_->stats().unique, 1U);
  EXPECT_EQ(api_->stats().duplicates, 0U);
}

TEST_F(HttpClientTest, refuses_an_answer_that_is_too_large) {
  api_->set_fault({"huge"});
  EXPECT_EQ(error_of(request()), ErrorCode::too_large);
}

TEST_F(HttpClientTest, speaks_http_and_https_only) {
  HttpRequest local = request();
  local.url = "file:///etc/hostname";
  EXPECT_EQ(error_of(local), ErrorCode::io);
}

TEST_F(HttpClientTest, refuses_a_certificate_of_an_unknown_authority_and_takes_it_when_it_is_named) {
  rig::make_certificate(folder_, "localhost", 2, "DNS:localhost");
  const std::string certificate = folder_.file("cert.pem");
  const std::string key = folder_.file("key.pem");
  const std::uint16_t port = rig::free_port();
  rig::Process server(
      {"s_server",
       {"/usr/bin/openssl", "s_server", "-www", "-accept", std::to_string(port), "-cert", certificate, "-key", key},
       {},
       folder_.file("s_server.log"),
       ""});
  server.start();
  rig::wait_until("the TLS server listens", Millis{10'000}, folder_, [&] { return rig::accepts_connections(port); });

  HttpRequest secure = request();
  secure.url = "https://localhost:" + std::to_string(port) + "/";
  EXPECT_EQ(error_of(secure), ErrorCode::tls);
  secure.ca_file = certificate;
  secure.total_timeout = Millis{2'000};
  const HttpOutcome outcome = post(secure);
  // s_server answers a GET with a page and a POST with silence or a page: past the handshake either way.
  EXPECT_TRUE(outcome.answer.has_value() || outcome.answer.error().code != ErrorCode::tls);
  HttpRequest other_name = secure;
  other_name.url = "https://127.0.0.1:" + std::to_string(port) + "/";
  EXPECT_EQ(error_of(other_name), ErrorCode::tls);
}

TEST_F(HttpClientTest, answers_each_of_many_requests) {
  for (int i = 1; i <= 50; ++i) {
    const HttpOutcome outcome = post(request("s:api:" + std::to_string(i) + "-" + std::to_string(i)));
    ASSERT_TRUE(outcome.answer.has_value());
    ASSERT_EQ(outcome.answer->status, 200);
  }
  EXPECT_EQ(api_->arrivals(), 50U);
}

TEST_F(HttpClientTest, ends_in_bounded_time_while_a_request_hangs) {
  api_->set_fault({"hang"});
  bool had_outcome = false;
  {
    HttpClient client([&had_outcome](HttpOutcome) { had_outcome = true; });
    client.post(request());
    ASSERT_TRUE(rig::comes_true(Millis{10'000}, [this] { return api_->arrivals() == 1; }));
  }
  EXPECT_FALSE(had_outcome);
}

}  // namespace
}  // namespace sensors
