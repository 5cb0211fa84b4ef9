#include "common/adapters/http_server/http_server.hpp"

#include <unistd.h>

#include <limits>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/adapters/http_server/http_connection.hpp"
#include "common/adapters/http_server/server_certificate.hpp"

namespace sensors {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCodeOfAsio = boost::system::error_code;

constexpr std::chrono::seconds listen_again_after{5};
constexpr std::chrono::milliseconds accept_again_after{100};  // no descriptors are left, say

ErrorCode code_of(const ErrorCodeOfAsio& error) {
  if (error == asio::error::address_in_use) return ErrorCode::in_use;
  return error == asio::error::access_denied ? ErrorCode::permission : ErrorCode::io;
}

}  // namespace

class HttpServer::Listener : public std::enable_shared_from_this<HttpServer::Listener> {
 public:
  Listener(asio::io_context& context, HttpServerOptions options, HttpServerCallbacks callbacks)
      : state(std::make_shared<HttpServerState>()), context_(context), acceptor_(context), timer_(context) {
    state->options = std::move(options);
    state->callbacks = std::move(callbacks);
  }

  void listen() {
    Result<void> listening = open();
    const bool is_open = listening.has_value();
    std::string trouble = is_open ? "" : listening.error().message;
    if (!is_told_ || trouble != trouble_) {
      is_told_ = true;
      trouble_ = std::move(trouble);
      if (state->callbacks.on_listening) state->callbacks.on_listening(WebListening{std::move(listening)});
    }
    if (is_open) return accept();
    after(listen_again_after, [](Listener& self) { self.listen(); });
  }

  void close() {
    state->callbacks = {};
    ErrorCodeOfAsio ignored;
    acceptor_.close(ignored);
    timer_.cancel();
    const auto waiting = std::exchange(state->waiting, {});  // they are held here while they close
    while (!state->open.empty()) (*state->open.begin())->close();
  }

  /// Connections keep the certificate that they began with.
  void read_certificate_again() {
    if (state->options.certificate_file.empty()) return;
    if (Result<void> taken = take_certificate(); !taken.has_value())
      tell_certificate(tl::unexpected<Error>(std::move(taken.error())));
  }

  const std::shared_ptr<HttpServerState> state;  // shared with the connections

 private:
  Result<void> open() {
    ErrorCodeOfAsio error;
    const std::string where = state->options.address + ":" + std::to_string(state->options.port);
    if (!state->options.certificate_file.empty() && tls_ == nullptr) {
      TRY(take_certificate());
    }
    const asio::ip::address address = asio::ip::make_address(state->options.address, error);
    const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(state->options.port));
    if (!error && acceptor_.is_open()) acceptor_.close(error);
    if (!error) acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(code_of(error), "listen on " + where + ": " + error.message());
    return {};
  }

  Result<void> take_certificate() {
    TRY_ASSIGN(ServerCertificate certificate,
               read_certificate(state->options.certificate_file, state->options.key_file));
    tls_ = std::move(certificate.tls);
    tell_certificate(certificate.expires);
    return {};
  }
  void tell_certificate(Result<WallTime> expires) {
    if (state->callbacks.on_certificate) state->callbacks.on_certificate(WebCertificate{std::move(expires)});
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const ErrorCodeOfAsio& error, tcp::socket socket) {
      if (!self->acceptor_.is_open()) return;
      if (error) return self->after(accept_again_after, [](Listener& listener) { listener.accept(); });
      self->take(std::move(socket));
      self->accept();
    });
  }

  void take(tcp::socket socket) {
    ErrorCodeOfAsio error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    if (error || !make_room()) return;
    const int descriptor = socket.release(error);
    if (error) return;
    ++state->counters.accepted;
    std::unique_ptr<HttpSocket> taken = make_http_socket(context_, tls_, descriptor, peer.address().is_v6());
    if (taken == nullptr) {
      ::close(descriptor);
    } else {
      make_http_connection(std::move(taken), peer.address().to_string(), state)->start();
    }
  }

  /// The one that makes the least progress goes: a flood of slow clients cannot keep a quick one out.
  bool make_room() {
    if (state->counters.open < state->options.max_connections) return true;
    if (state->evict(std::numeric_limits<double>::infinity(), false)) return true;
    ++state->counters.turned_away;
    return false;
  }

  template <class Work>
  void after(std::chrono::milliseconds wait, Work work) {
    timer_.expires_after(wait);
    timer_.async_wait([self = shared_from_this(), work](const ErrorCodeOfAsio& error) {
      if (!error) work(*self);
    });
  }

  asio::io_context& context_;
  std::shared_ptr<asio::ssl::context> tls_;  // shared with the connections
  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  bool is_told_ = false;
  std::string trouble_;
};

HttpServer::HttpServer(EventLoop& loop, HttpServerOptions options, HttpServerCallbacks callbacks)
    : listener_(std::make_shared<Listener>(loop.context(), std::move(options), std::move(callbacks))) {
  listener_->listen();
}

HttpServer::~HttpServer() { listener_->close(); }

void HttpServer::read_certificate_again() { listener_->read_certificate_again(); }

void HttpServer::respond(WebResponse response) {
  const auto node = listener_->state->waiting.extract(response.id);
  if (!node.empty()) node.mapped()->respond(std::move(response));
}

void HttpServer::begin_stream(WebStreamBegin stream) {
  const auto found = listener_->state->waiting.find(stream.id);
  if (found == listener_->state->waiting.end()) return;
  const std::shared_ptr<HttpConnection> connection = found->second;  // it may leave the table
  connection->begin_stream(std::move(stream));
}

void HttpServer::send(const WebStreamData& data) {
  const auto text = std::make_shared<const std::string>(data.text);  // shared by the queues of all its streams
  for (const std::uint64_t id : data.ids) {
    const auto found = listener_->state->waiting.find(id);
    if (found == listener_->state->waiting.end()) continue;
    const std::shared_ptr<HttpConnection> connection = found->second;  // it may leave the table
    connection->send(text);
  }
}

void HttpServer::end_stream(WebStreamEnd stream) {
  const auto node = listener_->state->waiting.extract(stream.id);
  if (!node.empty()) node.mapped()->end_stream();
}

WebServerFigures HttpServer::counters() const { return listener_->state->counters; }

}  // namespace sensors
