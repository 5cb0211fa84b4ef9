#include "services/sensor-http-bridge/web/event_streams.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace sensors::bridge {

namespace {

constexpr std::array<std::pair<EventStreams::Kind, std::string_view>, 6> names{{{EventStreams::reading, "reading"},
                                                                                {EventStreams::status, "status"},
                                                                                {EventStreams::queue, "queue"},
                                                                                {EventStreams::event, "event"},
                                                                                {EventStreams::verdict, "verdict"},
                                                                                {EventStreams::alert, "alert"}}};

std::string_view name_of(EventStreams::Kind kind) {
  for (const auto& [known, name] : names) {
    if (known == kind) return name;
  }
  return "";
}

}  // namespace

std::optional<EventStreams::Kind> EventStreams::kind_from(std::string_view name) {
  for (const auto& [kind, known] : names) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

std::string verdict_text(std::string_view json) { return fmt::format("event: verdict\ndata: {}\n\n", json); }

std::string alert_text(std::string_view json) { return fmt::format("event: alert\ndata: {}\n\n", json); }

std::string event_text(EventStreams::Kind kind, std::string_view node, std::string_view name,
                       std::string_view payload) {
  const std::string_view keys = payload.substr(1);  // behind the brace
  const bool is_empty = keys.find_first_not_of(" \t") == keys.find('}');
  return fmt::format("event: {}\ndata: {{\"node\":\"{}\",\"name\":\"{}\"{}{}\n\n", name_of(kind), node, name,
                     is_empty ? "" : ",", keys);
}

void EventStreams::open(std::uint64_t id, unsigned kinds, Instant now) {
  if (streams_.empty()) next_ = now + keepalive_;
  streams_[id] = kinds;
}

bool EventStreams::wants(Kind kind) const {
  for (const auto& [id, kinds] : streams_) {
    if ((kinds & kind) != 0) return true;
  }
  return false;
}

std::optional<WebStreamData> EventStreams::event_for(Kind kind, std::string_view node, std::string_view name,
                                                     std::string_view payload) const {
  std::vector<std::uint64_t> ids = listeners(kind);
  if (ids.empty()) return std::nullopt;
  return WebStreamData{std::move(ids), event_text(kind, node, name, payload)};
}

std::optional<WebStreamData> EventStreams::plain_event(Kind kind, std::string_view json) const {
  std::vector<std::uint64_t> ids = listeners(kind);
  if (ids.empty()) return std::nullopt;
  return WebStreamData{std::move(ids), kind == verdict ? verdict_text(json) : alert_text(json)};
}

std::vector<std::uint64_t> EventStreams::listeners(Kind kind) const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, kinds] : streams_) {
    if ((kinds & kind) != 0) ids.push_back(id);
  }
  return ids;
}

std::optional<WebStreamData> EventStreams::keep_alive(Instant now) {
  if (streams_.empty() || now < next_) return std::nullopt;
  next_ = now + keepalive_;
  WebStreamData data;
  for (const auto& [id, kinds] : streams_) data.ids.push_back(id);
  data.text = ": alive\n\n";
  return data;
}

std::optional<Instant> EventStreams::wake_at() const { return streams_.empty() ? std::nullopt : std::optional(next_); }

std::vector<WebStreamEnd> EventStreams::close_all() {
  std::vector<WebStreamEnd> ends;
  for (const auto& [id, kinds] : streams_) ends.push_back(WebStreamEnd{id});
  streams_.clear();
  return ends;
}

}  // namespace sensors::bridge
