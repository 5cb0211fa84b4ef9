#include "common/adapters/http_server/request_reader.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include "common/core/ascii.hpp"

namespace sensors {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t read_ahead_bytes = 16 * 1024;
constexpr std::size_t most_read_bytes = 64 * 1024;

/// A body that takes memory for what has come, not for what its header promises: Beast's own asks for all of that at
/// once, so that a client could have a megabyte for a header.
struct ArrivedBody {
  using value_type = std::string;
  static std::uint64_t size(const value_type& body) { return body.size(); }

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, beast::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& error) {
      error = {};
      for (const auto part : beast::buffers_range_ref(buffers))
        body_.append(static_cast<const char*>(part.data()), part.size());
      return beast::buffer_bytes(buffers);
    }
    void finish(beast::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

}  // namespace

class RequestReader::State {
 public:
  State(std::size_t max_header_bytes, std::size_t max_body_bytes)
      : buffer(max_header_bytes + read_ahead_bytes),
        max_header_bytes_(max_header_bytes),
        max_body_bytes_(max_body_bytes) {}

  void begin() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(max_header_bytes_));
    parser->body_limit(max_body_bytes_);
    lines_ = {};
  }

  /// What is there, by one step: to the header's end, a chunk, ...
  beast::error_code parse() {
    beast::error_code error = http::error::need_more;
    if (buffer.size() == 0) return error;
    const bool is_header = !parser->is_header_done();
    const std::string_view there(static_cast<const char*>(buffer.data().data()), buffer.size());
    if (!parser->got_some() && there.starts_with("\r\n")) {  // RFC 9112 section 2.2: one before a request is no matter
      buffer.consume(2);
      return {};
    }
    const std::size_t taken = parser->put(buffer.data(), error);
    if (is_header && !lines_.take(there.substr(0, taken)) && (!error || error == http::error::need_more))
      error = http::error::bad_line_ending;
    buffer.consume(taken);
    return error;
  }

  beast::flat_buffer buffer;
  std::optional<http::request_parser<ArrivedBody>> parser;

 private:
  const std::size_t max_header_bytes_;
  const std::size_t max_body_bytes_;
  HeadLines lines_;
};

RequestReader::RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : state_(std::make_unique<State>(max_header_bytes, max_body_bytes)) {}
RequestReader::~RequestReader() = default;

void RequestReader::begin() { state_->begin(); }

beast::error_code RequestReader::take_header() {
  beast::error_code error;
  while (!error && !state_->parser->is_header_done()) error = state_->parse();
  return error;
}

beast::error_code RequestReader::take_body() {
  beast::error_code error;
  while (!error && !state_->parser->is_done()) error = state_->parse();
  return error;
}

bool RequestReader::has_begun() const { return state_->parser->got_some(); }

std::span<char> RequestReader::space() {
  const std::size_t bytes = beast::read_size(state_->buffer, most_read_bytes);
  if (bytes == 0) return {};
  return {static_cast<char*>(state_->buffer.prepare(bytes).data()), bytes};
}

void RequestReader::took(std::size_t bytes) { state_->buffer.commit(bytes); }

beast::error_code RequestReader::end() {
  beast::error_code error = http::error::end_of_stream;
  if (state_->parser->got_some()) state_->parser->put_eof(error = {});
  return error;
}

RequestHead RequestReader::head() const {
  const auto& message = state_->parser->get();
  RequestHead head;
  head.method = std::string(message.method_string());
  head.target = std::string(message.target());
  head.version = static_cast<int>(message.version());
  for (const auto& field : message)
    head.headers.emplace_back(lower_ascii(std::string_view(field.name_string())), std::string(field.value()));
  return head;
}

bool RequestReader::keeps_alive() const {
  return state_->parser->get().version() >= 11 && state_->parser->get().keep_alive();
}

std::size_t RequestReader::body_bytes() const { return state_->parser->get().body().capacity(); }

std::string RequestReader::release_body() {
  std::string body = std::move(state_->parser->get().body());
  state_->parser.reset();
  return body;
}

void RequestReader::drop() {
  state_->parser.reset();
  state_->buffer.clear();
  state_->buffer.shrink_to_fit();
}

}  // namespace sensors
