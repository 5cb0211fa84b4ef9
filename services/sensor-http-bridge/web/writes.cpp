#include "services/sensor-http-bridge/web/writes.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/gunzip.hpp"
#include "common/core/text_digest.hpp"
#include "services/sensor-http-bridge/web/agents.hpp"
#include "services/sensor-http-bridge/web/line_protocol.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t max_problems = 100;  // told of one write

WriteOutbox::Options outbox_options(const WebOptions& options) {
  WriteOutbox::Options outbox;
  outbox.root = options.root;
  outbox.node = options.node;
  outbox.run_stream = fmt::format("r-{:016x}", options.seed);
  outbox.max_rows = options.max_waiting_rows;
  return outbox;
}

bool is_line_protocol(const Target& target, std::string_view content_type) {
  return target.path != "/v1/readings" || content_type.starts_with("text/plain") ||
         content_type.starts_with("application/vnd.influx");
}

enum class Coding { identity, gzip, unknown };

/// RFC 9110 section 8.4.1: the case does not matter, and "x-gzip" is "gzip".
Coding coding_of(std::string_view header) {
  std::string name(header);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (name.empty() || name == "identity") return Coding::identity;
  return name == "gzip" || name == "x-gzip" ? Coding::gzip : Coding::unknown;
}

/// With what would have been taken (RFC 9110 section 12.5.3).
WebResponse unknown_coding_answer(std::uint64_t request, bool is_agent) {
  WebResponse response =
      problem_answer(request, Problem{415, "Content-Encoding: only gzip is taken, or none"}.for_agents(is_agent));
  response.headers.emplace_back("Accept-Encoding", "gzip");
  return response;
}

WebResponse bad_body_answer(std::uint64_t request, const Error& error, bool is_agent) {
  const int status = error.code == ErrorCode::too_large ? 413 : error.code == ErrorCode::io ? 503 : 400;
  return problem_answer(request, Problem{status, error.message}.for_agents(is_agent));
}

/// Without the quotes that draft-ietf-httpapi-idempotency-key-header asks for; nothing when it is not to be used.
std::optional<std::string> key_of(std::string_view header) {
  if (header.size() >= 2 && header.starts_with('"') && header.ends_with('"'))
    header = header.substr(1, header.size() - 2);
  const bool is_printable = std::all_of(header.begin(), header.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (header.empty() || header.size() > Writes::max_key_bytes || !is_printable) return std::nullopt;
  return std::string(header);
}

WebResponse bad_rows_answer(std::uint64_t request, const PostedReadings& posted) {
  Problem problem{422, fmt::format("{} of {} rows are not readings; none was taken", posted.bad_rows.size(),
                                   posted.bad_rows.size() + posted.readings.size())};
  for (const BadRow& bad : posted.bad_rows) {
    if (problem.errors.size() == max_problems) break;
    problem.errors.push_back({bad.row, bad.reason});
  }
  return problem_answer(request, problem);
}

/// What is said of a write with bad lines, in InfluxDB's words, which agents look for.
std::string refusal_of(const PostedReadings& posted) {
  return fmt::format("partial write: {} readings are taken, and {} lines or fields are not: line {}, {}",
                     posted.readings.size(), posted.bad_rows.size(), posted.bad_rows.front().row + 1,
                     posted.bad_rows.front().reason);
}

WebResponse partial_write_answer(std::uint64_t request, const std::string& refusal) {
  Problem problem{400, refusal};
  problem.is_for_agents = true;
  return problem_answer(request, problem);
}

}  // namespace

Writes::Writes(const WebOptions& options)
    : options_(options), outbox_(outbox_options(options)), homes_(options.node, options.write_homes) {}

Result<PostedReadings> Writes::decode(std::string_view body, std::string_view content_type, const Target& target,
                                      Style style, Now now) const {
  if (!is_line_protocol(target, content_type))
    return decode_posted_readings(body, now.wall, options_.max_body_bytes, options_.times);
  const std::string name = target.parameter("precision").value_or("ns");
  const std::optional<std::int64_t> precision = precision_from(name);
  if (!precision.has_value()) return fail(ErrorCode::malformed, "precision: must be n, ns, u, us, ms, s, m or h");
  const std::size_t max_readings = style == Style::ours ? max_posted_readings : options_.max_waiting_rows;
  return decode_line_protocol(body, now.wall, *precision, max_readings);
}

