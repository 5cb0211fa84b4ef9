// The few things that all drivers over sysfs and procfs do: read a small file, a number, a name; list a folder.
// Every call may block in the kernel, and every error names the file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"

namespace sensors {

/// The file without trailing white space. not_found (also for a device that went away), permission, too_large above
/// 4 KiB, rejected (ENODATA: a channel that is switched off), timeout, io.
Result<std::string> read_small_file(const std::filesystem::path& file);

/// A finite number and nothing else; ErrorCode::malformed that begins with `what` otherwise.
Result<double> parse_number(std::string_view text, const std::string& what);

/// read_small_file() and parse_number().
Result<double> read_number(const std::filesystem::path& file);

/// Names in `folder`, sorted. not_found or permission as for a file.
Result<std::vector<std::string>> list_folder(const std::filesystem::path& folder);

}  // namespace sensors
