#include "services/sensorctl/doctor/quantity.hpp"

#include <fmt/format.h>

namespace sensors::doctor {

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  if (bytes < 1ULL << 20) return fmt::format("{} KiB", bytes >> 10);
  if (bytes < 1ULL << 30) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1ULL << 30));
}

std::string span_text(Millis span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  if (hours >= 24) return fmt::format("{} d {} h", hours / 24, hours % 24);
  if (hours > 0) return fmt::format("{} h {} min", hours, minutes % 60);
  if (minutes > 0) return fmt::format("{} min {} s", minutes, seconds % 60);
  return fmt::format("{} s", seconds);
}

}  // namespace sensors::doctor
