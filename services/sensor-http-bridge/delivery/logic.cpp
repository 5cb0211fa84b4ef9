// One batch at a time:
//
//   idle        time to ask, connected, breaker not open      -> asking: rpc/upload
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
// A permit of the breaker exists in `attempting` only and is given back at its end, so none can leak.
#include "services/sensor-http-bridge/delivery/logic.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/status_parts.hpp"
#include "common/codec/topic.hpp"

namespace sensors::bridge {

namespace {

constexpr int most_rejections = 3;

}  // namespace

Logic::Logic(LogicOptions options, std::optional<SavedBreaker> saved, StatusReporter::Describe others)
    : options_(std::move(options)),
      others_(std::move(others)),
      saved_(std::move(saved)),
      breaker_(options_.breaker, options_.seed),
      call_(options_),
      size_(options_.upload.max_readings),
      rpc_backoff_(options_.rpc_retry_first, options_.rpc_retry_longest, options_.seed + 1),
      attempt_backoff_(options_.attempt_retry_first, options_.attempt_retry_longest, options_.seed + 2),
      reporter_(options_),
      namesakes_({service_name, options_.node, options_.instance, options_.status_interval}),
      former_names_({options_.root, service_name, options_.node, "instance", options_.status_interval}) {
  for (const ServiceRun& run : options_.former_runs) former_names_.add(run.node, run.instance);
}

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
    reporter_.report(
        condition(), [this](StatusWriter& status) { describe(status); }, now_, effects_);
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
  consider(namesakes_.wake_at());
  if (link_.is_connected()) consider(former_names_.wake_at());
  consider(stop_by_.has_value() ? stop_by_ : reporter_.wake_at());
  if (phase_ == Phase::attempting) consider(batch_.given_up_at);
  if (may_ask() || (phase_ == Phase::confirming && link_.is_connected() && !call_.is_waiting())) consider(next_at_);
  return earliest;
}

std::string Logic::broken_invariant() const {
  if (breaker_.broken_rule().has_value()) return "the breaker keeps its rules: " + *breaker_.broken_rule();
  if (phase_ == Phase::attempting && !liveness_.has(obligation_of(batch_.attempt_id)))
    return fmt::format("the watchdog knows of {}, which is under way", obligation_of(batch_.attempt_id));
  const bool has_batch = phase_ == Phase::attempting || phase_ == Phase::confirming;
  if (has_batch && (batch_.range.first == 0 || batch_.range.last < batch_.range.first))
    return fmt::format("a batch is a range of rows, not {}..{}", batch_.range.first, batch_.range.last);
  if (call_.is_waiting() && phase_ != Phase::asking && phase_ != Phase::confirming)
    return "the store is called for a batch or for its confirmation, and for nothing else";
  return "";
}

std::string Logic::obligation_of(std::uint64_t attempt_id) const {
  return fmt::format("{} {}", options_.names.request, attempt_id);
}

void Logic::restore_breaker() {
  if (!saved_.has_value()) return;
  refused_in_row_ = saved_->refused_in_row;
  if (saved_->isolated) {
    breaker_.isolate(now_.monotonic);
  } else if (const std::optional<Millis> left = open_time_left(*saved_, now_.wall); left.has_value()) {
    breaker_.restore(*left, saved_->openings, saved_->reason, now_.monotonic);
  }
  saved_.reset();
}

void Logic::handle(const StopRequested&) {
  if (stop_by_.has_value()) return;
  stop_by_ = now_.monotonic + options_.stop_grace;
  say(LogLevel::info, phase_ == Phase::attempting
                          ? fmt::format("stopping when the batch at the {} is done", options_.names.peer)
                          : "stopping");
}

void Logic::handle(const MqttConnected&) {
  if (std::optional<LogLine> line = link_.connected(now_.monotonic); line.has_value()) {
    add_event(encode_event("broker", now_.wall, line->text));
    effects_.emplace_back(std::move(*line));
  }
  next_at_ = now_.monotonic;
}

void Logic::handle(const MqttDisconnected& event) {
  if (std::optional<LogLine> line = link_.disconnected(event, now_.monotonic); line.has_value()) {
    add_event(encode_event("broker", now_.wall, line->text));
    effects_.emplace_back(std::move(*line));
  }
  former_names_.disconnected();
  call_.give_up();
  if (phase_ == Phase::asking) phase_ = Phase::idle;
}

