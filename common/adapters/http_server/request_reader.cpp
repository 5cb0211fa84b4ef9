#include "common/adapters/http_server/request_reader.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/error.hpp>

#include "common/core/ascii.hpp"

namespace sensors {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t read_ahead_bytes = 16 * 1024;
constexpr std::size_t most_read_bytes = 64 * 1024;

}  // namespace

RequestReader::RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : max_header_bytes_(max_header_bytes),
      max_body_bytes_(max_body_bytes),
      buffer_(max_header_bytes + read_ahead_bytes) {}

void RequestReader::begin() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(max_header_bytes_));
  parser_->body_limit(max_body_bytes_);
  lines_ = {};
}

beast::error_code RequestReader::take_header() {
  beast::error_code error;
  while (!error && !parser_->is_header_done()) error = parse();
  return error;
}

beast::error_code RequestReader::take_body() {
  beast::error_code error;
  while (!error && !parser_->is_done()) error = parse();
  return error;
}

/// What is there, by one step: to the header's end, a chunk, ...
beast::error_code RequestReader::parse() {
  beast::error_code error = http::error::need_more;
  if (buffer_.size() == 0) return error;
  const bool is_header = !parser_->is_header_done();
  const std::string_view there(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  if (!parser_->got_some() && there.starts_with("\r\n")) {  // RFC 9112 section 2.2: one before a request is no matter
    buffer_.consume(2);
    return {};
  }
  const std::size_t taken = parser_->put(buffer_.data(), error);
  if (is_header && !lines_.take(there.substr(0, taken)) && (!error || error == http::error::need_more))
    error = http::error::bad_line_ending;
  buffer_.consume(taken);
  return error;
}

std::span<char> RequestReader::space() {
  const std::size_t bytes = beast::read_size(buffer_, most_read_bytes);
  if (bytes == 0) return {};
  return {static_cast<char*>(buffer_.prepare(bytes).data()), bytes};
}

void RequestReader::took(std::size_t bytes) { buffer_.commit(bytes); }

beast::error_code RequestReader::end() {
  beast::error_code error = http::error::end_of_stream;
  if (parser_->got_some()) parser_->put_eof(error = {});
  return error;
}

RequestHead RequestReader::head() const {
  const auto& message = parser_->get();
  RequestHead head;
  head.method = std::string(message.method_string());
  head.target = std::string(message.target());
  head.version = static_cast<int>(message.version());
  for (const auto& field : message)
    head.headers.emplace_back(lower_ascii(std::string_view(field.name_string())), std::string(field.value()));
  return head;
}

bool RequestReader::keeps_alive() const { return parser_->get().version() >= 11 && parser_->get().keep_alive(); }

std::string RequestReader::release_body() {
  std::string body = std::move(parser_->get().body());
  parser_.reset();
  return body;
}

void RequestReader::drop() {
  parser_.reset();
  buffer_.clear();
  buffer_.shrink_to_fit();
}

}  // namespace sensors
