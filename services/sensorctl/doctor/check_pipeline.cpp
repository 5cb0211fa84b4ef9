// The pipeline: does the broker answer, do the services say how they are, do readings move on.
#include <cmath>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/quantity_text.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/bridge_name.hpp"
#include "common/verdict/watched_service.hpp"
#include "common/verdict/words.hpp"
#include "services/sensorctl/doctor/checks.hpp"
#include "services/sensorctl/doctor/mending.hpp"

namespace sensors::doctor {
namespace {

/// In the words of all who say it.
Finding complaint(Severity severity, std::string check, const ServiceFacts& service, verdict::Words words) {
  return {std::move(check), severity, service.name, std::move(words.what), std::move(words.advice), std::nullopt};
}

constexpr const char* broker_unit = "sensor-broker.service";

/// It has had the time to say how it is; one that is not known to run is left alone.
bool is_settled(const Machine& machine, const std::string& name, const Thresholds& thresholds) {
  const UnitState* unit = find_unit(machine, name);
  if (unit == nullptr || unit->active_state != "active" || machine.uptime_us < unit->active_since_us) return false;
  return std::chrono::microseconds(machine.uptime_us - unit->active_since_us) >= thresholds.settled_after;
}

bool is_stopped(const Machine& machine, const std::string& name) {
  const UnitState* unit = find_unit(machine, name);
  return unit != nullptr && unit->active_state != "active";
}

Finding check_broker(const Facts& facts, const Thresholds& thresholds) {
  if (facts.broker.has_value()) return ok("broker", "MQTT broker", "answers");
  const Error& error = facts.broker.error();
  if (error.code == ErrorCode::permission || error.code == ErrorCode::not_found) {
    return unknown("broker", "MQTT broker", error);
  }
  if (error.code == ErrorCode::rejected) {
    return critical("broker", "MQTT broker", error.message,
                    "make the passwords anew: /usr/share/sensor-project/make-passwords.sh /etc/sensor-project; "
                    "systemctl restart sensor-project.target");
  }
  Finding finding = critical("broker", "MQTT broker", error.message, "systemctl restart sensor-broker");
  const bool may_hang =
      error.code == ErrorCode::timeout || error.code == ErrorCode::refused || error.code == ErrorCode::disconnected;
  if (!facts.broker_is_local || !may_hang || !is_settled(facts.machine, broker_unit, thresholds)) return finding;
  return with_restart(std::move(finding), facts.machine, broker_unit);
}

Findings check_acl(const Result<AclDifference>& acl) {
  const char* const object = "/etc/sensor-project/acl";
  if (!acl.has_value()) return {unknown("access", object, acl.error())};
  Findings findings;
  for (const AclRule& rule : acl->missing) {
    findings.push_back(
        critical("access", object, "lacks " + text_of(rule),
                 "put it back, then systemctl reload sensor-broker; /usr/share/sensor-project/acl has it"));
  }
  for (const AclRule& rule : acl->added) {
    if (!lets_forge_watermarks(rule)) continue;
    findings.push_back(critical("access", object,
                                "a forged watermark deletes readings, and it lets in " + text_of(rule),
                                "take that line out, then systemctl reload sensor-broker"));
  }
  if (findings.empty()) findings.push_back(ok("access", object, fmt::format("as shipped, {} more", acl->added.size())));
  return findings;
}

Finding check_status(const ServiceFacts& service, const Facts& facts, const Thresholds& thresholds) {
  const std::string name = unit_name_of(service.name);
  const std::string unit = name + ".service";
  if (!service.status.has_value() || !service.is_fresh) {
    Finding silent =
        complaint(Severity::critical, "status", service,
                  service.status.has_value() ? verdict::service_silent_words(service.name, facts.broker->listened)
                                             : verdict::service_missing_words(service.name));
    if (!is_settled(facts.machine, unit, thresholds)) return silent;
    return with_restart(std::move(silent), facts.machine, unit);
  }
  if (!(*service.status).has_value()) {
    return warning("status", service.name, "says what cannot be read: " + (*service.status).error().message,
                   "bring sensorctl and the services to one version");
  }
  const ServiceReport& report = **service.status;
  const std::string age = fmt::format("{} for {}, said {} ago", name_of(report.state),
                                      span_text(facts.now - report.since), span_text(service.status_age));
  if (report.state == ServiceState::up)
    return ok("status", service.name, report.reason.empty() ? age : age + ": " + report.reason);
  const bool is_down = report.state == ServiceState::down;
  Finding finding = complaint(is_down ? Severity::critical : Severity::warning, "status", service,
                              is_down ? verdict::service_down_words(service.name, report.reason)
                                      : verdict::degraded_words(service.name, report.reason));
  finding.what += "; " + age;
  return finding;
}

/// Rows a second; nothing while there are not two samples.
std::optional<double> trend_of(const std::vector<QueueSample>& samples) {
  if (samples.size() < 2 || samples.back().heard_at <= samples.front().heard_at) return std::nullopt;
  const double seconds = std::chrono::duration<double>(samples.back().heard_at - samples.front().heard_at).count();
  return (static_cast<double>(samples.back().queue.depth) - static_cast<double>(samples.front().queue.depth)) / seconds;
}

std::string trend_text(std::optional<double> trend) {
  if (!trend.has_value()) return "trend not known";
  if (*trend == 0) return "steady";
  return fmt::format("{} by {:.1f} a second", *trend > 0 ? "growing" : "shrinking", std::abs(*trend));
}

Finding check_queue(const ServiceFacts& service, const Thresholds& thresholds) {
  if (service.queue.empty()) {
    return unknown("queue", service.name, {ErrorCode::not_found, "it has not published its queue"});
  }
  const QueueDepth& queue = service.queue.back().queue;
  const std::string trend = trend_text(trend_of(service.queue));
  const double limit = static_cast<double>(queue.limit);
  const bool is_full = queue.limit > 0 && static_cast<double>(queue.depth) >= limit * thresholds.queue_full;
  if (is_full || queue.depth > queue.high) {
    Finding finding = complaint(
        is_full ? Severity::critical : Severity::warning, "queue", service,
        is_full ? verdict::queue_full_words(service.name, queue) : verdict::queue_grows_words(service.name, queue));
    finding.what += "; " + trend;
    return finding;
  }
  const std::string what = fmt::format("{} wait, high mark {}, {}", queue.depth, queue.high, trend);
  if (!queue.pressure) return ok("queue", service.name, what);
  return warning("queue", service.name, what + ": sensors are read more slowly",
                 verdict::queue_grows_words(service.name, queue).advice);
}

Finding check_breaker(const ServiceFacts& service, const BreakerReport& breaker, WallTime now,
                      const Thresholds& thresholds) {
  if (breaker.state == "closed") return ok("breaker", service.name, "closed");
  const std::uint64_t waiting = service.queue.empty() ? 0 : service.queue.back().queue.depth;
  if (breaker.isolated)
    return complaint(Severity::warning, "breaker", service, verdict::breaker_isolated_words(service.name, waiting));
  const WallTime since = breaker.failing_since.value_or(breaker.since.value_or(now));
  Finding finding = complaint(now - since >= thresholds.breaker_open ? Severity::critical : Severity::warning,
                              "breaker", service, verdict::breaker_open_words(service.name, breaker.reason, waiting));
  finding.what += fmt::format("; {} for {}", breaker.state, span_text(now - since));
  return finding;
}

Finding check_pace(const ServiceFacts& service, const ServiceReport& report) {
  const std::string every = "sensors are read every " + span_text(*report.pace);
  if (report.pressure.empty()) return ok("pace", service.name, every);
  return complaint(Severity::warning, "pace", service, verdict::pace_words(report));
}

/// Those of a destination that is not configured any more can only be purged.
void check_dead_letters(const ServiceFacts& service, const ServiceReport& report, Findings& findings) {
  std::uint64_t left = *report.dead_letters;
  if (left == 0) findings.push_back(ok("dead-letters", service.name, "none"));
  for (const auto& [name, destination] : report.destinations) {
    if (destination.waiting.has_value() || destination.dead_letters == 0) continue;
    left -= std::min(left, destination.dead_letters);
    findings.push_back(complaint(Severity::warning, "dead-letters", service,
                                 verdict::dead_letters_of_words(name, destination.dead_letters, false)));
  }
  if (left > 0)
    findings.push_back(complaint(Severity::warning, "dead-letters", service, verdict::dead_letters_words(left)));
}

/// Who has never had an API has nothing to see to; who has had one may have lost its `url` at an upgrade.
void check_destinations(const ServiceFacts& service, const ServiceReport& report, Findings& findings) {
  for (const auto& [name, destination] : report.destinations) {
    if (!destination.url_gone) continue;
    findings.push_back(complaint(Severity::warning, "destination", service, verdict::destination_gone_words(name)));
  }
}

/// What was dropped within a day, which the store knows of all.
void check_gaps(const ServiceFacts& service, const ServiceReport& report, Findings& findings) {
  if (service.name != verdict::store_service) return;
  findings.push_back(report.gaps.has_value()
                         ? complaint(Severity::warning, "gaps", service, verdict::gap_words(*report.gaps))
                         : ok("gaps", service.name, "nothing was dropped within a day"));
}

void check_service(const ServiceFacts& service, const Facts& facts, const Thresholds& thresholds, Findings& findings) {
  if (is_stopped(facts.machine, unit_name_of(service.name) + ".service")) return;  // said there
  findings.push_back(check_status(service, facts, thresholds));
  if (!service.is_fresh || !service.status.has_value() || !service.status->has_value()) return;
  const ServiceReport& report = **service.status;
  if (report.breaker.has_value()) findings.push_back(check_breaker(service, *report.breaker, facts.now, thresholds));
  if (report.pace.has_value()) findings.push_back(check_pace(service, report));
  if (report.dead_letters.has_value()) check_dead_letters(service, report, findings);
  check_destinations(service, report, findings);
  check_gaps(service, report, findings);
  findings.push_back(check_queue(service, thresholds));
}

}  // namespace

Findings check_pipeline(const Facts& facts, const Thresholds& thresholds) {
  Findings findings{check_broker(facts, thresholds)};
  for (Finding& finding : check_acl(facts.acl)) findings.push_back(std::move(finding));
  if (!facts.broker.has_value()) {
    findings.push_back(
        unknown("status", "services", {ErrorCode::disconnected, "there is no connection to the broker"}));
    return findings;
  }
  for (const ServiceFacts& service : facts.broker->services) check_service(service, facts, thresholds, findings);
  return findings;
}

}  // namespace sensors::doctor
