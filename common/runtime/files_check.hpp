// What --check-config looks for beside the text of the file: that what its keys name is there. Not at a start: then a
// disk may come later, and a service that waits for it goes on by itself. Start-up, one thread; reads files.
#pragma once

#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/runtime/mqtt_config.hpp"

namespace sensors {

class FilesCheck {
 public:
  /// `config_file` stands before each mistake.
  explicit FilesCheck(std::string config_file) : config_file_(std::move(config_file)) {}

  /// The password and the certificate authority of [mqtt], where the file names them.
  void look_at(const MqttConfig& mqtt);

  /// A file that this user must be able to read; an empty `path` is none.
  void readable(const std::string& key, const std::string& path);

  /// A file in a folder that must be there.
  void in_folder(const std::string& key, const std::string& path);

  /// A file that `user` must be able to write or to make; where there is no user of that name, this process. Only the
  /// modes of folder and file count: what a unit's sandbox forbids is not seen.
  void writable_file(const std::string& key, const std::string& path, const std::string& user);

  /// `mistake` is what is wrong with `key`; empty: nothing.
  void add(const std::string& key, const std::string& mistake);

  /// All mistakes, a line each; or that there are none.
  Result<std::string> finish() const;

 private:
  std::string config_file_;
  std::string mistakes_;
};

/// Whether `folder` is missing, and below /var/lib/sensor-project, where the units have systemd make theirs.
bool is_made_at_start(const std::string& folder);

/// Logs what a check came to; the exit code of --check-config.
int tell_checked(const Result<std::string>& outcome);

}  // namespace sensors