std::optional<WebResponse> Writes::post(const WebRequest& request, const Target& target, const std::string& client,
                                        Now now) {
  const std::string_view content_type = request.header("content-type");
  if (!content_type.starts_with("application/json") && !is_line_protocol(target, content_type)) {
    return problem_answer(request.id, {415, "Content-Type: must be application/json, or text/plain for line protocol"});
  }
  const Coding coding = coding_of(request.header("content-encoding"));
  if (coding == Coding::unknown) return unknown_coding_answer(request.id, is_for_agents(target));
  if (coding == Coding::identity) return post_plain(request, request.body, target, client, now);
  const Result<std::string> body = gunzip(request.body, options_.max_body_bytes);
  if (!body.has_value()) return bad_body_answer(request.id, body.error(), is_for_agents(target));
  return post_plain(request, *body, target, client, now);
}

/// `body` is that of `request` without its Content-Encoding: the same rows packed again are the same write.
std::optional<WebResponse> Writes::post_plain(const WebRequest& request, std::string_view body, const Target& target,
                                              const std::string& client, Now now) {
  const Style style = target.path == "/v1/readings" ? Style::ours : Style::influx;
  const std::string_view content_type = request.header("content-type");
  Record record;
  if (const std::string_view header = request.header("idempotency-key"); !header.empty()) {
    const std::optional<std::string> key = key_of(header);
    if (!key.has_value()) {
      return problem_answer(request.id,
                            {400, fmt::format("Idempotency-Key: must be 1 to {} printable characters", max_key_bytes)});
    }
    record.key = client + "\n" + *key;
    record.digest = text_digest({client, *key, request.target, content_type, body});
    if (const auto known = by_key_.find(record.key); known != by_key_.end()) {
      Record& earlier = records_.at(known->second);
      if (earlier.digest == record.digest) {
        ++counters_.repeated;
        return wait(earlier, request, style, now);
      }
      ++counters_.misused_keys;
      return problem_answer(request.id, {422, "Idempotency-Key: this one came with other rows before"});
    }
  }
  Result<PostedReadings> posted = decode(body, content_type, target, style, now);
  if (!posted.has_value()) return bad_body_answer(request.id, posted.error(), style == Style::influx);
  if (posted->readings.empty() && posted->bad_rows.empty()) {
    return style == Style::influx ? no_content_answer(request.id)
                                  : problem_answer(request.id, {400, "the body has no readings"});
  }
  if (!posted->bad_rows.empty()) {
    counters_.refused_rows += posted->bad_rows.size();
    if (style == Style::ours) return bad_rows_answer(request.id, *posted);
    record.refusal = refusal_of(*posted);
    if (posted->readings.empty()) return partial_write_answer(request.id, record.refusal);
  }
  return take(request, style, std::move(record), std::move(posted->readings), now);
}

