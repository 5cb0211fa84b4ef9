#include "services/sensorctl/verbs/snapshot_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/quantity_text.hpp"
#include "common/codec/time_text.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

using Cells = std::vector<std::string>;

constexpr std::size_t most_reason_bytes = 2'000;  // more than a service says: its advice stands whole

bool has_several_nodes(const Snapshot& snapshot) {
  std::set<std::string> nodes;
  for (const auto& [name, service] : snapshot.services()) nodes.insert(name.first);
  for (const auto& [name, reading] : snapshot.readings()) nodes.insert(name.first);
  return nodes.size() > 1;
}

/// "sensor-publisher", or "kitchen/sensor-publisher" where there are several nodes.
class Labels {
 public:
  explicit Labels(const Snapshot& snapshot) : with_node_(has_several_nodes(snapshot)) {}
  std::string of(const Named& name) const { return with_node_ ? name.first + "/" + name.second : name.second; }

 private:
  bool with_node_;
};

std::string pace_text(const ServiceReport& report) {
  if (!report.pace.has_value()) return "";
  std::string text = "reads every " + span_text(*report.pace);
  if (!report.pressure.empty()) text += ", pressure: " + report.pressure;
  return text;
}

std::string details_of(const ServiceReport& report) {
  std::string text = report.reason;
  const std::string pace = pace_text(report);
  if (!text.empty() && !pace.empty()) text += "; ";
  return printable_line(text + pace, most_reason_bytes);
}

std::string services_text(const Snapshot& snapshot, const Labels& labels, WallTime now) {
  std::vector<Cells> rows{{"SERVICE", "STATE", "FOR", "VERSION", ""}};
  for (const auto& [name, service] : snapshot.services()) {
    if (service.report() == nullptr) continue;
    const ServiceReport& report = *service.report();
    rows.push_back({labels.of(name), name_of(report.state), span_text(now - report.since),
                    printable_line(report.version, 20), details_of(report)});
  }
  for (const std::string& service : snapshot.missing_services()) {
    rows.push_back({service, "missing", "", "", "no word of it; systemctl status " + service});
  }
  return table(rows, screen_columns);
}

std::string next_attempt_text(const BreakerReport& breaker, WallTime now) {
  if (breaker.isolated) return "when an operator closes it";
  return breaker.next_attempt.has_value() ? "in " + span_text(*breaker.next_attempt - now) : "";
}

std::string breakers_text(const Snapshot& snapshot, const Labels& labels, WallTime now) {
  std::vector<Cells> rows{{"BREAKER", "STATE", "FOR", "NEXT ATTEMPT", "REASON"}};
  for (const auto& [name, service] : snapshot.services()) {
    if (service.report() == nullptr || !service.report()->breaker.has_value()) continue;
    const BreakerReport& breaker = *service.report()->breaker;
    rows.push_back({labels.of(name), printable_line(breaker.state, 20),
                    breaker.since.has_value() ? span_text(now - *breaker.since) : "", next_attempt_text(breaker, now),
                    printable_line(breaker.reason, most_reason_bytes)});
  }
  return rows.size() == 1 ? "" : table(rows, screen_columns) + "\n";
}

std::string queues_text(const Snapshot& snapshot, const Labels& labels) {
  std::vector<Cells> rows{{"QUEUE", "DEPTH", "HIGH MARK", "LIMIT", "OLDEST", "LEAVING", ""}};
  for (const auto& [name, service] : snapshot.services()) {
    if (!service.depth().has_value()) continue;
    const QueueDepth queue = *service.depth();
    const auto oldest = Millis{static_cast<Millis::rep>(std::min(queue.oldest_s, 1e12) * 1e3)};
    rows.push_back({labels.of(name), count_text(queue.depth), count_text(queue.high),
                    queue.limit == 0 ? "-" : count_text(queue.limit), queue.depth == 0 ? "-" : span_text(oldest),
                    fmt::format("{:.1f}/s", queue.rate_per_s), queue.pressure ? "asks for a slower pace" : ""});
  }
  return rows.size() == 1 ? "" : table(rows, screen_columns) + "\n";
}

std::string line_of(const std::string& text) { return folded(text, screen_columns, 4) + "\n"; }

/// One that is not configured any more has only what its API refused, until somebody decides what becomes of that.
std::string destinations_text(const std::map<std::string, DestinationReport>& destinations) {
  std::string text;
  for (const auto& [name, destination] : destinations) {
    const std::string letters = count_text(destination.dead_letters);
    if (!destination.waiting.has_value()) {
      text +=
          line_of(fmt::format("  destination {0} is not configured any more: {1} dead letters; sensorctl "
                              "dead-letters list --destination {0}",
                              name, letters));
    } else if (destinations.size() > 1) {
      text += line_of(fmt::format("  destination {}: {} rows wait, {} dead letters", name,
                                  count_text(*destination.waiting), letters));
    }
  }
  return text;
}

