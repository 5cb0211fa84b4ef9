// One batch at a time:
//
//   idle        time to ask, connected, breaker not open      -> asking: rpc/upload
//               the same, breaker open, once a minute         -> asking: a few rows, which are put aside (below)
//   asking      rows                                          -> attempting, with the breaker's permit
//               nothing waits; no answer; an error            -> idle, until the next interval or backoff
//   attempting  delivered                                     -> confirming: rpc/uploaded, with the rows rejected
//               refused or too large, more than one row       -> idle; the store cuts the range anew, smaller
//               the same for one row                          -> confirming: that row rejected
//               the same, too many rows in a row              -> idle, held: the breaker opens, nothing is given up
//               unreadable: nothing was tried                 -> idle, until the backoff, as after an error
//               anything else                                 -> idle; the store hands the same range out again
//   confirming  the store has moved its cursor                -> idle; at once when more waits
//               no answer                                     -> confirming: rpc/uploaded again
//               the store refuses the range repeatedly        -> idle: it knows better what comes next
//
// An open breaker keeps rows from the destination, and must not keep the store from knowing that somebody wants them:
// it would delete those of a destination that was withdrawn, or take another bridge's word that nothing waits.
//
// Without a destination there is only this: idle, and once a minute rpc/withdraw, so that nothing waits in the store.
//
// A permit of the breaker exists in `attempting` only and is given back at its end, so none can leak.
#include "services/sensor-http-bridge/delivery/delivery.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/topic.hpp"

