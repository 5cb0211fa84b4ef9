// The certificate of HttpServer, and another one in its place while it runs.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "tests/integration/echo_server.hpp"
#include "tests/rig/certificate.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors {
namespace {

/// A client's connection with TLS that trusts everybody and remembers whom. Blocking, with a deadline of 30 s.
class TlsPeer {
 public:
  explicit TlsPeer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval deadline{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    SSL_set_fd(ssl_.get(), socket_);
    is_connected_ = is_connected_ && SSL_connect(ssl_.get()) == 1;
  }
  ~TlsPeer() { ::close(socket_); }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  /// "CN=first"; empty when there is no connection.
  std::string server() const {
    if (!is_connected_) return "";
    std::array<char, 100> name{};
    X509_NAME_oneline(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())), name.data(), name.size());
    return std::string(name.data()).substr(1);
  }

  /// The first line of the answer to a GET.
  std::string ask() {
    const std::string request = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
    if (!is_connected_ || SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) <= 0) return "";
    std::string answer;
    std::array<char, 4'096> chunk{};
    while (answer.find("GET ") == std::string::npos) {
      const int count = SSL_read(ssl_.get(), chunk.data(), chunk.size());
      if (count <= 0) return "";
      answer.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return answer.substr(0, answer.find('\r'));
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{SSL_new(context_.get()), &SSL_free};
  int socket_;
  bool is_connected_ = false;
};

class HttpCertificate : public ::testing::Test {
 protected:
  HttpCertificate() { rig::make_certificate(folder_, "first"); }

  HttpServerOptions options() const {
    HttpServerOptions options;
    options.certificate_file = folder_.file("cert.pem");
    options.key_file = folder_.file("key.pem");
    return options;
  }

  rig::TempDir folder_{"http-certificate"};
};

TEST_F(HttpCertificate, that_was_renewed_is_taken_without_cutting_a_connection) {
  EchoServer server(options());
  TlsPeer before(server.port());
  EXPECT_EQ(before.server(), "CN=first");
  EXPECT_EQ(before.ask(), "HTTP/1.1 200 OK");
  rig::make_certificate(folder_, "second", 40);
  EXPECT_EQ(TlsPeer(server.port()).server(), "CN=first") << "not before it is told";
  server.read_certificate_again();
  TlsPeer after(server.port());
  EXPECT_EQ(after.server(), "CN=second");
  EXPECT_EQ(after.ask(), "HTTP/1.1 200 OK");
  EXPECT_EQ(before.ask(), "HTTP/1.1 200 OK") << "it goes on with the first";
  const std::vector<Result<WallTime>> said = server.certificates();
  ASSERT_EQ(said.size(), 2U);
  const WallTime now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  EXPECT_LT(abs(*said[0] - now - std::chrono::hours{2 * 24}), std::chrono::minutes{5});
  EXPECT_LT(abs(*said[1] - now - std::chrono::hours{40 * 24}), std::chrono::minutes{5});
}

TEST_F(HttpCertificate, that_is_not_right_is_told_and_the_one_before_stays) {
  EchoServer server(options());
  const std::string certificate = rig::read_file(folder_.file("cert.pem"));
  const std::string key = rig::read_file(folder_.file("key.pem"));
  rig::make_certificate(folder_, "second", 40);
  const std::string other_key = rig::read_file(folder_.file("key.pem"));
  for (const auto& [wrong_certificate, wrong_key] : {std::pair(std::string("no certificate"), key),
                                                     {certificate, std::string()},
                                                     {certificate, other_key},
                                                     {certificate.substr(0, certificate.size() / 2), key}}) {
    folder_.write("cert.pem", wrong_certificate);
    folder_.write("key.pem", wrong_key);
    server.read_certificate_again();
    const Result<WallTime> said = server.certificates().back();
    ASSERT_FALSE(said.has_value());
    EXPECT_NE(said.error().message.find(".pem: "), std::string::npos) << said.error().message;
    TlsPeer peer(server.port());
    EXPECT_EQ(peer.server(), "CN=first");
    EXPECT_EQ(peer.ask(), "HTTP/1.1 200 OK");
  }
  folder_.write("cert.pem", certificate);
  folder_.write("key.pem", key);
  server.read_certificate_again();
  EXPECT_TRUE(server.certificates().back().has_value());
}

TEST_F(HttpCertificate, is_nothing_to_a_server_without_TLS) {
  EchoServer server;
  server.read_certificate_again();
  EXPECT_TRUE(server.certificates().empty());
  EXPECT_EQ(rig::http_get(server.port(), "/echo").status, 200);
}

/// Beside reading, which is always under way, and for longer than a write may take.
TEST_F(HttpCertificate, holds_a_stream_as_plain_HTTP_does) {
  HttpServerOptions quick = options();
  quick.header_timeout = quick.body_timeout = quick.idle_timeout = quick.write_timeout = Millis{300};
  EchoServer server(quick);
  rig::Process::Options command;
  command.name = "curl";
  command.command = {rig::program_path("curl"), "-skN", "--max-time", "60",
                     "https://127.0.0.1:" + std::to_string(server.port()) + "/stream"};
  command.log_file = folder_.file("curl.log");
  rig::Process curl(command);
  curl.start();
  ASSERT_TRUE(rig::comes_true(patience, [&] { return server.streams() == 1; }));
  const Millis begin = rig::monotonic_now();
  for (int i = 0; i < 8; ++i) {
    const std::string text = "alive " + std::to_string(i) + "\n";
    server.stream(text);
    EXPECT_TRUE(rig::comes_true(patience, [&] {
      return rig::read_file(command.log_file).find(text) != std::string::npos &&
             rig::monotonic_now() - begin > i * Millis{150};
    }));
  }
  EXPECT_EQ(server.gone(), 0);
}

}  // namespace
}  // namespace sensors
