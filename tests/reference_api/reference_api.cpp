#include "tests/reference_api/reference_api.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "common/codec/gunzip.hpp"

namespace sensors {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Json = nlohmann::json;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t most_body_bytes = 16 * 1024 * 1024;
constexpr std::size_t huge_answer_bytes = 2 * 1024 * 1024;

/// What becomes of a request: an answer, later or never, or a cut connection.
struct Reaction {
  std::optional<Response> response;  // nothing: no answer
  std::chrono::milliseconds delay{0};
  bool cut = false;
  bool endless = false;  // 200, and a body that goes on and on
};

Response answer(unsigned status, std::string body, const char* content_type = "application/json") {
  Response response{static_cast<http::status>(status), 11};
  response.set(http::field::content_type, content_type);
  response.body() = std::move(body);
  return response;
}

Response error_answer(unsigned status, const std::string& message) {
  return answer(status, Json{{"error", message}}.dump());
}

bool is_status(const std::string& mode) {
  return mode.size() == 3 && mode[0] >= '2' && mode[0] <= '5' &&
         std::all_of(mode.begin(), mode.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Json to_json(const ApiStats& stats) {
  return {{"received", stats.received},
          {"unique", stats.unique},
          {"duplicates", stats.duplicates},
          {"gaps", stats.gaps},
          {"gap_numbers", stats.gap_numbers},
          {"requests", stats.requests},
          {"repeated_requests", stats.repeated_requests}};
}

/// The API's behaviour, without connections. The server's thread.
class Service {
 public:
  Service(ApiStore store, std::string token) : store_(std::move(store)), token_(std::move(token)) {}

  Reaction react(const Request& request) {
    const std::string_view target(request.target().data(), request.target().size());
    if (target == "/stats" && request.method() == http::verb::get) return {stats_answer()};
    if (target == "/fault" && request.method() == http::verb::post) return {take_fault(request.body())};
    if (target == "/rules" && request.method() == http::verb::post) return {take_rules(request.body())};
    if (target == "/v1/readings" && request.method() == http::verb::post) return take_readings(request);
    return {error_answer(404, "there is POST /v1/readings, GET /stats, POST /fault and POST /rules")};
  }

  void set_fault(const ApiFault& fault) { fault_ = fault; }
  void set_rules(const ApiRules& rules) { rules_ = rules; }
  Result<ApiStats> stats() { return store_.stats(); }
  std::uint64_t arrivals() const { return arrivals_; }

 private:
  Response stats_answer() {
    const Result<ApiStats> stats = store_.stats();
    if (!stats.has_value()) return error_answer(500, stats.error().message);
    Json json = to_json(*stats);
    json["arrivals"] = arrivals_.load();
    return answer(200, json.dump());
  }

  Response take_fault(const std::string& body) {
    try {
      const Json json = Json::parse(body);
      ApiFault fault;
      fault.mode = json.at("mode");
      fault.count = json.value("count", fault.count);
      fault.retry_after = json.value("retry_after", fault.retry_after);
      fault.delay_ms = json.value("delay_ms", fault.delay_ms);
      static const std::set<std::string> modes{
          "none", "hang",   "hang_after_store", "slow", "reset", "reset_after_store", "wrong_content_type",
          "huge", "endless"};
      if (!modes.contains(fault.mode) && !is_status(fault.mode)) return error_answer(400, "unknown mode " + fault.mode);
      set_fault(fault);
      return answer(200, "{}");
    } catch (const Json::exception& error) {
      return error_answer(400, error.what());
    }
  }

  Response take_rules(const std::string& body) {
    try {
      const Json json = Json::parse(body);
      ApiRules rules;
      rules.sensors = json.value("sensors", rules.sensors);
      rules.max_rows = json.value("max_rows", rules.max_rows);
      rules.status = json.value("status", rules.status);
      rules.lists = json.value("lists", rules.lists);
      rules.replays = json.value("replays", rules.replays);
      set_rules(rules);
      return answer(200, "{}");
    } catch (const Json::exception& error) {
      return error_answer(400, error.what());
    }
  }

  ApiFault next_fault() {
    ApiFault fault = fault_;
    if (fault.count == 0) return {};
    if (fault_.count > 0) --fault_.count;
    return fault;
  }

  Reaction take_readings(const Request& request) {
    ++arrivals_;
    const ApiFault fault = next_fault();
    if (fault.mode == "hang") return {};
    if (fault.mode == "reset") return {.response = std::nullopt, .delay = {}, .cut = true};
    if (fault.mode == "endless") return {.response = std::nullopt, .delay = {}, .cut = false, .endless = true};
    if (fault.mode == "huge") return {answer(200, std::string(huge_answer_bytes, ' '))};
    if (fault.mode == "wrong_content_type") return {answer(200, "<html>Log in to the network</html>", "text/html")};
    if (is_status(fault.mode)) {
      Response response = error_answer(static_cast<unsigned>(std::stoi(fault.mode)), "told to fail");
      if (fault.retry_after >= 0) response.set(http::field::retry_after, std::to_string(fault.retry_after));
      return {std::move(response)};
    }
    Response response = store(request);
    if (fault.mode == "hang_after_store") return {};
    if (fault.mode == "reset_after_store") return {.response = std::nullopt, .delay = {}, .cut = true};
    return {std::move(response), std::chrono::milliseconds{fault.mode == "slow" ? fault.delay_ms : 0}};
  }

  Response store(const Request& request) {
    if (!token_.empty() && request[http::field::authorization] != "Bearer " + token_)
      return error_answer(401, "bad token");
    const std::string key(request["Idempotency-Key"]);
    if (key.empty()) return error_answer(400, "no Idempotency-Key");
    std::string body = request.body();
    if (request[http::field::content_encoding] == "gzip") {
      Result<std::string> plain = gunzip(body, most_body_bytes);
      if (!plain.has_value()) return error_answer(400, plain.error().message);
      body = std::move(*plain);
    }
    if (const auto refused = refusals_.find(key); rules_.replays && refused != refusals_.end()) return refused->second;
    std::vector<Json> rejected;
    if (!store_.knows(key)) {  // what it has it does not refuse
      try {
        if (std::optional<Response> refusal = apply_rules(body, rejected); refusal.has_value()) {
          refusals_.emplace(key, *refusal);
          return std::move(*refusal);
        }
      } catch (const Json::exception& error) {
        return error_answer(400, error.what());
      }
    }
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    Result<std::string> taken =
        store_.take(key, body, std::chrono::duration_cast<std::chrono::microseconds>(wall).count());
    if (taken.has_value() && !rejected.empty()) return answer(207, Json{{"rejected", rejected}}.dump());
    if (taken.has_value()) return answer(200, *taken);
    return error_answer(taken.error().code == ErrorCode::malformed ? 400 : 500, taken.error().message);
  }

  /// The refusal of the whole batch, or nothing: then `body` is without the readings that are in `rejected`.
  std::optional<Response> apply_rules(std::string& body, std::vector<Json>& rejected) const {
    if (rules_.sensors.empty() && rules_.max_rows == 0) return std::nullopt;
    Json document = Json::parse(body);
    Json kept = Json::array();
    for (const Json& row : document.at("readings")) {
      if (!rules_.sensors.contains(row.at("sensor"))) {
        kept.push_back(row);
        continue;
      }
      rejected.push_back({{"stream", row.at("stream")}, {"seq", row.at("seq")}, {"reason", "sensor not known"}});
    }
    if (rules_.max_rows > 0 && document.at("readings").size() > rules_.max_rows) return error_answer(413, "too many");
    if (rejected.empty()) return std::nullopt;
    if (!rules_.lists) {
      return answer(rules_.status, Json{{"title", "Bad reading"}, {"detail", "sensor not known"}}.dump(),
                    "application/problem+json");
    }
    document["readings"] = std::move(kept);
    body = document.dump();
    return std::nullopt;
  }

  ApiStore store_;
  const std::string token_;
  ApiFault fault_;
  ApiRules rules_;
  std::map<std::string, Response> refusals_;  // by key
  std::atomic<std::uint64_t> arrivals_ = 0;
};

/// One connection; lives as long as a handler of its own is waiting (shared by those handlers), or the server does.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Service& service)
      : stream_(std::move(socket)), timer_(stream_.get_executor()), service_(service) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(most_body_bytes);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->react();
    });
  }

 private:
  void react() {
    Reaction reaction = service_.react(parser_->get());
    if (reaction.cut) return cut();
    if (reaction.endless) return write_without_end();
    if (!reaction.response.has_value()) return wait_for_the_end();
    response_ = std::move(*reaction.response);
    response_.keep_alive(parser_->get().keep_alive());
    response_.prepare_payload();
    if (reaction.delay.count() == 0) return write();
    timer_.expires_after(reaction.delay);
    timer_.async_wait([self = shared_from_this()](beast::error_code error) {
      if (!error) self->write();
    });
  }

  void write() {
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  void write_without_end() {
    static const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    asio::async_write(stream_, asio::buffer(head), [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->write_more();
    });
  }

  void write_more() {
    static const std::string blanks(1'000, ' ');
    timer_.expires_after(std::chrono::milliseconds{1});
    timer_.async_wait([self = shared_from_this()](beast::error_code cancelled) {
      if (cancelled) return;
      asio::async_write(self->stream_, asio::buffer(blanks), [self](beast::error_code error, std::size_t) {
        if (!error) self->write_more();
      });
    });
  }

  /// Never answers: until the other side hangs up.
  void wait_for_the_end() {
    stream_.async_read_some(asio::buffer(&ignored_, 1),
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) self->wait_for_the_end();
                            });
  }

  void cut() {
    beast::error_code ignored;
    stream_.socket().set_option(asio::socket_base::linger(true, 0), ignored);  // close() sends a reset
    stream_.socket().close(ignored);
  }

  beast::tcp_stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Response response_;
  Service& service_;
  char ignored_ = 0;
};

}  // namespace

