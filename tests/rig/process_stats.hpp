// What the kernel counts for a process: memory, CPU time, bytes written, wake-ups. From /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace sensors::rig {

struct ProcessStats {
  double resident_mb = 0;           // Rss of smaps_rollup, in 2^20 bytes: with what it shares, as libraries
  double private_mb = 0;            // Private_Clean + Private_Dirty of smaps_rollup: what is its own alone
  double cpu_seconds = 0;           // user and system, all threads
  std::uint64_t bytes_written = 0;  // write_bytes of io: what it caused to be sent to the disk
  std::uint64_t wake_ups = 0;       // voluntary context switches, all threads
};

/// Throws std::runtime_error when the process is not there.
ProcessStats read_process_stats(pid_t pid);

}  // namespace sensors::rig
