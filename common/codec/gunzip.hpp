// gunzip of bodies from outside (RFC 1952) with zlib, bounded: nothing of what comes is trusted. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/core/result.hpp"

namespace sensors {

/// What the gzip members of `packed`, one or more behind each other, were made of. too_large beyond `max_bytes`, and
/// then it has taken the memory and the time for these and no more. malformed: not gzip, cut off, damaged, or with
/// something else behind it. io: no memory.
Result<std::string> gunzip(std::string_view packed, std::size_t max_bytes);

}  // namespace sensors
