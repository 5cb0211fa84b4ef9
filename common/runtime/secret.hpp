// Passwords and tokens stand in files of their own, or are systemd's credentials. Blocks for as long as reading takes.
#pragma once

#include <string>

#include "common/core/result.hpp"

namespace sensors {

/// First line of `path`, for passwords and tokens. ErrorCode::not_found, permission (also when others may read it),
/// too_large; invalid when it is empty, or holds a byte order mark, a blank at one of its ends or control characters,
/// which nobody means to be part of a secret.
Result<std::string> read_secret(const std::string& path);

/// The secret in `path`; where that is empty, the one that systemd hands over as `credential` (systemd.exec(5),
/// LoadCredential=). Empty when there is neither, or the credential is blank: no password, no token. Errors of
/// read_secret().
Result<std::string> read_secret_or_credential(const std::string& path, const std::string& credential);

}  // namespace sensors
