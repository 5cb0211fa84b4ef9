#include "services/sensor-http-bridge/web/metrics.hpp"
#include "common/codec/status_json.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/core/bridge_name.hpp"

namespace sensors::bridge {

namespace {

/// A number of a service that has a family of its own, by its path in the payload.
struct Known {
  std::string_view service;  // empty: of all
  std::string_view path;
  const char* name;
  const char* help;
  bool is_counter;
  double scale;
  const char* label;  // "reason" and its value, or nothing
  const char* label_value;
};

constexpr const char* dropped_help = "Readings that were given up, each covered by a gap record or a dead letter.";

constexpr auto known_of_status = std::to_array<Known>({
    {"sensor-publisher", "counters.taken", "sensor_readings_taken", "Readings taken from drivers.", true, 1, "", ""},
    {"sensor-persistence", "counters.committed", "sensor_readings_stored", "Readings committed.", true, 1, "", ""},
    {"sensor-http-bridge", "counters.delivered", "sensor_readings_delivered", "Readings the API took.", true, 1, "",
     ""},
    {"sensor-publisher", "counters.dropped", "sensor_readings_dropped", dropped_help, true, 1, "reason", "outbox_full"},
    {"sensor-publisher", "counters.unwritable", "sensor_readings_dropped", dropped_help, true, 1, "reason",
     "outbox_unwritable"},
    {"sensor-publisher", "counters.thinned", "sensor_readings_dropped", dropped_help, true, 1, "reason", "thinned"},
    {"sensor-publisher", "counters.damaged", "sensor_readings_dropped", dropped_help, true, 1, "reason", "damaged"},
    {"sensor-persistence", "counters.lost_in_damage", "sensor_readings_dropped", dropped_help, true, 1, "reason",
     "store_damaged"},
    {"sensor-persistence", "counters.malformed_rows", "sensor_readings_dropped", dropped_help, true, 1, "reason",
     "malformed"},
    {"sensor-persistence", "counters.dead_lettered", "sensor_readings_dropped", dropped_help, true, 1, "reason",
     "dead_letter"},
    {"sensor-persistence", "counters.dead_letters_dropped", "sensor_readings_dropped", dropped_help, true, 1, "reason",
     "dead_letter_limit"},
    {"sensor-publisher", "pace_ms", "sensor_pace_seconds", "Time between two reads of a sensor.", false, 1e-3, "", ""},
    {"", "loop_max_ms", "sensor_loop_lag_max_seconds", "Longest time for which the loop was busy with one wake-up.",
     false, 1e-3, "", ""},
    {"sensor-publisher", "clock.synced", "sensor_clock_synchronised", "Whether the wall clock can be believed.", false,
     1, "", ""},
    {"sensor-persistence", "clock.synced", "sensor_clock_synchronised", "Whether the wall clock can be believed.",
     false, 1, "", ""},
    {"sensor-persistence", "used_bytes", "sensor_database_bytes", "Pages of the database that are in use.", false, 1,
     "", ""},
    {"sensor-publisher", "outbox.used_bytes", "sensor_database_bytes", "Pages of the database that are in use.", false,
     1, "", ""},
    {"", "disk.file_bytes", "sensor_database_file_bytes", "Bytes that database and log take on the disk.", false, 1, "",
     ""},
    {"", "disk.free_bytes", "sensor_disk_free_bytes", "Bytes left on the disk of the database.", false, 1, "", ""},
    {"", "disk.size_bytes", "sensor_disk_size_bytes", "Bytes of the disk of the database.", false, 1, "", ""},
    {"", "disk.at_risk", "sensor_disk_at_risk",
     "Whether the database is where a power cut may take it: memory, an overlay, a network.", false, 1, "", ""},
    {"", "written_bytes", "sensor_written_bytes", "Bytes that the service has handed to the disks.", true, 1, "", ""},
    {"sensor-http-bridge", "counters.bytes", "sensor_uploaded_bytes", "Bytes of delivered batches, before compression.",
     true, 1, "", ""},
    {"sensor-persistence", "dead_letters", "sensor_dead_letters", "Dead letters that do not wait again.", false, 1, "",
     ""},
    {"sensor-publisher", "outbox.depth", "sensor_outbox_rows", "Rows in the outbox.", false, 1, "", ""},
    {"sensor-publisher", "outbox.pending", "sensor_outbox_pending_rows", "Rows in memory, not yet in the outbox.",
     false, 1, "", ""},
    {"sensor-persistence", "pending", "sensor_store_pending_rows", "Rows not yet committed.", false, 1, "", ""},
    {"", "counters.connections_lost", "sensor_broker_connections_lost", "Connections to the broker that were lost.",
     true, 1, "", ""},
    {"sensor-publisher", "counters.resends", "sensor_resends", "Times that readings were sent again.", true, 1, "", ""},
    {"sensor-persistence", "counters.commits", "sensor_commits", "Transactions committed.", true, 1, "", ""},
    {"sensor-persistence", "counters.failed_commits", "sensor_commits_failed", "Transactions that failed.", true, 1, "",
     ""},
    {"sensor-persistence", "counters.duplicates", "sensor_duplicates", "Rows that came again and were ignored.", true,
     1, "", ""},
    {"sensor-http-bridge", "counters.batches", "sensor_batches_delivered", "Batches that the API took.", true, 1, "",
     ""},
});

constexpr std::array<Known, 6> known_of_queue{{
    {"", "depth", "sensor_queue_depth", "Entries that wait.", false, 1, "", ""},
    {"", "high", "sensor_queue_high_mark", "Entries above which publishers slow down.", false, 1, "", ""},
    {"", "limit", "sensor_queue_limit", "Entries that there is room for.", false, 1, "", ""},
    {"", "oldest_s", "sensor_queue_oldest_age_seconds", "Age of the oldest entry.", false, 1, "", ""},
    {"", "rate_per_s", "sensor_queue_rate_per_second", "Entries leaving.", false, 1, "", ""},
    {"", "pressure", "sensor_queue_pressure", "Whether publishers are asked to slow down.", false, 1, "", ""},
}};

std::string label_text(const MetricsPage::Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += text.empty() ? '{' : ',';
    text += fmt::format("{}=\"", name);
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c == '\n' ? ' ' : c;
    }
    text += '"';
  }
  return text.empty() ? text : text + "}";
}

