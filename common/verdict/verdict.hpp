// The answer to one question: is everything all right? Either all is well, or these are the problems, the worst first,
// each with what to do. Page, API, command line, doctor and alerts show these words; nobody makes others. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/time.hpp"

namespace sensors::verdict {

/// warning: something waits, is away, or wants to be looked at. critical: readings are, or soon will be, lost, or
/// nothing moves until somebody does something.
enum class Severity { warning, critical };
std::string_view name_of(Severity severity);

/// (kind, node, object) names a problem for as long as it lasts; its severity and its words may change meanwhile.
struct Problem {
  std::string kind;  // one of `kinds`
  Severity severity = Severity::warning;
  std::string node;    // empty: it is of no machine, as a broker that is away
  std::string object;  // sensor, driver, service or destination; may be empty
  std::string what;  // "bme280.temperature is silent; it came every 10 s". Neither node nor time: both stand beside it
  std::string advice;  // what to do, in one or two sentences; never empty
  WallTime since;
  bool operator==(const Problem&) const = default;
};

/// All kinds that there are.
inline constexpr auto kinds = std::to_array<std::string_view>({
    "broker",           // there is no connection to the broker, so nothing else is known
    "machine_silent",   // object empty: none of a machine's services is heard; not said of each of them, or its sensors
    "service_down",     // object: the service. It says so, or its last will
    "service_silent",   // it has not said how it is for three of its intervals
    "service_missing",  // nothing was ever heard of it
    "breaker_open",     // object: the service. What it delivers to fails
    "breaker_isolated",  // an operator did that
    "queue_full",        // object: the service. Nine tenths of its limit
    "queue_grows",       // above the mark from which sensors are read more slowly
    "gap",               // readings were dropped in the last 24 hours
    "dead_letters",      // object: the destination, or the store where it does not say which
    "destination_gone",  // object: the destination. It was delivered to, and its bridge has no url any more
    "disk",              // object: the service whose database is there
    "disk_at_risk",      // it does not keep data through a power cut
    "clock",             // a machine's clock is not set
    "pace",              // sensors are read more slowly
    "degraded",          // object: the service. What it says is wrong, where nothing else says it
    "driver",            // object: the driver. It fails, and no silent sensor says so
    "sensor_silent",     // object: the sensor
});

/// Problems that were not judged, so that nobody knows whether they are there; an empty member stands for any.
struct LeftOut {
  std::string kind;
  std::string node;
  std::string object;
  bool operator==(const LeftOut&) const = default;
};

struct Verdict {
  std::string headline;           // one line, never empty: "All is well: 56 sensors, the newest 2 s ago, ..."
  std::vector<Problem> problems;  // the worst first, then the oldest; max_problems at most
  std::size_t more = 0;           // problems that have no room in `problems`
  std::vector<LeftOut> left_out;  // what follows from others, and what those say who are silent

  std::optional<std::uint64_t> sensors;  // known ones; nothing: nobody has said
  std::optional<WallTime> newest;        // when the newest reading came; nothing: none was heard of
  std::uint64_t waiting = 0;             // readings that wait to be delivered

  bool ok() const { return problems.empty(); }

  /// Whether a problem of this name that is not among `problems` may be there all the same. Without a connection to the
  /// broker nothing but that is judged.
  bool leaves_open(std::string_view kind, std::string_view node, std::string_view object) const;

  bool operator==(const Verdict&) const = default;
};

/// Whether it says the same, apart from how long ago the newest reading came.
bool says_the_same(const Verdict& a, const Verdict& b);

/// {"ok":true,"headline":"...","sensors":56,"newest":"...","waiting":0,"problems":[...],"more":0,"time":"..."}; a key
/// of which nothing is known is left out. On one line, without its end.
std::string verdict_json(const Verdict& verdict, WallTime time);

}  // namespace sensors::verdict
