#include "common/adapters/http_server/http_socket.hpp"

#include <array>
#include <type_traits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace sensors {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using PlainStream = beast::basic_stream<tcp, asio::io_context::executor_type>;
using TlsStream = beast::ssl_stream<PlainStream>;

/// What the kernel may keep of an answer that its client does not read; it would take megabytes of it.
constexpr int send_buffer_bytes = 64 * 1024;

template <class Stream>
class SocketOf final : public HttpSocket {
 public:
  explicit SocketOf(Stream stream, std::shared_ptr<asio::ssl::context> tls = nullptr)
      : tls_(std::move(tls)), stream_(std::move(stream)) {}

  void handshake(Deadline deadline, Done done) override {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      lowest().expires_at(deadline);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [done = std::move(done)](beast::error_code error) { done(error, 0); });
    } else {
      done({}, 0);
    }
  }

  // The time of an operation that is under way stays as it is: expires_at() is for those that begin.
  void read_some(std::span<char> into, Deadline deadline, Done done) override {
    lowest().expires_at(deadline);
    stream_.async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
  }

  void write_some(std::string_view first, std::string_view second, Deadline deadline, Done done) override {
    const std::array both{asio::buffer(first), asio::buffer(second)};
    lowest().expires_at(deadline);
    stream_.async_write_some(both, std::move(done));
  }

  void end_writing() override {
    beast::error_code ignored;
    lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  void close() override {
    beast::error_code ignored;
    lowest().socket().shutdown(tcp::socket::shutdown_both, ignored);
    lowest().close();
  }

 private:
  PlainStream& lowest() { return beast::get_lowest_layer(stream_); }

  std::shared_ptr<asio::ssl::context> tls_;  // shared: the server's, as it was when this was accepted
  Stream stream_;
};

}  // namespace

std::unique_ptr<HttpSocket> make_http_socket(asio::io_context& context, std::shared_ptr<asio::ssl::context> tls,
                                             int descriptor, bool is_v6) {
  PlainStream stream(context);
  beast::error_code error;
  stream.socket().assign(is_v6 ? tcp::v6() : tcp::v4(), descriptor, error);
  if (error) return nullptr;
  stream.socket().set_option(tcp::no_delay(true), error);
  stream.socket().set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), error);
  if (tls == nullptr) return std::make_unique<SocketOf<PlainStream>>(std::move(stream));
  TlsStream encrypted(std::move(stream), *tls);
  return std::make_unique<SocketOf<TlsStream>>(std::move(encrypted), std::move(tls));
}

}  // namespace sensors
