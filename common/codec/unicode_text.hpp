// Text of others in whatever Unicode encoding it comes, as UTF-8. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sensors {

/// `bytes` as UTF-8 without byte order mark: from UTF-8, UTF-16 or UTF-32 of either byte order, told by the mark, or
/// without one by the zero bytes of its first characters, which must be ASCII as those of JSON are (RFC 4627 section
/// 3). What is not UTF-8 then is taken as Latin-1. Half a character becomes U+FFFD.
std::string utf8_of(std::string_view bytes);

}  // namespace sensors