void Logic::handle(const MqttPublished& event) {
  if (call_.take_refusal(event)) store_failed("the broker did not take the request: " + event.result.error().message);
}

void Logic::handle(const MqttMessage& event) {
  if (event.topic == control_topic(options_)) return take_order(event);
  if (event.topic == status_topic(options_)) return take_status(*parse_topic(event.topic), event);
  if (const std::optional<TopicView> topic = parse_topic(event.topic); topic.has_value() && topic->kind == "status")
    return former_names_.take(*topic, event, now_.monotonic);
  if (!call_.take_answer(event)) return;
  if (phase_ == Phase::asking) {
    take_batch(event.payload);
  } else if (phase_ == Phase::confirming) {
    take_confirmation(event.payload);
  }
}

void Logic::take_status(const TopicView& topic, const MqttMessage& message) {
  Namesakes::Heard heard = namesakes_.take(topic, message, now_.monotonic);
  if (heard.say_again) reporter_.say_again();
  if (heard.line.has_value()) say_as_event("namesake", std::move(*heard.line));
}

void Logic::say_as_event(std::string_view type, LogLine line) {
  add_event(encode_event(type, now_.wall, line.text));
  effects_.emplace_back(std::move(line));
}

/// A retained order would be carried out again at each connect, long after the operator who gave it has gone.
void Logic::take_order(const MqttMessage& message) {
  if (message.retained) return;
  const Result<BreakerOrder> order = decode_breaker_order(message.payload);
  if (!order.has_value()) {
    return say_seldom(LogLevel::warning, "control", "an order that cannot be read: " + order.error().message);
  }
  if (*order == BreakerOrder::isolate) breaker_.isolate(now_.monotonic);
  if (*order == BreakerOrder::close) breaker_.close(now_.monotonic);
}

