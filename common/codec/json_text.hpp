// The pieces that every encoder appends: keys, texts and numbers as JSON. Private to the codec. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sensors {

/// Appends the shortest text that reads back as the same double, also by parsers that keep integers apart; null for
/// NaN and infinities, which JSON lacks (RFC 8259 section 6).
void append_number(std::string& out, double value);

void append_whole(std::string& out, std::uint64_t value);

/// Append `lead`, which holds the key and what stands before it (",\"unit\":"), and the value.
void append_text_field(std::string& out, std::string_view lead, std::string_view text);
void append_whole_field(std::string& out, std::string_view lead, std::uint64_t value);

}  // namespace sensors
