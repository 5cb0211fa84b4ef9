// RequestReader makes requests of the bytes of one connection, one after another, with what RFC 9112 asks beyond
// Boost.Beast. What comes before its turn waits in its buffer. Private to the adapter. On the event loop; never blocks.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "common/adapters/http_server/request_rules.hpp"

namespace boost::system {
class error_code;
}

namespace sensors {

class RequestReader {
 public:
  RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// What is there already, or comes now, is another request.
  void begin();

  // Each gives boost::beast::http::error::need_more until the part is whole; header_limit, body_limit, ... when it is
  // not right.
  boost::system::error_code take_header();
  boost::system::error_code take_body();

  /// Whether something of the request has come; the line end that may stand before one is nothing.
  bool has_begun() const;

  /// Where more bytes go; empty: there are too many of them already. Then took() says how many came.
  std::span<char> space();
  void took(std::size_t bytes);

  /// The client sends no more: end_of_stream, or partial_message when a part of a request has come; else it is whole.
  boost::system::error_code end();

  // ---- of the request whose header is whole ----

  /// Its fields; none of those that may come behind a body in chunks.
  RequestHead head() const;
  bool keeps_alive() const;

  /// What its body takes in memory.
  std::size_t body_bytes() const;
  std::string release_body();

  /// Gives all memory back; no request comes any more.
  void drop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sensors