void Logic::handle(const Attempted& event) {
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

void Logic::advance() {
  const Instant now = now_.monotonic;
  breaker_.advance(now);
  if (std::optional<LogLine> line = namesakes_.advance(now); line.has_value())
    say_as_event("namesake", std::move(*line));
  clear_former_names();
  if (call_.take_overdue(now)) {
    store_failed(
        fmt::format("no answer in {} ms to what was asked as {}/{}/rpc; is sensor-persistence running, and under this "
                    "name? After a rename all services have to be restarted",
                    options_.rpc_deadline.count(), options_.root, options_.node));
  }
  if (phase_ == Phase::attempting && now >= batch_.given_up_at) {
    Verdict stuck;
    stuck.failure_class = "stuck";
    stuck.reason =
        fmt::format("no outcome long after the deadline: the {} or this service is stuck", options_.names.client);
    ++counters_.failures[stuck.failure_class];
    batch_failed(stuck);
  }
  if (may_ask() && now >= next_at_) ask();
  if (phase_ == Phase::confirming && link_.is_connected() && !call_.is_waiting() && now >= next_at_) confirm();
}

bool Logic::may_ask() const {
  return phase_ == Phase::idle && link_.is_connected() && !stop_by_.has_value() &&
         breaker_.state() != CircuitBreaker::State::open;
}

void Logic::ask() {
  UploadRequest request;
  request.destination = options_.upload.destination;
  request.max_readings = rows_to_ask();
  request.max_bytes = options_.upload.max_bytes;
  request.refused = refused_last_;
  phase_ = Phase::asking;
  asked_at_ = now_.monotonic;
  effects_.emplace_back(call_.begin("upload", encode_upload_request(request), now_.monotonic));
}

/// A probe is small, where the store may still cut it; of rows that are held it is one.
std::size_t Logic::rows_to_ask() const {
  if (is_held()) return 1;
  const bool is_probe = breaker_.state() == CircuitBreaker::State::half_open;
  return is_probe ? std::min(size_.next(), options_.upload.few_readings) : size_.next();
}

void Logic::take_batch(const std::string& payload) {
  Result<UploadBatchHeader> header = decode_upload_batch_header(payload);
  if (!header.has_value()) return store_failed(header.error().message);
  if (header->destination != options_.upload.destination) {
    return store_failed(fmt::format("the answer is for destination '{}'", header->destination));
  }
  store_answered();
  refused_last_ = 0;
  note_depth(header->remaining + header->readings);
  phase_ = Phase::idle;
  next_at_ = asked_at_ + options_.upload.interval;
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

void Logic::attempt(UploadBatchHeader header, const std::string& batch, CircuitBreaker::Permit permit) {
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

void Logic::start_confirming() {
  attempt_backoff_.reset();
  phase_ = Phase::confirming;
  rejections_ = 0;
  next_at_ = now_.monotonic;
}

void Logic::confirm() {
  effects_.emplace_back(call_.begin("uploaded", encode_uploaded_request(batch_.range), now_.monotonic));
}

void Logic::take_confirmation(const std::string& payload) {
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
  store_failed(answer.has_value() ? fmt::format("the cursor is at {}, not at {}", answer->through, batch_.range.last)
                                  : answer.error().message);
  if (answer.has_value() || answer.error().code == ErrorCode::rejected) ++rejections_;
  if (rejections_ < most_rejections) return;
  say_seldom(
      LogLevel::error, "store",
      fmt::format("it refuses to confirm {}-{}; asking it what comes next", batch_.range.first, batch_.range.last));
  batch_is_over(next_at_);
}

void Logic::note_depth(std::uint64_t depth) {
  depth_ = depth;
  age_.note(gone_ + depth, gone_, now_.monotonic);
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
  say_seldom(LogLevel::warning, "the store is no help, trying again", reason);
}

void Logic::store_answered() {
  rpc_backoff_.reset();
  if (store_problem_.empty()) return;
  say_seldom(LogLevel::info, "the store answers again", "it was: " + store_problem_);
  store_problem_.clear();
}

/// Once a minute for each `kind`.
void Logic::say_seldom(LogLevel level, std::string_view kind, const std::string& text) {
  if (std::optional<LogLine> line = throttle_.add(level, kind, text, now_.monotonic); line.has_value())
    effects_.emplace_back(std::move(*line));
}

void Logic::stop() {
  if (phase_ == Phase::attempting && link_.is_connected() && now_.monotonic < *stop_by_) return;
  if (link_.is_connected()) effects_.emplace_back(down_message(options_, "stopped", now_.wall));
  effects_.emplace_back(Exit{0});
  exited_ = true;
}

/// What this service left on the broker under names that its machine has no longer.
void Logic::clear_former_names() {
  if (!link_.is_connected()) return;
  for (MqttPublish& empty : former_names_.advance(now_.monotonic)) {
    say(LogLevel::info, "this machine has another name now; cleared on the broker: " + empty.topic);
    effects_.emplace_back(std::move(empty));
  }
}

void Logic::say_transitions() {
  const std::vector<CircuitBreaker::Transition> transitions = breaker_.take_transitions();
  for (const CircuitBreaker::Transition& transition : transitions) {
    const std::string line = log_line(transition);
    say(transition.to == CircuitBreaker::State::open ? LogLevel::warning : LogLevel::info, line);
    add_event(encode_breaker_event(transition, now_.wall));
  }
  if (link_.is_connected()) {
    for (MqttPublish& event : events_.take()) effects_.emplace_back(std::move(event));
  }
  if (!transitions.empty())
    effects_.emplace_back(SaveBreaker{encode_saved_breaker(saved_breaker(breaker_, refused_in_row_, now_))});
}

void Logic::add_event(std::string payload) {
  MqttPublish event;
  event.topic = topic_of(options_.root, options_.node, "event", service_name);
  event.payload = std::move(payload);
  events_.add(std::move(event));
}

void Logic::describe(StatusWriter& status) const {
  describe_process(options_.instance, now_, status);
  status.add("destination", options_.upload.destination);
  status.add("queue", depth_);
  sensors::describe(breaker_, now_, status);
  counters_.describe(status);
  link_.describe(status);
  if (others_) others_(status);
}

Condition Logic::condition() const {
  Condition condition;
  condition.connected = link_.is_connected();
  condition.depth = depth_;
  condition.oldest = age_.oldest(now_.monotonic);
  const bool is_closed = breaker_.state() == CircuitBreaker::State::closed;
  condition.pressure = !is_closed || depth_ > options_.upload.high_readings;
  condition.delivered = counters_.delivered;
  condition.breaker = breaker_.state();
  if (!is_closed) {
    condition.reason = fmt::format("circuit breaker {}: {}", name_of(breaker_.state()), breaker_.reason());
  } else if (!store_problem_.empty()) {
    condition.reason = "store: " + store_problem_;
  } else {
    condition.reason = namesakes_.trouble();
  }
  condition.state = condition.reason.empty() ? ServiceState::up : ServiceState::degraded;
  return condition;
}

}  // namespace sensors::bridge
