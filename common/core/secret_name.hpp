// What names a secret in a configuration, and which of its text no message may quote: messages go
// into logs, which are read by others and sent on. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sensors {

/// Whether what stands behind `name` is a password, a token or a key. The name of a file of one is
/// none.
bool is_secret_name(std::string_view name);

/// Whether a password may stand in `text`, a piece of a configuration: that is so of a URL, which
/// may have a user part, and where a word of it names a secret, a header, or the file of a secret,
/// into which people write the secret itself.
bool may_hold_secret(std::string_view text);

/// `text` for a message, on one line and not long; "..." where it may hold a secret.
std::string quotable(std::string_view text);

}  // namespace sensors
