#include "services/sensor-http-bridge/web/status_answer.hpp"

#include <chrono>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"

namespace sensors::bridge {

std::string status_answer(const verdict::PipelineWatch& watch, Now now) {
  std::string out = fmt::format(R"({{"time":"{}","broker":{{"connected":{}}},"services":[)", time_text(now.wall),
                                watch.is_connected());
  const char* separator = "";
  for (const auto& [name, service] : watch.services()) {
    if (!service.status.has_value() && !service.queue.has_value()) continue;
    out +=
        fmt::format(R"({}{{"node":"{}","service":"{}")", separator, name.first, name.second);  // names need no escapes
    if (service.status.has_value()) {
      const std::chrono::duration<double> age = now.monotonic - service.status->said_at;
      out += fmt::format(R"(,"age_s":{:.1f},"status":{})", age.count(), service.status->payload);
    }
    if (service.queue.has_value()) out += ",\"queue\":" + service.queue->payload;
    out += '}';
    separator = ",";
  }
  return out + "]}\n";
}

std::size_t status_answer_bytes(const verdict::PipelineWatch& watch) {
  constexpr std::size_t keys = 256;
  std::size_t bytes = keys;
  for (const auto& [name, service] : watch.services()) {
    bytes += keys;
    if (service.status.has_value()) bytes += service.status->payload.size();
    if (service.queue.has_value()) bytes += service.queue->payload.size();
  }
  return bytes;
}

}  // namespace sensors::bridge
