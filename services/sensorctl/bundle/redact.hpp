// What must not leave the machine in a support bundle is taken out here: passwords, tokens, and the user part of URLs.
// It takes out too much rather than too little. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sensors::bundle {

/// `text` of a configuration file, a log or a report, without
/// - `secrets`, wherever they stand; those shorter than 6 bytes are not looked for, they would be found everywhere;
/// - the value of every key, option or header that by its name is secret: the rest of its line, or of a text of several
///   lines. `password_file` and the like are names of files and stay;
/// - what stands before the last @ of a URL, and behind `Bearer` and `Basic`.
/// Doing it again changes nothing.
std::string redact(std::string_view text, const std::vector<std::string>& secrets);

}  // namespace sensors::bundle
