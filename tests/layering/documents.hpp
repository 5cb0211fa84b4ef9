// The project's files, for the tests that look at them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sensors::layering {

/// The top of the source tree.
std::filesystem::path top();

/// All bytes of a file; empty when it cannot be read.
std::string read(const std::filesystem::path& path);

/// All Markdown files that are ours.
std::vector<std::filesystem::path> documents();

}  // namespace sensors::layering
