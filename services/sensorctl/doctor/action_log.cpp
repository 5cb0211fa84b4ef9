#include "services/sensorctl/doctor/action_log.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"
#include "common/core/printable.hpp"

namespace sensors::doctor {
namespace {

constexpr std::size_t most_reason_bytes = 300;

std::optional<Remedy::Kind> kind_from(std::string_view name) {
  for (const Remedy::Kind kind : {Remedy::Kind::restart, Remedy::Kind::release, Remedy::Kind::reboot}) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

std::optional<PastAction> parse_line(std::string_view line) {
  const std::size_t time_end = line.find(' ');
  const std::size_t kind_end = line.find(' ', time_end + 1);
  const std::size_t object_end = line.find(": ", kind_end + 1);
  if (time_end == std::string_view::npos || kind_end == std::string_view::npos || object_end == std::string_view::npos)
    return std::nullopt;
  const Result<WallTime> at = parse_time(line.substr(0, time_end));
  const auto kind = kind_from(line.substr(time_end + 1, kind_end - time_end - 1));
  if (!at.has_value() || !kind.has_value()) return std::nullopt;
  return PastAction{*at, {*kind, std::string(line.substr(kind_end + 1, object_end - kind_end - 1))}};
}

}  // namespace

std::string log_line(WallTime at, const Remedy& remedy, std::string_view reason) {
  return fmt::format("{} {} {}: {}\n", time_text(at), name_of(remedy.kind), remedy.object,
                     printable_line(reason, most_reason_bytes));
}

std::vector<PastAction> parse_log(std::string_view text) {
  std::vector<PastAction> actions;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto action = parse_line(text.substr(0, end))) actions.push_back(std::move(*action));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return actions;
}

std::string_view newest_lines(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  text.remove_prefix(text.size() - most_bytes);
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
}

}  // namespace sensors::doctor
