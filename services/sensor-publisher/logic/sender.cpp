// A position becomes (stream, seq) only here: seq = position - base of its stream. Streams are sent one after the
// other: the window never reaches beyond the end of the oldest stream that is not confirmed to its end.
#include "services/sensor-publisher/logic/sender.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/codec/describe_shared.hpp"

namespace sensors::publisher {

Sender::Sender(const LogicOptions& options, const OutboxContents& contents)
    : options_(options),
      streams_(contents.streams.begin(), contents.streams.end()),
      claims_(contents.ended),
      known_store_(contents.known_store),
      window_(options.send.window, contents.confirmed, contents.last),
      breaker_(options.breaker, options.seed),
      durable_(contents.last),
      gone_(contents.confirmed),
      outbox_open_(contents.failure.empty()) {
  drop_finished_streams();
}

void Sender::adopt(const OutboxContents& contents) {
  go_back();
  streams_.assign(contents.streams.begin(), contents.streams.end());
  finished_.clear();
  if (known_store_.empty()) known_store_ = contents.known_store;
  window_.restart(contents.confirmed, contents.last);
  durable_ = contents.last;
  gone_ = contents.confirmed;
  claims_.restart(contents.ended);
  unfillable_.reset();
  drop_finished_streams();
}

void Sender::connected(Now now) {
  // No answer comes any more for what an earlier connection carried.
  for (const InFlight& message : std::exchange(in_flight_, {})) {
    window_.acknowledged();
    if (!message.judged) breaker_.release(message.permit);
  }
  breaker_.peer_returned(now.monotonic);
  window_.connected();
  claims_.again();
  waits_since_.reset();
  go_back();
}

void Sender::disconnected(const std::string& reason, Now now) {
  // A link that ends is no failure of the broker's by itself; a connect that fails is one.
  if (!window_.is_connected()) {
    if (const auto permit = breaker_.admit(now.monotonic); permit.has_value())
      breaker_.fail(*permit, reason, now.monotonic);
  }
  window_.disconnected();
  leaving_link_ = false;
  go_back();
}

void Sender::published(const MqttPublished& published, Now now, Effects& effects) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [&](const InFlight& message) { return message.id == published.id; });
  if (found == in_flight_.end()) return;
  const InFlight message = *found;
  in_flight_.erase(found);
  window_.acknowledged();
  const bool is_answer = published.result.has_value() || published.result.error().code == ErrorCode::rejected;
  if (is_answer) puback_latency_.observe(now.monotonic - message.sent_at);
  // A broker that lets nobody write under the machine's earlier name is no broker that fails.
  const bool is_barred = is_answer && !published.result.has_value() && !message.former_node.empty();
  if (is_answer && !message.is_claim) note_answer(message, is_barred);
  if (message.is_claim && !published.result) drop_claim(message, published.result.error(), now, effects);
  if (message.judged) return;
  const auto took = std::chrono::duration_cast<Millis>(now.monotonic - message.sent_at);
  if (published.result) {
    breaker_.succeed(message.permit, took, now.monotonic);
  } else if (published.result.error().code == ErrorCode::disconnected || is_barred) {
    breaker_.release(message.permit);
  } else {
    // It is sent again when no watermark comes: going back at once would spin on a broker that refuses.
    breaker_.fail(message.permit, published.result.error().message, now.monotonic);
    warn("message not taken", published.result.error().message, now, effects);
  }
}

void Sender::drop_claim(const InFlight& message, const Error& error, Now now, Effects& effects) {
  if (error.code != ErrorCode::rejected) return claims_.again();
  claims_.refused();
  warn("claim not taken",
       "whether the store has all that was taken under the name " + node_of(message.former_node) +
           " is not known: " + error.message,
       now, effects);
}

void Sender::warn(std::string_view kind, const std::string& text, Now now, Effects& effects) {
  if (auto line = throttle_.add(LogLevel::warning, kind, text, now.monotonic)) effects.push_back(std::move(*line));
}

OutboxContents Sender::known_of_outbox() const {
  OutboxContents known;
  known.streams.assign(streams_.begin(), streams_.end());
  known.confirmed = window_.confirmed();
  known.known_store = known_store_;
  return known;
}

void Sender::entries_dropped() { go_back(); }

void Sender::go_back() {
  if (window_.sent() > window_.confirmed()) ++resends_;
  window_.go_back();
  cache_.clear();
}

Position Sender::head_end() const {
  return streams_.size() > 1 ? streams_[1].start() : std::numeric_limits<Position>::max();
}

StreamRange Sender::stream_of(Position position) const {
  for (std::size_t i = streams_.size(); i-- > 1;) {
    if (streams_[i].start() < position) {
      const Position end = i + 1 < streams_.size() ? streams_[i + 1].start() : std::numeric_limits<Position>::max();
      return {streams_[i].start() + 1, end};
    }
  }
  return {streams_.front().start() + 1, head_end()};
}

