// The part of Logic that moves on with time: judging, telling, writing, sending, and the end.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "services/sensor-alerts/logic/logic.hpp"

namespace sensors::alerts {

namespace {

constexpr Millis beat_deadline{60'000};

/// No other message ever has it, and the same one always does. The number alone may be given out again: by a database
/// that could not be written before a crash, or that an earlier copy has taken the place of.
std::string key_of(const std::string& store, const Episode& episode, std::string_view word) {
  return fmt::format("{}-{}-{:x}-{}", store, episode.number, episode.alert.since.time_since_epoch().count(), word);
}

}  // namespace

void Logic::advance() {
  self_.advance(now_, effects_);
  const Millis spacing = has_news_ ? judge_spacing : judge_every;
  const bool is_due = !judged_at_.has_value() || now_.monotonic - *judged_at_ >= spacing ||
                      (episodes_.wake_at().has_value() && now_.monotonic >= *episodes_.wake_at());
  if (is_due) judge();
  tell();
  write();
  for (auto& [name, channel] : channels_) {
    channel.advance(now_);
    self_.announce(channel.breaker().take_transitions(), now_, effects_);
  }
  if (stopping_since_.has_value()) return finish_stop();
  send();
  beat();
  update_status();
}

// ---- what is wrong ----

void Logic::judge() {
  judged_at_ = now_.monotonic;
  has_news_ = false;
  may_tell_ = true;
  const std::vector<Trouble> wrong = troubles();
  episodes_.observe(
      wrong, [this](const Alert& alert) { return is_unknown(alert); }, now_);
  take_changes();
}

std::vector<Trouble> Logic::troubles() {
  judged_ = watch_.judge(now_);
  silent_machines_.clear();
  std::vector<Trouble> found;
  for (const verdict::Problem& problem : judged_.problems) {
    if (problem.kind == "machine_silent") silent_machines_.insert(problem.node);
    if (options_.off.contains(problem.kind)) continue;
    const auto lasts = options_.lasts.find(problem.kind);
    Trouble trouble;
    trouble.lasts = lasts == options_.lasts.end() ? options_.lasts_otherwise : lasts->second;
    trouble.alert.name = alert_name({problem.kind, problem.node, problem.object});
    trouble.alert.severity = verdict::name_of(problem.severity);
    trouble.alert.kind = problem.kind;
    trouble.alert.node = problem.node;
    trouble.alert.object = problem.object;
    trouble.alert.text = problem.what;
    trouble.alert.advice = problem.advice;
    trouble.alert.since = problem.since;
    found.push_back(std::move(trouble));
  }
  if (self_.is_connected()) rules_.add_troubles(found);  // a last reading from before says nothing of now
  return found;
}

/// Who is blind says nothing: while the broker is away, until all have said how they are after it came back, of what is
/// on a machine that is silent, of whom nothing was heard since, and of what a verdict left out or had no room for.
bool Logic::is_unknown(const Alert& alert) const {
  if (alert.kind == "broker") return false;
  if (!self_.is_connected() || now_.monotonic < settled_at_) return true;
  if (alert.kind != "machine_silent" && is_machine_silent(alert.node)) return true;
  if (alert.kind == rule_kind) return rules_.is_unknown(alert);
  if (options_.off.contains(alert.kind)) return false;
  return judged_.more > 0 || judged_.leaves_open(alert.kind, alert.node, alert.object) ||
         !witnesses_.can_say(alert, watch_, connected_at_);
}

/// By what was judged, or was told and is not over: a broker that began anew knows nothing of it.
bool Logic::is_machine_silent(const std::string& node) const {
  if (silent_machines_.contains(node)) return true;
  const auto told = episodes_.all().find(alert_name({"machine_silent", node, ""}));
  return told != episodes_.all().end() && told->second.is_open();
}

void Logic::take_changes() {
  for (Episode& episode : episodes_.take_changed()) {
    show_alert(episode);
    if (episode.number == 0) continue;
    const auto same = [&episode](const Episode& other) { return other.number == episode.number; };
    const auto known = std::find_if(pending_.episodes.begin(), pending_.episodes.end(), same);
    if (known == pending_.episodes.end()) {
      pending_.episodes.push_back(std::move(episode));
    } else {
      *known = std::move(episode);
    }
  }
  for (const std::uint64_t number : episodes_.take_forgotten()) {
    std::erase_if(pending_.episodes, [number](const Episode& episode) { return episode.number == number; });
    pending_.forgotten.push_back(number);
  }
}

// ---- what is told ----

/// Not at each reading: it looks at all episodes.
void Logic::tell() {
  const std::optional<Instant> waits_until = telling_.wake_at();
  if (!may_tell_ && (!waits_until.has_value() || now_.monotonic < *waits_until)) return;
  may_tell_ = false;
  for (const Group& group : telling_.due(episodes_, now_)) {
    for (auto& [name, channel] : channels_) make_messages(group, channel);
  }
  take_changes();
}

/// A receiver that is told again knows an alert by its severity too: there the warning ends, and another one begins.
void Logic::make_messages(const Group& group, ChannelQueue& channel) {
  if (!group.for_critical_only || channel.options().critical_only)
    return add_messages(group.kind, name_of(group.kind), group.episodes, channel);
  if (!channel.options().repeat.has_value()) return;
  std::vector<Episode> warnings = group.episodes;
  for (Episode& episode : warnings) {
    episode.alert.severity = "warning";
    episode.alert.ended = now_.wall;
  }
  add_messages(Message::Kind::resolved, "raised", warnings, channel);
  add_messages(group.kind, "critical", group.episodes, channel);
}

void Logic::add_messages(Message::Kind kind, std::string_view word, const std::vector<Episode>& episodes,
                         ChannelQueue& channel) {
  Message message;
  const auto add = [&] {
    if (!message.alerts.empty()) add_message(channel, std::exchange(message, {}));
  };
  for (const Episode& episode : episodes) {
    if (channel.options().critical_only && !episode.is_critical()) continue;
    if (message.alerts.empty()) {
      message.kind = kind;
      message.key = key_of(store_, episode, word);
      if (kind == Message::Kind::reminder) message.key += std::to_string(episode.reminders);
    }
    message.alerts.push_back(episode.alert);
    message.alerts.back().time = now_.wall;
    if (kind == Message::Kind::firing) message.alerts.back().ended.reset();
    if (message.alerts.size() >= Message::max_alerts) add();
  }
  add();
}

void Logic::add_message(ChannelQueue& channel, Message message) {
  message.id = next_message_++;
  message.channel = channel.options().name;
  message.time = now_.wall;
  pending_.messages.push_back(message);
  const std::optional<Message> dropped = channel.add(std::move(message));
  if (!dropped.has_value()) return;
  pending_.done.push_back(dropped->id);
  self_.announce(
      "alert_dropped",
      {LogLevel::error, fmt::format("channel {}: {} messages wait, and the oldest is dropped: {}",
                                    channel.options().name, channel.options().max_messages, title_of(*dropped))},
      now_, effects_);
}

// ---- what is written ----

void Logic::write() {
  if (writing_.has_value() || (rewrite_all_ && now_.monotonic < write_at_)) return;
  const bool is_empty =
      pending_.episodes.empty() && pending_.forgotten.empty() && pending_.messages.empty() && pending_.done.empty();
  if (is_empty && !rewrite_all_) return;
  AlertWrite next = rewrite_all_ ? everything() : std::move(pending_);
  pending_ = {};
  rewrite_all_ = false;
  next.store = store_;
  next.next_episode = episodes_.next_number();
  next.next_message = next_message_;
  writing_notes_.merge(pending_notes_);
  pending_notes_.clear();
  liveness_.begin("database", now_.monotonic + write_deadline);
  effects_.emplace_back(next);
  writing_ = std::move(next);
}

AlertWrite Logic::everything() const {
  AlertWrite write;
  write.all = true;
  for (const auto& [name, episode] : episodes_.all()) write.episodes.push_back(episode);
  for (const auto& [name, channel] : channels_)
    write.messages.insert(write.messages.end(), channel.messages().begin(), channel.messages().end());
  return write;
}

/// An alert about a full disk cannot wait for that disk.
bool Logic::waits_for_disk() const {
  return !failing_since_.has_value() || now_.monotonic - *failing_since_ < patience_with_disk;
}

// ---- what is sent ----

void Logic::send() {
  const bool is_patient = waits_for_disk();
  const std::uint64_t durable = is_patient ? durable_ : std::numeric_limits<std::uint64_t>::max();
  for (auto& [name, channel] : channels_) {
    const bool notes_wait = is_patient && (pending_notes_.contains(name) || writing_notes_.contains(name));
    std::optional<Message> message = channel.next(durable, notes_wait, now_);
    if (message.has_value()) {
      channel.sending(next_attempt_);
    } else {
      if (!channel.wants_repeat(now_)) continue;
      message = open_alerts(channel);
      if (!channel.repeat(*message, next_attempt_, now_)) continue;
    }
    liveness_.begin("channel " + name, now_.monotonic + channel.options().timeout + ChannelQueue::stuck_after);
    effects_.emplace_back(SendMessage{next_attempt_++, std::move(*message)});
  }
}

/// Those that this channel was told, as many as one message has room for; none where there are no more.
Message Logic::open_alerts(const ChannelQueue& channel) const {
  Message message;
  message.channel = channel.options().name;
  message.key = store_ + "-repeat";
  message.time = now_.wall;
  const auto& all = episodes_.all();
  for (auto at = all.upper_bound(channel.repeated_to()); at != all.end(); ++at) {
    if (message.alerts.size() >= Message::max_alerts) break;
    const Episode& episode = at->second;
    const bool is_of_channel = episode.is_critical() ? episode.critical_told : !channel.options().critical_only;
    if (episode.is_open() && episode.begin_told && is_of_channel) message.alerts.push_back(episode.alert);
  }
  return message;
}

/// All is well: nothing is wrong, and whoever ought to be told could be.
void Logic::beat() {
  if (options_.beat_every == Millis{0} || is_beating_ || now_.monotonic < beat_at_) return;
  const bool is_settled = self_.is_connected() && now_.monotonic >= settled_at_;
  if (!is_settled || episodes_.open() > 0 || !trouble().empty()) return;
  beat_at_ = now_.monotonic + options_.beat_every;
  is_beating_ = true;
  liveness_.begin("heartbeat", now_.monotonic + beat_deadline);
  effects_.emplace_back(SendBeat{});
}

/// Waits for what is being written and sent, for a while: then an ordinary restart sends nothing twice.
void Logic::finish_stop() {
  const bool is_late = now_.monotonic - *stopping_since_ >= last_wait;
  const auto is_sending = [](const auto& one) { return one.second.is_sending(); };
  const bool is_busy = writing_.has_value() || std::any_of(channels_.begin(), channels_.end(), is_sending);
  if (is_busy && !is_late) return;
  self_.say_down("stopped", {}, now_, effects_);
  effects_.emplace_back(Exit{0});
}

}  // namespace sensors::alerts
