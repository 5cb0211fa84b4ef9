// A configuration file as it may go into a support bundle: what is known to be harmless stays, the rest goes. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sensors::bundle {

/// A service's TOML file. Tables, keys, numbers, booleans, times and durations stay; texts only of keys that we know,
/// and of those what redact() leaves; of a driver's command line the program and the names of options. Comments go, and
/// so do values of several lines and what cannot be read.
std::string shown_toml(std::string_view text);

/// mosquitto.conf: the same, with its keys.
std::string shown_broker_configuration(std::string_view text);

/// The texts of a TOML file that are secret by their key, and users and passwords of its URLs, to be looked for
/// wherever else they stand.
std::vector<std::string> secrets_of_toml(std::string_view text);

/// `secret` as it may stand elsewhere: as it is, in base64 (RFC 4648), and percent-encoded.
std::vector<std::string> forms_of(const std::string& secret);

}  // namespace sensors::bundle
