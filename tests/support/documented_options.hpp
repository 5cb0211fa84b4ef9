// A .toml that is shipped says of each option what the service's reader does: its default, and its
// range behind it, "key = default  # range". The manual page of section 5 is made of that file.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/runtime/config_file.hpp"

namespace sensors {

/// The text of `toml` with every "#key = value" and "#[table]" in it taken.
std::string with_examples_taken(const std::string& toml);

/// Where the file and the reader differ, a line each, with the line that ought to stand there; empty: nowhere. The
/// values of `examples` need not be defaults. A bound may be named by the key of the same table that sets it.
std::string undocumented(const std::string& toml, const std::vector<ConfigOption>& options,
                         const std::set<std::string>& examples);

}  // namespace sensors
