// One thread, one curl multi handle: it sleeps in curl_multi_poll() until a socket moves, a limit passes, or post()
// wakes it. Connections are kept by the multi handle and reused; easy handles are kept and reset.
#include "common/adapters/http_client/http_client.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "common/adapters/http_client/failed_transfer.hpp"
#include "common/adapters/http_client/gzip.hpp"
#include "common/adapters/http_client/open_sockets.hpp"
#include "common/core/printable.hpp"
#include "common/core/url_text.hpp"

namespace sensors {

namespace {

constexpr std::size_t max_idle_handles = 4;
constexpr int idle_poll_ms = 60'000;  // only how often an idle thread looks round; post() and sockets wake it

struct FreeHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One request under way. curl holds pointers into it, so it stays where it is until its handle is removed.
struct Transfer {
  HttpRequest request;
  CURL* easy = nullptr;
  const OpenSockets* sockets = nullptr;
  int socket = -1;  // of the connection that the request goes over, where it is known
  std::unique_ptr<curl_slist, FreeHeaders> headers;
  HttpAnswer answer;
  bool too_large = false;
  bool met_input = false;  // waiting on its connection before it was sent
  bool is_again = false;   // because of that
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

/// Input that curl's TLS has read and not handed out.
bool has_input_in_tls(CURL* easy) {
  const curl_tlssessioninfo* tls = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK || tls == nullptr) return false;
  if (tls->backend != CURLSSLBACKEND_OPENSSL || tls->internals == nullptr) return false;
  return SSL_has_pending(static_cast<const SSL*>(tls->internals)) == 1;
}

/// Just before the request is sent: what waits on its connection cannot be its answer. libcurl 7.88 looks only whether
/// a kept connection has ended. On a new TLS connection the server's session tickets wait.
int on_connection(void* user, char*, char*, int, int local_port) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  transfer.socket = transfer.sockets->with_local_port(local_port);
  long made = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_NUM_CONNECTS, &made);
  const bool is_new = made > 0;
  const bool is_tls = transfer.request.url.starts_with("https:");
  const bool has_unasked = has_input_in_tls(transfer.easy) || (!(is_new && is_tls) && has_input(transfer.socket));
  if (!has_unasked) return CURL_PREREQFUNC_OK;
  transfer.met_input = true;
  return CURL_PREREQFUNC_ABORT;  // curl closes the connection
}

/// Whether the whole request is at the server's machine: an answer to it says so, as it comes with TCP's
/// acknowledgement of all that was sent.
bool is_received(const Transfer& transfer) {
  curl_off_t sent_bytes = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_SIZE_UPLOAD_T, &sent_bytes);
  return sent_bytes >= static_cast<curl_off_t>(transfer.request.body.size()) && !has_unacknowledged(transfer.socket);
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) transfer.answer.is_early = !is_received(transfer);
  return size * count;
}

/// The last value of the header `name`, on one line; nothing when the answer has none. What an interim answer or a
/// trailer said does not count.
std::optional<std::string> header_of(CURL* easy, const char* name) {
  constexpr std::size_t most_bytes = 200;
  curl_header* header = nullptr;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return std::nullopt;
  if (curl_easy_header(easy, name, header->amount - 1, CURLH_HEADER, -1, &header) != CURLHE_OK) return std::nullopt;
  return printable_line(header->value, most_bytes);
}

/// curl throws away what stands behind an answer, says so in a text only, and keeps the connection.
int on_debug(CURL* easy, curl_infotype type, char* data, std::size_t size, void* user) {
  const std::string_view text(data, size);
  if (type != CURLINFO_TEXT) return 0;
  if (!text.starts_with("Excess found") && !text.starts_with("Leftovers after chunking")) return 0;
  static_cast<Transfer*>(user)->answer.has_more = true;
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  return 0;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  if (transfer.answer.body.size() + size * count > HttpClient::max_answer_bytes) {
    transfer.too_large = true;
    return 0;  // makes curl give the transfer up
  }
  transfer.answer.body.append(data, size * count);
  return size * count;
}

