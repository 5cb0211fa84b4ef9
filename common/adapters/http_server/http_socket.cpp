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

template <class Stream>
class SocketOf final : public HttpSocket {
 public:
  explicit SocketOf(Stream stream) : stream_(std::move(stream)) {}

  void handshake(Done done) override {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [done = std::move(done)](beast::error_code error) { done(error, 0); });
    } else {
      done({}, 0);
    }
  }

  void read_some(std::span<char> into, Done done) override {
    stream_.async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
  }

  void write(std::string_view head, std::string_view body, Done done) override {
    const std::array both{asio::buffer(head), asio::buffer(body)};
    asio::async_write(stream_, both, std::move(done));
  }

  void expire_after(std::chrono::milliseconds time) override { lowest().expires_after(time); }
  void never_expire() override { lowest().expires_never(); }

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

  Stream stream_;
};

}  // namespace

std::unique_ptr<HttpSocket> make_http_socket(asio::io_context& context, asio::ssl::context* tls, int descriptor,
                                             bool is_v6) {
  PlainStream stream(context);
  beast::error_code error;
  stream.socket().assign(is_v6 ? tcp::v6() : tcp::v4(), descriptor, error);
  if (error) return nullptr;
  stream.socket().set_option(tcp::no_delay(true), error);
  if (tls == nullptr) return std::make_unique<SocketOf<PlainStream>>(std::move(stream));
  return std::make_unique<SocketOf<TlsStream>>(TlsStream(std::move(stream), *tls));
}

}  // namespace sensors
