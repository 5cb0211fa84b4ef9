#include "services/sensorctl/verbs/status.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/status_json.hpp"
#include "common/codec/store_answer.hpp"
#include "common/verdict/judge.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/snapshot_text.hpp"

namespace sensors::sensorctl {

namespace {

constexpr std::size_t most_readings_asked = 1'000;
constexpr std::size_t most_stores_asked = 20;

}  // namespace

Status::Status(StatusOptions options, Session session)
    : Command(options.watch ? Kind::watches : Kind::asks),
      options_(options),
      session_(std::move(session)),
      snapshot_(session_.node),
      nodes_(session_),
      calls_(session_.calls<std::string>(most_stores_asked)) {}

std::vector<std::string> Status::filters(const Session& session) {
  std::vector<std::string> filters{session.filter("rpc-reply", session.client), session.all_status("+")};
  for (const char* kind : {"queue", "silent", "committed", "reading"}) filters.push_back(session.filter(kind, "+"));
  return filters;
}

std::optional<Instant> Status::next_tick() const {
  if (!settled_at_.has_value()) return std::nullopt;
  if (is_watching()) return next_picture_;
  if (now_.monotonic < *settled_at_) return settled_at_;
  const std::optional<Instant> answer = calls_.wake_at();
  return now_.monotonic < *deadline_ && (!answer.has_value() || *deadline_ < *answer) ? deadline_ : answer;
}

void Status::connected() {
  settled_at_ = now_.monotonic + KnownNodes::settle_time;
  // A verdict misses no service before.
  deadline_ = now_.monotonic + std::max(session_.timeout, verdict::Judge::settle_time);
  snapshot_.connected(now_);
  stores_.clear();
  calls_.take_all();
  // What is retained may come before the word that there is a connection, and a question then goes nowhere.
  for (const auto& [name, service] : snapshot_.services()) ask_store_of(name);
}

void Status::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value()) return;
  const std::string node(topic->node);
  if (topic->kind == "rpc-reply") return take_answer(message);
  if (!message.payload.empty() && topic->kind == "status") nodes_.heard(node);
  if (!session_.node.empty() && node != session_.node) return;  // heard to know which there are
  if (!snapshot_.take(*topic, message.payload, now_, message.retained))
    return complain(message.topic + ": cannot be read");
  if (topic->kind == "status" && is_connected()) ask_store_of({node, std::string(topic->name)});
}

/// Where `name` is a store that says that it runs: once for each connection, and again when it was silent.
void Status::ask_store_of(const Named& name) {
  const auto store = snapshot_.services().find(name);
  if (name.second != "sensor-persistence" || store == snapshot_.services().end()) return;
  const ServiceReport* const report = store->second.report();
  if (report == nullptr || report->state == ServiceState::down) return;
  if (!is_watching() && now_.monotonic >= *deadline_) return;
  const auto asked = stores_.find(name.first);
  const bool is_new = asked == stores_.end() && stores_.size() < most_stores_asked;
  if (is_new || (is_watching() && asked != stores_.end() && asked->second == Asked::silent)) ask_store(name.first);
}

void Status::ask_store(const std::string& node) {
  stores_[node] = Asked::waits;
  QueryRequest query;
  query.latest = true;
  query.limit = most_readings_asked;
  publish(calls_.open(node, "query", encode_query_request(query), node, now_.monotonic));
}

void Status::take_answer(const MqttMessage& message) {
  const std::optional<std::string> node = calls_.take_answer(message);
  if (!node.has_value()) return;
  stores_[*node] = Asked::answered;
  Result<QueryAnswer> answer = decode_query_answer(message.payload);
  if (!answer.has_value()) return complain(fmt::format("node {}: {}", *node, answer.error().message));
  snapshot_.take(std::move(answer->readings));
}

void Status::take(const MqttPublished& published) {
  const std::optional<std::string> node = calls_.take_refusal(published);
  if (!node.has_value()) return;
  stores_[*node] = Asked::silent;
  complain(fmt::format("node {}: {}", *node, published.result.error().message));
}

/// Retained messages have come, every store that was asked has had its time, and so has what is missing.
bool Status::is_complete() const {
  if (now_.monotonic < *settled_at_ || calls_.size() > 0) return false;
  return snapshot_.missing_services().empty() || now_.monotonic >= *deadline_;
}

void Status::advance() {
  for (const std::string& node : calls_.take_overdue(now_.monotonic)) stores_[node] = Asked::silent;
  const bool is_due = is_watching() ? now_.monotonic >= *next_picture_ : is_complete();
  if (is_due) tell();
}

void Status::tell() {
  if (!is_watching() && nodes_.is_mistaken()) return fail_with(exit_trouble, nodes_.mistake());
  std::set<std::string> silent;
  for (const auto& [node, asked] : stores_) {
    if (asked == Asked::silent) silent.insert(node);
  }
  snapshot_.stores_are_silent(std::move(silent));
  const std::string text = options_.json ? snapshot_json(snapshot_, now_) : snapshot_text(snapshot_, now_);
  if (!options_.watch) {
    print(text);
    return end(snapshot_.judge(now_).ok() ? exit_ok : exit_trouble);
  }
  if (options_.json) {
    print(text);
  } else {
    show(text);
  }
  next_picture_ = now_.monotonic + options_.interval;
}

}  // namespace sensors::sensorctl
