// Reading, the one thing this system carries, and the grammar of everything that names one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// A number (finite), a boolean, or a short text.
using Value = std::variant<double, bool, std::string>;

/// One value of one sensor at one time.
struct Reading {
  std::string sensor;  // a name, see is_name()
  Value value;
  std::string unit;  // UCUM code as in SenML (RFC 8428), may be empty
  WallTime time;
  std::optional<Millis> uptime = std::nullopt;  // of the machine, when `time` is of a clock that nobody had set

  bool operator==(const Reading&) const = default;
};

/// A reading with its number in its stream: (stream, seq) names it for ever.
struct SequencedReading {
  std::uint64_t seq;  // 1, 2, 3, ...
  Reading reading;

  bool operator==(const SequencedReading&) const = default;
};

/// When a machine started, by a clock that is right: a reading was taken at `time` + its uptime.
struct BootTime {
  std::string boot;  // the boot's id, a name: random, made by the kernel at each start
  WallTime time;

  bool operator==(const BootTime&) const = default;
};

/// Says that the numbers first..last of a stream were dropped, why and when. Loss is data too.
struct Gap {
  std::uint64_t first;
  std::uint64_t last;
  std::string reason;  // a name: outbox_full, other_store, ...
  WallTime time;

  bool operator==(const Gap&) const = default;
};

/// A run of one stream as it travels: readings and gaps, each in ascending order of seq, not overlapping.
struct Batch {
  std::string stream;
  std::vector<SequencedReading> readings;
  std::vector<Gap> gaps;
  std::string boot = {};  // what the uptimes of its readings are of; empty when none has one

  bool operator==(const Batch&) const = default;
};

inline constexpr std::size_t max_name_length = 64;
inline constexpr std::size_t max_unit_length = 32;
inline constexpr std::size_t max_text_value_length = 256;  // bytes of UTF-8
inline constexpr Millis max_uptime{std::chrono::hours{24 * 36'525}};
inline constexpr std::uint64_t max_seq = (std::uint64_t{1} << 53) - 1;  // exact in any JSON parser (RFC 8259 section 6)

/// Whether `text` is a name of a node, sensor, stream, service or destination: [A-Za-z0-9_.-]{1,64}.
bool is_name(std::string_view text);

/// Whether `text` is printable ASCII without spaces, quotes or backslashes, at most 32 bytes. UCUM's character set.
bool is_unit(std::string_view text);

/// ErrorCode::invalid with what is wrong: a bad name or unit, NaN or infinity, text too long or not UTF-8,
/// a time outside the years 1970 to 9999, an uptime outside 0 to 100 years.
Result<void> validate(const Reading& reading);

/// The wall time at `uptime` of a boot that began at `boot_time`; inside the years 1970 to 9999, whatever they are.
WallTime time_at_uptime(WallTime boot_time, Millis uptime);

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

}  // namespace sensors
