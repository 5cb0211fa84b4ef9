// What the files of the kernel say, below /proc and /sys: the texts that proc(5), cgroups(7) and the Raspberry Pi's
// firmware write. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/core/result.hpp"
#include "services/sensorctl/doctor/facts.hpp"

namespace sensors::doctor {

/// R, S, D, T, ... of /proc/PID/stat. malformed.
Result<char> process_state(std::string_view stat);

/// The soft limit of /proc/PID/limits. malformed.
Result<std::uint64_t> open_files_limit(std::string_view limits);

/// Whether an entry of /proc/net/route or /proc/net/ipv6_route that is up leads everywhere, loopback excepted.
bool has_default_route(std::string_view route, std::string_view ipv6_route);

/// Whether the mount that holds `path`, an absolute one without links, is read-only by itself or by its file system, of
/// /proc/PID/mountinfo. malformed.
Result<bool> is_mounted_read_only(std::string_view mountinfo, std::string_view path);

/// Whether memory can be limited, of cgroup.controllers (version 2).
bool names_memory(std::string_view controllers);

/// The same of /proc/cgroups, where no version 2 is mounted.
bool enables_memory(std::string_view cgroups);

/// memory.max, pids.max, and in version 1 memory.limit_in_bytes; nothing: no limit. malformed.
Result<std::optional<std::uint64_t>> cgroup_limit(std::string_view text);

/// cpu.max of version 2, "75000 100000", as microseconds of processor time a second; nothing: no limit. malformed.
Result<std::optional<std::uint64_t>> cgroup_cpu_limit(std::string_view text);

/// cpu.weight and io.weight of version 2, "50" or "default 50" with lines of single devices after it. malformed.
Result<std::uint64_t> cgroup_weight(std::string_view text);

/// /proc/PID/oom_score_adj. malformed.
Result<std::int64_t> oom_score_adjust(std::string_view text);

/// get_throttled of the firmware, "0x50005" or "50005". malformed.
Result<PowerFacts> power_of(std::string_view throttled);

}  // namespace sensors::doctor
