// Looks up what storage a database is on. Asks the file system, which may block: at the start.
#pragma once

#include <string>

namespace sensors {

/// storage_risk() of `path` on this machine, "PATH is in memory ..."; empty when nothing is known against it. Of a file
/// that is not there yet: of the nearest folder that is.
std::string risk_of_file(const std::string& path);

}  // namespace sensors
