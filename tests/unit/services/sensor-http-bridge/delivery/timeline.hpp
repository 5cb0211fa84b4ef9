// Timeline runs Delivery and the HTTP sink on virtual time, against a model of the store, which
// answers when it is told to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/codec/rpc_json.hpp"
#include "services/sensor-http-bridge/delivery/delivery.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_attempts.hpp"

namespace sensors::bridge {

/// A store of `rows` readings with a cursor; hands the same range out until it is confirmed or refused, as protocol.md
/// has it.
struct ModelStore {
  std::string id = "w5n2c8t4hj6b";
  std::uint64_t rows = 0;
  std::uint64_t cursor = 0;
  std::uint64_t handed_last = 0;
  std::uint64_t most = 100;
  std::uint64_t refusals = 0;
  std::map<std::uint64_t, RejectedRow> dead_letters;  // by seq, which is the row number

  std::string answer(const MqttPublish& request) {
    if (request.topic.ends_with("/upload")) return upload(decode_upload_request(request.payload).value());
    const Result<UploadedRequest> uploaded = decode_uploaded_request(request.payload);
    if (!uploaded.has_value() || uploaded->store != id)
      return R"({"error":{"code":"invalid","message":"another store"}})";
    if (uploaded->last == handed_last && uploaded->first == cursor + 1) {
      cursor = handed_last;
      refusals = 0;
      for (const RejectedRow& row : uploaded->rejected) dead_letters.emplace(row.row.seq, row);
    }
    return encode_uploaded_answer({cursor, rows - cursor});
  }

