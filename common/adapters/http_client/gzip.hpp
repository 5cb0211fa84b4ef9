// gzip of request bodies (RFC 1952) with zlib. Pure; the HTTP client's thread calls it.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"

namespace sensors {

/// `plain` as one gzip member; level 3, because a batch of JSON readings shrinks to about a tenth at any level and
/// the CPU of a Pi is dearer than the last tenth of that. ErrorCode::io when zlib has no memory.
Result<std::string> gzip(std::string_view plain);

}  // namespace sensors
