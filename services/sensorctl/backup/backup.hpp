// sensorctl backup and restore: copies of outbox and store, made while the services run, and put back while they do
// not. Both write to stdout and stderr what they did. One thread; block for as long as the copying takes.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "common/core/time.hpp"

namespace sensors::backup {

struct BackupOptions {
  std::string folder;                                 // of the backup
  std::string configuration = "/etc/sensor-project";  // the services' files, which say where the databases are
  std::string only;                                   // of restore: "outbox" or "store"; empty: what the backup has

  /// Of one database that is in use: its service cannot empty its log meanwhile.
  Millis longest_copy{std::chrono::hours{1}};

  /// To open one, other programs' locks included. What holds that up is no database.
  Millis longest_opening{30'000};

  /// Of restore: for a service that is ending, which takes up to 5 s.
  Millis longest_wait_for_lock{8'000};

  /// Blocks for that long.
  std::function<void(Millis)> pause = [](Millis time) { std::this_thread::sleep_for(time); };
};

/// Makes the folder, which must not have anything in it, and fills it. It gets its name when all is checked: a backup
/// that is not complete is at FOLDER.partial. The exit code; see exit_code.hpp.
int make_backup(const BackupOptions& options);

/// Puts the databases of a backup in the place of those that are there, which are moved aside. A store becomes another
/// store. Nothing is changed before all of the backup was checked. The exit code.
int restore_backup(const BackupOptions& options);

}  // namespace sensors::backup
