// What --check-config looks for beside the text of the file: that what its keys name is there. Not at a start: then a
// disk may come later, and a service that waits for it goes on by itself. Start-up, one thread; reads files.
#pragma once

#include <optional>
#include <string>

#include "common/core/result.hpp"
#include "common/core/unit_sandbox.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/mqtt_config.hpp"
#include "common/runtime/user_rights.hpp"

namespace sensors {

class FilesCheck {
 public:
  /// `config_file` stands before each mistake, with the line of its key. Files are judged for `user`, as whom the
  /// service runs in `unit`; where nobody has that name, for this process.
  FilesCheck(const std::string& config_file, const std::string& user, UnitSandbox unit = {});

  /// The password and the certificate authority of [mqtt], where the file names them; and whether the unit lets the
  /// service talk to the broker's machine.
  void look_at(const MqttConfig& mqtt);

  /// A machine that the unit must let the service talk to; an empty `host` is none.
  void peer(const std::string& key, const std::string& host);

  /// A file that the user must be able to read; an empty `path` is none.
  void readable(const std::string& key, const std::string& path);

  /// The same of one of any size, which is not read. `place`: where one that the unit hides may be put.
  void readable_stream(const std::string& key, const std::string& path, const char* place = "/usr/local/share");

  /// The same of one that holds a password or a token.
  void secret(const std::string& key, const std::string& path);

  /// A program that the user must be able to run, as the service starts it: found in PATH without a '/'; the program
  /// that its first line names must be there.
  void program(const std::string& key, const std::string& path);

  /// A file that a program is to run: one that the user must be able to read, by its whole path.
  void script(const std::string& key, const std::string& path);

  /// A folder that the unit must let the service write.
  void own_folder(const std::string& key, const std::string& folder);

  /// A file in a folder that must be there, and that the unit must let the service write.
  void in_folder(const std::string& key, const std::string& path);

  /// A file that the user must be able to write or to make.
  void writable_file(const std::string& key, const std::string& path);

  /// A port to listen on, which the user must be able to take.
  void port(const std::string& key, int port);

  /// `mistake` is what is wrong with `key`; empty: nothing.
  void add(const std::string& key, const std::string& mistake);

  /// The file again, for keys that no longer stand in the configuration that was made of it; nothing when it is gone.
  std::optional<ConfigTable> root();

  /// All mistakes, a line each; or that there are none.
  Result<std::string> finish() const;

 private:
  void program_of_path(const std::string& key, const std::string& name);
  std::string hidden_mistake(const std::string& path, const std::string& place) const;
  std::string unwritable_mistake(const std::string& folder) const;
  std::string out_of_reach(const std::string& path, const char* place) const;

  std::string config_file_;
  std::optional<ConfigFile> file_;  // nothing where it is gone meanwhile
  UserRights user_;
  UnitSandbox unit_;
  std::string mistakes_;
};

/// Whether `folder` is missing, and below /var/lib/sensor-project, where the units have systemd make theirs.
bool is_made_at_start(const std::string& folder);

/// Logs what a check came to; the exit code of --check-config.
int tell_checked(const Result<std::string>& outcome);

}  // namespace sensors
