// Quantities as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "common/core/time.hpp"

namespace sensors::doctor {

/// "1.5 GiB", "512 MiB", "12 KiB", "90 bytes"
std::string bytes_text(std::uint64_t bytes);

/// "2 d 3 h", "1 h 20 min", "5 min 3 s", "12 s"; "0 s" below a second.
std::string span_text(Millis span);

}  // namespace sensors::doctor
