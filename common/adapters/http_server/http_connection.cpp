// One request at a time:
//
//   handshake (TLS) -> header -> body -> with the Logic -> answer -> header ...   keep-alive
//                                                       -> stream: chunks until either side ends it
//
// In `header` and `body` the connection is in HttpServerState::reading and may be evicted; with the Logic and in a
// stream it is in `waiting`. Each operation holds the connection; close() makes it end with an error.
#include "common/adapters/http_server/http_connection.hpp"

#include <array>
#include <cctype>
#include <ctime>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>

namespace sensors {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t read_ahead_bytes = 16 * 1024;
constexpr std::size_t most_read_bytes = 64 * 1024;
constexpr std::size_t sink_bytes = 64 * 1024;
constexpr std::size_t most_lingered_bytes = 4 * 1024 * 1024;
constexpr std::chrono::seconds linger{2};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// RFC 9110 section 5.6.7.
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

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

std::string_view reason_of(int status) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return {reason.data(), reason.size()};
}

/// An answer's first lines; the empty line is for the caller.
std::string head_of(int status, const WebHeaders& headers) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", status, reason_of(status), http_date());
  for (const auto& [name, value] : headers) head += fmt::format("{}: {}\r\n", name, value);
  return head;
}

/// Where all connections put input that means nothing. Of the loop's thread.
std::span<char> sink() {
  static std::array<char, sink_bytes> bytes;
  return bytes;
}