 private:
  std::string upload(const UploadRequest& request) {
    UploadBatch batch;
    batch.store = id;
    batch.destination = "api";
    const bool is_out = handed_last > cursor;
    if (is_out && handed_last == request.refused) ++refusals;
    if (!is_out || handed_last == request.refused) {
      handed_last = std::min(rows, cursor + std::min<std::uint64_t>(most, request.max_readings));
    }
    if (handed_last > cursor) {
      batch.first = cursor + 1;
      batch.last = handed_last;
    }
    batch.remaining = rows - handed_last;
    batch.refusals = refusals;
    for (std::uint64_t id_ = cursor + 1; id_ <= handed_last; ++id_) {
      batch.readings.push_back({id_, "kitchen", "k3v9x2m7qp4d", {id_, {"a", 1.5, "Cel", WallTime{}}}});
    }
    return encode_upload_batch(batch);
  }
};

/// The key of `post` without the digest of the rows.
inline std::string key_range(const HttpPost& post) {
  return post.idempotency_key.substr(0, post.idempotency_key.rfind(':'));
}

inline DeliveryOptions test_options() {
  DeliveryOptions options;
  options.node = "kitchen";
  options.names = http_sink_names();
  options.breaker.jitter = 0;
  options.breaker.probe_deadline = Millis{60'000};
  options.seed = 7;
  return options;
}

class Timeline {
 public:
  explicit Timeline(const DeliveryOptions& options = test_options(), std::optional<SavedBreaker> earlier = std::nullopt,
                    HttpSinkOptions http = {})
      : logic(options, std::move(earlier)), sink(http) {}

  void step(Event event) {
    for (Effect& effect : logic.step(std::move(event), now)) {
      if (auto* publish = std::get_if<MqttPublish>(&effect)) {
        take(std::move(*publish));
      } else if (auto* attempt = std::get_if<Attempt>(&effect)) {
        try_it(std::move(*attempt));
      } else if (auto* line = std::get_if<LogLine>(&effect)) {
        log.push_back(std::move(line->text));
      } else if (auto* save = std::get_if<SaveBreaker>(&effect)) {
        saved = std::move(save->text);
      } else if (auto* exit = std::get_if<Exit>(&effect)) {
        exit_code = exit->code;
      }
    }
    if (std::string broken = logic.broken_invariant(); !broken.empty())
      throw std::logic_error("an invariant does not hold: " + broken);
    if (unwritten.has_value()) step(*std::exchange(unwritten, std::nullopt));
    if (claim.has_value()) store_answers(*std::exchange(claim, std::nullopt));
  }

  /// The HTTP client is done.
  void step(const HttpFinished& finished) { step(sink.finish(finished, now.wall)); }

  /// Lets virtual time pass, with a Tick wherever Delivery wants one.
  void pass(Millis time) {
    const Instant end = now.monotonic + time;
    while (const std::optional<Instant> at = logic.wake_at()) {
      if (*at > end) break;
      move_to(std::max(*at, now.monotonic));
      step(Tick{});
    }
    move_to(end);
  }

  void connect() { step(MqttConnected{}); }

  /// The store answers the newest request.
  void store_answers() { store_answers(requests.back()); }
  void store_answers(const MqttPublish& request) {
    MqttMessage message;
    message.topic = request.response_topic;
    message.correlation = request.correlation;
    message.payload = store.answer(request);
    step(std::move(message));
  }

  void api_answers(int status, std::optional<std::string> retry_after = std::nullopt) {
    step(
        HttpFinished{posts.back().id, HttpReply{status, "application/json", std::move(retry_after), "{}"}, Millis{20}});
  }
  void api_says(int status, const std::string& body) {
    step(HttpFinished{posts.back().id, HttpReply{status, "application/json", std::nullopt, body}, Millis{20}});
  }
  void api_fails(ErrorCode code) {
    step(HttpFinished{posts.back().id, tl::unexpected<Error>(Error{code, "x"}), Millis{20}});
  }

  /// Fails the batch at the API, and those that follow, until the breaker opens. A POST must be under way.
  void open_the_breaker() {
    api_answers(500);
    while (logic.breaker().state() != CircuitBreaker::State::open) {
      pass(Millis{10'000});
      store_answers();
      api_answers(500);
    }
  }

  std::size_t count(const std::string& verb) const {
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(),
                                                  [&](const MqttPublish& r) { return r.topic.ends_with("/" + verb); }));
  }
  bool logged(const std::string& part) const {
    return std::any_of(log.begin(), log.end(), [&](const std::string& l) { return l.find(part) != std::string::npos; });
  }
  /// The newest message of a kind, "" when there is none.
  std::string newest(const std::string& kind) const {
    for (auto m = messages.rbegin(); m != messages.rend(); ++m) {
      if (m->topic.find("/" + kind + "/") != std::string::npos) return m->payload;
    }
    return "";
  }

  Now now{Instant{} + std::chrono::hours{1}, WallTime{std::chrono::hours{500'000}}};
  Delivery logic;
  HttpAttempts sink;
  ModelStore store;
  std::deque<MqttPublish> requests;  // to the store, for rows that are tried
  std::size_t claims = 0;            // requests behind an open breaker, whose rows are put aside
  bool answers_claims = true;        // the store does, at once
  std::deque<MqttPublish> messages;  // status, queue, event
  std::uint64_t attempts = 0;        // so far, and the id of the last
  std::deque<HttpPost> posts;
  std::vector<std::string> log;
  std::string saved;
  std::optional<int> exit_code;

 private:
  void take(MqttPublish publish) {
    const bool is_claim = publish.topic.ends_with("/upload") && logic.breaker().state() == CircuitBreaker::State::open;
    if (is_claim) {
      ++claims;
      if (answers_claims) claim = std::move(publish);
    } else {
      (publish.response_topic.empty() ? messages : requests).push_back(std::move(publish));
    }
  }

  void try_it(Attempt attempt) {
    const std::uint64_t id = attempts = attempt.id;
    Result<HttpPost> post = sink.begin(std::move(attempt));
    if (post.has_value())
      posts.push_back(std::move(*post));
    else
      unwritten = unreadable(id, post.error());
  }

  void move_to(Instant at) {
    now.wall += std::chrono::duration_cast<Millis>(at - now.monotonic);
    now.monotonic = at;
  }

  std::optional<Attempted> unwritten;  // of the step under way
  std::optional<MqttPublish> claim;    // of the step under way
};

/// Connected, with a batch of `rows` at the API.
inline Timeline& with_post(Timeline& t, std::uint64_t rows = 10) {
  t.store.rows = rows;
  t.connect();
  t.store_answers();
  return t;
}

}  // namespace sensors::bridge
