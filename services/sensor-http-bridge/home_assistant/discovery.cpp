// A sensor is announced when its first live reading passes, again at each connect (the broker keeps nothing through a
// restart), at Home Assistant's birth message, and when its unit or the kind of its values changes. Announcements of
// earlier runs are read back, so that sensors that fell silent between two runs are taken back as well.
//
// What comes in bursts, a thousand sensors at a birth message, goes out little by little: the broker takes twenty
// messages without PUBACK, and the uploads need it too.
#include "services/sensor-http-bridge/home_assistant/discovery.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/sensor-http-bridge/home_assistant/units.hpp"

namespace sensors::bridge {

namespace {

using Kind = DiscoveryConfig::Kind;

constexpr std::size_t most_in_flight = 10;
constexpr Millis retry_after{30'000};       // when the broker has refused a message
constexpr Millis look_again_after{10'000};  // into the readings of a sensor, for its unit and kind
constexpr Millis least_between_changes{60'000};
constexpr Millis longest_look{3'600'000};  // between two looks for sensors that are gone
constexpr Millis forget_former_after{600'000};
constexpr std::size_t most_waiting = 20'000;

Kind kind_of(const Value& value) {
  if (std::holds_alternative<bool>(value)) return Kind::boolean;
  return std::holds_alternative<std::string>(value) ? Kind::text : Kind::number;
}

std::string state_topic_of(const SensorAddress& address) {
  return topic_of(address.root, address.node, "reading", address.sensor);
}

}  // namespace

std::vector<std::string> discovery_subscriptions(const DiscoveryOptions& options) {
  std::vector<std::string> filters{options.prefix + "/sensor/+/+/config", options.prefix + "/binary_sensor/+/+/config"};
  if (options.is_removing) return filters;
  filters.push_back(options.root + "/+/reading/+");
  filters.push_back(options.birth_topic);
  return filters;
}

BridgeEffects Discovery::handle(const Tick&, Now now) {
  now_ = now;
  forget_silent();
  return advance();
}

BridgeEffects Discovery::handle(const MqttConnected&, Now now) {
  now_ = now;
  is_connected_ = true;
  in_flight_.clear();
  for (auto& [state_topic, sensor] : sensors_) sensor.heard_at = now.monotonic;  // nobody could be heard meanwhile
  announce_all();
  return advance();
}

BridgeEffects Discovery::handle(const MqttDisconnected&, Now now) {
  now_ = now;
  is_connected_ = false;
  for (auto& [id, outgoing] : std::exchange(in_flight_, {})) {
    if (!outgoing.taken_back.empty()) take_back(std::move(outgoing.state_topic), std::move(outgoing.taken_back));
  }
  return advance();
}

BridgeEffects Discovery::handle(const MqttPublished& published, Now now) {
  now_ = now;
  const auto found = in_flight_.find(published.id);
  if (found == in_flight_.end()) return {};
  Outgoing outgoing = std::move(found->second);
  in_flight_.erase(found);
  if (published.result.has_value()) return advance();
  const Error& error = published.result.error();
  if (error.code != ErrorCode::disconnected) {
    refused(std::move(outgoing), error);
  } else if (!outgoing.taken_back.empty()) {  // all others are announced with the next connection
    take_back(std::move(outgoing.state_topic), std::move(outgoing.taken_back));
  }
  return advance();
}

/// It comes again after a while, with all that waits behind it: what refuses one refuses the others.
void Discovery::refused(Outgoing outgoing, const Error& error) {
  ++counters_.refused;
  send_at_ = now_.monotonic + retry_after;
  const char* hint = error.code == ErrorCode::rejected ? "; may this user write there? See broker-config/acl" : "";
  say(LogLevel::warning,
      fmt::format("the broker did not take an announcement below {}: {}{}", options_.prefix, error.message, hint));
  if (!outgoing.taken_back.empty()) return take_back(std::move(outgoing.state_topic), std::move(outgoing.taken_back));
  const auto sensor = sensors_.find(outgoing.state_topic);
  if (sensor != sensors_.end()) announce(sensor->first, sensor->second);
}

void Discovery::say(LogLevel level, const std::string& text) {
  std::optional<LogLine> line = throttle_.add(level, "Home Assistant", text, now_.monotonic);
  if (line.has_value()) effects_.emplace_back(std::move(*line));
}

BridgeEffects Discovery::handle(const MqttMessage& message, Now now) {
  now_ = now;
  if (message.topic == options_.birth_topic) {
    if (message.payload == options_.birth_payload) announce_all();
  } else if (is_announcement(message.topic)) {
    take_announcement(message);
  } else if (!options_.is_removing) {
    const std::optional<TopicView> topic = parse_topic(message.topic);
    if (!topic.has_value() || topic->kind != "reading" || topic->root != options_.root) return {};
    take_reading(message, *topic);
  }
  return advance();
}

std::optional<Instant> Discovery::wake_at() const {
  std::optional<Instant> at = look_at_;
  const bool may_send = is_connected_ && !waiting_.empty() && in_flight_.size() < most_in_flight;
  if (may_send) at = at.has_value() ? std::min(*at, send_at_) : send_at_;
  return at;
}

// ---- what is heard ----

/// Most readings are of a sensor that is known, and then only the time counts.
void Discovery::take_reading(const MqttMessage& message, const TopicView& topic) {
  if (const auto former = options_.former_nodes.find(topic.node); former != options_.former_nodes.end())
    former_heard_at_[*former] = now_.monotonic;
  const auto known = sensors_.find(message.topic);
  if (known != sensors_.end()) {
    note_interval(known->first, known->second);
    if (known->second.is_known && now_.monotonic - known->second.read_at < look_again_after) return;
  } else if (sensors_.size() >= options_.max_sensors) {
    ++counters_.beyond_limit;
    return say(LogLevel::warning, fmt::format("there are more sensors than max_sensors, {}; {} of {} is not announced",
                                              options_.max_sensors, topic.name, topic.node));
  }
  const Result<Batch> batch = decoder_.reading(message.payload);
  if (!batch.has_value() || batch->readings.size() != 1 || batch->readings.front().reading.sensor != topic.name) {
    ++counters_.malformed;
    return;
  }
  Sensor& sensor = sensors_[message.topic];
  sensor.config.address = {std::string(topic.root), std::string(topic.node), std::string(topic.name)};
  sensor.heard_at = sensor.read_at = now_.monotonic;
  learn(sensor, batch->readings.front().reading);
}

/// All that Home Assistant wants to know that is not the address.
void Discovery::describe(DiscoveryConfig& config, const Reading& reading) const {
  config.kind = kind_of(reading.value);
  config.version = SENSOR_PROJECT_VERSION;
  const HomeUnit unit = config.kind == Kind::number ? home_unit(reading.unit) : HomeUnit{};
  config.unit = unit.unit;
  config.device_class = unit.device_class;
  config.state_class = config.kind != Kind::number || unit.is_total ? "" : "measurement";
  const bool stays = config.kind != Kind::number || options_.expire_after == Millis{0} ||
                     std::any_of(options_.keep_last.begin(), options_.keep_last.end(), [&](const std::string& glob) {
                       return fnmatch(glob.c_str(), config.address.sensor.c_str(), 0) == 0;
                     });
  config.expire_after = stays ? Millis{0} : std::max(config.expire_after, options_.expire_after);
}

/// One long silence is an outage; two in a row are how the sensor is. Doubled, so that this is seldom said anew.
void Discovery::note_interval(const std::string& state_topic, Sensor& sensor) {
  const Millis interval = std::chrono::duration_cast<Millis>(now_.monotonic - sensor.heard_at);
  const Millis usual = std::min(interval, std::exchange(sensor.interval, interval));
  sensor.heard_at = now_.monotonic;
  Millis& expire_after = sensor.config.expire_after;
  if (expire_after == Millis{0} || 3 * usual <= expire_after) return;
  while (expire_after < 3 * usual) expire_after *= 2;
  announce(state_topic, sensor);
}

void Discovery::learn(Sensor& sensor, const Reading& reading) {
  DiscoveryConfig config = sensor.config;
  describe(config, reading);
  const bool was_known = std::exchange(sensor.is_known, true);
  if (was_known && config == sensor.config) return;
  // A sensor that says one thing and then another must not have Home Assistant make it anew with each reading.
  if (was_known && now_.monotonic - sensor.changed_at < least_between_changes) return;
  const std::string state_topic = state_topic_of(config.address);
  const Kind before = std::exchange(sensor.config, std::move(config)).kind;
  sensor.changed_at = now_.monotonic;
  // Another component has another topic; one that has the same is in use.
  if (sensor.is_announced) take_back(state_topic, discovery_topic(options_.prefix, sensor.config.address, before));
  announce(state_topic, sensor);
  if (!look_at_.has_value()) look_at_ = now_.monotonic + look_interval();
}

bool Discovery::is_announcement(std::string_view topic) const {
  return topic.size() > options_.prefix.size() + 1 && topic.starts_with(options_.prefix) &&
         topic[options_.prefix.size()] == '/' && topic.ends_with("/config");
}

/// Those that the broker has kept come with the subscription; others are echoes of what this run said.
void Discovery::take_announcement(const MqttMessage& message) {
  if (!message.retained || message.payload.empty()) return;
  const Result<SensorAddress> address = decode_discovery_address(message.payload);
  if (!address.has_value() || address->root != options_.root) return;  // of another program, or another pipeline
  std::optional<Kind> kind;
  for (const Kind each : {Kind::number, Kind::boolean}) {
    if (discovery_topic(options_.prefix, *address, each) == message.topic) kind = each;
  }
  if (!kind.has_value()) {
    ++counters_.malformed;
    return;
  }
  const std::string state_topic = state_topic_of(*address);
  if (options_.is_removing) return take_back(state_topic, message.topic);
  const Millis expire_after = decode_discovery_expiry(message.payload);
  if (const auto known = sensors_.find(state_topic); known != sensors_.end()) {
    DiscoveryConfig& config = known->second.config;
    if (config.expire_after != Millis{0}) config.expire_after = std::max(config.expire_after, expire_after);
  }
  // Of one that is known, only an announcement as another component is of interest: take_back() leaves its own.
  const bool has_no_room = sensors_.size() >= options_.max_sensors;
  if (sensors_.contains(state_topic) || has_no_room) return take_back(state_topic, message.topic);
  Sensor& sensor = sensors_[state_topic];
  sensor.config.address = *address;
  sensor.config.kind = *kind;
  sensor.config.expire_after = expire_after;
  sensor.is_announced = true;
  sensor.heard_at = now_.monotonic;
  if (!look_at_.has_value()) look_at_ = now_.monotonic + look_interval();
}

// ---- what is said ----

void Discovery::announce(const std::string& state_topic, Sensor& sensor) {
  if (!sensor.is_known || std::exchange(sensor.is_waiting, true)) return;
  waiting_.push_back({state_topic, ""});
}

void Discovery::announce_all() {
  for (auto& [state_topic, sensor] : sensors_) announce(state_topic, sensor);
}

/// An empty retained message: Home Assistant removes the entity, and the broker the announcement.
void Discovery::take_back(std::string state_topic, std::string topic) {
  Outgoing outgoing{std::move(state_topic), std::move(topic)};
  if (is_in_use(outgoing)) return;
  if (waiting_.size() < most_waiting) {
    waiting_.push_back(std::move(outgoing));
  } else {
    ++counters_.refused;  // it is there at the next connect
  }
}

/// Whether the announcement to be taken back is the one that its sensor has now: it came back meanwhile.
bool Discovery::is_in_use(const Outgoing& outgoing) const {
  const auto sensor = sensors_.find(outgoing.state_topic);
  if (sensor == sensors_.end()) return false;
  const DiscoveryConfig& config = sensor->second.config;
  return discovery_topic(options_.prefix, config.address, config.kind) == outgoing.taken_back;
}

/// What is left of a former name may still pass as live readings for a moment; a machine that has it now goes on.
Millis Discovery::forget_after(const Sensor& sensor) const {
  const std::string& node = sensor.config.address.node;
  if (!options_.former_nodes.contains(node)) return options_.forget_after;
  const auto heard = former_heard_at_.find(node);
  const bool is_in_use = heard != former_heard_at_.end() && now_.monotonic - heard->second < forget_former_after;
  return is_in_use ? options_.forget_after : std::min(options_.forget_after, forget_former_after);
}

Millis Discovery::look_interval() const {
  return std::min(options_.forget_after, options_.former_nodes.empty() ? longest_look : forget_former_after);
}

void Discovery::forget_silent() {
  if (!look_at_.has_value() || now_.monotonic < *look_at_) return;
  std::size_t gone = 0;
  std::string last;
  for (auto sensor = sensors_.begin(); sensor != sensors_.end();) {
    const bool is_gone = is_connected_ && now_.monotonic - sensor->second.heard_at >= forget_after(sensor->second);
    if (!is_gone) {
      ++sensor;
      continue;
    }
    const DiscoveryConfig config = sensor->second.config;
    last = sensor->first;
    ++gone;
    sensor = sensors_.erase(sensor);
    take_back(last, discovery_topic(options_.prefix, config.address, config.kind));
  }
  if (gone > 0)
    effects_.emplace_back(LogLine{
        LogLevel::info, fmt::format("Home Assistant: {} sensors were silent for longer than forget_after, or are of a "
                                    "former name, and are taken back, {} among them",
                                    gone, last)});
  look_at_.reset();
  if (!sensors_.empty()) look_at_ = now_.monotonic + look_interval();
}

BridgeEffects Discovery::advance() {
  while (is_connected_ && !waiting_.empty() && in_flight_.size() < most_in_flight && now_.monotonic >= send_at_) {
    Outgoing next = std::move(waiting_.front());
    waiting_.pop_front();
    send(std::move(next));
  }
  return std::exchange(effects_, {});
}

void Discovery::send(Outgoing outgoing) {
  MqttPublish message;
  message.retain = true;
  const auto sensor = sensors_.find(outgoing.state_topic);
  if (!outgoing.taken_back.empty()) {
    if (is_in_use(outgoing)) return;
    message.topic = outgoing.taken_back;
    ++counters_.removed;
  } else {
    if (sensor == sensors_.end()) return;  // forgotten while it waited
    const DiscoveryConfig& config = sensor->second.config;
    sensor->second.is_waiting = false;
    sensor->second.is_announced = true;
    message.topic = discovery_topic(options_.prefix, config.address, config.kind);
    message.payload = encode_discovery(config);
    ++counters_.announced;
  }
  message.id = ++last_id_;
  in_flight_.emplace(message.id, std::move(outgoing));
  effects_.emplace_back(std::move(message));
}

void Discovery::describe(StatusWriter& status) const {
  StatusWriter& counters = status.in("counters").in("home_assistant");
  counters.add("announced", counters_.announced);
  counters.add("removed", counters_.removed);
  counters.add("refused", counters_.refused);
  counters.add("beyond_limit", counters_.beyond_limit);
  counters.add("malformed", counters_.malformed);
}

}  // namespace sensors::bridge
