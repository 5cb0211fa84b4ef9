#include "services/sensor-http-bridge/web/service_watch.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "common/codec/status_json.hpp"
#include "common/codec/time_text.hpp"
#include "common/core/bridge_name.hpp"
#include "services/sensor-http-bridge/web/event_streams.hpp"

namespace sensors::bridge {

namespace {

/// When it last said something.
Instant heard_at(const ServiceWatch::Service& service) {
  Instant at{};
  if (service.status.has_value()) at = std::max(at, service.status->at);
  if (service.queue.has_value()) at = std::max(at, service.queue->at);
  return at;
}

}  // namespace

/// By name: whoever may write below this node could make up others. Of several bridges it is this one and the one
/// without a name.
bool ServiceWatch::is_own(const Name& name) const {
  static constexpr std::array<std::string_view, 3> ours{"sensor-publisher", "sensor-persistence", bridge_service};
  return name.first == node_ &&
         (name.second == own_service_ || std::find(ours.begin(), ours.end(), name.second) != ours.end());
}

bool ServiceWatch::make_room(const Name& name, Instant now) {
  if (services_.size() < max_services_ || is_own(name)) return true;
  const auto silent = std::min_element(services_.begin(), services_.end(), [this](const auto& a, const auto& b) {
    return std::pair(is_own(a.first), heard_at(a.second)) < std::pair(is_own(b.first), heard_at(b.second));
  });
  if (silent == services_.end() || is_own(silent->first) || now - heard_at(silent->second) < long_silence) return false;
  services_.erase(silent);
  return true;
}

std::optional<std::string> ServiceWatch::take(std::string_view node, std::string_view service, std::string_view kind,
                                              std::string_view payload, Instant now) {
  const Name name{std::string(node), std::string(service)};
  if (payload.empty()) {
    const bool was_there = services_.erase(name) > 0;
    return was_there && kind == "status" ? std::optional<std::string>("{}") : std::nullopt;
  }
  Result<std::string> line = payload.size() <= max_payload_bytes
                                 ? reader_.one_line(payload, topic_keys)
                                 : Result<std::string>(fail(ErrorCode::too_large, "a payload is too large"));
  const bool is_new = services_.find(name) == services_.end();
  if (!line.has_value() || (is_new && !make_room(name, now))) {
    ++refused_;
    return std::nullopt;
  }
  Service& known = services_[name];
  (kind == "status" ? known.status : known.queue) = Heard{*line, now};
  return std::move(*line);
}

std::optional<ServiceReport> ServiceWatch::report(const std::string& node, const std::string& service) const {
  const auto found = services_.find({node, service});
  if (found == services_.end() || !found->second.status.has_value()) return std::nullopt;
  Result<ServiceReport> report = decode_status(found->second.status->payload);
  return report.has_value() ? std::optional(std::move(*report)) : std::nullopt;
}

std::size_t ServiceWatch::json_bytes() const {
  constexpr std::size_t keys = 256;
  std::size_t bytes = keys;
  for (const auto& [name, service] : services_) {
    bytes += keys;
    if (service.status.has_value()) bytes += service.status->payload.size();
    if (service.queue.has_value()) bytes += service.queue->payload.size();
  }
  return bytes;
}

std::string ServiceWatch::as_json(bool is_connected, Now now) const {
  std::string out =
      fmt::format(R"({{"time":"{}","broker":{{"connected":{}}},"services":[)", time_text(now.wall), is_connected);
  const char* separator = "";
  for (const auto& [name, service] : services_) {
    out +=
        fmt::format(R"({}{{"node":"{}","service":"{}")", separator, name.first, name.second);  // names need no escapes
    if (service.status.has_value()) {
      const std::chrono::duration<double> age = now.monotonic - service.status->at;
      out += fmt::format(R"(,"age_s":{:.1f},"status":{})", age.count(), service.status->payload);
    }
    if (service.queue.has_value()) out += ",\"queue\":" + service.queue->payload;
    out += '}';
    separator = ",";
  }
  return out + "]}\n";
}

}  // namespace sensors::bridge
