// What a system call on a file failed with, as an error that names the file; and the loop around write(2). Any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"

namespace sensors {

/// disk_full, read_only, permission or not_found; any other errno is `otherwise`.
ErrorCode code_of_errno(int error, ErrorCode otherwise = ErrorCode::io);

/// "PATH: DOING: what the system says", with the code of `error`, an errno.
tl::unexpected<Error> file_error(const std::string& path, const std::string& doing, int error);

/// Writes all of `text`, however often the system takes part of it. Zero, or errno.
int write_all(int descriptor, std::string_view text);

}  // namespace sensors
