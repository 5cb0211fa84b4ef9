#include "services/sensor-publisher/logic/logic.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/describe_shared.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/topic.hpp"

namespace sensors::publisher {

namespace {

// The outbox worker answers within this, or it hangs in the kernel and the watchdog may bite.
constexpr Millis outbox_deadline{30'000};

constexpr std::string_view store_service = "sensor-persistence";

// As many are known at most; a row of each takes about 60 bytes.
constexpr std::size_t most_sensors_in_a_write = 10'000;

constexpr const char* write_obligation = "a commit of the outbox";
constexpr const char* read_obligation = "a read from the outbox";
constexpr const char* scan_obligation = "a scan of the outbox";

}  // namespace

SelfOptions self_options(const LogicOptions& options, const std::string& stream) {
  return {.service = service_name,
          .root = options.root,
          .node = options.node,
          .instance = options.instance,
          .status_interval = options.status_interval,
          .tells_of_sensors = true,
          .run_key = "stream",
          .run = stream};
}

Logic::Logic(LogicOptions options, const OutboxContents& contents)
    : options_(std::move(options)),
      pacing_(options_.pace),
      silence_(options_.drivers, options_.silence, options_.node),
      intake_(options_.drivers, silence_),
      streams_(static_cast<std::size_t>(std::count_if(options_.drivers.begin(), options_.drivers.end(),
                                                      [](const auto& driver) { return driver.is_stream; }))),
      writer_(options_.outbox, contents, options_.seed),
      sender_(options_, contents),
      clock_(contents.streams.back().boot),
      self_(self_options(options_, contents.streams.back().id)),
      downstream_(options_.node),
      two_stores_(options_.status_interval),
      outbox_mark_(options_.outbox.high_readings),
      found_(contents),
      outbox_was_found_(contents.failure.empty()) {}

Effects Logic::step(Event event, Now now) {
  Effects effects;
  if (found_.has_value()) take_what_was_found(now, effects);
  watch_clock(now, effects);
  std::visit([&](auto& e) { on(e, now, effects); }, event);
  advance(now, effects);
  return effects;
}

void Logic::take_what_was_found(Now now, Effects& effects) {
  const OutboxContents found = *std::exchange(found_, std::nullopt);
  silence_.restore(found.sensors, pacing_, now, effects);
  report_opened(found, now, effects);
}

void Logic::on(const StopRequested&, Now now, Effects& effects) {
  if (std::exchange(stopping_, true)) return;
  stop_by_ = now.monotonic + OutboxOptions::last_chance;
  effects.push_back(LogLine{LogLevel::info, "stopping: writing what was taken to the outbox"});
  intake_.stop(now, effects);
  silence_.watch().save_times();
  writer_.stop();
}

void Logic::on(const MqttConnected&, Now now, Effects& effects) {
  self_.connected(now, effects);
  downstream_.connected(now.monotonic);
  sender_.connected(now);
  silence_.connected();
  publish_boot_time(effects);
}

void Logic::on(const MqttDisconnected& event, Now now, Effects& effects) {
  self_.disconnected(event, now, effects);
  sender_.disconnected(event.reason, now);
}

void Logic::on(const MqttMessage& event, Now now, Effects& effects) {
  const std::optional<TopicView> topic = parse_topic(event.topic);
  if (!topic.has_value()) {
    ++malformed_;
  } else if (topic->kind == "committed") {
    on_watermark(event, now, effects);
  } else if (topic->kind == "control") {
    on_order(event, now, effects);
  } else if (topic->name == service_name) {
    self_.hear(*topic, event, now, effects);
  } else if (topic->kind == "queue" || topic->kind == "status") {
    if (!downstream_.take(*topic, event, now.monotonic)) ++malformed_;
    notice_store_process(*topic, event);
  }
}

/// A retained order would be carried out again at each connect.
void Logic::on_order(const MqttMessage& message, Now now, Effects& effects) {
  const Result<ForgetOrder> order = decode_forget_order(message.payload);
  if (!order && order.error().code == ErrorCode::not_found)
    return self_.take_order(message, sender_.breaker(), now, effects);
  if (message.retained) return;
  if (!order) return self_.warn("order ignored", order.error().message, now, effects);
  const bool was_known = silence_.forget(*order);
  const std::string name = order->sensor + " of " + order->node;
  effects.push_back(was_known ? LogLine{LogLevel::info, "sensor " + name + " is forgotten, as an operator asked for"}
                              : LogLine{LogLevel::info, "sensor " + name + " is to be forgotten, and is not known"});
}

void Logic::on_watermark(const MqttMessage& message, Now now, Effects& effects) {
  const Result<Committed> committed = decode_committed(message.payload);
  if (!committed) {
    ++malformed_;
    self_.warn("watermark ignored", committed.error().message, now, effects);
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
      self_.tell("store", "store " + sender_.store() + " keeps the readings of this publisher now", now, effects);
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
    self_.announce("store", {LogLevel::error, two_stores_.what()}, now, effects);
}

void Logic::advance_two_stores(Now now, Effects& effects) {
  if (two_stores_.advance(now.monotonic))
    self_.announce("store", {LogLevel::info, "one store takes the readings again"}, now, effects);
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
    std::string text =
        fmt::format("the outbox is full: dropped its oldest readings, {} in one gap record", gap.last - gap.first + 1);
    self_.announce("gap", {LogLevel::error, std::move(text)}, now, effects);
  }
  const bool thinned = event.result.has_value() && event.write.thin.has_value();
  disk_ = event.disk;
  if (!event.result && event.result.error().code == ErrorCode::corrupt) damage_ = event.result.error().message;
  if (!event.result) silence_.watch().not_saved(event.write.sensors);
  const bool is_lost = !event.result && event.result.error().code == ErrorCode::in_use;
  std::vector<OutboxEntry> durable = writer_.done(std::move(event), now);
  if (is_lost) return give_up(writer_.failure(), effects);
  if (dropped) sender_.entries_dropped();
  if (thinned && !std::exchange(thinning_, writer_.budget().over())) {
    const char* const text = "the outbox is full: thinning out its oldest readings, gap records say which";
    self_.announce("gap", {LogLevel::warning, text}, now, effects);
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
  silence_.advance(self_, now, effects);
  advance_two_stores(now, effects);
  self_.advance(now, effects);
  advance_pace(now, effects);
  self_.announce(sender_.breaker().take_transitions(), now, effects);
  update_status(now, effects);
  advance_stop(now, effects);
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
  if (silence_.watch().has_urgent() || (stopping_ && silence_.watch().has_unsaved())) writer_.want_write();
  std::optional<OutboxWrite> write = writer_.next(sender_.stream_of(writer_.oldest_kept()), now);
  if (!write.has_value()) return;
  write->sensors = silence_.watch().take_unsaved(most_sensors_in_a_write);
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
  silence_.pace_changed(pacing_);
  intake_.advance(pacing_, writer_.room(streams_), now, effects);  // a quicker pace may have made some due
  const Millis after = pacing_.interval();
  std::string text = fmt::format("pace: sensors are read every {} s instead of every {} s; {}",
                                 static_cast<double>(after.count()) / 1e3, static_cast<double>(before.count()) / 1e3,
                                 why.empty() ? "the pressure is gone" : why);
  self_.announce("pace", {LogLevel::info, std::move(text)}, now, effects,
                 fmt::format(R"("from_ms":{},"to_ms":{})", before.count(), after.count()));
  self_.report_again();
}

std::string Logic::degraded_because() const {
  if (!self_.is_connected()) return "no connection to the broker: " + self_.why_away();
  if (std::string trouble = sender_.trouble(); !trouble.empty()) return trouble;
  if (sender_.breaker().state() != CircuitBreaker::State::closed)
    return "breaker not closed: " + sender_.breaker().reason();
  if (!outbox_failure_.empty()) return outbox_failure_;
  if (!self_.trouble().empty()) return self_.trouble();
  if (!two_stores_.what().empty()) return two_stores_.what();
  if (std::string drivers = intake_.ailing(); !drivers.empty()) return "drivers with errors: " + drivers;
  if (writer_.budget().over()) return "the outbox is full";
  if (outbox_mark_.above()) return "the outbox is above its high mark";
  return {};
}

void Logic::update_status(Now now, Effects& effects) {
  std::string reason = degraded_because();
  const ServiceState state = reason.empty() ? ServiceState::up : ServiceState::degraded;
  if (self_.update({state, std::move(reason), outbox_mark_.above()}, now)) report_status(now, effects);
}

void Logic::report_status(Now now, Effects& effects) {
  StatusWriter details;
  describe(now, details);
  const QueueDepth queue{.depth = writer_.depth(),
                         .high = options_.outbox.high_readings,
                         .limit = writer_.limit(),
                         .oldest_s = std::chrono::duration<double>(age_.oldest(now.monotonic)).count(),
                         .rate_per_s = age_.take_rate(now.monotonic)};
  self_.report(details, queue, "", now, effects);
}

void Logic::describe(Now now, StatusWriter& status) const {
  self_.describe(now, status);
  sensors::describe(disk_, status);
  pacing_.describe(status);
  status.add("pressure", pressure(now.monotonic));
  clock_.describe(status);
  status.in("clock").add("unsynced_readings", unsynced_readings_);
  writer_.describe(status);
  intake_.describe(status);
  silence_.describe(status);
  sender_.describe(now, status);
  StatusWriter& counters = status.in("counters");
  counters.add("damaged", readings_damaged_ + sender_.readings_missing());
  counters.add("malformed", malformed_);
}

std::optional<Instant> Logic::wake_at() const {
  std::optional<Instant> at = intake_.wake_at(pacing_);
  for (const std::optional<Instant>& when :
       {writer_.wake_at(), sender_.wake_at(), pacing_.wake_at(), downstream_.wake_at(), two_stores_.wake_at(),
        silence_.wake_at(), self_.wake_at(), stopping_ && may_give_up() ? std::optional(stop_by_) : std::nullopt}) {
    if (when.has_value()) at = at.has_value() ? std::min(*at, *when) : when;
  }
  return at;
}

}  // namespace sensors::publisher
