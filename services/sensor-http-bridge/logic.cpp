// One batch at a time:
//
//   idle        time to ask, connected, breaker not open      -> asking: rpc/upload
//   asking      rows                                          -> posting: POST, with the breaker's permit
//               nothing waits; no answer; an error            -> idle, until the next interval or backoff
//   posting     2xx                                           -> confirming: rpc/uploaded
//               anything else                                 -> idle; the store hands the same range out again
//   confirming  the store has moved its cursor                -> idle; at once when more waits
//               no answer                                     -> confirming: rpc/uploaded again
//               the store refuses the range repeatedly        -> idle: it knows better what comes next
//
// A permit of the breaker exists in `posting` only and is given back at its end, so none can leak.
#include "services/sensor-http-bridge/logic.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/topic.hpp"

namespace sensors::bridge {

namespace {

constexpr int most_rejections = 3;
constexpr std::chrono::seconds failure_log_interval{60};

std::string obligation_of(std::uint64_t post_id) { return fmt::format("HTTP request {}", post_id); }

}  // namespace

Logic::Logic(LogicOptions options, std::optional<SavedBreaker> saved)
    : options_(std::move(options)),
      saved_(std::move(saved)),
      breaker_(options_.breaker, options_.seed),
      call_(options_),
      rpc_backoff_(options_.rpc_retry_first, options_.rpc_retry_longest, options_.seed + 1),
      post_backoff_(options_.post_retry_first, options_.post_retry_longest, options_.seed + 2),
      reporter_(options_) {}

Effects Logic::step(Event event, Now now) {
  now_ = now;
  if (exited_) return {};
  restore_breaker();
  std::visit([this](const auto& e) { handle(e); }, event);
  advance();
  say_transitions();
  if (stop_by_.has_value()) {
    stop();
  } else {
    reporter_.report(condition(), counters_, breaker_, now_, effects_);
  }
  return std::exchange(effects_, {});
}

std::optional<Instant> Logic::wake_at() const {
  if (exited_) return std::nullopt;
  std::optional<Instant> earliest;
  const auto consider = [&earliest](std::optional<Instant> at) {
    if (at.has_value() && (!earliest.has_value() || *at < *earliest)) earliest = at;
  };
  consider(breaker_.wake_at());
  consider(call_.wake_at());
  consider(stop_by_.has_value() ? stop_by_ : reporter_.wake_at());
  if (phase_ == Phase::posting) consider(batch_.given_up_at);
  if (may_ask() || (phase_ == Phase::confirming && connected_ && !call_.is_waiting())) consider(next_at_);
  return earliest;
}

void Logic::restore_breaker() {
  if (!saved_.has_value()) return;
  if (const std::optional<Millis> left = open_time_left(*saved_, now_.wall); left.has_value()) {
    breaker_.restore(*left, saved_->openings, saved_->reason, now_.monotonic);
  }
  saved_.reset();
}

void Logic::handle(const StopRequested&) {
  if (stop_by_.has_value()) return;
  stop_by_ = now_.monotonic + options_.stop_grace;
  say(LogLevel::info, phase_ == Phase::posting ? "stopping when the batch at the API is done" : "stopping");
}

void Logic::handle(const MqttConnected&) {
  say(LogLevel::info, "connected to the broker");
  connected_ = true;
  broker_missed_ = false;
  next_at_ = now_.monotonic;
}

void Logic::handle(const MqttDisconnected& event) {
  connected_ = false;
  call_.give_up();
  if (phase_ == Phase::asking) phase_ = Phase::idle;
  if (!broker_missed_) say(LogLevel::warning, "no connection to the broker, trying again: " + event.reason);
  broker_missed_ = true;
}

void Logic::handle(const MqttPublished& event) {
  if (call_.take_refusal(event)) store_failed("the broker did not take the request: " + event.result.error().message);
}

void Logic::handle(const MqttMessage& event) {
  if (!call_.take_answer(event)) return;
  if (phase_ == Phase::asking) take_batch(event.payload);
  if (phase_ == Phase::confirming) take_confirmation(event.payload);
}

void Logic::handle(const HttpFinished& event) {
  liveness_.end(obligation_of(event.id));
  if (phase_ != Phase::posting || event.id != batch_.post_id) {
    ++counters_.late_outcomes;
    return;
  }
  const Verdict verdict = judge(event.reply, now_.wall);
  if (verdict.delivered) {
    post_succeeded(event.took);
  } else {
    post_failed(verdict);
  }
}

void Logic::advance() {
  const Instant now = now_.monotonic;
  breaker_.advance(now);
  if (call_.take_overdue(now)) {
    store_failed(fmt::format("no answer in {} ms; is sensor-persistence running?", options_.rpc_deadline.count()));
  }
  if (phase_ == Phase::posting && now >= batch_.given_up_at) {
    Verdict stuck;
    stuck.failure_class = "stuck";
    stuck.reason = "the HTTP client is stuck: no outcome long after the deadline";
    post_failed(stuck);
  }
  if (may_ask() && now >= next_at_) ask();
  if (phase_ == Phase::confirming && connected_ && !call_.is_waiting() && now >= next_at_) confirm();
}

bool Logic::may_ask() const {
  return phase_ == Phase::idle && connected_ && !stop_by_.has_value() &&
         breaker_.state() != CircuitBreaker::State::open;
}

void Logic::ask() {
  UploadRequest request;
  request.destination = options_.upload.destination;
  request.max_readings = options_.upload.max_readings;
  request.max_bytes = options_.upload.max_bytes;
  phase_ = Phase::asking;
  asked_at_ = now_.monotonic;
  effects_.emplace_back(call_.begin("upload", encode_upload_request(request), now_.monotonic));
}

void Logic::take_batch(const std::string& payload) {
  const Result<UploadBatchHeader> header = decode_upload_batch_header(payload);
  if (!header.has_value()) return store_failed(header.error().message);
  if (header->destination != options_.upload.destination) {
    return store_failed(fmt::format("the answer is for destination '{}'", header->destination));
  }
  store_answered();
  depth_ = header->remaining + header->readings;
  phase_ = Phase::idle;
  next_at_ = asked_at_ + options_.upload.interval;
  if (header->first == 0) return;
  if (stop_by_.has_value()) return;
  if (const auto permit = breaker_.admit(now_.monotonic); permit.has_value()) post(*header, payload, *permit);
}

void Logic::post(const UploadBatchHeader& header, const std::string& payload, CircuitBreaker::Permit permit) {
  const UploadOptions& upload = options_.upload;
  const Millis total_timeout = header.readings <= upload.few_readings ? upload.few_timeout : upload.bulk_timeout;
  phase_ = Phase::posting;
  batch_.range = {header.store, header.destination, header.first, header.last};
  batch_.readings = header.readings;
  batch_.bytes = payload.size();
  batch_.post_id = ++last_post_id_;
  batch_.permit = permit;
  batch_.given_up_at = now_.monotonic + total_timeout + stuck_client_after;
  liveness_.begin(obligation_of(batch_.post_id), batch_.given_up_at);
  const std::string key = fmt::format("{}:{}:{}-{}", header.store, header.destination, header.first, header.last);
  effects_.emplace_back(HttpPost{batch_.post_id, key, payload, total_timeout});
}

void Logic::post_succeeded(Millis took) {
  breaker_.succeed(batch_.permit, took, now_.monotonic);
  post_backoff_.reset();
  counters_.delivered += batch_.readings;
  counters_.bytes += batch_.bytes;
  ++counters_.batches;
  depth_ -= std::min<std::uint64_t>(depth_, batch_.readings);
  say(LogLevel::debug, fmt::format("delivered {}-{}, {} readings in {} ms", batch_.range.first, batch_.range.last,
                                   batch_.readings, took.count()));
  phase_ = Phase::confirming;
  rejections_ = 0;
  next_at_ = now_.monotonic;
}

void Logic::post_failed(const Verdict& verdict) {
  ++counters_.failures[verdict.failure_class];
  if (verdict.wait.has_value()) {
    breaker_.open_for(batch_.permit, *verdict.wait, verdict.reason, now_.monotonic);
  } else {
    breaker_.fail(batch_.permit, verdict.reason, now_.monotonic);
  }
  log_failure(verdict);
  // An open breaker has a time of its own: the probe goes out when that is over.
  const bool is_closed = breaker_.state() == CircuitBreaker::State::closed;
  batch_is_over(is_closed ? now_.monotonic + post_backoff_.next() : now_.monotonic);
}

void Logic::log_failure(const Verdict& verdict) {
  const bool is_news = !failure_logged_at_.has_value() || verdict.failure_class != failure_class_ ||
                       now_.monotonic - *failure_logged_at_ >= failure_log_interval;
  if (!is_news) return;
  failure_class_ = verdict.failure_class;
  failure_logged_at_ = now_.monotonic;
  say(verdict.needs_operator ? LogLevel::error : LogLevel::warning,
      fmt::format("batch {}-{} not delivered, kept in the store: {}", batch_.range.first, batch_.range.last,
                  verdict.reason));
}

void Logic::confirm() {
  effects_.emplace_back(call_.begin("uploaded", encode_uploaded_request(batch_.range), now_.monotonic));
}

void Logic::take_confirmation(const std::string& payload) {
  const Result<UploadedAnswer> answer = decode_uploaded_answer(payload);
  if (answer.has_value() && answer->through >= batch_.range.last) {
    store_answered();
    depth_ = answer->remaining;
    Instant next_at = answer->remaining > 0 ? now_.monotonic : asked_at_ + options_.upload.interval;
    if (options_.upload.max_rate > 0) {
      const std::chrono::nanoseconds fair{batch_.readings * 1'000'000'000 / options_.upload.max_rate};
      next_at = std::max(next_at, asked_at_ + fair);
    }
    return batch_is_over(next_at);
  }
  store_failed(answer.has_value() ? fmt::format("the cursor is at {}, not at {}", answer->through, batch_.range.last)
                                  : answer.error().message);
  if (answer.has_value() || answer.error().code == ErrorCode::rejected) ++rejections_;
  if (rejections_ < most_rejections) return;
  say(LogLevel::error, fmt::format("the store refuses to confirm {}-{}; asking it what comes next", batch_.range.first,
                                   batch_.range.last));
  batch_is_over(next_at_);
}

void Logic::batch_is_over(Instant next_at) {
  phase_ = Phase::idle;
  batch_ = {};
  next_at_ = next_at;
}

void Logic::store_failed(const std::string& reason) {
  ++counters_.unanswered;
  if (phase_ == Phase::asking) phase_ = Phase::idle;
  next_at_ = now_.monotonic + rpc_backoff_.next();
  if (!store_problem_.empty()) return;
  store_problem_ = reason;
  say(LogLevel::warning, "the store is no help, trying again: " + reason);
}

void Logic::store_answered() {
  rpc_backoff_.reset();
  if (store_problem_.empty()) return;
  say(LogLevel::info, "the store answers again");
  store_problem_.clear();
}

void Logic::stop() {
  if (phase_ == Phase::posting && connected_ && now_.monotonic < *stop_by_) return;
  if (connected_) effects_.emplace_back(down_message(options_, "stopped", now_.wall));
  effects_.emplace_back(Exit{0});
  exited_ = true;
}

void Logic::say_transitions() {
  const std::vector<CircuitBreaker::Transition> transitions = breaker_.take_transitions();
  for (const CircuitBreaker::Transition& transition : transitions) {
    const std::string line = log_line(transition);
    say(transition.to == CircuitBreaker::State::open ? LogLevel::warning : LogLevel::info, line);
    MqttPublish event;
    event.topic = topic_of(options_.root, options_.node, "event", service_name);
    event.payload = encode_breaker_event(transition, now_.wall);
    events_.add(std::move(event));
  }
  if (connected_) {
    for (MqttPublish& event : events_.take()) effects_.emplace_back(std::move(event));
  }
  if (!transitions.empty()) effects_.emplace_back(SaveBreaker{encode_saved_breaker(saved_breaker(breaker_, now_))});
}

Condition Logic::condition() const {
  Condition condition;
  condition.connected = connected_;
  condition.depth = depth_;
  const bool is_closed = breaker_.state() == CircuitBreaker::State::closed;
  condition.pressure = !is_closed || depth_ > options_.upload.high_readings;
  if (!is_closed) {
    condition.reason = fmt::format("circuit breaker {}: {}", name_of(breaker_.state()), breaker_.reason());
  } else if (!store_problem_.empty()) {
    condition.reason = "store: " + store_problem_;
  }
  condition.state = condition.reason.empty() ? ServiceState::up : ServiceState::degraded;
  return condition;
}

}  // namespace sensors::bridge
