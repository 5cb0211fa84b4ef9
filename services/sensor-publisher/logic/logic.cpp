#include "services/sensor-publisher/logic/logic.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/status_parts.hpp"
#include "common/codec/topic.hpp"

namespace sensors::publisher {

namespace {

// The outbox worker answers within this, or it hangs in the kernel and the watchdog may bite.
constexpr Millis outbox_deadline{30'000};

constexpr std::string_view store_service = "sensor-persistence";

constexpr const char* write_obligation = "a commit of the outbox";
constexpr const char* read_obligation = "a read from the outbox";
constexpr const char* scan_obligation = "a scan of the outbox";

}  // namespace

Logic::Logic(LogicOptions options, const OutboxContents& contents)
    : options_(std::move(options)),
      pacing_(options_.pace),
      intake_(options_.drivers),
      streams_(static_cast<std::size_t>(std::count_if(options_.drivers.begin(), options_.drivers.end(),
                                                      [](const auto& driver) { return driver.is_stream; }))),
      writer_(options_.outbox, contents, options_.seed),
      sender_(options_, contents),
      clock_(contents.streams.back().boot),
      downstream_(options_.node),
      namesakes_({service_name, options_.node, options_.instance, options_.status_interval}),
      former_names_({options_.root, service_name, options_.node, "stream", options_.status_interval}),
      two_stores_(options_.status_interval),
      outbox_mark_(options_.outbox.high_readings),
      found_(contents),
      outbox_was_found_(contents.failure.empty()) {}

Effects Logic::step(Event event, Now now) {
  Effects effects;
  if (found_.has_value()) report_opened(*std::exchange(found_, std::nullopt), now, effects);
  watch_clock(now, effects);
  std::visit([&](auto& e) { on(e, now, effects); }, event);
  advance(now, effects);
  return effects;
}

void Logic::on(const StopRequested&, Now now, Effects& effects) {
  if (std::exchange(stopping_, true)) return;
  stop_by_ = now.monotonic + OutboxOptions::last_chance;
  effects.push_back(LogLine{LogLevel::info, "stopping: writing what was taken to the outbox"});
  intake_.stop(now, effects);
  writer_.stop();
}

void Logic::on(const MqttConnected&, Now now, Effects& effects) {
  if (std::optional<LogLine> line = link_.connected(now.monotonic); line.has_value()) {
    add_event(encode_event("broker", now.wall, line->text, "\"connected\":true"));
    effects.push_back(std::move(*line));
  }
  downstream_.connected(now.monotonic);
  sender_.connected(now);
  publish_boot_time(effects);
  status_due_ = now.monotonic;
}

void Logic::on(const MqttDisconnected& event, Now now, Effects& effects) {
  if (std::optional<LogLine> line = link_.disconnected(event, now.monotonic); line.has_value()) {
    add_event(encode_event("broker", now.wall, line->text,
                           fmt::format(R"("connected":false,"failure":"{}")", name_of(event.code))));
    effects.push_back(std::move(*line));
  }
  sender_.disconnected(event.reason, now);
  former_names_.disconnected();
}

void Logic::on(const MqttMessage& event, Now now, Effects& effects) {
  const std::optional<TopicView> topic = parse_topic(event.topic);
  if (!topic.has_value()) {
    ++malformed_;
  } else if (topic->kind == "committed") {
    on_watermark(event, now, effects);
  } else if (topic->kind == "control") {
    on_order(event, now, effects);
  } else if (topic->name == service_name && topic->node != options_.node) {
    former_names_.take(*topic, event, now.monotonic);
  } else if (topic->kind == "status" && topic->name == service_name) {
    Namesakes::Heard heard = namesakes_.take(*topic, event, now.monotonic);
    if (heard.say_again) status_due_ = now.monotonic;
    if (heard.line.has_value()) say_as_event("namesake", std::move(*heard.line), now, effects);
  } else if (topic->kind == "queue" || topic->kind == "status") {
    if (!downstream_.take(*topic, event, now.monotonic)) ++malformed_;
    notice_store_process(*topic, event);
  }
}

void Logic::on_watermark(const MqttMessage& message, Now now, Effects& effects) {
  const Result<Committed> committed = decode_committed(message.payload);
  if (!committed) {
    ++malformed_;
    warn("watermark ignored", committed.error().message, now, effects);
    return;
  }
  const std::string store_before = sender_.store();
  switch (sender_.committed(*committed, writer_.gone_through(), now, effects)) {
    case Sender::Confirmation::nothing: break;
    case Sender::Confirmation::advanced: writer_.confirm(sender_.confirmed()); break;
    case Sender::Confirmation::taken_back: writer_.unconfirm(sender_.confirmed()); break;
    case Sender::Confirmation::another_store:
      writer_.unconfirm(sender_.confirmed());
      writer_.remember_store(sender_.store());
      notice_two_stores(store_before, now, effects);
      add_event(
          encode_event("store", now.wall, "store " + sender_.store() + " keeps the readings of this publisher now"));
      break;
  }
}

/// An earlier copy of the store is put back while it does not run. Of streams that it does not know it says nothing.
void Logic::notice_store_process(const TopicView& topic, const MqttMessage& message) {
  if (topic.kind != "status" || topic.name != store_service) return;
  const Result<ServiceReport> report = decode_status(message.payload);
  if (!report.has_value() || report->store.empty() || report->store != sender_.store()) return;
  if (sender_.store_runs_as(report->instance, writer_.gone_through())) writer_.unconfirm(sender_.confirmed());
}

/// A store that is replaced does not come back. One that does, again and again, is one of two that both take readings.
void Logic::notice_two_stores(const std::string& before, Now now, Effects& effects) {
  const bool is_back = !store_before_.empty() && sender_.store() == store_before_;
  store_before_ = before;
  if (!is_back) return;
  std::string what = fmt::format(
      "two stores on this broker take the readings, {} and {}, and what either has is deleted here; stop one of "
      "them, or give it another `root`",
      std::min(before, sender_.store()), std::max(before, sender_.store()));
  if (two_stores_.seen(std::move(what), now.monotonic))
    say_as_event("store", {LogLevel::error, two_stores_.what()}, now, effects);
}

void Logic::advance_namesakes(Now now, Effects& effects) {
  if (std::optional<LogLine> line = namesakes_.advance(now.monotonic); line.has_value())
    say_as_event("namesake", std::move(*line), now, effects);
  if (two_stores_.advance(now.monotonic))
    say_as_event("store", {LogLevel::info, "one store takes the readings again"}, now, effects);
}

void Logic::say_as_event(std::string_view type, LogLine line, Now now, Effects& effects) {
  add_event(encode_event(type, now.wall, line.text));
  effects.push_back(std::move(line));
}

/// A retained order would be carried out again at each connect, long after the operator who gave it has gone.
void Logic::on_order(const MqttMessage& message, Now now, Effects& effects) {
  if (message.retained) return;
  const Result<BreakerOrder> order = decode_breaker_order(message.payload);
  if (!order) {
    ++malformed_;
    warn("order ignored", order.error().message, now, effects);
    return;
  }
  if (*order == BreakerOrder::isolate) sender_.breaker().isolate(now.monotonic);
  if (*order == BreakerOrder::close) sender_.breaker().close(now.monotonic);
}

void Logic::on(DriverRead& event, Now now, Effects& effects) {
  std::vector<Reading> readings = intake_.take(std::move(event), pacing_, now, effects);
  unsynced_readings_ += static_cast<std::uint64_t>(std::count_if(
      readings.begin(), readings.end(), [](const Reading& reading) { return reading.uptime.has_value(); }));
  writer_.append(std::move(readings), now);
}

void Logic::on(OutboxWritten& event, Now now, Effects& effects) {
  liveness_.end(write_obligation);
  const bool dropped = event.result.has_value() && event.write.drop.has_value();
  if (dropped) {
    const OutboxEntry& gap = *event.write.drop;
    const std::string text =
        fmt::format("the outbox is full: dropped its oldest readings, {} in one gap record", gap.last - gap.first + 1);
    effects.push_back(LogLine{LogLevel::error, text});
    add_event(encode_event("gap", now.wall, text));
  }
  const bool thinned = event.result.has_value() && event.write.thin.has_value();
  disk_ = event.disk;
  if (!event.result && event.result.error().code == ErrorCode::corrupt) damage_ = event.result.error().message;
  const bool is_lost = !event.result && event.result.error().code == ErrorCode::in_use;
  std::vector<OutboxEntry> durable = writer_.done(std::move(event), now);
  if (is_lost) return give_up(writer_.failure(), effects);
  if (dropped) sender_.entries_dropped();
  if (thinned && !std::exchange(thinning_, writer_.budget().over())) {
    const std::string text = "the outbox is full: thinning out its oldest readings, gap records say which";
    effects.push_back(LogLine{LogLevel::warning, text});
    add_event(encode_event("gap", now.wall, text));
  }
  thinning_ = thinning_ && writer_.budget().over();
  sender_.durable(std::move(durable), writer_.written());
  if (writer_.failure().empty() && !outbox_failure_.empty()) sender_.end_lending();
  report_outbox_failure(effects);
}

void Logic::on(OutboxReadDone& event, Now now, Effects& effects) {
  liveness_.end(read_obligation);
  if (!event.entries) distrust_outbox(event.entries.error(), now);
  sender_.read_done(std::move(event), now, effects);
  report_outbox_failure(effects);
}

void Logic::on(OutboxScanned& event, Now now, Effects& effects) {
  liveness_.end(scan_obligation);
  if (!event.entries) distrust_outbox(event.entries.error(), now);
  writer_.scanned(std::move(event), now);
  report_outbox_failure(effects);
}

/// What every event may have made possible.
void Logic::advance(Now now, Effects& effects) {
  if (exited_) return;
  advance_outbox(now, effects);
  intake_.advance(pacing_, writer_.room(streams_), now, effects);
  const std::size_t before = effects.size();
  sender_.advance(now, effects);
  subscribe(effects);
  const bool reads = std::any_of(effects.begin() + static_cast<std::ptrdiff_t>(before), effects.end(),
                                 [](const Effect& effect) { return std::holds_alternative<OutboxRead>(effect); });
  if (reads) liveness_.begin(read_obligation, now.monotonic + outbox_deadline);
  age_.note(writer_.written(), sender_.confirmed(), now.monotonic);
  outbox_mark_.update(writer_.depth());
  downstream_.advance(now.monotonic);
  advance_namesakes(now, effects);
  clear_former_names(now, effects);
  advance_pace(now, effects);
  report_transitions(now, effects);
  report_status(now, effects);
  advance_stop(now, effects);
  send_events(effects);
}

void Logic::advance_outbox(Now now, Effects& effects) {
  if (writer_.wants_open(now)) open_outbox(now, effects);
  sender_.outbox_is_open(writer_.is_open());
  sender_.rows_are_gone(writer_.gone_through());
  if (std::optional<OutboxScan> scan = writer_.next_scan(sender_.window().highest_sent()); scan.has_value()) {
    liveness_.begin(scan_obligation, now.monotonic + outbox_deadline);
    effects.push_back(*scan);
  }
  if (!writer_.failure().empty()) sender_.lend(writer_.pending());
  std::optional<OutboxWrite> write = writer_.next(sender_.stream_of(writer_.oldest_kept()), now);
  if (!write.has_value()) return;
  liveness_.begin(write_obligation, now.monotonic + outbox_deadline);
  effects.push_back(std::move(*write));
}

/// Why sensors should be read less often; empty when they should not.
std::string Logic::pressure(Instant now) const {
  const CircuitBreaker& breaker = sender_.breaker();
  if (breaker.state() != CircuitBreaker::State::closed) return "circuit breaker not closed: " + breaker.reason();
  if (writer_.budget().over()) return "the outbox is full";
  if (outbox_mark_.above()) return "the outbox is above its high mark";
  return downstream_.pressure(now);
}

void Logic::advance_pace(Now now, Effects& effects) {
  const Millis before = pacing_.interval();
  const std::string why = pressure(now.monotonic);
  if (!pacing_.update(!why.empty(), now.monotonic)) return;
  const Millis after = pacing_.interval();
  std::string text = fmt::format("pace: sensors are read every {} s instead of every {} s; {}",
                                 static_cast<double>(after.count()) / 1e3, static_cast<double>(before.count()) / 1e3,
                                 why.empty() ? "the pressure is gone" : why);
  add_event(
      encode_event("pace", now.wall, text, fmt::format(R"("from_ms":{},"to_ms":{})", before.count(), after.count())));
  effects.push_back(LogLine{LogLevel::info, std::move(text)});
  status_due_ = now.monotonic;
}

void Logic::report_transitions(Now now, Effects& effects) {
  for (const CircuitBreaker::Transition& transition : sender_.breaker().take_transitions()) {
    const bool opened = transition.to == CircuitBreaker::State::open;
    effects.push_back(LogLine{opened ? LogLevel::warning : LogLevel::info, log_line(transition)});
    add_event(encode_breaker_event(transition, now.wall));
  }
}

std::string Logic::degraded_because() const {
  if (!link_.is_connected()) return "no connection to the broker: " + link_.reason();
  if (std::string trouble = sender_.trouble(); !trouble.empty()) return trouble;
  if (sender_.breaker().state() != CircuitBreaker::State::closed)
    return "breaker not closed: " + sender_.breaker().reason();
  if (!outbox_failure_.empty()) return outbox_failure_;
  if (!namesakes_.trouble().empty()) return namesakes_.trouble();
  if (!two_stores_.what().empty()) return two_stores_.what();
  if (std::string drivers = intake_.ailing(); !drivers.empty()) return "drivers with errors: " + drivers;
  if (writer_.budget().over()) return "the outbox is full";
  if (outbox_mark_.above()) return "the outbox is above its high mark";
  return {};
}

void Logic::report_status(Now now, Effects& effects) {
  std::string reason = degraded_because();
  const ServiceState state = reason.empty() ? ServiceState::up : ServiceState::degraded;
  const bool first = !state_since_.has_value();
  const bool changed = first || state != state_ || reason != state_reason_;
  if (first || state != state_) state_since_ = now.monotonic;
  state_ = state;
  state_reason_ = std::move(reason);
  if (changed) effects.push_back(ServiceStatus{state_reason_.empty() ? "up" : "degraded: " + state_reason_});
  if (!status_due_.has_value()) status_due_ = now.monotonic;
  if (!link_.is_connected() || (!changed && now.monotonic < *status_due_)) return;
  status_due_ = now.monotonic + options_.status_interval;
  publish_status(state_, state_reason_, now, effects);
}

void Logic::publish_status(ServiceState state, const std::string& reason, Now now, Effects& effects) {
  if (!link_.is_connected()) return;
  StatusWriter details;
  describe(now, details);
  MqttPublish status;
  status.topic = topic_of(options_.root, options_.node, "status", service_name);
  status.payload = encode_status({service_name, state, reason, wall_at(state_since_.value_or(now.monotonic), now),
                                  SENSOR_PROJECT_VERSION, details.members()});
  status.retain = true;
  effects.push_back(std::move(status));
  MqttPublish queue;
  queue.topic = topic_of(options_.root, options_.node, "queue", service_name);
  queue.payload = encode_queue_depth({.depth = writer_.depth(),
                                      .high = options_.outbox.high_readings,
                                      .limit = writer_.limit(),
                                      .oldest_s = std::chrono::duration<double>(age_.oldest(now.monotonic)).count(),
                                      .rate_per_s = age_.take_rate(now.monotonic),
                                      .pressure = outbox_mark_.above()});
  queue.retain = true;
  effects.push_back(std::move(queue));
}

void Logic::add_event(std::string payload) {
  MqttPublish event;
  event.topic = topic_of(options_.root, options_.node, "event", service_name);
  event.payload = std::move(payload);
  events_.add(std::move(event));
}

void Logic::send_events(Effects& effects) {
  if (!link_.is_connected()) return;
  for (MqttPublish& event : events_.take()) effects.push_back(std::move(event));
}

void Logic::warn(std::string_view kind, const std::string& text, Now now, Effects& effects) {
  if (auto line = throttle_.add(LogLevel::warning, kind, text, now.monotonic)) effects.push_back(std::move(*line));
}

void Logic::describe(Now now, StatusWriter& status) const {
  describe_process(options_.instance, now, status);
  sensors::describe(disk_, status);
  pacing_.describe(status);
  status.add("pressure", pressure(now.monotonic));
  clock_.describe(status);
  status.in("clock").add("unsynced_readings", unsynced_readings_);
  writer_.describe(status);
  intake_.describe(status);
  sender_.describe(now, status);
  link_.describe(status);
  StatusWriter& counters = status.in("counters");
  counters.add("damaged", readings_damaged_ + sender_.readings_missing());
  counters.add("malformed", malformed_);
  counters.add("events_dropped", events_.dropped());
}

std::string Logic::down_status(const std::string& stream, WallTime now) {
  StatusWriter run;
  run.add("stream", stream);
  return encode_down(service_name, "connection lost", now, run);
}

std::optional<Instant> Logic::wake_at() const {
  std::optional<Instant> at = intake_.wake_at(pacing_);
  for (const std::optional<Instant>& when :
       {writer_.wake_at(), sender_.wake_at(), pacing_.wake_at(), downstream_.wake_at(), namesakes_.wake_at(),
        link_.is_connected() ? former_names_.wake_at() : std::nullopt, two_stores_.wake_at(),
        link_.is_connected() ? status_due_ : std::nullopt,
        stopping_ && may_give_up() ? std::optional(stop_by_) : std::nullopt}) {
    if (when.has_value()) at = at.has_value() ? std::min(*at, *when) : when;
  }
  return at;
}

}  // namespace sensors::publisher
