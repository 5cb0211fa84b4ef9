// One request at a time:
//
//   handshake (TLS) -> header -> body -> with the service -> answer -> header ...   keep-alive
//                                                         -> stream: pieces until either side ends it
//
// With the service a connection is in HttpServerState::waiting, and so is a stream. Else, and while a stream has
// something unsent, it is the client's turn, and the connection may have to give way to others. Each operation holds
// the connection; close() makes it end with an error.
#include "common/adapters/http_server/http_connection.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>

#include "common/adapters/http_server/answer_head.hpp"
#include "common/adapters/http_server/request_reader.hpp"
#include "common/adapters/http_server/request_rules.hpp"

namespace sensors {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t sink_bytes = 64 * 1024;
constexpr std::size_t most_lingered_bytes = 4 * 1024 * 1024;
constexpr std::chrono::seconds linger{2};

/// Answers up to this size are always given: whoever is refused must hear why.
constexpr std::size_t small_bytes = 16 * 1024;

/// Requests with such a body are always taken: most have none.
constexpr std::size_t tiny_bytes = 1024;

/// What the kernels of both sides take of an answer that its client does not read, about.
constexpr std::int64_t kernel_bytes = 192 * 1024;

/// Everybody begins with that much: a new client is quick for some seconds.
constexpr double head_start_bytes = 32 * 1024;

/// A client that takes its answer more slowly than this is cut off: it would take it for hours.
constexpr double least_write_rate = 512;  // bytes/s

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
        reader_(state_->options.max_header_bytes, state_->options.max_body_bytes) {
    state_->open.insert(this);
    ++state_->counters.open;
  }
  ~Connection() override { leave(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() override {
    begin_turn();
    deadline_ = Clock::now() + state_->options.header_timeout;
    socket_->handshake(deadline_, bound(&Connection::on_handshake));
  }

  void respond(WebResponse response) override {
    if (is_closed_) return;
    if (is_safe_ && response.body.size() > small_bytes && !state_->make_room(response.body.size())) {
      ++state_->counters.overloaded;
      response = own_answer(503, "too many answers are being sent; try again in a moment");
    }
    std::string head = answer_head(response.status, response.headers);
    if (!keeps_alive_) head += "Connection: close\r\n";
    if (response.status != 204 && response.status != 304)  // RFC 9110 section 8.6
      head += fmt::format("Content-Length: {}\r\n", response.body.size());
    push(std::make_shared<const std::string>(head + "\r\n"));
    if (!is_head_ && !response.body.empty()) push(std::make_shared<const std::string>(std::move(response.body)));
    begin_turn(kernel_bytes);
    write(&Connection::on_answered);
  }

  void begin_stream(WebStreamBegin stream) override {
    if (stream.text.size() > small_bytes && !state_->make_room(stream.text.size())) {
      const std::shared_ptr<HttpConnection> self = shared_from_this();
      if (state_->waiting.erase(id_) != 0 && state_->callbacks.on_gone) state_->callbacks.on_gone(WebGone{id_});
      ++state_->counters.overloaded;
      return respond(own_answer(503, "too many answers are being sent; try again in a moment"));
    }
    is_stream_ = true;
    keeps_alive_ = false;
    watch_end();
    most_unsent_bytes_ = state_->options.max_stream_bytes + stream.text.size();
    push(std::make_shared<const std::string>(answer_head(200, stream.headers) + "Connection: close\r\n\r\n"));
    push(std::make_shared<const std::string>(std::move(stream.text)));
    begin_turn(kernel_bytes);
    write(&Connection::on_all_sent);
  }

  void send(const std::shared_ptr<const std::string>& text) override {
    if (!is_stream_ || is_closed_ || text->empty()) return;
    if (unsent_bytes_ + text->size() > most_unsent_bytes_) {
      ++state_->counters.slow_streams;
      return close();
    }
    const bool is_idle = unsent_.empty();
    push(text);
    if (!is_idle) return;
    begin_turn(kernel_bytes);
    write(&Connection::on_all_sent);
  }

  void end_stream() override {
    is_ending_ = true;
    if (unsent_.empty()) close();
  }

  std::optional<double> progress(TimePoint now) const override {
    if (!turn_began_.has_value()) return std::nullopt;
    const std::chrono::duration<double> taken = now - *turn_began_ + std::chrono::milliseconds{1};
    return (head_start_bytes + static_cast<double>(std::max<std::int64_t>(moved_bytes_, 0))) / taken.count();
  }

  std::size_t held_bytes() const override { return held_bytes_; }

  void close() override {
    if (is_closed_) return;
    leave();
    socket_->close();
    // The last: it may be the end of this.
    if (is_stream_ && state_->waiting.erase(id_) != 0 && state_->callbacks.on_gone)
      state_->callbacks.on_gone(WebGone{id_});
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Handler = void (Connection::*)(beast::error_code);

  /// `unseen_bytes`: the first that move say nothing of the client.
  void begin_turn(std::int64_t unseen_bytes = 0) {
    turn_began_ = Clock::now();
    moved_bytes_ = -unseen_bytes;
  }

  void leave() {
    if (std::exchange(is_closed_, true)) return;
    hold_bytes(0);
    state_->open.erase(this);
    --state_->counters.open;
  }

  void hold_bytes(std::size_t bytes) {
    state_->counters.buffered_bytes += bytes - held_bytes_;
    held_bytes_ = bytes;
  }

  // ---- requests ----

  HttpSocket::Done bound(Handler handler) {
    return [self = shared_from_this(), handler](auto error, std::size_t) { (self.get()->*handler)(error); };
  }

  void on_handshake(beast::error_code error) {
    if (error) return fail_reading(error);
    read_header();
  }

  void read_header() {
    reader_.begin();
    is_head_ = false;
    take_header({});
  }

  void take_header(beast::error_code error) {
    if (!error) error = reader_.take_header();
    if (error == http::error::need_more) {
      if (is_idle_ && reader_.has_begun()) end_idling();
      return read_more(&Connection::take_header);
    }
    if (error) return fail_reading(error);
    head_ = reader_.head();
    keeps_alive_ = reader_.keeps_alive();
    is_head_ = head_.method == "HEAD";
    is_safe_ = is_head_ || head_.method == "GET";
    if (std::optional<HeadRefusal> refusal = check(head_); refusal.has_value()) {
      ++state_->counters.malformed;
      return refuse(refusal->status, refusal->detail);
    }
    deadline_ = Clock::now() + state_->options.body_timeout;
    if (!wants_continue(head_)) return take_body({});
    push(std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n"));
    write(&Connection::take_body);
  }

  void end_idling() {
    is_idle_ = false;
    deadline_ = Clock::now() + state_->options.header_timeout;
  }

  void take_body(beast::error_code error) {
    if (!error) error = reader_.take_body();
    if (error && error != http::error::need_more) return fail_reading(error);
    const std::size_t bytes = reader_.body_bytes();
    const bool has_room = bytes <= tiny_bytes || bytes <= held_bytes_ || state_->make_room(bytes - held_bytes_);
    if (is_closed_) return;  // it was this one that gave way
    if (!has_room) {
      ++state_->counters.overloaded;
      return refuse(503, "too many requests are being taken; try again in a moment");
    }
    if (bytes > held_bytes_) hold_bytes(bytes);
    if (!error) return hand_over();
    read_more(&Connection::take_body);
  }

  void read_more(Handler next) {
    const std::span<char> space = reader_.space();
    if (space.empty()) return fail_reading(http::error::buffer_overflow);
    socket_->read_some(space, deadline_, [self = shared_from_this(), next](beast::error_code error, std::size_t bytes) {
      if (self->is_closed_) return;
      self->moved_bytes_ += static_cast<std::int64_t>(bytes);
      self->reader_.took(bytes);
      (self.get()->*next)(error == asio::error::eof ? self->reader_.end() : error);
    });
  }

  void hand_over() {
    const std::shared_ptr<HttpConnection> self = shared_from_this();
    turn_began_.reset();
    WebRequest request;
    request.id = id_ = ++state_->last_id;
    request.method = std::move(head_.method);
    request.target = std::move(head_.target);
    request.headers = std::move(head_.headers);
    request.body = reader_.release_body();
    request.client = client_;
    request.server = state_->counters;
    state_->waiting.emplace(id_, self);
    if (state_->callbacks.on_request && state_->callbacks.on_request(std::move(request))) return;
    state_->waiting.erase(id_);
    ++state_->counters.overloaded;
    refuse(503, "too many requests are waiting; try again in a moment");
  }

  void on_answered(beast::error_code error) {
    if (error) return fail_reading(error);
    hold_bytes(0);
    if (is_refusing_) return start_lingering();
    if (!keeps_alive_) return close();
    begin_turn();
    is_idle_ = true;
    deadline_ = Clock::now() + state_->options.idle_timeout;
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
    reader_.drop();
    hold_bytes(0);
    is_refusing_ = true;
    keeps_alive_ = false;
    respond(own_answer(status, detail));
  }

  /// What the client is still sending is taken for a moment: a reset would make it miss the answer.
  void start_lingering() {
    socket_->end_writing();
    deadline_ = Clock::now() + linger;
    lingered_bytes_ = 0;
    drop_input();
  }

  void drop_input() {
    socket_->read_some(sink(), deadline_, [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
      self->lingered_bytes_ += bytes;
      const bool is_writers_end = error == asio::error::operation_aborted && !self->unsent_.empty();
      if (is_writers_end) return;  // a write that takes too long ends both, and says so
      if (error || self->is_closed_ || self->lingered_bytes_ >= most_lingered_bytes) return self->close();
      self->drop_input();
    });
  }

  // ---- writing ----

  void push(std::shared_ptr<const std::string> text) {
    if (text->empty()) return;
    unsent_bytes_ += text->size();
    hold_bytes(held_bytes_ + text->size());
    unsent_.push_back(std::move(text));
  }

  /// Writes all that is unsent, and what is pushed meanwhile; then `next`. A write may take as long as it makes
  /// progress.
  void write(Handler next) {
    next_ = next;
    write_on();
  }

  void write_on() {
    const std::string_view first = std::string_view(*unsent_.front()).substr(sent_of_first_);
    const std::string_view second = unsent_.size() > 1 ? std::string_view(*unsent_[1]) : std::string_view{};
    socket_->write_some(
        first, second, Clock::now() + state_->options.write_timeout,
        [self = shared_from_this()](beast::error_code error, std::size_t bytes) { self->on_written(error, bytes); });
  }

  void on_written(beast::error_code error, std::size_t bytes) {
    if (is_closed_) return;
    moved_bytes_ += static_cast<std::int64_t>(bytes);
    for (sent_of_first_ += bytes; !unsent_.empty() && sent_of_first_ >= unsent_.front()->size(); unsent_.pop_front()) {
      sent_of_first_ -= unsent_.front()->size();
      unsent_bytes_ -= unsent_.front()->size();
      hold_bytes(held_bytes_ - unsent_.front()->size());
    }
    if (!error && unsent_.empty()) return (this->*next_)({});
    if (!error && is_crawling()) error = beast::error::timeout;
    if (!error) return write_on();
    if (error == beast::error::timeout) ++state_->counters.timed_out;
    close();
  }

  /// Of an answer: a stream that is slow falls behind.
  bool is_crawling() const {
    const TimePoint now = Clock::now();
    return !is_stream_ && turn_began_.has_value() && now - *turn_began_ > state_->options.write_timeout &&
           progress(now) < least_write_rate;
  }

  // ---- streams ----

  /// Whatever a client sends on a stream means nothing; that it ends does.
  void watch_end() {
    deadline_ = HttpSocket::never;
    lingered_bytes_ = 0;
    drop_input();
  }

  void on_all_sent(beast::error_code) {
    turn_began_.reset();
    if (is_ending_) close();
  }

  std::unique_ptr<HttpSocket> socket_;
  std::string client_;
  std::shared_ptr<HttpServerState> state_;  // shared: the server and its connections
  RequestReader reader_;
  RequestHead head_;                                       // of the request being read
  HttpSocket::Deadline deadline_{};                        // of what is read
  std::optional<TimePoint> turn_began_;                    // the client's; nothing: the service's
  std::int64_t moved_bytes_ = 0;                           // by the client, since then
  std::uint64_t id_ = 0;                                   // of the request
  std::size_t held_bytes_ = 0;                             // its part of buffered_bytes
  std::deque<std::shared_ptr<const std::string>> unsent_;  // shared: the same text goes to all streams
  std::size_t unsent_bytes_ = 0;
  std::size_t sent_of_first_ = 0;
  Handler next_ = nullptr;  // when nothing is unsent
  bool is_head_ = false;
  bool is_safe_ = false;  // to ask again changes nothing; else the answer must come: it says what was done
  bool keeps_alive_ = false;
  bool is_idle_ = false;  // kept, and nothing of the next request has come
  bool is_refusing_ = false;
  bool is_closed_ = false;

  bool is_stream_ = false;
  bool is_ending_ = false;
  std::size_t most_unsent_bytes_ = 0;
  std::size_t lingered_bytes_ = 0;
};

}  // namespace

std::shared_ptr<HttpConnection> make_http_connection(std::unique_ptr<HttpSocket> socket, std::string client,
                                                     std::shared_ptr<HttpServerState> state) {
  return std::make_shared<Connection>(std::move(socket), std::move(client), std::move(state));
}

}  // namespace sensors
