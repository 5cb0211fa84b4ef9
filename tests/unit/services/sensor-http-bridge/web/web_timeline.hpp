// WebTimeline runs the HTTP side's Web on virtual time: requests and messages in, answers and streams out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "services/sensor-http-bridge/web/web.hpp"

namespace sensors::bridge {

inline WebOptions web_options() {
  WebOptions options;
  options.node = "kitchen";
  options.anonymous.read = true;
  options.tokens = {{"agent", "write-secret", {false, true}}, {"owner", "owner-secret", {true, true}}};
  options.seed = 7;
  return options;
}

class WebTimeline {
 public:
  explicit WebTimeline(WebOptions options = web_options()) : web(std::move(options)) {}

  template <class E>
  void step(E event) {
    for (BridgeEffect& effect : web.handle(std::move(event), now)) take(effect);
  }

  /// Lets virtual time pass, with a Tick wherever one is wanted.
  void pass(Millis time) {
    const Instant end = now.monotonic + time;
    while (const std::optional<Instant> at = web.wake_at()) {
      if (*at > end) break;
      move_to(std::max(*at, now.monotonic));
      step(Tick{});
    }
    move_to(end);
  }

  std::uint64_t ask(WebRequest request) {
    request.id = ++last_id;
    if (request.client.empty()) request.client = "192.0.2.1";
    step(std::move(request));
    return last_id;
  }
  std::uint64_t get(const std::string& target, WebHeaders headers = {}) {
    WebRequest request;
    request.method = "GET";
    request.target = target;
    request.headers = std::move(headers);
    return ask(std::move(request));
  }

  /// The answer to the request `id`; status 0 while there is none.
  const WebResponse& answer(std::uint64_t id) {
    static const WebResponse none{0, 0, {}, ""};
    const auto found = answers.find(id);
    return found == answers.end() ? none : found->second;
  }
  /// The answer to `target`, which comes at once.
  const WebResponse& now_at(const std::string& target, WebHeaders headers = {}) {
    return answer(get(target, std::move(headers)));
  }

  void hear(const std::string& topic, const std::string& payload) {
    MqttMessage message;
    message.topic = "sensors/" + topic;
    message.payload = payload;
    step(std::move(message));
  }
  /// The store answers the newest request.
  void store_answers(const std::string& payload) { store_answers(published.back(), payload); }
  void store_answers(const MqttPublish& request, const std::string& payload) {
    MqttMessage message;
    message.topic = request.response_topic;
    message.correlation = request.correlation;
    message.payload = payload;
    step(std::move(message));
  }
  void store_is(const std::string& state) {
    hear("kitchen/status/sensor-persistence",
         R"({"service":"sensor-persistence","state":")" + state +
             R"(","reason":"r","since":"2026-01-15T16:09:35.123Z","version":"1"})");
  }

  Now now{Instant{} + std::chrono::hours{1}, WallTime{std::chrono::hours{500'000}}};
  Web web;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, WebResponse> answers;
  std::map<std::uint64_t, std::string> streams;  // what each was sent; only those that are open
  std::deque<MqttPublish> published;
  std::deque<std::string> log;

  std::string store = "w5n2";           // what it says that it is; empty: it does not answer
  std::set<std::string> known_streams;  // of it
  std::deque<MqttPublish> questions;    // which streams it knows
  std::string write_homes;              // the file

 private:
  void take_question(MqttPublish question) {
    questions.push_back(question);
    if (store.empty()) return;
    StreamsAnswer answer{store, {}};
    const std::vector<std::string> names = decode_streams_request(question.payload).value();
    for (const std::string& name : names) {
      if (known_streams.contains(name)) answer.streams.push_back({name, 1});
    }
    store_answers(question, encode_streams_answer(answer));
  }

  void move_to(Instant at) {
    now.wall += std::chrono::duration_cast<Millis>(at - now.monotonic);
    now.monotonic = at;
  }

  void take(BridgeEffect& effect) {
    if (auto* response = std::get_if<WebResponse>(&effect)) {
      answers[response->id] = std::move(*response);
    } else if (auto* begin = std::get_if<WebStreamBegin>(&effect)) {
      streams[begin->id] = std::move(begin->text);
    } else if (auto* data = std::get_if<WebStreamData>(&effect)) {
      for (const std::uint64_t id : data->ids) streams.at(id) += data->text;
    } else if (auto* end = std::get_if<WebStreamEnd>(&effect)) {
      streams.erase(end->id);
    } else if (auto* publish = std::get_if<MqttPublish>(&effect)) {
      publish->topic.ends_with("/rpc/streams") ? take_question(std::move(*publish))
                                               : published.push_back(std::move(*publish));
    } else if (auto* save = std::get_if<SaveWriteHomes>(&effect)) {
      write_homes = save->text;
    } else if (auto* line = std::get_if<LogLine>(&effect)) {
      log.push_back(std::move(line->text));
    }
  }
};

/// The value of a header of an answer, by its name as written.
inline std::string header_of(const WebResponse& response, const std::string& name) {
  for (const auto& [known, value] : response.headers) {
    if (known == name) return value;
  }
  return "";
}

}  // namespace sensors::bridge
