// StoreDesk keeps the requests to the store that wait for an answer: each with what it is for, its number, its
// deadline. Owned by Web. Pure.
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

namespace sensors::bridge {

/// How the correlation data of the HTTP side begins; docs/protocol.md, rpc.
inline constexpr std::string_view web_correlation = "web-";

template <class Purpose>
class StoreDesk {
 public:
  struct Options {
    std::string root;
    std::string node;
    std::string reply_topic;
    std::size_t most = 8;
    Millis longest{6'000};
    std::uint64_t run = 1;
    std::uint64_t first_number = 0;  // of its requests, where there are two desks
  };

  explicit StoreDesk(Options options) : options_(std::move(options)), last_(options_.first_number) {}

  bool is_full() const { return calls_.size() >= options_.most; }
  std::size_t size() const { return calls_.size(); }

  /// The request to send. The desk must not be full.
  MqttPublish open(std::string_view verb, std::string payload, Purpose purpose, Instant now) {
    const std::uint64_t number = ++last_;
    calls_.emplace(number, Call{std::move(purpose), now + options_.longest});
    MqttPublish request;
    request.id = number;
    request.topic = topic_of(options_.root, options_.node, "rpc", verb);
    request.payload = std::move(payload);
    request.response_topic = options_.reply_topic;
    request.correlation = correlation_of(number);
    return request;
  }

  /// What the answer is for; the call is over. Nothing when nobody waits for it any more.
  std::optional<Purpose> take_answer(const MqttMessage& message) {
    for (auto call = calls_.begin(); call != calls_.end(); ++call) {
      if (correlation_of(call->first) == message.correlation) return take(call);
    }
    return std::nullopt;
  }

  /// What a request was for that the broker did not take; the call is over.
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

  std::vector<Purpose> take_all() { return take_overdue(Instant::max()); }

  /// All have the same time to live, so the oldest is the first.
  std::optional<Instant> wake_at() const {
    return calls_.empty() ? std::nullopt : std::optional(calls_.begin()->second.deadline);
  }

 private:
  struct Call {
    Purpose purpose;
    Instant deadline;
  };
  using Calls = std::map<std::uint64_t, Call>;

  std::string correlation_of(std::uint64_t number) const {
    return fmt::format("{}{:x}-{}", web_correlation, options_.run, number);
  }
  std::optional<Purpose> take(typename Calls::iterator call) {
    std::optional<Purpose> purpose(std::move(call->second.purpose));
    calls_.erase(call);
    return purpose;
  }

  Options options_;
  std::uint64_t last_;
  Calls calls_;
};

}  // namespace sensors::bridge