std::string stores_text(const Snapshot& snapshot, const Labels& labels) {
  std::string text;
  for (const auto& [name, service] : snapshot.services()) {
    if (service.report() == nullptr || service.report()->store.empty()) continue;
    const ServiceReport& report = *service.report();
    text +=
        line_of(fmt::format("store {} of {}: {}, {} dead letters", printable_line(report.store, 64), labels.of(name),
                            size_text(report.used_bytes.value_or(0)), count_text(report.dead_letters.value_or(0))));
    text += destinations_text(report.destinations);
  }
  for (const auto& [name, committed] : snapshot.watermarks()) {
    text += line_of(
        fmt::format("{}: stream {} is committed through {}", labels.of(name), committed.stream, committed.through));
  }
  for (const std::string& node : snapshot.silent_stores()) {
    text += line_of(fmt::format("the store of node {} does not answer", node));
  }
  return text.empty() ? "" : text + "\n";
}

/// That there is none is known only where a store has said so.
std::string without_readings(const Snapshot& snapshot) {
  if (snapshot.has_answer()) return "no reading yet\n";
  return snapshot.silent_stores().empty() ? "the newest readings are not known: no store runs\n"
                                          : "the newest readings are not known: no store answered\n";
}

std::string sensors_text(const Snapshot& snapshot, const Labels& labels, WallTime now) {
  if (snapshot.readings().empty()) return without_readings(snapshot);
  std::vector<Cells> rows{{"SENSOR", "VALUE", "AGE"}};
  for (const auto& [name, row] : snapshot.readings()) {
    if (rows.size() > most_sensors_told) break;
    const Reading& reading = row.reading.reading;
    rows.push_back({labels.of(name), quantity_text(reading),
                    reading.uptime.has_value() ? "clock not set" : age_text(now - reading.time)});
  }
  const std::size_t left = snapshot.readings().size() - (rows.size() - 1);
  return table(rows, screen_columns) + (left == 0 ? "" : fmt::format("and {} more: sensorctl query --latest\n", left));
}

void append_list(std::string& out, std::string_view key, const std::vector<std::string>& items) {
  out += fmt::format(",\"{}\":[{}]", key, fmt::join(items, ","));
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// "!" is critical.
std::string verdict_text(const verdict::Verdict& verdict, bool with_node, WallTime now) {
  const auto line = [](const std::string& said) { return folded(said, screen_columns, 2) + "\n"; };
  std::string text = line(printable_line(verdict.headline, most_reason_bytes));
  for (const verdict::Problem& problem : verdict.problems) {
    const std::string where = !with_node || problem.node.empty() ? "" : problem.node + ": ";
    const char* mark = problem.severity == verdict::Severity::critical ? "!" : "-";
    const std::string span = span_text(now - problem.since);
    text += line(fmt::format("{} {}{}{}", mark, where, printable_line(problem.what, most_reason_bytes),
                             span == "0 s" ? "" : ", for " + span));
    text += "  " + folded(printable_line(problem.advice, most_reason_bytes), screen_columns - 2, 2) + "\n";
  }
  if (verdict.more > 0) text += fmt::format("and {} more problems\n", verdict.more);
  return text;
}

}  // namespace

std::string snapshot_text(const Snapshot& snapshot, Now at) {
  const WallTime now = at.wall;
  const Labels labels(snapshot);
  return verdict_text(snapshot.judge(at), has_several_nodes(snapshot), now) + "\n" + time_text(now) + "\n\n" +
         services_text(snapshot, labels, now) + "\n" + breakers_text(snapshot, labels, now) +
         queues_text(snapshot, labels) + stores_text(snapshot, labels) + sensors_text(snapshot, labels, now);
}

std::string snapshot_json(const Snapshot& snapshot, Now at) {
  const WallTime now = at.wall;
  std::vector<std::string> services;
  std::vector<std::string> watermarks;
  std::vector<std::string> readings;
  std::vector<std::string> missing;
  std::vector<std::string> silent;
  for (const auto& [name, service] : snapshot.services()) {
    services.push_back(fmt::format(R"({{"node":"{}","service":"{}","status":{},"queue":{}}})", name.first, name.second,
                                   service.report() != nullptr ? service.status->payload : "null",
                                   service.depth().has_value() ? service.queue->payload : "null"));
  }
  for (const auto& [name, committed] : snapshot.watermarks()) {
    watermarks.push_back(fmt::format(R"({{"node":"{}","publisher":"{}","watermark":{}}})", name.first, name.second,
                                     encode_committed(committed)));
  }
  for (const auto& [name, row] : snapshot.readings()) {
    append_delivered_reading(readings.emplace_back(), row.node, row.stream, row.reading);
  }
  for (const std::string& service : snapshot.missing_services()) missing.push_back(json_string(service));
  for (const std::string& node : snapshot.silent_stores()) silent.push_back(json_string(node));
  const verdict::Verdict verdict = snapshot.judge(at);
  std::string out = fmt::format(R"({{"time":"{}","well":{})", time_text(now), verdict.ok());
  out += ",\"verdict\":" + verdict::verdict_json(verdict, now);
  append_list(out, "services", services);
  append_list(out, "committed", watermarks);
  append_list(out, "readings", readings);
  append_list(out, "missing", missing);
  append_list(out, "silent_stores", silent);
  return out + "}\n";
}

}  // namespace sensors::sensorctl
