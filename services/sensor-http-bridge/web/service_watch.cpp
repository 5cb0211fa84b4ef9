#include "services/sensor-http-bridge/web/service_watch.hpp"

#include <chrono>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"

namespace sensors::bridge {

std::optional<std::string> ServiceWatch::take(std::string_view node, std::string_view service, std::string_view kind,
                                              std::string_view payload, Instant now) {
  const Name name{std::string(node), std::string(service)};
  if (payload.empty()) {
    services_.erase(name);
    return std::nullopt;
  }
  Result<std::string> line = reader_.one_line(payload);
  const bool is_new = services_.find(name) == services_.end();
  if (!line.has_value() || (is_new && services_.size() >= max_services_)) {
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
