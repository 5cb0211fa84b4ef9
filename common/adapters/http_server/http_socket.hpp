// HttpSocket is a client's connected socket, with TLS or without, behind one type: what Asio and Boost.Beast make of
// the two takes a compiler half a minute wherever it is used. Private to the adapter. On the event loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio
namespace boost::system {
class error_code;
}

namespace sensors {

class HttpSocket {
 public:
  /// Of an operation; `bytes` were read or written.
  using Done = std::function<void(const boost::system::error_code& error, std::size_t bytes)>;

  /// When an operation ends with boost::beast::error::timeout. Reading and writing go on side by side, each with its
  /// own.
  using Deadline = std::chrono::steady_clock::time_point;
  static constexpr Deadline never = Deadline::max();

  virtual ~HttpSocket() = default;

  /// TLS's; without TLS `done` is called at once.
  virtual void handshake(Deadline deadline, Done done) = 0;

  /// At least one byte, or an error: boost::asio::error::eof, ...
  virtual void read_some(std::span<char> into, Deadline deadline, Done done) = 0;

  /// At least one byte of `first` and then `second`, which must stay until `done`; not both are empty.
  virtual void write_some(std::string_view first, std::string_view second, Deadline deadline, Done done) = 0;

  /// The other side reads the end of what was written.
  virtual void end_writing() = 0;

  /// Operations under way end with an error.
  virtual void close() = 0;
};

/// Takes over the connected socket `descriptor`, unless nullptr is returned; TLS when there is a `tls`, which the
/// socket shares with the server and those that were accepted with it.
std::unique_ptr<HttpSocket> make_http_socket(boost::asio::io_context& context,
                                             std::shared_ptr<boost::asio::ssl::context> tls, int descriptor,
                                             bool is_v6);

}  // namespace sensors