/// Whether so many bytes that unpack to nothing are all of a coding: gzip's header, empty block and trailer (RFC 1952),
/// or zlib's (RFC 1950).
bool is_packed_nothing(curl_off_t bytes) {
  constexpr curl_off_t gzip_bytes = 20;
  constexpr curl_off_t zlib_bytes = 8;
  return bytes == gzip_bytes || bytes == zlib_bytes;
}

std::string shown(const HttpRequest& request) {
  return request.is_url_secret ? shown_host(request.url) : shown_url(request.url);
}

Error error_of(const Transfer& transfer, CURLcode code, CURL* easy) {
  const std::string post = "POST " + shown(transfer.request) + ": ";
  if (transfer.too_large) {
    return {ErrorCode::too_large,
            post + "the answer is longer than " + std::to_string(HttpClient::max_answer_bytes) + " bytes"};
  }
  if (transfer.met_input) {
    return {ErrorCode::disconnected, post + "the server sent something before it was asked"};
  }
  if (code == CURLE_BAD_CONTENT_ENCODING) {
    return {ErrorCode::io, post + "the answer has a content coding that is not known or not right: " +
                               (transfer.error_text.front() != '\0' ? transfer.error_text.data() : "damaged")};
  }
  const char* said = transfer.error_text.front() != '\0' ? transfer.error_text.data() : curl_easy_strerror(code);
  return {class_of_failed(easy, code), post + said};
}

void set_security(CURL* easy, const HttpRequest& request) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.user.empty() || !request.password.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
  }
  if (!request.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // that authority only
  }
}

void set_limits(CURL* easy, const HttpRequest& request) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A name server that does not answer must not hold up the thread when its transfer is over.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  // Silence for as long as the whole call may take: an API may think for all of its time, but not stand still longer.
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>((request.total_timeout.count() + 999) / 1'000));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

/// False when there is no memory for the headers.
bool set_headers(CURL* easy, Transfer& transfer) {
  std::vector<std::string> lines = transfer.request.headers;
  lines.emplace_back("Expect:");  // no 100-continue round trip; many servers do not answer it
  if (transfer.request.gzip) lines.emplace_back("Content-Encoding: gzip");
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(transfer.headers.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(transfer.headers.release());
    transfer.headers.reset(longer);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  return true;
}

void set_content(CURL* easy, Transfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_URL, transfer.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "sensor-project/" SENSOR_PROJECT_VERSION);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.request.body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.request.body.size()));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // all that curl can undo; on_body() counts what comes of it
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error_text.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_connection);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);  // what is not caught by on_debug() goes nowhere
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &on_debug);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &transfer);
}

}  // namespace

class HttpClient::Transfers {
 public:
  explicit Transfers(std::function<void(HttpOutcome)> on_outcome) : on_outcome_(std::move(on_outcome)) {
    initialise_curl();
    multi_ = curl_multi_init();
    thread_ = std::thread([this] { run(); });
  }

