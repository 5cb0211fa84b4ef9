// Paths:
//   /livez /readyz /ping /health                whoever can reach the server
//   / /assets/*                                 the page, the same
//   GET /metrics /v1/status /v1/verdict /v1/events  scope read; from what was heard
//   GET /v1/access                              scope read
//   GET /v1/readings /v1/sensors /v1/dead-letters   scope read; the store is asked
//   POST /v1/readings /write /api/v2/write      scope write; answered when the store has it
//   POST /v1/dead-letters /v1/alerts            scope operate
//   GET /v1/writes/<id>, GET and POST /query    scope write
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "common/codec/alert_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/ascii.hpp"
#include "common/verdict/words.hpp"
#include "services/sensor-http-bridge/web/agents.hpp"
#include "services/sensor-http-bridge/web/page_files.hpp"
#include "services/sensor-http-bridge/web/status_answer.hpp"
#include "services/sensor-http-bridge/web/web.hpp"

namespace sensors::bridge {

namespace {

/// About the most that the store puts into one (max_query_bytes there, and what is around the rows).
constexpr std::size_t largest_store_answer = 1024 * 1024 + 64 * 1024;

constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

/// What a page of another site makes a browser send (RFC 6454): it has no business here.
bool is_from_another_site(const WebRequest& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return false;
  const std::size_t slashes = origin.find("://");
  return slashes == std::string_view::npos || !is_same_ascii(origin.substr(slashes + 3), request.header("host"));
}

/// The methods of what is at `path`; "*" is all of it. Empty: nothing is there.
std::string_view methods_of(std::string_view path) {
  static constexpr std::string_view reading = "GET, HEAD";
  static constexpr std::string_view all = "GET, HEAD, POST";
  static const std::map<std::string_view, std::string_view> paths{{"*", all},
                                                                  {"/", reading},
                                                                  {"/livez", reading},
                                                                  {"/readyz", reading},
                                                                  {"/ping", reading},
                                                                  {"/health", reading},
                                                                  {"/metrics", reading},
                                                                  {"/v1/status", reading},
                                                                  {"/v1/verdict", reading},
                                                                  {"/v1/alerts", all},
                                                                  {"/v1/events", reading},
                                                                  {"/v1/readings", all},
                                                                  {"/v1/sensors", reading},
                                                                  {"/v1/access", reading},
                                                                  {"/v1/dead-letters", all},
                                                                  {"/write", "POST"},
                                                                  {"/api/v2/write", "POST"},
                                                                  {"/query", all}};
  if (path.starts_with("/assets/") || path.starts_with("/v1/writes/")) return reading;
  const auto found = paths.find(path);
  return found == paths.end() ? std::string_view{} : found->second;
}

/// Of `kinds`, separated by commas; all where it is absent.
Result<unsigned> kinds_of(const Target& target) {
  const std::optional<std::string> wanted = target.parameter("kinds");
  if (!wanted.has_value()) return EventStreams::every_kind;
  unsigned kinds = 0;
  for (std::size_t at = 0; at <= wanted->size();) {
    const std::size_t end = std::min(wanted->find(',', at), wanted->size());
    const auto kind = EventStreams::kind_from(std::string_view(*wanted).substr(at, end - at));
    if (!kind.has_value())
      return fail(ErrorCode::invalid, "kinds: there are reading, status, queue, event, verdict and alert");
    kinds |= *kind;
    at = end + 1;
  }
  return kinds;
}

/// What services said last, as events of `kinds`.
std::string heard_text(const verdict::PipelineWatch& watch, unsigned kinds) {
  std::string text;
  for (const auto& [name, service] : watch.services()) {
    if ((kinds & EventStreams::status) != 0 && service.status.has_value())
      text += event_text(EventStreams::status, name.first, name.second, service.status->payload);
    if ((kinds & EventStreams::queue) != 0 && service.queue.has_value())
      text += event_text(EventStreams::queue, name.first, name.second, service.queue->payload);
  }
  return text;
}

}  // namespace

void Web::route(const WebRequest& request) {
  const Result<Target> target = parse_target(request.target);
  if (!target.has_value())
    return refuse(request, {target.error().code == ErrorCode::too_large ? 414 : 400, target.error().message});
  const std::string& path = target->path;
  const bool is_reading = request.method == "GET" || request.method == "HEAD";
  // Before the limit on the rate: whoever watches this service must not be kept from it by who floods it.
  if (is_reading && path == "/livez") return add(text_answer(request.id, 200, "ok\n"));
  if (is_reading && path == "/readyz") return answer_ready(request);
  if (is_reading && path == "/ping") return add(ping_answer(request.id));
  if (is_reading && path == "/health") return add(health_answer(request.id, reasons_not_ready()));
  if (!access_.admit(request.client, now_.monotonic)) {
    ++counters_.rate_limited;
    // Telegraf's output for InfluxDB 1 drops what any 4xx answers, and sends again after a 5xx.
    const int status = is_for_agents(*target) ? 503 : 429;
    return refuse(request, {status, "this client sends too many requests", {}, access_.retry_after()});
  }
  const std::string_view methods = methods_of(path);
  if (methods.empty()) return refuse(request, {404, "there is nothing at " + path});
  const bool is_known = is_reading || request.method == "POST";
  if (!is_known || path == "*" || methods.find(request.method) == std::string_view::npos)
    return refuse_method(request, path, methods);
  if (path == "/query") return answer_query(request, *target);
  if (is_reading) return get(request, *target);
  if (path == "/v1/dead-letters" || path == "/v1/alerts") return operate(request, *target);
  post(request, *target);
}

/// OPTIONS is told (RFC 9110 section 9.3.7); it lets no page of another site in, for want of any Access-Control-
/// header.
void Web::refuse_method(const WebRequest& request, const std::string& path, std::string_view methods) {
  const bool is_asked = request.method == "OPTIONS";
  if (path == "*" && !is_asked) return refuse(request, {400, "* is for OPTIONS"});
  WebResponse response =
      is_asked ? empty_answer(request.id) : problem_answer(request.id, {405, "that method is not for " + path});
  response.headers.emplace_back("Allow", fmt::format("{}, OPTIONS", methods));
  if (!is_asked) ++counters_.bad_requests;
  add(std::move(response));
}

/// A request of another site's page has its answer.
bool Web::is_from_elsewhere(const WebRequest& request) {
  if (!is_from_another_site(request)) return false;
  ++counters_.unauthorized;
  add(problem_answer(request.id, {403, "this comes from a page of another site"}));
  return true;
}

void Web::post(const WebRequest& request, const Target& target) {
  if (is_from_elsewhere(request)) return;
  const std::optional<Access::Client> client = may_write(request, target);
  if (!client.has_value()) return;
  // InfluxDB takes no notice of parameters that it does not know, and agents send some.
  const Result<void> known =
      target.check_parameters({"precision", "bucket", "org", "orgID", "db", "rp", "consistency", "u", "p"});
  if (!known.has_value() && !is_for_agents(target)) return refuse(request, {400, known.error().message});
  if (is_stopping_)
    return refuse(request, {503, "the bridge is stopping; nothing of this was taken", {}, Millis{5'000}});
  // An agent sends everything again, without a key: what waited here for a store that is away would be stored twice.
  if (const std::vector<std::string> reasons = reasons_not_ready(); is_for_agents(target) && !reasons.empty())
    return refuse(request, {503, reasons.front() + "; nothing of this was taken", {}, Millis{5'000}});
  if (waiting_writes_ >= options_.max_waiting_writes) {
    ++counters_.refused_waits;
    return refuse(request, {503,
                            fmt::format("{} writes wait for the store; nothing of this was taken", waiting_writes_),
                            {},
                            Millis{1'000}});
  }
  std::optional<WebResponse> answer = writes_.post(request, target, client->name, now_);
  if (!answer.has_value()) {
    ++waiting_writes_;
    return;
  }
  if (answer->status >= 400 && answer->status < 500) ++counters_.bad_requests;
  add(std::move(*answer));
}

void Web::answer_query(const WebRequest& request, const Target& target) {
  if (is_from_elsewhere(request)) return;
  if (!may_write(request, target).has_value()) return;
  WebResponse answer = query_answer(request.id, statement_of(request, target), options_.root);
  if (answer.status >= 400) ++counters_.bad_requests;
  add(std::move(answer));
}

void Web::get(const WebRequest& request, const Target& target) {
  const std::string& path = target.path;
  if (path == "/") return send_page_file(request, "index.html");
  if (path.starts_with("/assets/")) return send_page_file(request, std::string_view(path).substr(8));
  if (path == "/v1/status") {
    if (may(request, Needs::read)) answer_status(request);
    return;
  }
  if (path == "/v1/verdict") {
    if (may(request, Needs::read)) answer_verdict(request);
    return;
  }
  if (path == "/v1/alerts") {
    if (may(request, Needs::read)) answer_alerts(request);
    return;
  }
  if (path == "/v1/access") return answer_access(request);
  if (path == "/metrics") {
    if (may(request, Needs::read)) answer_metrics(request);
    return;
  }
  if (path == "/v1/events") {
    if (may(request, Needs::read)) open_stream(request, target);
    return;
  }
  if (path == "/v1/readings" || path == "/v1/sensors" || path == "/v1/dead-letters") {
    if (may(request, Needs::read)) read(request, target);
    return;
  }
  if (path.starts_with("/v1/writes/")) {
    if (may(request, Needs::write)) add(writes_.state_of(request.id, path.substr(11)));
    return;
  }
  refuse(request, {404, "there is nothing at " + path});
}

void Web::read(const WebRequest& request, const Target& target) {
  PendingRead pending{request.id, PendingRead::Kind::readings, Format::json};
  if (target.path == "/v1/dead-letters") {
    pending.kind = PendingRead::Kind::dead_letters;
    return ask_store(request, "dead-letters", dead_letters_query(target), &encode_dead_letters_request, pending);
  }
  if (target.path == "/v1/sensors") {
    pending.kind = PendingRead::Kind::sensors;
    return ask_store(request, "query", sensors_query(target), &encode_query_request, pending);
  }
  const Result<Format> format = format_of(target, request.header("accept"));
  if (!format.has_value()) return refuse(request, {target.parameter("format") ? 400 : 406, format.error().message});
  pending.format = *format;
  const Result<QueryRequest> query = readings_query(target);
  if (query.has_value() && query->step > Millis{0}) pending.kind = PendingRead::Kind::buckets;
  ask_store(request, "query", query, &encode_query_request, pending);
}

template <class Query>
void Web::ask_store(const WebRequest& request, std::string_view verb, const Result<Query>& query,
                    std::string (*encode)(const Query&), PendingRead read) {
  if (!query.has_value()) return refuse(request, {400, query.error().message});
  if (!watch_.is_connected() || is_stopping_)
    return store_is_silent(read, is_stopping_ ? "the bridge is stopping" : "there is no connection to the broker");
  if (reads_.is_full()) {
    ++counters_.refused_queries;
    return store_is_silent(read, "too many queries are waiting for the store");
  }
  if (!has_room_for(request, largest_store_answer)) return;
  ++counters_.queries;
  send(Sender::reads, reads_.open(options_.node, verb, encode(*query), read, now_.monotonic));
}

/// What the queries that are under way may bring counts as if it were there.
bool Web::has_room_for(const WebRequest& request, std::size_t bytes) {
  const std::size_t held = request.server.buffered_bytes + reads_.size() * largest_store_answer;
  if (held + bytes <= options_.max_buffered_bytes) return true;
  ++counters_.refused_answers;
  refuse(request, {503, "too many answers are being made and sent; try again in a moment", {}, Millis{1'000}});
  return false;
}

/// What the page does for who may. An order about an alert has no answer but the alert, as orders have.
void Web::operate(const WebRequest& request, const Target& target) {
  if (is_from_elsewhere(request) || !may(request, Needs::operate).has_value()) return;
  if (const Result<void> known = target.check_parameters({}); !known.has_value())
    return refuse(request, {400, known.error().message});
  if (target.path == "/v1/dead-letters") {
    const PendingRead pending{request.id, PendingRead::Kind::dead_letters_changed, Format::json};
    return ask_store(request, "dead-letters", dead_letters_order(request.body), &encode_dead_letters_request, pending);
  }
  const Result<AlertOrder> order = decode_alert_order(request.body);
  if (!order.has_value()) return refuse(request, {400, order.error().message});
  if (!watch_.is_connected()) return refuse(request, {503, "there is no connection to the broker", {}, Millis{2'000}});
  MqttPublish message;
  message.topic = topic_of(options_.root, options_.node, "control", "sensor-alerts");
  message.payload = encode_alert_order(*order);
  add(std::move(message));
  add(json_answer(request.id, 202, "{}\n"));
}

void Web::answer_status(const WebRequest& request) {
  if (!has_room_for(request, status_answer_bytes(watch_))) return;
  add(json_answer(request.id, 200, status_answer(watch_, now_)));
}

void Web::answer_verdict(const WebRequest& request) {
  std::string json = verdict::verdict_json(watch_.judge(now_), now_.wall) + "\n";
  if (has_room_for(request, json.size())) add(json_answer(request.id, 200, std::move(json)));
}

void Web::answer_alerts(const WebRequest& request) {
  std::string json = alerts_.answer(now_.wall);
  if (has_room_for(request, json.size())) add(json_answer(request.id, 200, std::move(json)));
}

void Web::store_is_silent(const PendingRead& read, const std::string& why) {
  add(problem_answer(read.request, {503, why, {}, Millis{2'000}}));
}

std::vector<std::string> Web::reasons_not_ready() const {
  if (is_stopping_) return {"the bridge is stopping"};
  if (!watch_.is_connected()) return {verdict::broker_words().what};
  const auto store = watch_.services().find({options_.node, std::string(verdict::store_service)});
  const ServiceReport* const report = store == watch_.services().end() ? nullptr : store->second.report();
  if (report == nullptr) return {verdict::service_missing_words(verdict::store_service).what};
  if (report->state == ServiceState::down)
    return {verdict::service_down_words(verdict::store_service, report->reason).what};
  return {};
}

void Web::answer_ready(const WebRequest& request) {
  const std::vector<std::string> reasons = reasons_not_ready();
  std::string text = reasons.empty() ? "ok\n" : fmt::format("{}\n", fmt::join(reasons, "\n"));
  add(text_answer(request.id, reasons.empty() ? 200 : 503, std::move(text)));
}

void Web::open_stream(const WebRequest& request, const Target& target) {
  if (const Result<void> known = target.check_parameters({"kinds"}); !known.has_value())
    return refuse(request, {400, known.error().message});
  const Result<unsigned> wanted = kinds_of(target);
  if (!wanted.has_value()) return refuse(request, {400, wanted.error().message});
  if (is_stopping_ || streams_.is_full()) {
    ++counters_.refused_streams;
    return add(problem_answer(
        request.id,
        {503, fmt::format("{} event streams are open, and no more are served", streams_.count()), {}, Millis{5'000}}));
  }
  const WebHeaders headers{{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}};
  if (request.method == "HEAD") return add(WebResponse{request.id, 200, headers, ""});
  if (!has_room_for(request, status_answer_bytes(watch_))) return;
  std::string begin = "retry: 2000\n\n" + heard_text(watch_, *wanted);
  if ((*wanted & EventStreams::verdict) != 0) {
    const std::string json = verdict_stream_.tell(watch_, now_);
    if (std::optional<WebStreamData> data = streams_.verdict_event(json)) add(std::move(*data));
    begin += verdict_text(json);
  }
  if ((*wanted & EventStreams::alert) != 0) {
    for (const auto& [topic, alert] : alerts_.all()) begin += alert_text(encode_alert(alert));
  }
  streams_.open(request.id, *wanted, now_.monotonic);
  add(WebStreamBegin{request.id, headers, std::move(begin)});
}

void Web::send_page_file(const WebRequest& request, std::string_view name) {
  const std::vector<PageFile>& files = page_files();
  const auto file = std::find_if(files.begin(), files.end(), [&](const PageFile& f) { return f.name == name; });
  if (file == files.end()) return refuse(request, {404, fmt::format("the page has no file {}", name)});
  WebResponse response;
  response.id = request.id;
  const std::string tag = fmt::format("\"{}\"", file->hash);
  response.headers = {{"ETag", tag},
                      {"Cache-Control", "no-cache"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy", page_policy},
                      {"Referrer-Policy", "no-referrer"}};
  if (request.header("if-none-match") == tag) {
    response.status = 304;
  } else {
    response.headers.emplace_back("Content-Type", std::string(file->content_type));
    response.body = std::string(file->content);
  }
  add(std::move(response));
}

void Web::refuse(const WebRequest& request, const Problem& problem) {
  if (problem.status < 429) ++counters_.bad_requests;
  const Result<Target> target = parse_target(request.target);
  add(problem_answer(request.id, Problem(problem).for_agents(target.has_value() && is_for_agents(*target))));
}

}  // namespace sensors::bridge
