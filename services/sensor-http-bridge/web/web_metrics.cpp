// The part of Web that answers /metrics.
#include "services/sensor-http-bridge/web/web.hpp"

#include <array>
#include <map>

#include "services/sensor-http-bridge/web/status_answer.hpp"

namespace sensors::bridge {

namespace {

/// A number of a payload is a line of its own, with names around it.
constexpr std::size_t metrics_per_payload = 4;

constexpr const char* refused_help = "What the HTTP side refused, by its limit.";

/// Each kind of problem has its line also while there is none, so that a rule sees it end.
void add_problems(MetricsPage& page, const verdict::Verdict& verdict) {
  std::map<std::pair<std::string_view, verdict::Severity>, int> counts;
  for (const std::string_view kind : verdict::kinds) {
    for (const verdict::Severity severity : {verdict::Severity::warning, verdict::Severity::critical})
      counts[{kind, severity}] = 0;
  }
  for (const verdict::Problem& problem : verdict.problems) ++counts[{problem.kind, problem.severity}];
  for (const auto& [key, count] : counts) {
    page.gauge("sensor_problems", "Problems of the verdict.",
               {{"kind", std::string(key.first)}, {"severity", std::string(verdict::name_of(key.second))}}, count);
  }
}

}  // namespace

void Web::answer_metrics(const WebRequest& request) {
  if (!has_room_for(request, metrics_per_payload * status_answer_bytes(watch_))) return;
  MetricsPage page;
  for (const auto& [name, service] : watch_.services()) {
    const std::vector<JsonNumber> status =
        service.status.has_value() ? reader_.numbers(service.status->payload) : std::vector<JsonNumber>{};
    const std::vector<JsonNumber> queue =
        service.queue.has_value() ? reader_.numbers(service.queue->payload) : std::vector<JsonNumber>{};
    add_service(page, name.first, name.second, status, queue);
    const ServiceReport* const report = service.report();
    if (report == nullptr) continue;
    add_report(page, name.first, name.second, *report);
    const std::chrono::duration<double> age = now_.monotonic - service.status->said_at;
    page.gauge("sensor_service_status_age_seconds", "Time since the service last said how it is.",
               {{"node", name.first}, {"service", name.second}}, age.count());
  }
  add_problems(page, watch_.judge(now_));
  add_own_metrics(page, request.server);
  const MetricsFormat format = metrics_format_of(request.header("accept"));
  WebResponse response = text_answer(request.id, 200, page.text(format));
  response.headers.front().second = content_type_of(format);
  add(std::move(response));
}

void Web::add_own_metrics(MetricsPage& page, const WebServerFigures& server) const {
  page.gauge("sensor_broker_connected", "Whether this bridge is connected to the broker.", {}, watch_.is_connected());
  const Writes::Counters& writes = writes_.counters();
  page.counter("sensor_http_requests", "Requests.", {}, static_cast<double>(counters_.requests));
  page.counter("sensor_http_queries", "Queries asked of the store.", {}, static_cast<double>(counters_.queries));
  page.counter("sensor_http_readings_taken", "Readings taken from clients.", {}, static_cast<double>(writes.readings));
  page.counter("sensor_http_readings_stored", "Of those, confirmed by the store.", {},
               static_cast<double>(writes.stored));
  page.gauge("sensor_http_waiting_rows", "Readings of clients that wait for the store.", {},
             static_cast<double>(writes_.outbox().rows()));
  page.counter("sensor_http_resends", "Times that readings of clients were sent again.", {},
               static_cast<double>(writes_.outbox().resends()));
  page.gauge("sensor_http_waiting_writes", "Writes of clients whose answer waits for the store.", {},
             static_cast<double>(waiting_writes_));
  if (certificate_expires_.has_value()) {
    const std::chrono::duration<double> since_1970 = certificate_expires_->time_since_epoch();
    page.gauge("sensor_http_certificate_expiry_timestamp_seconds", "When the certificate of the HTTP side expires.", {},
               since_1970.count());
  }
  page.gauge("sensor_http_streams", "Event streams that are open.", {}, static_cast<double>(streams_.count()));
  page.gauge("sensor_http_connections", "Connections that are open.", {}, static_cast<double>(server.open));
  page.gauge("sensor_http_buffered_bytes", "Bytes of requests and answers in memory.", {},
             static_cast<double>(server.buffered_bytes));
  page.counter("sensor_http_connections_accepted", "Connections.", {}, static_cast<double>(server.accepted));
  const std::array<std::pair<const char*, std::uint64_t>, 21> refused{{
      {"answer_memory", counters_.refused_answers},
      {"bad_request", counters_.bad_requests},
      {"foreign_watermark", writes_.outbox().foreign_watermarks()},
      {"key_misused", writes.misused_keys},
      {"late_write", writes.late},
      {"payload", counters_.refused_payloads},
      {"queries", counters_.refused_queries},
      {"rate", counters_.rate_limited},
      {"rows", writes.refused_rows},
      {"rows_waiting", writes.refused_full},
      {"streams", counters_.refused_streams},
      {"writes_waiting", counters_.refused_waits},
      {"unanswered_query", counters_.unanswered},
      {"unauthorized", counters_.unauthorized},
      {"connection_evicted", server.evicted},
      {"connection_turned_away", server.turned_away},
      {"connection_timed_out", server.timed_out},
      {"malformed", server.malformed},
      {"too_large", server.too_large},
      {"overloaded", server.overloaded},
      {"slow_stream", server.slow_streams},
  }};
  for (const auto& [reason, count] : refused)
    page.counter("sensor_http_refused", refused_help, {{"reason", reason}}, static_cast<double>(count));
}

}  // namespace sensors::bridge