/// What is known of the bridge is so of each of several.
bool is_of(std::string_view known, std::string_view service) {
  return known.empty() || known == service || (known == bridge_service && is_bridge(service));
}

template <std::size_t Count>
bool add_known(MetricsPage& page, const std::array<Known, Count>& table, const MetricsPage::Labels& who,
               std::string_view service, const JsonNumber& number) {
  for (const Known& known : table) {
    if (known.path != number.path || !is_of(known.service, service)) continue;
    MetricsPage::Labels labels = who;
    if (*known.label != '\0') labels.emplace_back(known.label, known.label_value);
    if (known.is_counter) {
      page.counter(known.name, known.help, labels, number.value * known.scale);
    } else {
      page.gauge(known.name, known.help, labels, number.value * known.scale);
    }
    return true;
  }
  return false;
}

}  // namespace

MetricsFormat metrics_format_of(std::string_view accept) {
  return accept.find("application/openmetrics-text") != std::string_view::npos ? MetricsFormat::open_metrics
                                                                               : MetricsFormat::text;
}

const char* content_type_of(MetricsFormat format) {
  return format == MetricsFormat::open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                               : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsPage::Family& MetricsPage::family(const std::string& name, const char* help, Type type) {
  Family& found = families_[name];
  found.type = type;
  found.help = help;
  return found;
}

void MetricsPage::gauge(const std::string& name, const char* help, const Labels& labels, double value) {
  family(name, help, Type::gauge).samples.push_back({"", label_text(labels), value});
}

void MetricsPage::counter(const std::string& name, const char* help, const Labels& labels, double value) {
  family(name, help, Type::counter).samples.push_back({"_total", label_text(labels), value});
}

void MetricsPage::histogram(const std::string& name, const char* help, const Labels& labels,
                            const LatencyReport& latency) {
  constexpr double seconds = 1e-3;
  std::vector<Sample>& samples = family(name, help, Type::histogram).samples;
  const auto add_bucket = [&](std::string most, std::uint64_t count) {
    Labels bucket = labels;
    bucket.emplace_back("le", std::move(most));
    samples.push_back({"_bucket", label_text(bucket), static_cast<double>(count)});
  };
  for (const LatencyReport::Bucket& bucket : latency.buckets)
    add_bucket(fmt::format("{}", bucket.most_ms * seconds), bucket.count);
  add_bucket("+Inf", latency.count);
  samples.push_back({"_sum", label_text(labels), latency.sum_ms * seconds});
  samples.push_back({"_count", label_text(labels), static_cast<double>(latency.count)});
}

std::string MetricsPage::text(MetricsFormat format) const {
  static constexpr std::array<const char*, 3> types{"gauge", "counter", "histogram"};
  const bool is_open = format == MetricsFormat::open_metrics;
  std::string out;
  for (const auto& [name, family] : families_) {
    // OpenMetrics names the family of a counter without its suffix, the older format with it.
    const std::string shown = !is_open && family.type == Type::counter ? name + "_total" : name;
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", shown, family.help, shown,
                       types.at(static_cast<std::size_t>(family.type)));
    for (const Sample& sample : family.samples)
      out += fmt::format("{}{}{} {}\n", name, sample.suffix, sample.labels, sample.value);
  }
  if (is_open) out += "# EOF\n";
  return out;
}