class Connection : public HttpConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::unique_ptr<HttpSocket> socket, std::string client, std::shared_ptr<HttpServerState> state)
      : socket_(std::move(socket)),
        client_(std::move(client)),
        state_(std::move(state)),
        buffer_(state_->options.max_header_bytes + read_ahead_bytes) {
    ++state_->counters.open;
  }
  ~Connection() override {
    release_bytes();
    --state_->counters.open;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() override {
    enter_reading();
    socket_->expire_after(state_->options.header_timeout);
    socket_->handshake(bound(&Connection::on_handshake));
  }

  void respond(WebResponse response) override {
    head_ = head_of(response.status, response.headers);
    if (!keeps_alive_) head_ += "Connection: close\r\n";
    if (response.status != 204 && response.status != 304)  // RFC 9110 section 8.6
      head_ += fmt::format("Content-Length: {}\r\n", response.body.size());
    head_ += "\r\n";
    hold_bytes(response.body.size());
    body_ = is_head_ ? "" : std::move(response.body);
    socket_->expire_after(state_->options.write_timeout);
    socket_->write(head_, body_, bound(&Connection::on_answered));
  }

  void begin_stream(WebStreamBegin stream) override {
    is_stream_ = true;
    send(std::make_shared<const std::string>(head_of(200, stream.headers) + "Connection: close\r\n\r\n"));
    watch_end();
  }

  void send(const std::shared_ptr<const std::string>& text) override {
    if (!is_stream_ || is_closed_) return;
    if (unsent_bytes_ + text->size() > state_->options.max_stream_bytes) {
      ++state_->counters.slow_streams;
      return lose_stream();
    }
    unsent_bytes_ += text->size();
    hold_bytes(text->size());
    unsent_.push_back(text);
    if (unsent_.size() == 1) write_next();
  }

  void end_stream() override {
    is_ending_ = true;
    if (unsent_.empty()) close();
  }

  void close() override {
    if (std::exchange(is_closed_, true)) return;
    leave_reading();
    socket_->close();
  }

 private:
  using Handler = void (Connection::*)(beast::error_code);

  HttpSocket::Done bound(Handler handler) {
    return [self = shared_from_this(), handler](auto error, std::size_t) { (self.get()->*handler)(error); };
  }

  void enter_reading() {
    reading_since_ = ++state_->last_id;
    state_->reading.emplace(reading_since_, shared_from_this());
  }
  void leave_reading() {
    if (reading_since_ != 0) state_->reading.erase(std::exchange(reading_since_, 0));
  }

  void hold_bytes(std::size_t bytes) {
    held_bytes_ += bytes;
    state_->counters.buffered_bytes += bytes;
  }
  void release_bytes() { state_->counters.buffered_bytes -= std::exchange(held_bytes_, 0); }

  void on_handshake(beast::error_code error) {
    if (error) return fail_reading(error);
    read_header();
  }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(state_->options.max_header_bytes));
    parser_->body_limit(state_->options.max_body_bytes);
    take_header({});
  }

  void take_header(beast::error_code error) {
    while (!error && !parser_->is_header_done()) error = parse();
    if (error == http::error::need_more) return read_more(&Connection::take_header);
    if (error) return fail_reading(error);
    is_head_ = parser_->get().method() == http::verb::head;
    keeps_alive_ = parser_->get().keep_alive();
    socket_->expire_after(state_->options.body_timeout);
    if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return take_body({});
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    socket_->write(go_on, {}, bound(&Connection::take_body));
  }

  void take_body(beast::error_code error) {
    while (!error && !parser_->is_done()) error = parse();
    if (error && error != http::error::need_more) return fail_reading(error);
    const std::size_t bytes = parser_->get().body().capacity();
    if (bytes > held_bytes_) hold_bytes(bytes - held_bytes_);
    if (state_->counters.buffered_bytes > state_->options.max_buffered_bytes) {
      ++state_->counters.overloaded;
      return refuse(503, "too many requests are being taken; try again in a moment");
    }
    if (parser_->is_done()) return hand_over();
    read_more(&Connection::take_body);
  }

  /// What is there, by one step: to the header's end, a chunk, ...
  beast::error_code parse() {
    beast::error_code error = http::error::need_more;
    if (buffer_.size() > 0) buffer_.consume(parser_->put(buffer_.data(), error));
    return error;
  }

  void read_more(Handler next) {
    const std::size_t space = beast::read_size(buffer_, most_read_bytes);
    if (space == 0) return fail_reading(http::error::buffer_overflow);
    const auto take = [self = shared_from_this(), next](beast::error_code error, std::size_t bytes) {
      self->buffer_.commit(bytes);
      if (error == asio::error::eof && self->parser_->got_some()) self->parser_->put_eof(error = {});
      (self.get()->*next)(error);
    };
    socket_->read_some({static_cast<char*>(buffer_.prepare(space).data()), space}, take);
  }

  void hand_over() {
    const std::shared_ptr<HttpConnection> self = shared_from_this();
    leave_reading();
    socket_->never_expire();
    http::request<ArrivedBody> message = parser_->release();
    WebRequest request;
    request.id = id_ = ++state_->last_id;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message)
      request.headers.emplace_back(lower(std::string_view(field.name_string())), std::string(field.value()));
    request.body = std::move(message.body());
    request.client = client_;
    request.server = state_->counters;
    state_->waiting.emplace(id_, self);
    if (state_->callbacks.on_request && state_->callbacks.on_request(std::move(request))) return;
    state_->waiting.erase(id_);
    ++state_->counters.overloaded;
    refuse(503, "too many requests are waiting; try again in a moment");
  }

  void on_answered(beast::error_code error) {
    release_bytes();
    head_ = {};
    body_ = {};
    if (error) return fail_reading(error);
    if (is_refusing_) return start_lingering();
    if (!keeps_alive_) return close();
    enter_reading();
    socket_->expire_after(state_->options.idle_timeout);
    read_header();
  }

  void fail_reading(beast::error_code error) {
    WebServerFigures& counters = state_->counters;
    if (is_closed_) return;
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      ++counters.too_large;
      return refuse(431, "the request's header is too large");
    }
    if (error == http::error::body_limit) {
      ++counters.too_large;
      return refuse(413, fmt::format("the request's body is larger than {} bytes", state_->options.max_body_bytes));
    }
    const bool is_http = error.category() == http::make_error_code(http::error::bad_method).category();
    if (is_http && error != http::error::end_of_stream && error != http::error::partial_message) {
      ++counters.malformed;
      return refuse(400, "this is not HTTP/1.1: " + error.message());
    }
    if (error == beast::error::timeout) ++counters.timed_out;
    close();
  }

  /// An answer of the server's own, after which the connection ends. What was taken of the request goes at once: the
  /// connection lingers.
  void refuse(int status, const std::string& detail) {
    leave_reading();
    parser_.reset();
    buffer_.clear();
    buffer_.shrink_to_fit();
    release_bytes();
    is_refusing_ = true;
    keeps_alive_ = false;
    WebResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "application/problem+json"}};
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    response.body = fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":"{}"}})", reason_of(status),
                                status, detail);
    respond(std::move(response));
  }

  /// What the client is still sending is taken for a moment: a reset would make it miss the answer.
  void start_lingering() {
    socket_->end_writing();
    socket_->expire_after(linger);
    lingered_bytes_ = 0;
    drop_input();
  }

  void drop_input() {
    socket_->read_some(sink(), [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
      self->lingered_bytes_ += bytes;
      if (!error && self->lingered_bytes_ < most_lingered_bytes) return self->drop_input();
      self->is_stream_ ? self->lose_stream() : self->close();
    });
  }

  // ---- streams ----

  /// Whatever a client sends on a stream means nothing; that it ends does.
  void watch_end() {
    lingered_bytes_ = 0;
    drop_input();
  }

  void write_next() {
    socket_->expire_after(state_->options.write_timeout);
    socket_->write(*unsent_.front(), {}, bound(&Connection::on_sent));
  }

  void on_sent(beast::error_code error) {
    if (is_closed_) return;
    if (error) {
      if (error == beast::error::timeout) ++state_->counters.timed_out;
      return lose_stream();
    }
    unsent_bytes_ -= unsent_.front()->size();
    state_->counters.buffered_bytes -= unsent_.front()->size();
    held_bytes_ -= unsent_.front()->size();
    unsent_.pop_front();
    if (!unsent_.empty()) return write_next();
    socket_->never_expire();
    if (is_ending_) close();
  }

  void lose_stream() {
    if (is_closed_) return;
    close();
    if (state_->waiting.erase(id_) != 0 && state_->callbacks.on_gone) state_->callbacks.on_gone(WebGone{id_});
  }

  std::unique_ptr<HttpSocket> socket_;
  std::string client_;
  std::shared_ptr<HttpServerState> state_;  // shared: the server and its connections
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<ArrivedBody>> parser_;
  std::string head_;  // of the answer being written
  std::string body_;
  std::uint64_t reading_since_ = 0;  // its key in `reading`; 0: not there
  std::uint64_t id_ = 0;             // of the request
  std::size_t held_bytes_ = 0;       // its part of buffered_bytes
  bool is_head_ = false;
  bool keeps_alive_ = false;
  bool is_refusing_ = false;
  bool is_closed_ = false;

  bool is_stream_ = false;
  bool is_ending_ = false;
  std::deque<std::shared_ptr<const std::string>> unsent_;  // shared: the same text goes to all streams
  std::size_t unsent_bytes_ = 0;
  std::size_t lingered_bytes_ = 0;
};

}  // namespace

std::shared_ptr<HttpConnection> make_http_connection(std::unique_ptr<HttpSocket> socket, std::string client,
                                                     std::shared_ptr<HttpServerState> state) {
  return std::make_shared<Connection>(std::move(socket), std::move(client), std::move(state));
}

}  // namespace sensors
