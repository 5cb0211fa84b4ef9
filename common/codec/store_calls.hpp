// StoreCalls is the one client of the store's RPC: it makes each request, remembers what it is for and how long its
// answer may take, and knows the answer by its correlation data (docs/protocol.md, "rpc"). Owned by a Logic. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/codec/topic.hpp"
#include "common/core/service_events.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// `Purpose` is what a caller wants to know again when its call is over, however it ends.
template <class Purpose>
class StoreCalls {
 public:
  struct Options {
    std::string root;
    std::string client;     // answers come to <root>/<node>/rpc-reply/<client>
    std::string caller;     // one of a kind, also among earlier runs: the correlation data begin with it
    std::size_t most = 1;   // that may wait for an answer; 1 or more
    Millis longest{5'000};  // that an answer may take
  };

  explicit StoreCalls(Options options) : options_(std::move(options)) {}

  bool is_full() const { return calls_.size() >= options_.most; }
  std::size_t size() const { return calls_.size(); }

  /// The request to publish; its id is the call's, 1, 2, 3, ... There must be room for it.
  MqttPublish open(std::string_view node, std::string_view verb, std::string payload, Purpose purpose, Instant now) {
    MqttPublish request;
    request.id = ++last_;
    request.topic = topic_of(options_.root, node, "rpc", verb);
    request.payload = std::move(payload);
    request.response_topic = topic_of(options_.root, node, "rpc-reply", options_.client);
    request.correlation = correlation_of(last_);
    calls_.emplace(last_, Call{std::move(purpose), request.response_topic, now + options_.longest});
    return request;
  }

  /// What the answer is for; the call is over. Nothing when nobody waits for it any more.
  std::optional<Purpose> take_answer(const MqttMessage& message) {
    for (auto call = calls_.begin(); call != calls_.end(); ++call) {
      if (correlation_of(call->first) == message.correlation && call->second.reply_topic == message.topic)
        return take(call);
    }
    return std::nullopt;
  }

  /// What a request was for that did not reach the broker; the call is over.
  std::optional<Purpose> take_refusal(const MqttPublished& published) {
    const auto call = calls_.find(published.id);
    if (published.result.has_value() || call == calls_.end()) return std::nullopt;
    return take(call);
  }

  /// What those were for that got no answer in time; they are over.
  std::vector<Purpose> take_overdue(Instant now) {
    std::vector<Purpose> overdue;
    while (!calls_.empty() && calls_.begin()->second.deadline <= now) overdue.push_back(*take(calls_.begin()));
    return overdue;
  }

  /// What all were for; they are over, and answers that still come are nobody's.
  std::vector<Purpose> take_all() { return take_overdue(Instant::max()); }

  /// When the next one is overdue. All may take as long, so the oldest is the first.
  std::optional<Instant> wake_at() const {
    return calls_.empty() ? std::nullopt : std::optional(calls_.begin()->second.deadline);
  }

 private:
  struct Call {
    Purpose purpose;
    std::string reply_topic;
    Instant deadline;
  };
  using Calls = std::map<std::uint64_t, Call>;

  std::string correlation_of(std::uint64_t number) const { return fmt::format("{}-{}", options_.caller, number); }

  std::optional<Purpose> take(typename Calls::iterator call) {
    std::optional<Purpose> purpose(std::move(call->second.purpose));
    calls_.erase(call);
    return purpose;
  }

  Options options_;
  std::uint64_t last_ = 0;
  Calls calls_;
};

}  // namespace sensors
