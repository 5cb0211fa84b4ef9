// A status that is not JSON, or has no such key, is left out: a last will says nothing of the loop.
#include "tests/chaos/vitals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace sensors::rig {
namespace {

std::uint64_t memory_peak_kib(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  return 0;
}

/// "sensor-http-bridge" to "bridge".
std::string short_name(const std::string& service) { return service.substr(service.rfind('-') + 1); }

}  // namespace

void Vitals::note_memory(const std::string& service, const Process& process) {
  std::uint64_t& peak = by_service_[service].memory_kib;
  if (process.pid() != 0) peak = std::max(peak, memory_peak_kib(process.pid()));
}

void Vitals::note_statuses(MqttProbe& probe) {
  for (const MqttMessage& message : probe.take_messages()) {
    const auto status = nlohmann::json::parse(message.payload, nullptr, false);
    if (!status.is_object() || !status.contains("loop_max_ms")) continue;
    std::int64_t& worst = by_service_[short_name(status.value("service", ""))].loop_ms;
    worst = std::max(worst, status.value("loop_max_ms", std::int64_t{0}));
  }
}

std::int64_t Vitals::worst_loop_ms() const {
  std::int64_t worst = 0;
  for (const auto& [service, seen] : by_service_) worst = std::max(worst, seen.loop_ms);
  return worst;
}

std::string Vitals::memory_text() const {
  std::string text;
  for (const char* service : {"publisher", "persistence", "bridge"}) {
    const auto found = by_service_.find(service);
    if (found == by_service_.end()) continue;
    text += fmt::format("{}{} {:.1f}", text.empty() ? "" : ", ", service,
                        static_cast<double>(found->second.memory_kib) / 1'024);
  }
  return text;
}

}  // namespace sensors::rig