class ReferenceApi::Server {
 public:
  Server(ApiStore store, const ReferenceApiOptions& options)
      : service_(std::move(store), options.token),
        acceptor_(context_, tcp::endpoint(asio::ip::make_address_v4(options.address), options.port)) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Server() {
    context_.stop();
    thread_.join();
  }

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::uint64_t arrivals() const { return service_.arrivals(); }

  /// Runs `work` on the server's thread and waits for it.
  template <class Work>
  auto on_thread(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    asio::post(context_, [&task] { task(); });
    return result.get();
  }

  Service& service() { return service_; }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (!error) {
        beast::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        std::make_shared<Connection>(std::move(socket), service_)->read();
      }
      accept();
    });
  }

  Service service_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

Result<std::unique_ptr<ReferenceApi>> ReferenceApi::start(const ReferenceApiOptions& options) {
  TRY_ASSIGN(ApiStore store, ApiStore::open(options.database));
  try {
    return std::unique_ptr<ReferenceApi>(new ReferenceApi(std::make_unique<Server>(std::move(store), options)));
  } catch (const boost::system::system_error& error) {
    return fail(ErrorCode::io,
                "listen on " + options.address + ":" + std::to_string(options.port) + ": " + error.what());
  }
}

ReferenceApi::ReferenceApi(std::unique_ptr<Server> server) : server_(std::move(server)) {}
ReferenceApi::~ReferenceApi() = default;

std::uint16_t ReferenceApi::port() const { return server_->port(); }
std::string ReferenceApi::url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/v1/readings"; }
std::uint64_t ReferenceApi::arrivals() const { return server_->arrivals(); }

ApiStats ReferenceApi::stats() {
  return server_->on_thread([this] {
    const Result<ApiStats> stats = server_->service().stats();
    return stats.has_value() ? *stats : ApiStats{};
  });
}

void ReferenceApi::set_fault(const ApiFault& fault) {
  server_->on_thread([this, fault] { server_->service().set_fault(fault); });
}

void ReferenceApi::set_rules(const ApiRules& rules) {
  server_->on_thread([this, rules] { server_->service().set_rules(rules); });
}

}  // namespace sensors