std::optional<WebResponse> Writes::take(const WebRequest& request, Style style, Record record,
                                        std::vector<Reading> readings, Now now) {
  if (!outbox_.has_room(held_rows_ + readings.size())) {
    ++counters_.refused_full;
    return problem_answer(request.id,
                          {503,
                           fmt::format("{} rows wait for the store, and no more are taken; none of these was",
                                       outbox_.rows() + held_rows_),
                           {},
                           Millis{5'000}});
  }
  record.number = ++last_number_;
  record.rows = readings.size();
  record.id = record.key.empty() ? fmt::format("{:x}-{}", options_.seed, record.number) : "k-" + record.digest;
  ++counters_.writes;
  counters_.readings += readings.size();
  if (!record.key.empty()) by_key_[record.key] = record.number;
  by_id_[record.id] = record.number;
  Record& kept = records_[record.number] = std::move(record);
  if (kept.key.empty()) {
    outbox_.add(kept.number, "", options_.node, std::move(readings));
  } else {
    held_rows_ += readings.size();
    kept.held = std::move(readings);
    const bool had_no_other_name = homes_.present().has_value() && homes_.former().empty();
    had_no_other_name ? give_name(kept, *homes_.present()) : questions_.push_back(kept.number);
  }
  return wait(kept, request, style, now);
}

std::optional<WebResponse> Writes::wait(Record& record, const WebRequest& request, Style style, Now now) {
  if (record.is_stored) return stored_answer(record, request.id, style);
  const bool is_async = request.header("prefer").find("respond-async") != std::string_view::npos;
  if (is_async && record.refusal.empty()) {  // else it would not hear what was refused
    WebResponse response =
        json_answer(request.id, 202, fmt::format("{{\"id\":\"{}\",\"state\":\"waiting\"}}\n", record.id));
    response.headers.emplace_back("Location", "/v1/writes/" + record.id);
    response.headers.emplace_back("Preference-Applied", "respond-async");
    record.is_promised = true;
    return response;
  }
  record.waiters.push_back({request.id, style, now.monotonic + options_.write_timeout});
  due_.emplace_back(record.waiters.back().until, record.number);
  return std::nullopt;
}

WebResponse Writes::stored_answer(const Record& record, std::uint64_t request, Style style) const {
  if (!record.refusal.empty()) return partial_write_answer(request, record.refusal);
  if (style == Style::influx) return no_content_answer(request);
  std::string body = fmt::format("{{\"stored\":{},\"results\":[", record.rows);
  for (std::size_t row = 0; row < record.rows; ++row) {
    body += fmt::format(R"({}{{"row":{},"status":201,"stream":"{}","seq":{}}})", row == 0 ? "" : ",", row,
                        record.stream, record.first + row);
  }
  return json_answer(request, 201, body + "]}\n");
}

WebResponse Writes::state_of(std::uint64_t request, const std::string& id) const {
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) {
    return problem_answer(request, {404,
                                    "this write is not known: it is none of this run of the bridge, or long done. "
                                    "Send it again under its Idempotency-Key to know"});
  }
  const Record& record = records_.at(known->second);
  if (!record.is_stored) return json_answer(request, 200, fmt::format("{{\"id\":\"{}\",\"state\":\"waiting\"}}\n", id));
  return json_answer(request, 200,
                     fmt::format(R"({{"id":"{}","state":"stored","rows":{},"stream":"{}","first":{},"last":{}}})", id,
                                 record.rows, record.stream, record.first, record.first + record.rows - 1) +
                         "\n");
}

Writes::Stored Writes::committed(const Committed& watermark, Now now) {
  Stored stored;
  stored.done = outbox_.committed(watermark, now.monotonic);
  const bool is_of_another = homes_.present().has_value() && homes_.present()->store != watermark.store;
  if (!stored.done.empty() && is_of_another) is_to_ask_who_ = true;
  for (const WriteOutbox::Done& done : stored.done) {
    Record& record = records_.at(done.write);
    record.is_stored = true;
    record.stream = done.stream;
    record.first = done.readings.front().seq;
    counters_.stored += done.readings.size();
    for (const Waiter& waiter : record.waiters)
      stored.answers.push_back(stored_answer(record, waiter.request, waiter.style));
    record.waiters.clear();
    stored_.push_back(record.number);
    if (stored_.size() > options_.max_known_writes) forget_oldest();
  }
  return stored;
}

// ---- names of writes with a key ----

void Writes::give_name(Record& record, const WriteHome& home) {
  held_rows_ -= record.held.size();
  outbox_.add(record.number, stream_name(home, record.digest), home.node, std::exchange(record.held, {}));
}

void Writes::connected() {
  is_to_ask_who_ = true;
  ask_at_.reset();
  outbox_.connected();
}

void Writes::disconnected() {
  ask_at_.reset();  // nothing is asked until there is another connection
  outbox_.disconnected();
}

bool Writes::may_ask(Instant now) {
  if (ask_at_.has_value() && now < *ask_at_) return false;
  ask_at_.reset();
  return true;
}

std::optional<Writes::Question> Writes::take_question() {
  if (std::exchange(is_to_ask_who_, false)) return Question{};
  while (!questions_.empty()) {
    const auto record = records_.find(questions_.front());
    questions_.pop_front();
    if (record == records_.end() || record->second.held.empty()) continue;
    Question question{record->first, {}};
    for (const WriteHome& home : homes_.former()) question.streams.push_back(stream_name(home, record->second.digest));
    return question;
  }
  return std::nullopt;
}

/// What the store has of a write under an earlier name goes on under that.
std::optional<std::string> Writes::answered(std::uint64_t write, const StreamsAnswer& answer) {
  const bool has_changed = homes_.learn(answer.store);
  std::optional<std::string> saved = has_changed ? std::optional(homes_.text()) : std::nullopt;
  const auto found = records_.find(write);
  if (found == records_.end() || found->second.held.empty()) return saved;
  if (has_changed) {  // and so has what is to be asked
    questions_.push_back(write);
    return saved;
  }
  WriteHome home = *homes_.present();
  for (const WriteHome& former : homes_.former()) {
    const std::string name = stream_name(former, found->second.digest);
    if (std::any_of(answer.streams.begin(), answer.streams.end(),
                    [&](const auto& known) { return known.stream == name; }))
      home = former;
  }
  give_name(found->second, home);
  return saved;
}

void Writes::unanswered(std::uint64_t write, Instant now) {
  constexpr Millis pause{1'000};
  ask_at_ = now + pause;
  write == 0 ? static_cast<void>(is_to_ask_who_ = true) : questions_.push_back(write);
}

void Writes::forget_oldest() {
  const Record& oldest = records_.at(stored_.front());
  by_id_.erase(oldest.id);
  by_key_.erase(oldest.key);
  records_.erase(stored_.front());
  stored_.pop_front();
}

std::vector<WebResponse> Writes::take_late(Instant now) {
  std::vector<WebResponse> late;
  while (!due_.empty() && due_.front().first <= now) {
    const auto record = records_.find(due_.front().second);
    due_.pop_front();
    if (record != records_.end()) answer_late(record->second, now, late);
  }
  return late;
}

/// A write of which nothing was sent is forgotten with its last waiter: then the client knows that nothing was taken.
void Writes::answer_late(Record& record, Instant now, std::vector<WebResponse>& late) {
  const auto is_late = [&](const Waiter& waiter) { return now >= waiter.until; };
  const bool all_late = std::all_of(record.waiters.begin(), record.waiters.end(), is_late);
  const bool is_withdrawn =
      all_late && !record.is_stored && !record.is_promised && (!record.held.empty() || outbox_.withdraw(record.number));
  const char* detail =
      !is_withdrawn         ? "the store has not confirmed this in time, and may yet; send it again under the same "
                              "Idempotency-Key to know"
      : record.held.empty() ? "the store could not be reached in time; nothing of this was taken, send it again"
                            : "the store has not said in time whether it knows this write (rpc streams); nothing of "
                              "this was taken, send it again";
  for (const Waiter& waiter : record.waiters) {
    if (!is_late(waiter)) continue;
    ++counters_.late;
    late.push_back(problem_answer(waiter.request, {503, detail, {}, Millis{5'000}}));
  }
  std::erase_if(record.waiters, is_late);
  if (!is_withdrawn) return;
  held_rows_ -= record.held.size();
  by_id_.erase(record.id);
  by_key_.erase(record.key);
  records_.erase(record.number);
}

std::vector<WebResponse> Writes::take_all() { return take_late(Instant::max()); }

std::optional<Instant> Writes::wake_at() const {
  std::optional<Instant> earliest = outbox_.wake_at();
  if (ask_at_.has_value() && (!earliest.has_value() || *ask_at_ < *earliest)) earliest = ask_at_;
  if (!due_.empty() && (!earliest.has_value() || due_.front().first < *earliest)) earliest = due_.front().first;
  return earliest;
}

}  // namespace sensors::bridge
