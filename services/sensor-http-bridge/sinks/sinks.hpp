// All kinds of sinks, one folder each, and which of them a destination has: the scheme of its URL says so. To add one,
// add its folder, a line to sinks.cpp, and to destination_config.hpp the keys that it reads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "services/sensor-http-bridge/delivery/attempt.hpp"
#include "services/sensor-http-bridge/sinks/destination_config.hpp"
#include "services/sensor-http-bridge/sinks/sink.hpp"

namespace sensors::bridge {

struct SinkKind {
  std::vector<std::string_view> schemes;  // "https"
  std::vector<std::string> keys;          // of [destination], beside `url`, that only it reads
  SinkNames names;

  /// Reads its keys of [destination]; mistakes in them, and in the URL, go into the table.
  void (*read)(ConfigTable& table, DestinationConfig& destination);

  /// What --check-config looks for beside that.
  void (*look_at_files)(const DestinationConfig& destination, FilesCheck& files);

  /// `destination` outlives the sink.
  std::unique_ptr<Sink> (*open)(const DestinationConfig& destination, Sink::Done done);
};

/// Reads `url` and what its sink has beside; mistakes go into the table, and other sinks' keys are some. Without a
/// `url` there is no destination, and no key is another sink's.
void read_sink(ConfigTable& table, DestinationConfig& destination);

/// The kind for the scheme of `url`, in lower case; for a URL that read_sink() refuses, any.
const SinkKind& sink_of(std::string_view url);

}  // namespace sensors::bridge
