#include "common/verdict/judge.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "common/core/bridge_name.hpp"

namespace sensors::verdict {

namespace {

bool is_closed(const BreakerReport& breaker) { return breaker.state == "closed"; }

bool has_open_breaker(const ServiceReport& report) { return report.breaker.has_value() && !is_closed(*report.breaker); }

/// Of a publisher and of a store, whose queues are judged by their figures.
bool is_about_its_queue(std::string_view reason) {
  return reason.starts_with("the outbox is ") ||
         reason.find(" rows wait for upload, the limit") != std::string_view::npos;
}

/// What only a power cut would make worse lasts for years, and must not stand before what is new.
auto order_of(const Problem& problem) {
  const int rank = problem.kind == "disk_at_risk" ? 2 : problem.severity == Severity::critical ? 0 : 1;
  return std::tuple(rank, problem.since, std::string_view(problem.kind), std::string_view(problem.node),
                    std::string_view(problem.object));
}

}  // namespace

Verdict Judge::verdict() {
  judge_all();
  std::sort(found_.begin(), found_.end(),
            [](const Found& a, const Found& b) { return order_of(a.problem) < order_of(b.problem); });
  Verdict verdict;
  count(verdict);
  verdict.headline = headline(verdict);
  if (found_.size() > PipelineWatch::max_problems) {
    verdict.more = found_.size() - PipelineWatch::max_problems;
    found_.resize(PipelineWatch::max_problems);
  }
  for (Found& found : found_) verdict.problems.push_back(std::move(found.problem));
  verdict.left_out = std::move(left_out_);
  return verdict;
}

void Judge::judge_all() {
  if (!watch_.is_connected())
    return add("broker", Severity::critical, {}, broker_words(), watch_.away_since_.value_or(now_.wall));
  judge_machines();
  find_blocked();
  for (const auto& [name, service] : watch_.services_) {
    if (silent_machines_.contains(name.first)) {
      leave_out(name);
    } else {
      judge_service(name, service);
    }
  }
  judge_missing();
  judge_sensors();
}

// ---- who lives ----

Millis Judge::interval_of(const WatchedService& service) const {
  return service.report()->interval.value_or(usual_interval);
}

/// What was said before the connection may have been said again meanwhile: it counts from there.
Judge::Life Judge::life_of(const WatchedService& service) const {
  if (service.report() == nullptr) return Life::unknown;
  if (service.report()->state == ServiceState::down) return Life::down;
  const bool is_of_connection = !watch_.lost_at_.has_value() || service.status->heard_at > *watch_.lost_at_;
  const Instant from = is_of_connection ? service.status->said_at : *watch_.connected_at_;
  const Millis limit = std::max(3 * interval_of(service), least_silence);
  return now_.monotonic - from > limit ? Life::silent : Life::alive;
}

bool Judge::is_dead(const WatchedService& service) const {
  const Life life = life_of(service);
  return life == Life::down || life == Life::silent;
}

/// It went down a moment ago, as far as is known.
bool Judge::may_restart(const WatchedService& service) const {
  const WallTime since = service.when(Condition::down).value_or(now_.wall);
  return life_of(service) == Life::down && !service.is_old_will() && now_.wall - since < restart_time;
}

/// One of several machines, none of whose services lives.
void Judge::judge_machines() {
  struct Machine {
    bool has_life = false;
    bool may_restart = false;
    std::optional<WallTime> dead_since;  // all of it
  };
  std::map<std::string_view, Machine> machines;
  for (const auto& [name, service] : watch_.services_) {
    const Life life = life_of(service);
    if (life == Life::unknown) continue;
    Machine& machine = machines[name.first];
    machine.has_life = machine.has_life || life == Life::alive;
    const std::optional<WallTime> since =
        life == Life::down ? service.when(Condition::down) : std::optional(service.status->said);
    machine.may_restart = machine.may_restart || may_restart(service);
    machine.dead_since = std::max(machine.dead_since, since);
  }
  const auto lives = [](const auto& machine) { return machine.second.has_life; };
  if (std::none_of(machines.begin(), machines.end(), lives)) return leave_out("machine_silent", "", "");
  for (const auto& [node, machine] : machines) {
    if (machine.has_life || node == watch_.options_.node) continue;
    silent_machines_.emplace(node);
    leave_out("", node, "");
    add("machine_silent", machine.may_restart ? Severity::warning : Severity::critical, {std::string(node), ""},
        machine_silent_words(node), machine.dead_since.value_or(now_.wall));
  }
}

/// Of the pipeline's services, which no machine has said anything of.
void Judge::judge_missing() {
  if (now_.monotonic - *watch_.connected_at_ < settle_time) return leave_out("service_missing", "", "");
  static constexpr std::array<std::string_view, 3> pipeline{publisher_service, store_service, bridge_service};
  std::vector<std::string_view> missing;
  for (const std::string_view wanted : pipeline) {
    const bool is_there = std::any_of(watch_.services_.begin(), watch_.services_.end(), [&](const auto& known) {
      const std::string& service = known.first.second;
      const bool is_it = wanted == bridge_service ? is_bridge(service) : service == wanted;
      return is_it && known.second.report() != nullptr;
    });
    if (!is_there) missing.push_back(wanted);
  }
  const WallTime since = watch_.connected_since_;
  const std::string& node = watch_.options_.node;
  if (missing.size() == pipeline.size())
    return add("service_missing", Severity::critical, {node, ""}, nothing_heard_words(), since);
  for (const std::string_view service : missing) {
    const Severity severity = service == store_service ? Severity::critical : Severity::warning;
    add("service_missing", severity, {node, std::string(service)}, service_missing_words(service), since);
  }
}

void Judge::judge_life(const Name& name, const WatchedService& service) {
  if (life_of(service) == Life::silent) {
    return add("service_silent", Severity::critical, name, service_silent_words(name.second, interval_of(service)),
               service.status->said);
  }
  const WallTime since = service.when(Condition::down).value_or(now_.wall);
  // One that delivers nothing has only a page.
  const bool is_spare = service.report()->delivers == false;
  add("service_down", is_spare || may_restart(service) ? Severity::warning : Severity::critical, name,
      service_down_words(name.second, service.report()->reason), since);
}

// ---- what flows ----

/// Nothing is stored, or something is not delivered: then queues grow, and sensors are read more slowly.
void Judge::find_blocked() {
  is_blocked_ = std::any_of(watch_.services_.begin(), watch_.services_.end(), [this](const auto& known) {
    const auto& [name, service] = known;
    const ServiceReport* const report = service.report();
    if (report == nullptr) return false;
    if (name.second == store_service) return is_dead(service) || report->state == ServiceState::degraded;
    if (is_bridge(name.second) && is_dead(service)) return report->delivers.value_or(true);
    return has_open_breaker(*report) && !is_dead(service);
  });
  if (!is_blocked_) return;
  leave_out("queue_grows", "", "");
  leave_out("pace", "", "");
}

void Judge::judge_service(const Name& name, const WatchedService& service) {
  if (service.report() == nullptr) {
    if (service.status.has_value()) leave_out(name);
    return;
  }
  if (is_dead(service)) {
    leave_out(name);
    return judge_life(name, service);
  }
  const bool is_mute = name.second == store_service && watch_.silent_stores_.contains(name.first);
  if (is_mute) add("service_silent", Severity::warning, name, store_mute_words(), now_.wall);
  judge_breaker(name, service);
  judge_queue(name, service);
  judge_store(name, service);
  judge_machine_of(name, service);
  judge_degraded(name, service);
}

const WatchedService* Judge::at(const std::string& node, std::string_view service) const {
  const auto found = watch_.services_.find({node, std::string(service)});
  return found == watch_.services_.end() ? nullptr : &found->second;
}

std::uint64_t Judge::waiting_for(const Name& name) const {
  const WatchedService* const service = at(name.first, name.second);
  const std::optional<QueueDepth> queue = service == nullptr ? std::nullopt : service->depth();
  return queue.has_value() ? queue->depth : 0;
}

void Judge::judge_breaker(const Name& name, const WatchedService& service) {
  const ServiceReport& report = *service.report();
  if (!has_open_breaker(report)) return;
  const BreakerReport& breaker = *report.breaker;
  const WallTime since = breaker.failing_since.value_or(breaker.since.value_or(now_.wall));
  const std::uint64_t waiting = waiting_for(name);
  if (breaker.isolated) leave_out("breaker_open", name.first, name.second);
  if (breaker.isolated)
    return add("breaker_isolated", Severity::warning, name, breaker_isolated_words(name.second, waiting), since);
  const Severity severity = now_.wall - since >= long_failure ? Severity::critical : Severity::warning;
  add("breaker_open", severity, name, breaker_open_words(name.second, breaker.reason, waiting), since);
}

void Judge::judge_queue(const Name& name, const WatchedService& service) {
  if (const std::optional<WallTime> since = service.when(Condition::queue_full); since.has_value()) {
    leave_out("queue_grows", name.first, name.second);
    leave_out("pace", name.first, name.second);
    return add("queue_full", Severity::critical, name, queue_full_words(name.second, *service.depth()), *since);
  }
  if (is_blocked_) return;
  const std::optional<WallTime> grows = service.when(Condition::queue_grows);
  // What a bridge has to deliver waits in its store.
  const WatchedService* const store = at(name.first, store_service);
  const bool is_said_by_store =
      is_bridge(name.second) && store != nullptr && store->when(Condition::queue_grows).has_value();
  if (is_said_by_store) leave_out("queue_grows", name.first, name.second);
  if (grows.has_value()) leave_out("pace", "", "");
  if (grows.has_value() && !is_said_by_store)
    return add("queue_grows", Severity::warning, name, queue_grows_words(name.second, *service.depth()), *grows);
  const auto grow_somewhere = [](const auto& known) { return known.second.when(Condition::queue_grows).has_value(); };
  if (std::any_of(watch_.services_.begin(), watch_.services_.end(), grow_somewhere)) return;
  if (const std::optional<WallTime> since = service.when(Condition::pace); since.has_value())
    add("pace", Severity::warning, name, pace_words(*service.report()), *since);
}

void Judge::judge_store(const Name& name, const WatchedService& service) {
  const ServiceReport& report = *service.report();
  // Its node is that of the newest record.
  if (report.gaps.has_value()) leave_out("gap", "", name.second);
  if (report.gaps.has_value())
    add("gap", Severity::warning, {report.gaps->node, name.second}, gap_words(*report.gaps), report.gaps->since);
  judge_dead_letters(name, service);
  for (const auto& [destination, about] : report.destinations) {
    if (!about.url_gone) continue;
    add("destination_gone", Severity::warning, {name.first, destination}, destination_gone_words(destination),
        service.when(Condition::destination_gone).value_or(now_.wall));
  }
}

/// Those of a destination that is not configured any more can only be purged.
void Judge::judge_dead_letters(const Name& name, const WatchedService& service) {
  const ServiceReport& report = *service.report();
  const WallTime since = service.when(Condition::dead_letters).value_or(now_.wall);
  std::uint64_t left = report.dead_letters.value_or(0);
  const bool is_one = report.destinations.size() == 1;
  for (const auto& [destination, about] : report.destinations) {
    const std::uint64_t letters = std::min(left, about.dead_letters);
    if (letters == 0) continue;
    left -= letters;
    const bool is_configured = about.waiting.has_value();
    add("dead_letters", Severity::warning, {name.first, destination},
        is_configured && is_one ? dead_letters_words(letters)
                                : dead_letters_of_words(destination, letters, is_configured),
        since);
  }
  if (left > 0) add("dead_letters", Severity::warning, name, dead_letters_words(left), since);
}

/// The disk and the clock of its machine. Two services on one disk say it once, and so do two of one clock. A disk that
/// the store is on has the store's name, also while the store is dead.
void Judge::judge_machine_of(const Name& name, const WatchedService& service) {
  const ServiceReport& report = *service.report();
  if (service.when(Condition::clock).has_value())
    add("clock", Severity::warning, {name.first, ""}, clock_words(), *service.when(Condition::clock));
  if (!report.disk.has_value()) return;
  const WatchedService* const store = at(name.first, store_service);
  const bool is_other = store != nullptr && store != &service && store->report() != nullptr;
  const std::optional<DiskFigures> of_store = is_other ? store->report()->disk : std::nullopt;
  const bool is_one =
      of_store.has_value() && report.disk->size_bytes == of_store->size_bytes && report.disk->risk == of_store->risk;
  const Name disk = is_one ? Name{name.first, store_service} : name;
  if (is_one) {
    for (const std::string_view kind : {"disk", "disk_at_risk"}) leave_out(kind, name.first, name.second);
    if (!is_dead(*store)) return;
  }
  if (service.when(Condition::disk).has_value()) {
    add("disk", is_nearly_full(*report.disk) ? Severity::critical : Severity::warning, disk, disk_words(*report.disk),
        *service.when(Condition::disk));
  }
  if (service.when(Condition::disk_at_risk).has_value())
    add("disk_at_risk", Severity::warning, disk, disk_at_risk_words(*report.disk),
        *service.when(Condition::disk_at_risk));
}

/// Another problem says what it says is wrong.
bool Judge::is_explained(const Name& name, const WatchedService& service) const {
  const ServiceReport& report = *service.report();
  if (has_open_breaker(report)) return true;
  const bool is_long =
      service.when(Condition::queue_full).has_value() || service.when(Condition::queue_grows).has_value();
  if (is_long && is_about_its_queue(report.reason)) return true;
  const WatchedService* const store = at(name.first, store_service);
  const bool is_of_store = is_bridge(name.second) && report.reason.starts_with("store: ");
  const bool is_store_bad = store == nullptr || store->report() == nullptr || is_dead(*store) ||
                            store->report()->state == ServiceState::degraded;
  return is_of_store && is_store_bad;
}

/// It says one reason: what it would say after that one is not known.
void Judge::judge_degraded(const Name& name, const WatchedService& service) {
  const ServiceReport& report = *service.report();
  if (report.state != ServiceState::degraded) return;
  if (name.second == publisher_service && report.reason.starts_with(drivers_fail)) return judge_drivers(name, service);
  if (name.second == publisher_service) leave_out("driver", name.first, "");
  if (is_explained(name, service)) return leave_out("degraded", name.first, name.second);
  const WallTime since = service.when(Condition::degraded).value_or(now_.wall);
  const bool is_bad = name.second == store_service && now_.wall - since >= long_store_trouble;
  add("degraded", is_bad ? Severity::critical : Severity::warning, name, degraded_words(name.second, report.reason),
      since);
}

// ---- what is left out ----

void Judge::leave_out(std::string_view kind, std::string_view node, std::string_view object) {
  left_out_.push_back({std::string(kind), std::string(node), std::string(object)});
}

/// A store speaks of sensors of other machines too.
void Judge::leave_out(const Name& name) {
  const auto& [node, service] = name;
  leave_out("", node, service);
  if (service == publisher_service) {
    for (const std::string_view kind : {"clock", "driver", "sensor_silent"}) leave_out(kind, node, "");
  }
  if (service == store_service) {
    for (const std::string_view kind : {"clock", "dead_letters", "destination_gone"}) leave_out(kind, node, "");
    leave_out("gap", "", service);
    leave_out("sensor_silent", "", "");
  }
}

// ---- the whole ----

void Judge::add(std::string_view kind, Severity severity, const Name& name, Words words, WallTime since) {
  if (!said_.emplace(kind, name).second) return;
  found_.push_back({Problem{std::string(kind), severity, name.first, name.second, std::move(words.what),
                            std::move(words.advice), since},
                    std::move(words.brief)});
}

void Judge::count(Verdict& verdict) const {
  verdict.newest = watch_.newest_;
  for (const auto& [name, service] : watch_.services_) {
    if (service.silent.has_value()) verdict.sensors = verdict.sensors.value_or(0) + service.silent->known;
    if (is_bridge(name.second)) verdict.waiting = std::max(verdict.waiting, waiting_for(name));
    if (const ServiceReport* const report = service.report(); report != nullptr)
      verdict.newest = std::max(verdict.newest, report->newest);
  }
}

std::string Judge::headline(const Verdict& verdict) const {
  const auto delivers = [](const auto& known) {
    const ServiceReport* const report = known.second.report();
    return is_bridge(known.first.second) && report != nullptr && report->delivers.value_or(true);
  };
  if (found_.empty())
    return well_headline(verdict, std::any_of(watch_.services_.begin(), watch_.services_.end(), delivers), now_.wall);
  const auto is_silence = [](const Found& found) { return found.problem.kind == "sensor_silent"; };
  if (std::all_of(found_.begin(), found_.end(), is_silence))
    return silent_headline(silent_sensors_, std::max(silent_sensors_, verdict.sensors.value_or(0)));
  std::set<std::string_view> nodes;
  for (const auto& [name, service] : watch_.services_) nodes.insert(name.first);
  const Found& worst = found_.front();
  if (worst.problem.kind == "broker") return worst.brief;
  const bool with_node = nodes.size() > 1 && worst.problem.kind != "machine_silent";
  return trouble_headline(with_node ? worst.problem.node : "", worst.brief, found_.size() - 1);
}

}  // namespace sensors::verdict
