// FileSink appends batches to a file, a row a line, and syncs each before it is delivered. The file is opened anew for
// each batch, so that it may be moved away at any time. Its thread is its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/runtime/file_descriptor.hpp"
#include "common/runtime/worker.hpp"
#include "services/sensor-http-bridge/sinks/sink.hpp"
#include "services/sensor-http-bridge/sinks/sinks.hpp"

namespace sensors::bridge {

/// Appends `lines` to the file at `path`, which is made where there is none, after what an earlier attempt left of them
/// has been cut off, and syncs it. At least `least_free_bytes` stay free on its disk for the others on the machine.
/// Errors name the file: not_found, permission, read_only, disk_full, io; in_use while another process appends, or when
/// the file was moved away meanwhile; invalid for a file of something else. Then nothing of `lines` counts as written.
/// Blocks.
Result<void> append_lines(const std::string& path, std::string_view lines, std::uint64_t least_free_bytes);

class FileSink : public Sink {
 public:
  /// Left free for the store, which may be on the same disk, and for who logs in to see what is wrong.
  static constexpr std::uint64_t usual_free_bytes = 64 * 1024 * 1024;

  /// `done` is called on the sink's thread.
  FileSink(std::string path, Done done, std::uint64_t least_free_bytes = usual_free_bytes);

  void attempt(Attempt attempt) override;

 private:
  Attempted write(const Attempt& attempt);
  Result<void> own_the_file();

  const std::string path_;
  const Done done_;
  const std::uint64_t least_free_bytes_;
  FileDescriptor lock_;          // of FILE.lock beside it: no other bridge has this file
  std::optional<dev_t> device_;  // of its folder, when it was first written
  Worker worker_;                // last: its jobs use the others
};

/// For file://.
SinkKind file_sink_kind();

}  // namespace sensors::bridge
