// Patterns of names as a shell has them. Pure.
#pragma once

#include <string_view>

namespace sensors::sensorctl {

/// Whether the whole of `text` fits `pattern`, where `*` is any run of characters, also none, and `?` is any one. Takes
/// time in proportion to the product of the two lengths, at most.
bool fits_pattern(std::string_view text, std::string_view pattern);

}  // namespace sensors::sensorctl
