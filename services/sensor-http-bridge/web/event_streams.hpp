// EventStreams sends what passes over the broker to whoever listens: server-sent events (HTML Living Standard, section
// 9.2). Owned by Web. Pure; how much one listener may lag behind is the server's to bound.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/time.hpp"
#include "common/core/web_events.hpp"

namespace sensors::bridge {

class EventStreams {
 public:
  EventStreams(std::size_t max_streams, Millis keepalive) : max_streams_(max_streams), keepalive_(keepalive) {}

  enum Kind : unsigned { reading = 1, status = 2, queue = 4, event = 8, verdict = 16, alert = 32, every_kind = 63 };
  static std::optional<Kind> kind_from(std::string_view name);

  bool is_full() const { return streams_.size() >= max_streams_; }
  void open(std::uint64_t id, unsigned kinds, Instant now);
  void close(std::uint64_t id) { streams_.erase(id); }

  /// Whether somebody listens to that.
  bool wants(Kind kind) const;

  /// The event, for all who listen to it; nothing when nobody does. `payload` is a JSON object on one line, without
  /// verdict::topic_keys.
  std::optional<WebStreamData> event_for(Kind kind, std::string_view node, std::string_view name,
                                         std::string_view payload) const;

  /// The event that has a verdict or an alert as it is, for all who listen to it.
  std::optional<WebStreamData> verdict_event(std::string_view json) const { return plain_event(verdict, json); }
  std::optional<WebStreamData> alert_event(std::string_view json) const { return plain_event(alert, json); }

  /// A line for all when it is time for one.
  std::optional<WebStreamData> keep_alive(Instant now);
  std::optional<Instant> wake_at() const;

  /// All of them; they are closed.
  std::vector<WebStreamEnd> close_all();

  std::size_t count() const { return streams_.size(); }

 private:
  std::vector<std::uint64_t> listeners(Kind kind) const;
  std::optional<WebStreamData> plain_event(Kind kind, std::string_view json) const;

  std::size_t max_streams_;
  Millis keepalive_;
  std::map<std::uint64_t, unsigned> streams_;  // the kinds, by id
  Instant next_{};
};

/// event: verdict or alert, data: the JSON.
std::string verdict_text(std::string_view json);
std::string alert_text(std::string_view json);

/// event: KIND, data: the payload's keys behind "node" and "name".
std::string event_text(EventStreams::Kind kind, std::string_view node, std::string_view name, std::string_view payload);

}  // namespace sensors::bridge
