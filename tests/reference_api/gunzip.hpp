// gunzip for the reference API, bounded. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"

namespace sensors {

/// ErrorCode::malformed when `packed` is not one complete gzip member, too_large beyond `most_bytes`.
Result<std::string> gunzip(std::string_view packed, std::size_t most_bytes);

}  // namespace sensors
