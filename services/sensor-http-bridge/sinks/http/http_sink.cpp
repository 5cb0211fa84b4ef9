#include "services/sensor-http-bridge/sinks/http/http_sink.hpp"

#include <string>
#include <utility>

#include "common/runtime/event_loop.hpp"
#include "services/sensor-http-bridge/sinks/http/http_destination.hpp"

namespace sensors::bridge {

namespace {

HttpFinished finished(HttpOutcome outcome) {
  HttpFinished event;
  event.id = outcome.id;
  event.took = outcome.took;
  if (outcome.answer.has_value()) {
    HttpAnswer& answer = *outcome.answer;
    event.reply = HttpReply{answer.status,
                            std::move(answer.content_type),
                            std::move(answer.retry_after),
                            std::move(answer.body),
                            answer.is_early,
                            answer.has_more};
  } else {
    event.reply = tl::unexpected<Error>(std::move(outcome.answer.error()));
  }
  return event;
}

HttpRequest request_of(HttpPost post, const DestinationConfig& destination) {
  HttpRequest request;
  request.id = post.id;
  request.url = destination.url;
  request.body = std::move(post.body);
  request.user = destination.user;
  request.password = destination.password;
  request.gzip = destination.gzip;
  request.ca_file = destination.ca_file;
  request.connect_timeout = destination.connect_timeout;
  request.total_timeout = post.total_timeout;
  request.headers = {"Content-Type: " + post.content_type, "Accept: application/json",
                     "Idempotency-Key: " + post.idempotency_key};
  return request;
}

}  // namespace

HttpSink::HttpSink(const DestinationConfig& destination, Done done)
    : destination_(destination),
      done_(std::move(done)),
      attempts_(destination.http),
      client_([this](HttpOutcome outcome) { finish(finished(std::move(outcome))); }) {}

Credentials HttpSink::credentials_of(const std::string& token) const {
  if (!token.empty()) return Credentials::token;
  return destination_.user.empty() && destination_.password.empty() ? Credentials::none : Credentials::user;
}

void HttpSink::attempt(Attempt attempt) {
  const std::uint64_t id = attempt.id;
  const Result<std::string> token = read_token(destination_);  // each time: a new token in a file needs no restart
  Result<HttpPost> post = [&] {
    const std::lock_guard lock(mutex_);
    return attempts_.begin(std::move(attempt), credentials_of(token.value_or("")));
  }();
  if (!post.has_value()) return done_(unreadable(id, post.error()));
  if (!token.has_value()) return finish({id, tl::unexpected<Error>(token.error()), Millis{0}});
  HttpRequest request = request_of(std::move(*post), destination_);
  if (!token->empty()) request.headers.push_back("Authorization: Bearer " + *token);
  client_.post(std::move(request));
}

SinkKind http_sink_kind() {
  return {{"https", "http"},
          {"format", "answers", "token_file", "gzip", "ca_file", "connect_timeout"},
          http_sink_names(),
          read_http_destination,
          [](const DestinationConfig& destination, FilesCheck& files) {
            files.secret("destination.token_file", destination.token_file);
            files.readable("destination.ca_file", destination.ca_file);
          },
          [](const DestinationConfig& destination, Sink::Done done) -> std::unique_ptr<Sink> {
            return std::make_unique<HttpSink>(destination, std::move(done));
          }};
}

void HttpSink::finish(const HttpFinished& finished) {
  Attempted attempted = [&] {
    const std::lock_guard lock(mutex_);
    return attempts_.finish(finished, read_clocks().wall);
  }();
  done_(std::move(attempted));
}

}  // namespace sensors::bridge