namespace sensors::bridge {

namespace {

constexpr int most_rejections = 3;

}  // namespace

Delivery::Delivery(DeliveryOptions options, std::optional<SavedBreaker> saved, Describe others, Trouble trouble)
    : options_(std::move(options)),
      others_(std::move(others)),
      trouble_(std::move(trouble)),
      saved_(std::move(saved)),
      breaker_(options_.breaker, options_.seed),
      self_(self_options(options_)),
      calls_({options_.root, options_.service, fmt::format("upload-{:x}", options_.seed), 1, options_.rpc_deadline}),
      size_(options_.upload.max_readings),
      rpc_backoff_(options_.rpc_retry_first, options_.rpc_retry_longest, options_.seed + 1),
      attempt_backoff_(options_.attempt_retry_first, options_.attempt_retry_longest, options_.seed + 2) {
  for (const ServiceRun& run : options_.former_runs) self_.add_former_run(run);
}

Effects Delivery::step(Event event, Now now) {
  now_ = now;
  if (exited_) return {};
  restore_breaker();
  std::visit([this](const auto& e) { handle(e); }, event);
  advance();
  say_transitions();
  if (stop_by_.has_value()) stop();
  if (!exited_) update_status();
  return std::exchange(effects_, {});
}

std::optional<Instant> Delivery::wake_at() const {
  if (exited_) return std::nullopt;
  std::optional<Instant> earliest;
  const auto consider = [&earliest](std::optional<Instant> at) {
    if (at.has_value() && (!earliest.has_value() || *at < *earliest)) earliest = at;
  };
  consider(breaker_.wake_at());
  consider(calls_.wake_at());
  consider(self_.wake_at());
  consider(stop_by_);
  if (phase_ == Phase::attempting) consider(batch_.given_up_at);
  if (may_ask()) consider(ask_at());
  if (may_confirm()) consider(next_at_);
  return earliest;
}

std::string Delivery::broken_invariant() const {
  if (breaker_.broken_rule().has_value()) return "the breaker keeps its rules: " + *breaker_.broken_rule();
  if (phase_ == Phase::attempting && !liveness_.has(obligation_of(batch_.attempt_id)))
    return fmt::format("the watchdog knows of {}, which is under way", obligation_of(batch_.attempt_id));
  const bool has_batch = phase_ == Phase::attempting || phase_ == Phase::confirming;
  if (has_batch && (batch_.range.first == 0 || batch_.range.last < batch_.range.first))
    return fmt::format("a batch is a range of rows, not {}..{}", batch_.range.first, batch_.range.last);
  if (calls_.size() > 0 && phase_ != Phase::asking && phase_ != Phase::confirming)
    return "the store is called for a batch or for its confirmation, and for nothing else";
  return "";
}

std::string Delivery::obligation_of(std::uint64_t attempt_id) const {
  return fmt::format("{} {}", options_.names.request, attempt_id);
}

void Delivery::restore_breaker() {
  if (!saved_.has_value() || !options_.delivers) return;  // the file stays, for a destination that comes back
  const bool is_of_another = !saved_->about.empty() && saved_->about != options_.about;
  if (!is_of_another) refused_in_row_ = saved_->refused_in_row;
  if (saved_->isolated) {
    breaker_.isolate(now_.monotonic);
  } else if (is_of_another) {
    if (saved_->state != CircuitBreaker::State::closed)
      say(LogLevel::info, "the destination, or the way to it, was changed: its circuit breaker starts closed");
  } else if (const std::optional<Millis> left = open_time_left(*saved_, now_.wall); left.has_value()) {
    breaker_.restore(*left, saved_->openings, saved_->reason, now_.monotonic);
  }
  saved_.reset();
}

void Delivery::handle(const StopRequested&) {
  if (stop_by_.has_value()) return;
  stop_by_ = now_.monotonic + options_.stop_grace;
  say(LogLevel::info, phase_ == Phase::attempting
                          ? fmt::format("stopping when the batch at the {} is done", options_.names.peer)
                          : "stopping");
}

void Delivery::handle(const MqttConnected&) {
  self_.connected(now_, effects_);
  store_may_begin_ = true;
  next_at_ = claim_at_ = now_.monotonic;
}

void Delivery::handle(const MqttDisconnected& event) {
  self_.disconnected(event, now_, effects_);
  calls_.take_all();
  if (phase_ == Phase::asking) phase_ = Phase::idle;
}

void Delivery::handle(const MqttPublished& event) {
  const std::optional<Asked> refused = calls_.take_refusal(event);
  if (!refused.has_value()) return;
  Error error = event.result.error();
  error.message = "the broker did not take the request: " + error.message;
  if (error.code == ErrorCode::rejected) {
    error.message += fmt::format(
        "; in its acl, /etc/sensor-project/acl, the rules of this bridge's user need the line: "
        "topic write {}/+/rpc/{}; then systemctl reload sensor-broker",
        options_.root, verb_of(*refused));
  }
  store_failed(std::move(error));
}

void Delivery::handle(const MqttMessage& event) {
  if (event.topic == control_topic(options_)) return take_order(event);
  if (const std::optional<TopicView> topic = parse_topic(event.topic); topic.has_value() && topic->kind == "status")
    return self_.hear(*topic, event, now_, effects_);
  const std::optional<Asked> answered = calls_.take_answer(event);
  if (answered == Asked::batch) take_batch(event.payload);
  if (answered == Asked::confirmation) take_confirmation(event.payload);
  if (answered == Asked::withdrawal) take_withdrawal(event.payload);
}

void Delivery::take_order(const MqttMessage& order) {
  if (options_.delivers) {
    self_.take_order(order, breaker_, now_, effects_);
  } else if (!order.retained) {
    self_.warn("order ignored", "this bridge has no destination, so no circuit breaker", now_, effects_);
  }
}

void Delivery::handle(const Attempted& event) {
  const Verdict& verdict = event.verdict;
  liveness_.end(obligation_of(event.id));
  if (verdict.outcome != Outcome::unreadable) counters_.latency.observe(event.took);
  // One that waited in the inbox until its deadline had passed, as the loop stood still, is none: advance() gives it
  // up.
  if (phase_ != Phase::attempting || event.id != batch_.attempt_id || now_.monotonic >= batch_.given_up_at) {
    ++counters_.late_outcomes;
    return;
  }
  if (!verdict.failure_class.empty()) ++counters_.failures[verdict.failure_class];
  if (verdict.outcome != Outcome::unreadable && std::exchange(is_unreadable_, false)) store_answered();
  switch (verdict.outcome) {
    case Outcome::delivered: return batch_delivered(verdict, event.took, event.bytes);
    case Outcome::refused:
    case Outcome::too_large: return batch_refused(verdict, event.took);
    case Outcome::unauthorized:
    case Outcome::asked_to_wait:
    case Outcome::failed: return batch_failed(verdict);
    case Outcome::unreadable: return batch_unreadable(verdict);
  }
}

void Delivery::advance() {
  const Instant now = now_.monotonic;
  breaker_.advance(now);
  self_.advance(now_, effects_);
  if (!calls_.take_overdue(now).empty()) store_is_silent();
  if (phase_ == Phase::attempting && now >= batch_.given_up_at) {
    Verdict stuck;
    stuck.failure_class = "stuck";
    stuck.reason =
        fmt::format("no outcome long after the deadline: the {} or this service is stuck", options_.names.client);
    ++counters_.failures[stuck.failure_class];
    batch_failed(stuck);
  }
  if (may_ask() && now >= ask_at()) ask();
  if (may_confirm() && now >= next_at_) confirm();
}

bool Delivery::may_ask() const { return phase_ == Phase::idle && self_.is_connected() && !stop_by_.has_value(); }

/// What is asked for behind an open breaker is put aside, and comes again.
Instant Delivery::ask_at() const { return is_open() ? std::max(next_at_, claim_at_) : next_at_; }

bool Delivery::is_open() const { return breaker_.state() == CircuitBreaker::State::open; }

bool Delivery::may_confirm() const { return phase_ == Phase::confirming && self_.is_connected() && !calls_.is_full(); }

std::string_view Delivery::verb_of(Asked asked) {
  switch (asked) {
    case Asked::batch: return "upload";
    case Asked::confirmation: return "uploaded";
    case Asked::withdrawal: return "withdraw";
  }
  return "";
}

void Delivery::call(Asked asked, std::string payload) {
  effects_.emplace_back(calls_.open(options_.node, verb_of(asked), std::move(payload), asked, now_.monotonic));
}

void Delivery::ask() {
  if (!options_.delivers) return withdraw();
  UploadRequest request;
  request.destination = options_.upload.destination;
  request.max_readings = rows_to_ask();
  request.max_bytes = options_.upload.max_bytes;
  request.refused = refused_last_;
  phase_ = Phase::asking;
  asked_at_ = now_.monotonic;
  call(Asked::batch, encode_upload_request(request));
}

/// Again and again, as the store may be another one by now, or an earlier one.
void Delivery::withdraw() {
  phase_ = Phase::asking;
  asked_at_ = now_.monotonic;
  call(Asked::withdrawal, encode_withdraw_request({options_.upload.destination}));
}

/// A refusal is no trouble: another bridge delivers there, or the store is not open yet, and says so itself.
void Delivery::take_withdrawal(const std::string& payload) {
  const Result<UploadedAnswer> answer = decode_uploaded_answer(payload);
  const bool is_refused =
      !answer.has_value() && (answer.error().code == ErrorCode::rejected || answer.error().code == ErrorCode::in_use);
  if (!answer.has_value() && !is_refused) return store_failed(answer.error());
  store_answered();
  phase_ = Phase::idle;
  next_at_ = asked_at_ + (is_refused ? options_.upload.interval : claim_interval);
}

/// A probe is small, where the store may still cut it; of rows that are held it is one.
std::size_t Delivery::rows_to_ask() const {
  if (is_held()) return 1;
  const bool is_probe = breaker_.state() != CircuitBreaker::State::closed;
  return is_probe ? std::min(size_.next(), options_.upload.few_readings) : size_.next();
}

void Delivery::take_batch(const std::string& payload) {
  Result<UploadBatchHeader> header = decode_upload_batch_header(payload);
  if (!header.has_value()) return store_failed(header.error());
  if (header->destination != options_.upload.destination) {
    return store_failed({ErrorCode::invalid, fmt::format("the answer is for destination '{}'", header->destination)});
  }
  if (header->rows() == 0) is_unreadable_ = false;
  store_answered();
  refused_last_ = 0;
  note_depth(header->remaining + header->readings);
  phase_ = Phase::idle;
  claim_at_ = asked_at_ + claim_interval;
  next_at_ = is_open() ? now_.monotonic : asked_at_ + options_.upload.interval;  // a probe does not wait for this
  if (header->first == 0) return;
  if (stop_by_.has_value()) return;
  batch_.range = {header->store, header->destination, header->first, header->last};
  batch_.readings = header->readings;
  batch_.rows = header->rows();
  batch_.names = header->names;
  if (batch_.rows == 0) return start_confirming();  // row numbers without a row
  if (const auto permit = breaker_.admit(now_.monotonic); permit.has_value())
    attempt(std::move(*header), payload, *permit);
}

void Delivery::attempt(UploadBatchHeader header, const std::string& batch, CircuitBreaker::Permit permit) {
  const UploadOptions& upload = options_.upload;
  const Millis deadline = header.readings <= upload.few_readings ? upload.few_timeout : upload.bulk_timeout;
  phase_ = Phase::attempting;
  batch_.attempt_id = ++last_attempt_id_;
  batch_.permit = permit;
  batch_.given_up_at = now_.monotonic + deadline + stuck_sink_after;
  liveness_.begin(obligation_of(batch_.attempt_id), batch_.given_up_at);
  std::string key =
      fmt::format("{}:{}:{}-{}:{}", header.store, header.destination, header.first, header.last, header.digest);
  effects_.emplace_back(Attempt{batch_.attempt_id, std::move(key), std::move(header), batch, deadline});
}

void Delivery::start_confirming() {
  attempt_backoff_.reset();
  phase_ = Phase::confirming;
  rejections_ = 0;
  next_at_ = now_.monotonic;
}

void Delivery::confirm() { call(Asked::confirmation, encode_uploaded_request(batch_.range)); }

void Delivery::take_confirmation(const std::string& payload) {
  const Result<UploadedAnswer> answer = decode_uploaded_answer(payload);
  if (answer.has_value() && answer->through >= batch_.range.last) {
    store_answered();
    gone_ += batch_.readings;
    note_depth(answer->remaining);
    Instant next_at = answer->remaining > 0 ? now_.monotonic : asked_at_ + options_.upload.interval;
    if (options_.upload.max_rate > 0) {
      const auto readings = static_cast<std::int64_t>(batch_.readings);
      const auto rate = static_cast<std::int64_t>(options_.upload.max_rate);
      next_at = std::max(next_at, asked_at_ + readings * std::chrono::nanoseconds(std::chrono::seconds{1}) / rate);
    }
    return batch_is_over(next_at);
  }
  store_failed(answer.has_value() ? Error{ErrorCode::rejected, fmt::format("the cursor is at {}, not at {}",
                                                                           answer->through, batch_.range.last)}
                                  : answer.error());
  const bool is_refused =
      !answer.has_value() && (answer.error().code == ErrorCode::rejected || answer.error().code == ErrorCode::in_use);
  if (answer.has_value() || is_refused) ++rejections_;
  if (rejections_ < most_rejections) return;
  self_.say_seldom(
      LogLevel::error, "store",
      fmt::format("it refuses to confirm {}-{}; asking it what comes next", batch_.range.first, batch_.range.last),
      now_, effects_);
  batch_is_over(next_at_);
}

void Delivery::note_depth(std::uint64_t depth) {
  depth_ = depth;
  age_.note(gone_ + depth, gone_, now_.monotonic);
}

void Delivery::batch_is_over(Instant next_at) {
  phase_ = Phase::idle;
  batch_ = {};
  next_at_ = next_at;
}

/// All services start at one time, and this one may have asked before the store was there to hear it: that is no news.
void Delivery::store_is_silent() {
  if (std::exchange(store_may_begin_, false) && phase_ == Phase::asking) {
    ++counters_.unanswered;
    phase_ = Phase::idle;
    next_at_ = now_.monotonic;
    return;
  }
  store_failed({ErrorCode::timeout,
                fmt::format("no answer in {} ms to what was asked as {}/{}/rpc; is sensor-persistence running, and "
                            "under this name? After a rename all services have to be restarted",
                            options_.rpc_deadline.count(), options_.root, options_.node)});
}

void Delivery::store_failed(Error why) {
  ++counters_.unanswered;
  store_may_begin_ = false;
  if (phase_ == Phase::asking) phase_ = Phase::idle;
  next_at_ = now_.monotonic + rpc_backoff_.next();
  const bool is_told = store_problem_.has_value() && store_problem_->message == why.message;
  store_problem_ = std::move(why);
  if (is_told) return;
  self_.say_seldom(LogLevel::warning, "the store is no help, trying again", store_problem_->message, now_, effects_);
}

/// A batch that cannot be written is asked for with growing pauses, though the store answers each time.
void Delivery::store_answered() {
  store_may_begin_ = false;
  if (is_unreadable_) return;
  rpc_backoff_.reset();
  if (!store_problem_.has_value()) return;
  self_.say_seldom(LogLevel::info, "the store answers again", "it was: " + store_problem_->message, now_, effects_);
  store_problem_.reset();
}

void Delivery::stop() {
  if (phase_ == Phase::attempting && self_.is_connected() && now_.monotonic < *stop_by_) return;
  self_.say_down("stopped", down_details(options_), now_, effects_);
  effects_.emplace_back(Exit{0});
  exited_ = true;
}

}  // namespace sensors::bridge
