// RequestReader makes requests of the bytes of one connection, one after another, with what RFC 9112 asks beyond
// Boost.Beast. What comes before its turn waits in its buffer. Private to the adapter. On the event loop; never blocks.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include "common/adapters/http_server/arrived_body.hpp"
#include "common/adapters/http_server/request_rules.hpp"

namespace sensors {

class RequestReader {
 public:
  RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes);

  /// What is there already, or comes now, is another request.
  void begin();

  // Each gives boost::beast::http::error::need_more until the part is whole; header_limit, body_limit, ... when it is
  // not right.
  boost::beast::error_code take_header();
  boost::beast::error_code take_body();

  /// Where more bytes go; empty: there are too many of them already. Then took() says how many came.
  std::span<char> space();
  void took(std::size_t bytes);

  /// The client sends no more: end_of_stream, or partial_message when a part of a request has come; else it is whole.
  boost::beast::error_code end();

  // ---- of the request whose header is whole ----

  /// Its fields; none of those that may come behind a body in chunks.
  RequestHead head() const;
  bool keeps_alive() const;

  /// What its body takes in memory.
  std::size_t body_bytes() const { return parser_->get().body().capacity(); }
  std::string release_body();

  /// Gives all memory back; no request comes any more.
  void drop();

 private:
  boost::beast::error_code parse();

  std::size_t max_header_bytes_;
  std::size_t max_body_bytes_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<ArrivedBody>> parser_;
  HeadLines lines_;
};

}  // namespace sensors
