// A position becomes (stream, seq) only here: seq = position - base of its stream. Streams are sent one after the
// other: the window never reaches beyond the end of the oldest stream that is not confirmed to its end.
#include "services/sensor-publisher/logic/sender.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/codec/describe_shared.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/topic.hpp"

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

Sender::Confirmation Sender::refuse(const std::string& why, Now now, Effects& effects) {
  ++watermarks_refused_;
  warn("watermark ignored", why, now, effects);
  return Confirmation::nothing;
}

void Sender::warn(std::string_view kind, const std::string& text, Now now, Effects& effects) {
  if (auto line = throttle_.add(LogLevel::warning, kind, text, now.monotonic)) effects.push_back(std::move(*line));
}

Sender::Confirmation Sender::committed(const Committed& committed, Position gone, Now now, Effects& effects) {
  if (!committed.refused_node.empty()) return refused(committed, now, effects);
  rows_are_gone(gone);
  if (committed.store != known_store_) {
    if (!known_store_.empty()) {
      warn("another store answers",
           committed.store + " instead of " + known_store_ + "; sending it all that the outbox still has", now,
           effects);
      claims_.begin();
    }
    known_store_ = committed.store;
    store_instance_.clear();
    refused_by_store_.clear();
    offer_again();
    return Confirmation::another_store;  // this message itself deletes nothing
  }
  const auto stream = std::find_if(streams_.begin(), streams_.end(),
                                   [&](const OutboxStream& candidate) { return candidate.id == committed.stream; });
  if (stream == streams_.end()) return committed_before(committed, now, effects);
  // Another store than the one that confirmed the first numbers, before there was an outbox.
  if (committed.through < stream->skipped) return watermark_went_back(*stream, committed, gone, now, effects);
  const bool is_this_runs = std::next(stream) == streams_.end();
  Position through = stream->base + std::min(committed.through, max_seq);
  if (is_this_runs && through > window_.highest_sent()) {
    return refuse("it says that " + committed.stream + " is committed through " + std::to_string(committed.through) +
                      ", but only " + std::to_string(std::max(window_.highest_sent(), stream->start()) - stream->base) +
                      " were sent; who may write the topic `committed`?",
                  now, effects);
  }
  // An earlier run may have sent more than the outbox still knows of (a disk that lied, a restored file).
  if (!is_this_runs) through = std::min(through, std::next(stream)->start());
  if (through < window_.confirmed()) return watermark_went_back(*stream, committed, gone, now, effects);
  if (stream != streams_.begin()) return Confirmation::nothing;  // what is before it is not confirmed yet
  const bool advanced = through > window_.confirmed();
  if (advanced) {
    waits_since_.reset();
    refused_by_store_.clear();
  }
  while (!cache_.empty() && cache_.front().last <= through) cache_.pop_front();
  window_.confirmed(through, now.monotonic);
  drop_finished_streams();
  if (committed.resend && window_.sent() > window_.confirmed() && window_.resend_requested(now.monotonic)) go_back();
  return advanced ? Confirmation::advanced : Confirmation::nothing;
}

/// Of a stream that was confirmed to its end: its rows may be in the outbox still; or the message is retained, or
/// answers a claim.
Sender::Confirmation Sender::committed_before(const Committed& committed, Now now, Effects& effects) {
  claims_.committed(committed.stream, committed.through);
  if (!committed.resend) return Confirmation::nothing;
  for (std::size_t i = 0; i < finished_.size(); ++i) {
    const Position end = i + 1 < finished_.size() ? finished_[i + 1].start() : streams_.front().start();
    if (finished_[i].id != committed.stream || committed.through >= finished_[i].seq_at(end)) continue;
    warn("store went back",
         "store " + committed.store + " has " + committed.stream + " only through " +
             std::to_string(committed.through) + "; sending all of it that the outbox still has",
         now, effects);
    claims_.begin();
    offer_again();
    return Confirmation::taken_back;
  }
  return Confirmation::nothing;
}

