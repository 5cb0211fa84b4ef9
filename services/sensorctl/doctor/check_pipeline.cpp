// The pipeline: does the broker answer, do the services say how they are, do readings move on.
#include <cmath>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/quantity_text.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/bridge_name.hpp"
#include "services/sensorctl/doctor/checks.hpp"
#include "services/sensorctl/doctor/mending.hpp"

namespace sensors::doctor {
namespace {

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
  const std::string look = fmt::format("journalctl -u {} -n 50", name);
  if (!service.status.has_value() || !service.is_fresh) {
    const std::string what = !service.status.has_value()
                                 ? std::string("has never said how it is")
                                 : fmt::format("has said nothing for {} or more", span_text(facts.broker->listened));
    Finding silent = critical("status", service.name, what, look + "; systemctl restart " + name);
    if (!is_settled(facts.machine, unit, thresholds)) return silent;
    return with_restart(std::move(silent), facts.machine, unit);
  }
  if (!(*service.status).has_value()) {
    return warning("status", service.name, "says what cannot be read: " + (*service.status).error().message,
                   "bring sensorctl and the services to one version");
  }
  const ServiceReport& report = **service.status;
  std::string what = fmt::format("{} for {}, said {} ago", name_of(report.state), span_text(facts.now - report.since),
                                 span_text(service.status_age));
  if (!report.reason.empty()) what += ": " + report.reason;
  switch (report.state) {
    case ServiceState::up: return ok("status", service.name, what);
    case ServiceState::degraded: return warning("status", service.name, what, look);
    case ServiceState::down: break;
  }
  return critical("status", service.name, what, look);
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

/// What the readings of its queue wait for.
std::string advice_behind(const ServiceFacts& service) {
  if (service.name == "sensor-publisher")
    return "what is behind it: sensorctl status; journalctl -u sensor-broker -u sensor-persistence -n 50";
  return fmt::format("what is behind it: sensorctl status; journalctl -u {} -n 50",
                     unit_name_of(is_bridge(service.name) ? std::string_view(service.name) : bridge_service));
}

Finding check_queue(const ServiceFacts& service, const Thresholds& thresholds) {
  if (service.queue.empty()) {
    return unknown("queue", service.name, {ErrorCode::not_found, "it has not published its queue"});
  }
  const QueueDepth& queue = service.queue.back().queue;
  const std::string what =
      fmt::format("{} wait, high mark {}, {}", queue.depth, queue.high, trend_text(trend_of(service.queue)));
  const double limit = static_cast<double>(queue.limit);
  if (queue.limit > 0 && static_cast<double>(queue.depth) >= limit * thresholds.queue_full) {
    return critical("queue", service.name, fmt::format("{}, limit {}", what, queue.limit),
                    "at the limit the oldest readings are thinned or newer ones refused; " + advice_behind(service));
  }
  if (queue.pressure || queue.depth > queue.high) {
    return warning("queue", service.name, what,
                   "sensors are read more slowly until it is shorter; " + advice_behind(service));
  }
  return ok("queue", service.name, what);
}

Finding check_breaker(const ServiceFacts& service, const BreakerReport& breaker, WallTime now,
                      const Thresholds& thresholds) {
  if (breaker.state == "closed") return ok("breaker", service.name, "closed");
  if (breaker.isolated) {
    return warning("breaker", service.name, "isolated by an operator: nothing is delivered",
                   "sensorctl breaker close " + service.name);
  }
  const Millis span = breaker.since.has_value() ? now - *breaker.since : Millis{0};
  const std::string what = fmt::format("{} for {}: {}", breaker.state, span_text(span), breaker.reason);
  const std::string advice =
      service.name == "sensor-publisher"
          ? "readings wait in the outbox; systemctl status sensor-broker; journalctl -u sensor-broker -n 50"
          : fmt::format(
                "readings wait in the store; journalctl -u {0} -n 20 has what went wrong; if the url in "
                "/etc/sensor-project/{0}.toml is an API's, ask it: curl -sS -m 10 -o /dev/null -w '%{{http_code}}\\n' "
                "URL",
                unit_name_of(service.name));
  return span >= thresholds.breaker_open ? critical("breaker", service.name, what, advice)
                                         : warning("breaker", service.name, what, advice);
}

Finding check_pace(const ServiceFacts& service, const ServiceReport& report) {
  const std::string every = "sensors are read every " + span_text(*report.pace);
  if (report.pressure.empty()) return ok("pace", service.name, every);
  return warning("pace", service.name, every + ", because of pressure: " + report.pressure,
                 "it goes back by itself when that is gone");
}

/// Those of a destination that is not configured any more can only be purged.
void check_dead_letters(const ServiceFacts& service, const ServiceReport& report, Findings& findings) {
  std::uint64_t left = *report.dead_letters;
  if (left == 0) findings.push_back(ok("dead-letters", service.name, "none"));
  for (const auto& [name, destination] : report.destinations) {
    if (destination.waiting.has_value() || destination.dead_letters == 0) continue;
    left -= std::min(left, destination.dead_letters);
    findings.push_back(
        warning("dead-letters", service.name,
                fmt::format("{} readings were refused by destination {}, which is not configured any more",
                            destination.dead_letters, name),
                fmt::format("sensorctl dead-letters list --destination {0} shows them; purge them: sensorctl "
                            "dead-letters purge --all --destination {0}; or configure {0} again, and requeue them",
                            name)));
  }
  if (left == 0) return;
  findings.push_back(warning("dead-letters", service.name, fmt::format("the API refused {} readings", left),
                             "sensorctl dead-letters list says why; then requeue or purge them"));
}

/// Who has never had an API has nothing to see to; who has had one may have lost its `url` at an upgrade.
void check_destinations(const ServiceFacts& service, const ServiceReport& report, Findings& findings) {
  for (const auto& [name, destination] : report.destinations) {
    if (!destination.url_gone) continue;
    findings.push_back(warning(
        "destination", service.name,
        fmt::format("nothing waits for destination {}, which was delivered to: its bridge has no url any more", name),
        fmt::format("if that is a mistake, write the url into the bridge's configuration again; else take the "
                    "[[destination]] {} out of /etc/sensor-project/sensor-persistence.toml",
                    name)));
  }
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