void add_report(MetricsPage& page, const std::string& node, const std::string& service, const ServiceReport& report) {
  const MetricsPage::Labels who{{"node", node}, {"service", service}};
  const auto in_state = [&who](std::string_view state) {
    MetricsPage::Labels labels = who;
    labels.emplace_back("state", state);
    return labels;
  };
  for (const ServiceState state : {ServiceState::up, ServiceState::degraded, ServiceState::down})
    page.gauge("sensor_service_state", "1 for the state that the service is in.", in_state(name_of(state)),
               report.state == state ? 1 : 0);
  if (report.delivers.has_value())
    page.gauge("sensor_bridge_delivers", "1 when the bridge has a destination, 0 when readings are only stored.", who,
               *report.delivers ? 1 : 0);
  if (report.puback.has_value())
    page.histogram("sensor_puback_duration_seconds", "From publishing readings to the broker's PUBACK.", who,
                   *report.puback);
  if (report.api.has_value())
    page.histogram("sensor_api_request_duration_seconds", "How long uploads to the API took, failed ones too.", who,
                   *report.api);
  if (!report.breaker.has_value()) return;
  const BreakerReport& breaker = *report.breaker;
  for (const std::string_view state : {"closed", "open", "half_open"})
    page.gauge("sensor_breaker_state", "1 for the state that the circuit breaker is in.", in_state(state),
               breaker.state == state ? 1 : 0);
  if (!breaker.transitions.has_value()) return;
  const BreakerTransitions& into = *breaker.transitions;
  for (const auto& [state, count] :
       {std::pair("closed", into.closed), std::pair("open", into.open), std::pair("half_open", into.half_open)})
    page.counter("sensor_breaker_transitions", "Transitions of the circuit breaker into a state.", in_state(state),
                 static_cast<double>(count));
}

void add_service(MetricsPage& page, const std::string& node, const std::string& service,
                 const std::vector<JsonNumber>& status, const std::vector<JsonNumber>& queue) {
  const MetricsPage::Labels who{{"node", node}, {"service", service}};
  for (const JsonNumber& number : status) {
    if (add_known(page, known_of_status, who, service, number)) continue;
    constexpr std::string_view counters = "counters.";
    if (!number.path.starts_with(counters)) continue;
    MetricsPage::Labels labels = who;
    labels.emplace_back("name", number.path.substr(counters.size()));
    page.counter("sensor_service_events", "Counters of the service's status that have no metric of their own.", labels,
                 number.value);
  }
  for (const JsonNumber& number : queue) add_known(page, known_of_queue, who, service, number);
}

}  // namespace sensors::bridge