/// The store lacks numbers that another one, or its own past, has confirmed: what the outbox still has of them is sent
/// again, and a gap record takes the place of the rest.
Sender::Confirmation Sender::watermark_went_back(const OutboxStream& stream, const Committed& committed, Position gone,
                                                 Now now, Effects& effects) {
  const bool is_first = &stream == &streams_.front();
  if (!committed.resend || !is_first || !window_.resend_requested(now.monotonic)) return Confirmation::nothing;
  // In numbers of the stream: positions begin with 1, and the numbers that a stream skipped have none.
  const std::uint64_t has = std::min(committed.through, max_seq);
  const std::uint64_t gone_through = std::max(stream.seq_at(std::max(gone, stream.start())), has);
  const std::uint64_t kept_behind = std::min(gone_through, stream.seq_at(window_.confirmed()));
  std::string text =
      "store " + committed.store + " has " + stream.id + " only through " + std::to_string(committed.through) + "; ";
  if (kept_behind > has) {
    unfillable_ = Gap{has + 1, kept_behind, "other_store", now.wall};
    text += "sending a gap record for " + std::to_string(unfillable_->first) + ".." + std::to_string(unfillable_->last);
  } else {
    unfillable_.reset();
    text += "sending it again from there";
  }
  effects.push_back(LogLine{LogLevel::warning, text});
  claims_.begin();
  window_.unconfirmed(stream.base + kept_behind);
  go_back();
  return Confirmation::taken_back;
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

void Sender::drop_finished_streams() {
  while (streams_.size() > 1 && streams_[1].start() <= window_.confirmed()) {
    finished_.push_back(std::move(streams_.front()));
    streams_.pop_front();
    refused_by_broker_.clear();
    refused_by_store_.clear();
    unfillable_.reset();
  }
  rows_are_gone(gone_);
}

/// A stream is claimed from a store that lacks it, instead of sent again, when its last row is gone.
void Sender::rows_are_gone(Position through) {
  gone_ = through;
  while (!finished_.empty()) {
    const OutboxStream& first = finished_.front();
    const Position end = finished_.size() > 1 ? finished_[1].start() : streams_.front().start();
    if (end > gone_) return;
    claims_.ended({first.id, first.node, first.seq_at(end)});
    finished_.pop_front();
  }
}

/// The store may lack what another one, or its own past, has confirmed, and of streams that it does not know it says
/// nothing: all rows that the outbox still has are sent again.
void Sender::offer_again() {
  streams_.insert(streams_.begin(), finished_.begin(), finished_.end());
  finished_.clear();
  window_.unconfirmed(std::max(gone_, streams_.front().start()));
  unfillable_.reset();
  go_back();
}

bool Sender::store_runs_as(const std::string& instance, Position gone) {
  if (instance.empty() || instance == store_instance_) return false;
  if (std::exchange(store_instance_, instance).empty()) return false;
  refused_by_store_.clear();
  rows_are_gone(gone);
  claims_.begin();
  offer_again();
  return true;
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

Sender::Outgoing Sender::claim_message(const EndedStream& stream, Now now) const {
  const Batch batch{stream.id, {}, {Gap{1, stream.last, "other_store", now.wall}}};
  return {backlog_message(node_of(stream.node), encode_batch(batch)), window_.sent(), node_of(stream.node)};
}

Sender::Outgoing Sender::gap_message(Now now) {
  unfillable_->time = now.wall;
  const Batch batch{streams_.front().id, {}, {*unfillable_}};
  unfillable_.reset();
  const std::string& node = node_of(streams_.front().node);
  return {backlog_message(node, encode_batch(batch)), window_.sent(), node};
}

bool Sender::learn_boot_time(const BootTime& boot) {
  for (OutboxStream& stream : finished_) {
    if (stream.boot == boot.boot) stream.boot_time = boot.time;
  }
  bool is_news = false;
  for (OutboxStream& stream : streams_) {
    if (stream.boot != boot.boot) continue;
    if (&stream != &streams_.back() && !stream.boot_time.has_value()) is_news = true;
    stream.boot_time = boot.time;
  }
  return is_news;
}

/// A reading of the first stream: its time is what is known of its boot now, which may be more than when it was taken.
void Sender::stamp(Reading& reading) {
  const std::optional<WallTime>& boot_time = streams_.front().boot_time;
  if (!reading.uptime.has_value() || !boot_time.has_value()) return;
  reading.time = time_at_uptime(*boot_time, *reading.uptime);
  reading.uptime.reset();
  ++restamped_;
}

/// A live message when few readings wait, and this one is of this run and sent for the first time; a batch otherwise.
Sender::Outgoing Sender::next_message(Position last) {
  const bool is_reading = std::holds_alternative<Reading>(cache_.front().what);
  const bool is_fresh = streams_.size() == 1 && window_.sent() >= window_.highest_sent();
  if (is_reading && is_fresh && window_.synced() - window_.sent() <= options_.send.live_limit) return live_message();
  return batch_message(last);
}

Sender::Outgoing Sender::live_message() {
  const OutboxEntry entry = std::move(cache_.front());
  cache_.pop_front();
  const OutboxStream& stream = streams_.front();
  SequencedReading reading{entry.first - stream.base, std::get<Reading>(entry.what)};
  stamp(reading.reading);
  MqttPublish message;
  message.topic = topic_of(options_.root, node_of(stream.node), "reading", reading.reading.sensor);
  message.payload = encode_reading(reading, stream.id, stream.boot);
  return {std::move(message), entry.last, node_of(stream.node)};
}

Sender::Outgoing Sender::batch_message(Position last) {
  const OutboxStream& stream = streams_.front();
  Batch batch;
  batch.stream = stream.id;
  std::size_t size_bytes = 0;
  Position through = window_.sent();
  while (!cache_.empty() && cache_.front().first <= last &&
         batch.readings.size() + batch.gaps.size() < options_.send.batch_readings) {
    OutboxEntry& entry = cache_.front();
    if (Reading* reading = std::get_if<Reading>(&entry.what); reading != nullptr) {
      SequencedReading sequenced{entry.first - stream.base, std::move(*reading)};
      stamp(sequenced.reading);
      if (sequenced.reading.uptime.has_value()) batch.boot = stream.boot;
      size_bytes += encoded_size_bound(sequenced);
      batch.readings.push_back(std::move(sequenced));
    } else {
      const DroppedEntries& dropped = std::get<DroppedEntries>(entry.what);
      batch.gaps.push_back({entry.first - stream.base, entry.last - stream.base, dropped.reason, dropped.time});
    }
    through = entry.last;
    cache_.pop_front();
    if (size_bytes >= options_.send.batch_bytes) break;
  }
  return {backlog_message(node_of(stream.node), encode_batch(batch)), through, node_of(stream.node)};
}

MqttPublish Sender::backlog_message(const std::string& node, std::string payload) const {
  MqttPublish message;
  message.topic = topic_of(options_.root, node, "backlog", service_name);
  message.payload = std::move(payload);
  return message;
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