  ~Transfers() {
    stopping_ = true;
    curl_multi_wakeup(multi_);
    thread_.join();
    for (const auto& [easy, transfer] : active_) {
      curl_multi_remove_handle(multi_, easy);
      curl_easy_cleanup(easy);
    }
    for (CURL* easy : idle_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
  }

  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void post(HttpRequest request) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(request));
    }
    curl_multi_wakeup(multi_);
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "http-client");
    while (!stopping_) {
      start_waiting();
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_done();
      curl_multi_poll(multi_, nullptr, 0, idle_poll_ms, nullptr);
    }
  }

  void start_waiting() {
    std::deque<HttpRequest> requests;
    {
      const std::lock_guard lock(mutex_);
      requests.swap(waiting_);
    }
    for (HttpRequest& request : requests) start(std::move(request));
  }

  void start(HttpRequest request) {
    const std::uint64_t id = request.id;
    if (Result<void> started = try_to_start(std::move(request)); !started) {
      on_outcome_(HttpOutcome{id, tl::unexpected(started.error()), Millis{0}});
    }
  }

  Result<void> try_to_start(HttpRequest request) {
    if (request.gzip) {
      TRY_ASSIGN(request.body, gzip(request.body));
    }
    CURL* easy = take_handle();
    if (easy == nullptr) return fail(ErrorCode::io, "POST " + shown(request) + ": out of memory");
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->easy = easy;
    transfer->sockets = &sockets_;
    sockets_.watch(easy);
    set_security(easy, transfer->request);
    set_limits(easy, transfer->request);
    set_content(easy, *transfer);
    if (!set_headers(easy, *transfer) || curl_multi_add_handle(multi_, easy) != CURLM_OK) {
      curl_easy_cleanup(easy);
      return fail(ErrorCode::io, "POST " + shown(transfer->request) + ": out of memory");
    }
    active_.emplace(easy, std::move(transfer));
    return {};
  }

  CURL* take_handle() {
    if (idle_.empty()) return curl_easy_init();
    CURL* easy = idle_.back();
    idle_.pop_back();
    return easy;
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
    }
  }

  /// The connection on which something waited is closed; the request goes out over a new one.
  bool try_again(CURL* easy, Transfer& transfer) {
    if (!transfer.met_input || transfer.is_again) return false;
    transfer.met_input = false;
    transfer.is_again = true;
    transfer.error_text = {};
    curl_multi_remove_handle(multi_, easy);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    return curl_multi_add_handle(multi_, easy) == CURLM_OK;
  }

  void finish(CURL* easy, CURLcode code) {
    const auto found = active_.find(easy);
    if (try_again(easy, *found->second)) return;
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    active_.erase(found);
    curl_off_t took_us = 0;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took_us);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    HttpOutcome outcome{transfer->request.id, HttpAnswer{}, Millis{took_us / 1'000}};
    curl_off_t came_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &came_bytes);
    const bool is_cut_off = transfer->answer.body.empty() && came_bytes > 0 && !is_packed_nothing(came_bytes);
    if (code == CURLE_OK && is_cut_off) code = CURLE_BAD_CONTENT_ENCODING;  // curl does not tell the end of a coding
    if (code == CURLE_OK) {
      transfer->answer.status = static_cast<int>(status);
      transfer->answer.content_type = header_of(easy, "Content-Type").value_or("");
      transfer->answer.retry_after = header_of(easy, "Retry-After");
      const bool is_plain = !transfer->request.url.starts_with("https:");
      if (is_plain && sockets_.has(transfer->socket) && has_bytes(transfer->socket)) transfer->answer.has_more = true;
      if (transfer->request.is_url_secret)
        transfer->answer.body = without_path(std::move(transfer->answer.body), transfer->request.url);
      outcome.answer = std::move(transfer->answer);
    } else {
      outcome.answer = tl::unexpected(error_of(*transfer, code, easy));
    }
    curl_multi_remove_handle(multi_, easy);
    put_back(easy);
    on_outcome_(std::move(outcome));
  }

  void put_back(CURL* easy) {
    if (idle_.size() >= max_idle_handles) return curl_easy_cleanup(easy);
    curl_easy_reset(easy);
    idle_.push_back(easy);
  }

  const std::function<void(HttpOutcome)> on_outcome_;
  OpenSockets sockets_;
  CURLM* multi_ = nullptr;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::deque<HttpRequest> waiting_;
  std::map<CURL*, std::unique_ptr<Transfer>> active_;  // the client's thread only, as is idle_
  std::vector<CURL*> idle_;
  std::thread thread_;
};

HttpClient::HttpClient(std::function<void(HttpOutcome)> on_outcome)
    : transfers_(std::make_unique<Transfers>(std::move(on_outcome))) {}

HttpClient::~HttpClient() = default;

void HttpClient::post(HttpRequest request) { transfers_->post(std::move(request)); }

}  // namespace sensors
