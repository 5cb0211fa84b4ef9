// The words of each kind of problem: what is so, and what to do. They are written here and nowhere else. A line of them
// has neither the node nor a time. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/codec/control_json.hpp"
#include "common/codec/silent_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/time.hpp"
#include "common/verdict/verdict.hpp"

namespace sensors::verdict {

/// So a publisher's reason begins that says which of its drivers fail: "drivers with errors: bme280: no answer; gpio:
/// hangs; and 2 more drivers".
inline constexpr std::string_view drivers_fail = "drivers with errors: ";

struct Words {
  std::string brief;  // for the headline, where there is room for few words
  std::string what;
  std::string advice;
};

Words broker_words();
Words machine_silent_words(std::string_view node);
Words service_down_words(std::string_view service, std::string_view reason);
Words service_silent_words(std::string_view service, Millis interval);
Words service_missing_words(std::string_view service);
Words nothing_heard_words();
Words store_mute_words();
Words breaker_open_words(std::string_view service, std::string_view reason, std::uint64_t waiting);
Words breaker_isolated_words(std::string_view service, std::uint64_t waiting);
Words queue_full_words(std::string_view service, const QueueDepth& queue);
Words queue_grows_words(std::string_view service, const QueueDepth& queue);
Words gap_words(const GapsReport& gaps);
Words dead_letters_words(std::uint64_t count);
Words dead_letters_of_words(std::string_view destination, std::uint64_t count, bool is_configured);
Words destination_gone_words(std::string_view destination);
Words disk_words(const DiskFigures& disk);
Words disk_at_risk_words(const DiskFigures& disk);
Words clock_words();
Words pace_words(const ServiceReport& report);
Words degraded_words(std::string_view service, std::string_view reason);
Words driver_words(std::string_view driver, std::string_view reason);
/// `reason`: why its driver fails; empty where that is not known.
Words sensor_silent_words(const SilentSensor& sensor, std::string_view reason);
Words sensors_unnamed_words(std::uint64_t count);

/// The headline when there is no problem. `sensors`, `newest`, `waiting` as in Verdict; `delivers`: some bridge has a
/// destination.
std::string well_headline(const Verdict& verdict, bool delivers, WallTime now);

/// "1 of 56 sensors is silent; all else is well".
std::string silent_headline(std::uint64_t silent, std::uint64_t known);

/// "attic: sensor-publisher is down; 2 more problems".
std::string trouble_headline(std::string_view node, std::string_view brief, std::size_t more);

}  // namespace sensors::verdict
