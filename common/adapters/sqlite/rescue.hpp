// rescue() puts a database that lost its name while it was open under that name again: all that was committed can still
// be read through the open connection, and is gone when that closes. See docs/adr/0017. The thread that owns the
// connection; blocks while it copies.
#pragma once

#include <functional>
#include <string>

#include "common/adapters/sqlite/database.hpp"

namespace sensors {

struct Rescue {
  std::string path;  // the name that it lost
  WallTime now{};

  /// Closes the connection, with all that uses it. Called once, when nothing more can be read from it.
  std::function<void()> close;

  /// Called every few MiB. Nothing ends a rescue early: what is not copied is lost.
  std::function<void()> progressed = [] {};
};

/// Says what was done, in a sentence. Another file that has the name meanwhile is moved aside, to PATH.replaced-TIME.
/// Errors of writing the copy (disk_full, before anything is written; not_found, permission, read_only): the connection
/// is open as before, for another attempt. corrupt when it can no longer be read: nothing more is to be had
/// from it.
Result<std::string> rescue(Database& open, const Rescue& how);

}  // namespace sensors