void Sender::advance(Now now, Effects& effects) {
  breaker_.advance(now.monotonic);
  if (read_again_at_.has_value() && now.monotonic >= *read_again_at_) read_again_at_.reset();
  claims_.wait(now.monotonic);
  judge_overdue(now);
  leave_silent_link(effects);
  if (window_.advance(now.monotonic)) {
    ++resends_;
    cache_.clear();
    // The first one of a run is no news: the store may have begun after this service.
    effects.push_back(LogLine{resends_ == 1 ? LogLevel::info : LogLevel::warning,
                              "the store has confirmed nothing new; sending again from " +
                                  std::to_string(window_.confirmed() + 1 - streams_.front().base) + " of stream " +
                                  streams_.front().id});
  }
  while (send_next(now, effects)) {
  }
  watch_silence(now.monotonic);
  read_ahead(effects);
}

void Sender::judge_overdue(Now now) {
  for (InFlight& message : in_flight_) {
    if (now.monotonic < message.sent_at + options_.send.puback_timeout) break;
    if (std::exchange(message.judged, true)) continue;
    breaker_.fail(message.permit, "no PUBACK in " + std::to_string(options_.send.puback_timeout.count()) + " ms",
                  now.monotonic);
  }
}

/// A broker that keeps the link alive and acknowledges nothing fills the windows, ours and Paho's, until no probe fits
/// in: the probe goes over a new connection, whose windows are empty.
void Sender::leave_silent_link(Effects& effects) {
  const bool is_silent = window_.is_connected() && !in_flight_.empty() && in_flight_.front().judged;
  if (!is_silent || breaker_.state() != CircuitBreaker::State::half_open || leaving_link_) return;
  leaving_link_ = true;
  effects.push_back(LogLine{LogLevel::warning, "the broker acknowledges nothing; connecting again"});
  effects.push_back(MqttReconnect{});
}

bool Sender::send_next(Now now, Effects& effects) {
  if (leaving_link_) return false;
  const EndedStream* const claim = window_.may_send() ? claims_.due() : nullptr;
  const bool gap_first = unfillable_.has_value() && window_.may_send();
  const std::optional<SendWindow::Range> range = window_.sendable(head_end());
  const bool has_next = range.has_value() && !cache_.empty() && cache_.front().first <= range->last;
  if (claim == nullptr && !gap_first && !has_next) return false;
  const std::optional<CircuitBreaker::Permit> permit = breaker_.admit(now.monotonic);
  if (!permit.has_value()) return false;
  // A probe is small: one entry.
  const bool probing = breaker_.state() == CircuitBreaker::State::half_open;
  Outgoing outgoing = claim != nullptr ? claim_message(*claim, now)
                      : gap_first      ? gap_message(now)
                                       : next_message(probing ? range->first : range->last);
  if (claim != nullptr) claims_.sent(now.monotonic);
  outgoing.message.id = ++last_id_;
  ++messages_;
  InFlight in_flight{last_id_, *permit, now.monotonic, claim != nullptr};
  if (outgoing.node != options_.node) in_flight.former_node = std::move(outgoing.node);
  in_flight_.push_back(std::move(in_flight));
  window_.sent(outgoing.through, now.monotonic);
  effects.push_back(std::move(outgoing.message));
  return true;
}

std::string Sender::broken_invariant() const {
  if (window_.confirmed() > window_.sent() || window_.sent() > window_.highest_sent() ||
      window_.highest_sent() > window_.synced()) {
    return "confirmed <= sent <= highest sent <= durable";
  }
  if (streams_.size() > 1 && streams_[1].start() <= window_.confirmed()) return "a stream that is confirmed is left";
  if (!finished_.empty() && streams_.front().start() <= gone_) return "a stream whose rows are gone is left";
  if (breaker_.broken_rule().has_value()) return "the breaker keeps its rules: " + *breaker_.broken_rule();
  if (cache_.empty()) return {};
  if (cache_.front().first > window_.sent() + 1 || cache_.front().last <= window_.sent())
    return "the cache begins with what is sent next";
  const bool has_order = cache_.size() == 1 || (cache_[0].last + 1 == cache_[1].first &&
                                                cache_[cache_.size() - 2].last + 1 == cache_.back().first);
  return has_order ? "" : "the cache has no hole and nothing twice";
}

void Sender::describe(Now now, StatusWriter& status) const {
  status.add("stream", stream());
  status.in("clock").add("restamped", restamped_);
  sensors::describe(puback_latency_, status.in("puback_latency"));
  sensors::describe(breaker_, now, status);
  StatusWriter& outbox = status.in("outbox");
  outbox.add("confirmed", confirmed());
  outbox.add("claims", claims_.waiting());
  StatusWriter& counters = status.in("counters");
  counters.add("messages", messages_);
  counters.add("resends", resends_);
  counters.add("watermarks_refused", watermarks_refused_);
  counters.add("refused_by_store", refusals_);
}

std::optional<Instant> Sender::wake_at() const {
  std::optional<Instant> at = window_.wake_at();
  const auto consider = [&at](std::optional<Instant> when) {
    if (when.has_value()) at = at.has_value() ? std::min(*at, *when) : *when;
  };
  consider(breaker_.wake_at());
  consider(read_again_at_);
  consider(silent_at());
  consider(claims_.wake_at());
  const auto unjudged =
      std::find_if(in_flight_.begin(), in_flight_.end(), [](const InFlight& message) { return !message.judged; });
  if (unjudged != in_flight_.end()) consider(unjudged->sent_at + options_.send.puback_timeout);
  return at;
}

}  // namespace sensors::publisher
